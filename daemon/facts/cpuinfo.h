/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through all of cpuinfo, line by line, for what differs between CPUs. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "root.h"

/* A machine with the most CPUs that a kernel can have, and the longest of entries, stays below this: 8192 of
 * 4 KiB. */
#define CPUINFO_MAX (32U * 1024U * 1024U)

typedef struct Cpuinfo {
        FILE *file;
        size_t n_bytes;
        const char *key; /* of the line that was read last: before the colon, without blanks at its end */
        const char *value;
        char line[4096]; /* the lines that go on beyond are lists of flags */
} Cpuinfo;

/* Opens proc/cpuinfo. A running system wakes every CPU while it is read. Errors: those of root_fopen(),
 * whose limit is CPUINFO_MAX. */
int cpuinfo_open(const Root *root, Cpuinfo *ret);
void cpuinfo_done(Cpuinfo *cpuinfo);

/* Reads on to the next line that has a colon, and makes it printable; false at the end. */
bool cpuinfo_next(Cpuinfo *cpuinfo);

/* Tells whether the line's key is KEY and its value a number, which may have a fraction that is left out. */
bool cpuinfo_number(const Cpuinfo *cpuinfo, const char *key, uint64_t *ret);
