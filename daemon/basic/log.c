/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a message goes is decided when it is written, from the environment: there is no logging state. */

/* The place that journal entries would name is this file, always. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"

#define LOG_FIELDS_MAX 14

/* systemd tells a service which device and inode its journal stream is (systemd.exec(5), JOURNAL_STREAM). */
static bool stderr_is_journal(void) {
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

static int journal_send(int level, const char *message, const LogField *fields, size_t n_fields) {
        char *text[LOG_FIELDS_MAX + 2] = {};
        struct iovec iov[LOG_FIELDS_MAX + 2];
        size_t n = 0;
        int r = -ENOMEM;

        if (n_fields > LOG_FIELDS_MAX)
                return -E2BIG;

        if (asprintf(&text[n], "PRIORITY=%i", level) < 0)
                goto finish;
        n++;
        if (asprintf(&text[n], "MESSAGE=%s", message) < 0)
                goto finish;
        n++;

        FOREACH_ARRAY(field, fields, n_fields) {
                if (asprintf(&text[n], "%s=%s", field->name, field->value) < 0)
                        goto finish;
                n++;
        }

        for (size_t i = 0; i < n; i++)
                iov[i] = (struct iovec){ .iov_base = text[i], .iov_len = strlen(text[i]) };

        r = sd_journal_sendv(iov, (int) n);
finish:
        for (size_t i = 0; i < n; i++)
                free(text[i]);
        return r;
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

        if (!stderr_is_journal() || journal_send(level, message, fields, n_fields) < 0)
                fprintf(stderr, "%s\n", message);

        return error;
}

int log_oom(void) {
        return log_error_errno(-ENOMEM, "Out of memory.");
}
