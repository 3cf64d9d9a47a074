/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes files below a directory, without the libraries that tests have for it: the benchmark must not map
 * them. */
#pragma once

#include <stdio.h>

#include "../../daemon/basic/macro.h"

/* Opens a new file for writing, after making the directories above it. DIRECTORY is a descriptor, and PATH
 * relative to it. Errors: those of mkdir(2) and open(2), -EEXIST among them. */
int tree_open_file(int directory, const char *path, FILE **ret);

/* Closes it, and tells whether all could be written. */
int tree_close_file(FILE *file);

/* Writes a new file whole. Errors: those of tree_open_file() and write(2). */
int tree_write_file(int directory, const char *path, const char *format, ...) _printf_(3, 4);

/* Makes PATH another name of the file TARGET, after making the directories above it. Errors: those of
 * mkdir(2) and link(2). */
int tree_link(int directory, const char *path, const char *target);

/* Removes a directory and what is in it, as far as that goes. */
void tree_remove(const char *path);
