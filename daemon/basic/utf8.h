/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the characters of a text that may be shown from those that may not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Yields how many bytes the character at P has, which is at least 1, and whether it may be shown: it is
 * well-formed UTF-8 (RFC 3629), a character that a bus carries, no control character, and does not change
 * the direction of the text around it. P must not be at the end of its text. */
size_t utf8_next(const char *p, bool *ret_showable);
