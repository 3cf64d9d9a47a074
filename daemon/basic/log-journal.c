/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages with their fields, as the journal's own protocol carries them. */

/* The place that journal entries would name is this file, always. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "log-sink.h"

#define LOG_FIELDS_MAX 14

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

void log_write(int level, const char *message, const LogField *fields, size_t n_fields) {
        if (!log_stderr_is_journal() || journal_send(level, message, fields, n_fields) < 0)
                fprintf(stderr, "%s\n", message);
}
