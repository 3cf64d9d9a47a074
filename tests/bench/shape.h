/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a GetAll reply is made of, so that only like is compared with like. */
#pragma once

#include <systemd/sd-bus.h>

typedef struct Shape {
        char *properties;  /* "Name:type" of each property in alphabetical order, separated by blanks */
        unsigned n_values; /* strings, numbers and booleans, inside arrays and dictionaries too */
} Shape;

/* Reads a reply of org.freedesktop.DBus.Properties.GetAll. Errors: -ENOMEM, -EBADMSG, sd-bus's own. */
int shape_read(sd_bus_message *reply, Shape *ret);
void shape_done(Shape *shape);
