/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for a pause, and trims the heap. */

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>

#include "basic/clock.h"
#include "tidy.h"

struct Tidy {
        sd_event_source *post; /* after every event */
        sd_event_source *pause;
        TidyHandler handler;
        void *userdata;
        bool done; /* the last event was the pause */
};

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata) {
        Tidy *tidy = userdata;

        (void) source, (void) usec;

        tidy->handler(tidy->userdata);
        (void) malloc_trim(0);
        tidy->done = true;
        return 0;
}

/* Without it memory is kept, and nothing else. */
static int on_event(sd_event_source *source, void *userdata) {
        Tidy *tidy = userdata;

        (void) source;

        if (tidy->done) {
                tidy->done = false;
                return 0;
        }

        if (sd_event_source_set_time_relative(tidy->pause, TIDY_AFTER_USEC) >= 0)
                (void) sd_event_source_set_enabled(tidy->pause, SD_EVENT_ONESHOT);

        return 0;
}

int tidy_new(sd_event *event, TidyHandler handler, void *userdata, Tidy **ret) {
        _cleanup_(tidy_freep) Tidy *tidy = NULL;
        int r;

        tidy = malloc(sizeof(Tidy));
        if (!tidy)
                return -ENOMEM;
        *tidy = (Tidy){ .handler = handler, .userdata = userdata };

        /* Nobody waits for it, so it may come along with another wake-up. */
        r = sd_event_add_time_relative(event, &tidy->pause, CLOCK_MONOTONIC, TIDY_AFTER_USEC, USEC_PER_SEC,
                                       on_pause, tidy);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(tidy->pause, SD_EVENT_PRIORITY_IDLE);
        if (r < 0)
                return r;

        r = sd_event_add_post(event, &tidy->post, on_event, tidy);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(tidy);
        return 0;
}

Tidy *tidy_free(Tidy *tidy) {
        if (!tidy)
                return NULL;

        (void) sd_event_source_disable_unref(tidy->post);
        (void) sd_event_source_disable_unref(tidy->pause);
        free(tidy);
        return NULL;
}
