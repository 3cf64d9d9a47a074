/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits for udevd, with a limit. */

#include <errno.h>
#include <stdlib.h>

#include "basic/log.h"
#include "facts/node-setup.h"
#include "node-wait.h"

struct NodeWait {
        NodeWaitHandler handler;
        void *userdata;
        sd_event_source *timer;
        bool on;
        bool is_over; /* it has been waited long enough for what there is */
};

static int on_time_over(sd_event_source *source, uint64_t usec, void *userdata) {
        NodeWait *wait = userdata;

        (void) source, (void) usec;

        log_debug("udevd has not set up a device node in time.");
        wait->is_over = true;
        wait->handler(wait->userdata);
        return 0;
}

int node_wait_new(sd_event *event, NodeWaitHandler handler, void *userdata, NodeWait **ret) {
        _cleanup_(node_wait_freep) NodeWait *wait = NULL;
        int r;

        wait = malloc(sizeof(NodeWait));
        if (!wait)
                return -ENOMEM;
        *wait = (NodeWait){ .handler = handler, .userdata = userdata };

        r = sd_event_add_time(event, &wait->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_time_over, wait);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(wait->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(wait);
        return 0;
}

NodeWait *node_wait_free(NodeWait *wait) {
        if (!wait)
                return NULL;

        (void) sd_event_source_disable_unref(wait->timer);
        free(wait);
        return NULL;
}

static int start_timer(NodeWait *wait) {
        int r;

        r = sd_event_source_set_time_relative(wait->timer, NODE_WAIT_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(wait->timer, SD_EVENT_ONESHOT);
}

bool node_wait_begin(NodeWait *wait, const Root *root, const DevicesFacts *seen) {
        bool was_on = wait->on;

        wait->on = !wait->is_over && device_nodes_await_udevd(root, seen);
        wait->is_over = false;

        /* Without an end it is better not to begin. */
        if (wait->on && !was_on)
                wait->on = start_timer(wait) >= 0;
        if (!wait->on)
                (void) sd_event_source_set_enabled(wait->timer, SD_EVENT_OFF);

        return wait->on;
}
