/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds words. */

#include <string.h>

#include "words.h"

#define BLANKS " \t\n"

bool words_contain(const char *list, const char *word) {
        size_t n = strlen(word);

        if (!list)
                return false;

        while (*list != '\0') {
                size_t length = strcspn(list, BLANKS);

                if (length == n && memcmp(list, word, n) == 0)
                        return true;
                list += length;
                list += strspn(list, BLANKS);
        }

        return false;
}

const char *words_separator(size_t i, size_t n) {
        if (i == 0)
                return "";

        return i + 1 == n ? " and " : ", ";
}
