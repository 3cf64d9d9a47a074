/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where messages end: a program links one file that writes them. log-journal.c needs libsystemd, log-plain.c
 * nothing. */
#pragma once

#include "log.h"

/* Tells whether standard error is this service's stream to the journal: systemd says which device and inode
 * that is (systemd.exec(5), JOURNAL_STREAM). */
bool log_stderr_is_journal(void);

/* Writes one message that is wanted. It has no newline at its end. */
void log_write(int level, const char *message, const LogField *fields, size_t n_fields);
