/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spans of time as people write them on a command line. */
#pragma once

#include <stdint.h>

#define TIME_SPAN_INFINITE UINT64_MAX

/* So that it can be added to any time. */
#define TIME_SPAN_MAX ((uint64_t) INT64_MAX)

/* Parses a span such as "30", "1.5s", "2min", "1h 30min" or "infinity", as systemd.time(7) has them, up to
 * weeks; a number alone is seconds. Yields microseconds. Errors: -EINVAL for what is none, -ERANGE for one
 * that is too long. */
int time_span_parse(const char *text, uint64_t *ret_usec);
