/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages for the administrator: structured ones in the journal, plain ones on any other standard error. */
#pragma once

#include <syslog.h>

#include "macro.h"

/* A structured field beside the message, such as { "VIRTREADY_CHECK", "kvm.usable" }. Names are the
 * journal's: upper-case letters, digits and underscores. */
typedef struct LogField {
        const char *name;
        const char *value;
} LogField;

/* Logs one message at a syslog LEVEL. "%m" prints the error that ERROR stands for (a negative errno, or 0
 * for none). Debug messages appear only when SYSTEMD_LOG_LEVEL is "debug". Returns ERROR, so that a caller
 * can log and return in one statement. */
int log_full(int level, int error, const LogField *fields, size_t n_fields, const char *format, ...)
        _printf_(5, 6);

#define log_error_errno(error, ...) log_full(LOG_ERR, (error), NULL, 0, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full(LOG_WARNING, (error), NULL, 0, __VA_ARGS__)
#define log_debug_errno(error, ...) log_full(LOG_DEBUG, (error), NULL, 0, __VA_ARGS__)
#define log_error(...) ((void) log_full(LOG_ERR, 0, NULL, 0, __VA_ARGS__))
#define log_warning(...) ((void) log_full(LOG_WARNING, 0, NULL, 0, __VA_ARGS__))
#define log_info(...) ((void) log_full(LOG_INFO, 0, NULL, 0, __VA_ARGS__))
#define log_debug(...) ((void) log_full(LOG_DEBUG, 0, NULL, 0, __VA_ARGS__))
#define log_struct(level, fields, ...) \
        ((void) log_full((level), 0, (fields), ELEMENTSOF(fields), __VA_ARGS__))

/* What a function that could not allocate returns after saying so. */
int log_oom(void);
