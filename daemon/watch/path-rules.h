/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files are watched, for they change without an event of their own. */
#pragma once

#include "../facts/facts.h"

typedef struct PathRule {
        const char *directory; /* relative to the root */
        bool of_release; /* it has a directory for each kernel release; that of the running one is meant */
        const char *pattern; /* of the names in it (fnmatch(3), FNM_EXTMATCH) */
        SourceMask sources;  /* outdated when such a file was made, written, removed or renamed */
} PathRule;

/* The rules for files. Those for device nodes follow from the table of devices (facts/device.h). */
const PathRule *path_rules(size_t *ret_n);
