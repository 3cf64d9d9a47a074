/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds passes back while udevd sets up a device node that has just been made. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "facts/device.h"

/* udevd takes milliseconds for a node, and longer only while it has much else to do. */
#define NODE_WAIT_USEC (3 * USEC_PER_SEC)

typedef void (*NodeWaitHandler)(void *userdata);

typedef struct NodeWait NodeWait;

/* HANDLER is called when it has been waited for long enough. Errors: -ENOMEM and those of
 * sd_event_add_time(3). */
int node_wait_new(sd_event *event, NodeWaitHandler handler, void *userdata, NodeWait **ret);
NodeWait *node_wait_free(NodeWait *wait);
DEFINE_POINTER_CLEANUP(NodeWait *, node_wait_free);

/* Tells whether a pass that reads devices should wait: there is a node that is not in SEEN, what the last
 * pass has read, and that udevd has not set up yet. An event of udevd follows then. Each wait has an end,
 * after NODE_WAIT_USEC. */
bool node_wait_begin(NodeWait *wait, const Root *root, const DevicesFacts *seen);
