/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the characters of a text that may be shown from those that may not. */

#include <stdint.h>

#include "utf8.h"

static bool is_control(uint32_t code) {
        return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

static bool changes_direction(uint32_t code) {
        return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* The Unicode Standard, 23.7: "Noncharacters". sd-bus refuses a message that has one. */
static bool is_noncharacter(uint32_t code) {
        return (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

size_t utf8_next(const char *p, bool *ret_showable) {
        static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        unsigned char first = (unsigned char) p[0];
        size_t n = first < 0x80 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
        uint32_t code = n == 1 ? first : first & (0xffU >> (n + 1));

        *ret_showable = false;
        if (n == 4 && (first & 0xf8) != 0xf0)
                return 1;

        for (size_t i = 1; i < n; i++) {
                if (((unsigned char) p[i] & 0xc0) != 0x80)
                        return i;
                code = code << 6 | ((unsigned char) p[i] & 0x3f);
        }

        *ret_showable = code >= smallest[n] && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) &&
                        !is_control(code) && !changes_direction(code) && !is_noncharacter(code);
        return n;
}
