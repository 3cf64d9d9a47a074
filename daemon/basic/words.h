/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of words in a string, as the kernel prints them. */
#pragma once

#include <stdbool.h>

/* Tells whether WORD is one of the words of LIST, which blanks separate. A NULL list has no words. */
bool words_contain(const char *list, const char *word);
