/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the indexes of a module tree as depmod(8) does, without any real module to read. */
#pragma once

#include <stddef.h>

/* Writes a file that maps names, which are sorted, to values; both are in turn in ENTRIES, NULL-terminated.
 * The names are ASCII, each is there once, and none is empty. */
void module_index_write(const char *tree, const char *path, const char *const *entries);
