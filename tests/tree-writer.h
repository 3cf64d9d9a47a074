/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes many files below a directory, without the libraries that tests have for it: the benchmark must not
 * map them. */
#pragma once

#include <stdio.h>

#include "../daemon/basic/macro.h"

typedef struct TreeWriter {
        int directory; /* a descriptor; all paths are relative to it */
        int error;     /* the first, as a negative errno: nothing is written after it */
} TreeWriter;

/* Makes a new file, and opens it for writing. Like those below it makes the directories above it first.
 * Returns NULL after an error: those of mkdir(2) and open(2), -EEXIST among them. */
FILE *writer_open(TreeWriter *writer, const char *path);
void writer_close(TreeWriter *writer, FILE *file);

/* Writes a new file whole. */
void writer_file(TreeWriter *writer, const char *path, const char *format, ...) _printf_(3, 4);

/* Makes PATH another name of the file TARGET, which is relative to the directory, too. */
void writer_link(TreeWriter *writer, const char *path, const char *target);

void writer_symlink(TreeWriter *writer, const char *path, const char *target);
