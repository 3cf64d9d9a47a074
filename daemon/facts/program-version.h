/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The versions of programs: from what they print, and from their files. */
#pragma once

#include <stddef.h>

#include "root.h"

/* There is room for any version; what is longer is none. */
#define PROGRAM_VERSION_MAX 32U

/* Finds the version in TEXT, SIZE bytes that a program has printed: the word after MARKER in the first line,
 * of letters, digits and ".+~_-", beginning with a letter or digit and with a digit in it. Writes it to RET,
 * which is left alone when there is none. Returns whether there is one. */
bool program_version_parse(const char *text, size_t size, const char *marker, char ret[PROGRAM_VERSION_MAX]);

/* Reads the version of virt-install and virt-manager, which come together, from the file in which they keep
 * it (virt-manager, virtinst/buildconfig.py; before 2.0 virtcli/cliconfig.py). PROGRAM is the path of the
 * one or the other, "/usr/bin/virt-install", beside whose directory share/virt-manager is. Writes it to RET,
 * which is left alone when it cannot be read. */
void program_version_read(const Root *root, const char *program, char ret[PROGRAM_VERSION_MAX]);
