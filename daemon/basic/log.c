/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a message goes is decided when it is written, from the environment: there is no logging state. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "log-sink.h"

bool log_stderr_is_journal(void) {
        const char *stream = secure_getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%ju:%ju", &device, &inode) != 2)
                return false;
        if (fstat(STDERR_FILENO, &st) < 0)
                return false;

        return st.st_dev == (dev_t) device && st.st_ino == (ino_t) inode;
}

static bool level_is_wanted(int level) {
        const char *wanted;

        if (level < LOG_DEBUG)
                return true;

        wanted = secure_getenv("SYSTEMD_LOG_LEVEL");
        return wanted && streq(wanted, "debug");
}

int log_full(int level, int error, const LogField *fields, size_t n_fields, const char *format, ...) {
        _cleanup_free_ char *message = NULL;
        va_list ap;
        int r;

        if (!level_is_wanted(level))
                return error;

        errno = -error;
        va_start(ap, format);
        r = vasprintf(&message, format, ap);
        va_end(ap);
        if (r < 0)
                return error;

        log_write(level, message, fields, n_fields);
        return error;
}

int log_oom(void) {
        return log_error_errno(-ENOMEM, "Out of memory.");
}
