/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enumerations are strings on the bus, in JSON and on the command line: one table per enumeration. */
#pragma once

#include "macro.h"

/* Declares NAME_to_string(), which returns NULL for a value that is not in the table. */
#define DECLARE_STRING_TABLE(name, type) const char *name##_to_string(type value)

/* Defines it over the array NAME_table, whose elements are at their value's index. */
#define DEFINE_STRING_TABLE(name, type)                                      \
        const char *name##_to_string(type value) {                           \
                if (value < 0 || (size_t) value >= ELEMENTSOF(name##_table)) \
                        return NULL;                                         \
                return name##_table[value];                                  \
        }                                                                    \
        struct string_table_needs_a_semicolon
