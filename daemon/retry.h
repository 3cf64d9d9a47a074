/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long something that has failed is left alone. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

typedef void (*RetryHandler)(void *userdata);

/* All zero when nothing has failed. */
typedef struct Retry {
        uint64_t pause_usec;    /* the last pause; 0: there was none */
        uint64_t not_before;    /* when that is over (CLOCK_MONOTONIC) */
        sd_event_source *timer; /* exists while that is waited for */
        RetryHandler handler;
        void *userdata;
} Retry;

/* After the first failure there is a pause of FIRST_USEC, usually RETRY_FIRST_USEC, and after each that
 * follows one that is twice as long, but no longer than RETRY_MAX_FACTOR times the first. */
#define RETRY_FIRST_USEC (5 * USEC_PER_SEC)
#define RETRY_MAX_FACTOR 120U
void retry_note_failure(Retry *retry, uint64_t first_usec);
void retry_note_success(Retry *retry);

/* Has the pause end after that time, unless it does so before. */
void retry_shorten(Retry *retry, uint64_t usec);

/* Whether no pause is on. */
bool retry_may_begin(const Retry *retry);

/* Calls the handler from the event loop when the pause is over, once, unless it is stopped before. Errors:
 * those of sd_event_add_time(3). */
int retry_wait(Retry *retry, sd_event *event, RetryHandler handler, void *userdata);
void retry_stop(Retry *retry);
