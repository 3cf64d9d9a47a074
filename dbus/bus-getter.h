/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Property getters, without the five parameters that none of them needs. */
#pragma once

#include <systemd/sd-bus.h>

/* Defines a getter that appends to REPLY; OBJECT is the object's data, a const TYPE *. */
#define DEFINE_GETTER(name, type, object, append)                                                   \
        static int name(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {               \
                const type *object = userdata;                                                      \
                                                                                                    \
                (void) bus, (void) path, (void) interface, (void) property, (void) error;           \
                return (append);                                                                    \
        }                                                                                           \
        struct getter_needs_a_semicolon

/* Names of changed properties are collected here; there is room for all that an interface has. */
#define CHANGED_PROPERTIES_MAX 16U

typedef struct ChangedProperties {
        char *names[CHANGED_PROPERTIES_MAX + 1];
        size_t n;
} ChangedProperties;

static inline void changed_properties_add(ChangedProperties *changed, const char *name) {
        if (changed->n < CHANGED_PROPERTIES_MAX)
                changed->names[changed->n++] = (char *) name;
}
