/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt says, as text that can be put into a document and be shown. */
#pragma once

#include <stddef.h>

#include "../basic/json.h"

/* No value of a document has more bytes. The longest that libvirt has are certificates. */
#define TEXT_VALUE_MAX 8192U

/* Yields TEXT on one line: blanks and control characters that follow each other become one blank, none at
 * the beginning or end, and what is no UTF-8, or may not be shown, a question mark each. Of a text that is
 * longer than MAX bytes as many whole characters are left as have room, with "..." behind them. It is freed
 * with free(); NULL means that memory is short. */
char *text_line(const char *text, size_t max);

/* Makes a value of the document of TEXT as above. Errors: -E2BIG when it is longer than TEXT_VALUE_MAX, and
 * -ENOMEM. */
int text_new_value(const char *text, Json **ret);

/* Adds one to an object, null when TEXT is NULL, or to an array. The same errors. */
int text_add(Json *object, const char *key, const char *text);
int text_append(Json *array, const char *text);

/* Understands a decimal number, and nothing beside it. Tells whether TEXT, which may be NULL, is one. */
bool text_parse_number(const char *text, uint64_t *ret);
