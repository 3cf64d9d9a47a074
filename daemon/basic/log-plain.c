/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages without fields on standard error, for a program that links no more than it must. */

#include <stdio.h>

#include "log-sink.h"

void log_write(int level, const char *message, const LogField *fields, size_t n_fields) {
        (void) fields, (void) n_fields;

        /* The journal takes the level from the line (sd-daemon(3)). */
        if (log_stderr_is_journal())
                fprintf(stderr, "<%i>", level);
        fprintf(stderr, "%s\n", message);
}
