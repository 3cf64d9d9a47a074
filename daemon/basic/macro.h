/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handful of macros that C lacks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* Marks a printf-like function: the positions of the format and of its first argument. */
#define _printf_(format_position, first) __attribute__((format(printf, format_position, first)))

/* Iterates over the elements of a C array, or over the first N elements behind a pointer, which may be NULL:
 * to that not even zero may be added. */
#define FOREACH_ELEMENT(element, array) FOREACH_ARRAY(element, array, ELEMENTSOF(array))
#define FOREACH_ARRAY(element, array, n)                                                             \
        for (typeof((array)[0]) *element = (array), *element##_end = element ? element + (n) : NULL; \
             element < element##_end; element++)

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

static inline bool isempty(const char *s) {
        return !s || s[0] == '\0';
}

/* Returns what follows PREFIX in S, or NULL when S does not begin with it. */
static inline const char *startswith(const char *s, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}
