/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points in time as the bus has them: microseconds in 64 bits. */
#pragma once

#include <stdint.h>
#include <time.h>

#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL
#define NSEC_PER_USEC 1000ULL

/* The time of CLOCK in microseconds: since the epoch for CLOCK_REALTIME, since boot for CLOCK_MONOTONIC. */
static inline uint64_t now_usec(clockid_t clock) {
        struct timespec t = {};

        (void) clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * USEC_PER_SEC + (uint64_t) t.tv_nsec / NSEC_PER_USEC;
}
