/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether udevd is still at work on a device node. */
#pragma once

#include <stdbool.h>

#include "device.h"
#include "root.h"

/* Tells whether a device has a node that is not the one in SEEN, and that udevd, where it runs, has not set
 * up yet. The kernel makes nodes for root alone (drivers/base/devtmpfs.c: handle_create()). udevd gives them
 * owner and mode, then writes what it knows of the device to run/udev/data, and then sends its event
 * (systemd, src/udev/udev-event.c: udev_event_execute_rules(), udev-worker.c). A file from a device that was
 * there before is older than the node. A node without a device, and what cannot be seen, counts as set up.
 */
bool device_nodes_await_udevd(const Root *root, const DevicesFacts *seen);
