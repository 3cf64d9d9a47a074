/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts work behind everything else in the event loop, and sees to it that its turn comes. */

#include "deferred.h"

#include <errno.h>
#include <stdlib.h>

#include "basic/clock.h"
#include "basic/log.h"

/* A few passes in a row run at once, as the events of one module's loading need them; a storm has to wait.
 */
#define INTERVAL_USEC (500 * USEC_PER_MSEC)
#define BURST 3U

/* Who never stops sending could keep work of low priority waiting for ever. */
#define PATIENCE_USEC (100 * USEC_PER_MSEC)

#define PRIORITY_PATIENT (SD_EVENT_PRIORITY_NORMAL + 1)

struct Deferred {
        DeferredHandler handler;
        void *userdata;
        sd_event_source *work;     /* enabled while it is scheduled */
        sd_event_source *patience; /* then enabled until it has run out */
};

static int on_work_due(sd_event_source *source, void *userdata) {
        Deferred *deferred = userdata;

        (void) sd_event_source_set_enabled(deferred->patience, SD_EVENT_OFF);
        (void) sd_event_source_set_priority(source, PRIORITY_PATIENT);
        deferred->handler(deferred->userdata);
        return 0;
}

static int on_patience_over(sd_event_source *source, uint64_t usec, void *userdata) {
        Deferred *deferred = userdata;

        (void) source, (void) usec;

        (void) sd_event_source_set_priority(deferred->work, SD_EVENT_PRIORITY_NORMAL);
        return 0;
}

static int add_sources(sd_event *event, Deferred *deferred) {
        int r;

        r = sd_event_add_defer(event, &deferred->work, on_work_due, deferred);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(deferred->work, SD_EVENT_OFF);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(deferred->work, PRIORITY_PATIENT);
        if (r < 0)
                return r;

        r = sd_event_source_set_ratelimit(deferred->work, INTERVAL_USEC, BURST);
        if (r < 0)
                return r;

        r = sd_event_add_time_relative(event, &deferred->patience, CLOCK_MONOTONIC, PATIENCE_USEC,
                                       USEC_PER_MSEC, on_patience_over, deferred);
        if (r < 0)
                return r;

        return sd_event_source_set_enabled(deferred->patience, SD_EVENT_OFF);
}

int deferred_new(sd_event *event, DeferredHandler handler, void *userdata, Deferred **ret) {
        _cleanup_(deferred_freep) Deferred *deferred = NULL;
        int r;

        deferred = malloc(sizeof(Deferred));
        if (!deferred)
                return -ENOMEM;
        *deferred = (Deferred){ .handler = handler, .userdata = userdata };

        r = add_sources(event, deferred);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(deferred);
        return 0;
}

Deferred *deferred_free(Deferred *deferred) {
        if (!deferred)
                return NULL;

        (void) sd_event_source_disable_unref(deferred->patience);
        (void) sd_event_source_disable_unref(deferred->work);
        free(deferred);
        return NULL;
}

static int schedule(Deferred *deferred) {
        int enabled, r;

        r = sd_event_source_get_enabled(deferred->work, &enabled);
        if (r < 0 || enabled != SD_EVENT_OFF)
                return r;

        r = sd_event_source_set_time_relative(deferred->patience, PATIENCE_USEC);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(deferred->patience, SD_EVENT_ONESHOT);
        if (r < 0)
                return r;

        return sd_event_source_set_enabled(deferred->work, SD_EVENT_ONESHOT);
}

void deferred_schedule(Deferred *deferred) {
        int r;

        r = schedule(deferred);
        if (r < 0)
                (void) log_error_errno(r, "Failed to schedule what an event asked for: %m");
}
