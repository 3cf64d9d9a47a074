/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Assertions, and texts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/facts/root.h"
#include "fuzz.h"

_Noreturn void fuzz_fail(const char *condition, const char *file, int line) {
        /* Not to standard error, which what is tested writes to, and the fuzzer closes for that. */
        printf("%s:%i: '%s' does not hold.\n", file, line, condition);
        (void) fflush(stdout);
        abort();
}

char *fuzz_copy(const void *data, size_t size) {
        char *copy;

        copy = malloc(size + 1);
        fuzz_assert(copy);
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = '\0';

        return copy;
}

char *fuzz_text(const uint8_t *data, size_t size) {
        char *text;

        if (size > 0 && memchr(data, '\0', size))
                return NULL;

        text = fuzz_copy(data, size);
        make_printable(text);
        return text;
}

static void assert_printable(const char *text, const char *also) {
        for (const char *p = text ? text : ""; *p != '\0'; p++)
                fuzz_assert((*p >= ' ' && *p <= '~') || strchr(also, *p));
}

void fuzz_assert_printable(const char *text) {
        assert_printable(text, "\t");
}

void fuzz_assert_printable_lines(const char *text) {
        assert_printable(text, "\t\n");
}

/* RFC 3629, 3: how many bytes a character has that begins with this one; 0 where none does. */
static size_t utf8_length(unsigned char first) {
        return first < 0x80   ? 1
               : first < 0xc2 ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf5 ? 4
                              : 0;
}

void fuzz_assert_utf8(const char *text) {
        const unsigned char *p = (const unsigned char *) text;

        while (*p != '\0') {
                size_t length = utf8_length(*p);

                fuzz_assert(length > 0);
                fuzz_assert(length > 1 || *p == '\n' || (*p >= ' ' && *p != 0x7f));
                fuzz_assert(!(length == 2 && p[0] == 0xc2 && p[1] < 0xa0)); /* C1 control characters */
                for (size_t i = 1; i < length; i++)
                        fuzz_assert((p[i] & 0xc0) == 0x80);
                p += length;
        }
}

void fuzz_assert_json_text(Json *value) {
        if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, key, member) {
                        fuzz_assert_utf8(key);
                        fuzz_assert_json_text(member);
                }
        } else if (json_object_is_type(value, json_type_array)) {
                size_t n = json_object_array_length(value);

                for (size_t i = 0; i < n; i++)
                        fuzz_assert_json_text(json_object_array_get_idx(value, i));
        } else if (json_object_is_type(value, json_type_string))
                fuzz_assert_utf8(json_object_get_string(value));
}
