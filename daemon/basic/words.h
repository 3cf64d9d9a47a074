/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of words: in a string, as the kernel prints them, and in a sentence. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Tells whether WORD is one of the words of LIST, which blanks separate. A NULL list has no words. */
bool words_contain(const char *list, const char *word);

/* What stands before the word with the index I in a list of N: "qemu, lxc and microvm". */
const char *words_separator(size_t i, size_t n);
