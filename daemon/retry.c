/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has failed is often over soon; and where trying is what does the harm, it does not do so all the
 * time. */

#include "retry.h"
#include "basic/clock.h"

void retry_note_failure(Retry *retry, uint64_t first_usec) {
        uint64_t max = RETRY_MAX_FACTOR * first_usec, twice = 2 * retry->pause_usec;

        retry->pause_usec = twice == 0 ? first_usec : twice < max ? twice : max;
        retry->not_before = now_usec(CLOCK_MONOTONIC) + retry->pause_usec;
}

void retry_note_success(Retry *retry) {
        retry->pause_usec = retry->not_before = 0;
}

void retry_shorten(Retry *retry, uint64_t usec) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + usec;

        if (retry->not_before > end)
                retry->not_before = end;
}

bool retry_may_begin(const Retry *retry) {
        return now_usec(CLOCK_MONOTONIC) >= retry->not_before;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Retry *retry = userdata;

        (void) source, (void) usec;

        retry_stop(retry);
        retry->handler(retry->userdata);
        return 0;
}

int retry_wait(Retry *retry, sd_event *event, RetryHandler handler, void *userdata) {
        retry->handler = handler;
        retry->userdata = userdata;

        /* A second more or less does not matter, so that it may come along with another wake-up. */
        return sd_event_add_time(event, &retry->timer, CLOCK_MONOTONIC, retry->not_before, USEC_PER_SEC,
                                 on_timer, retry);
}

void retry_stop(Retry *retry) {
        retry->timer = sd_event_source_disable_unref(retry->timer);
}
