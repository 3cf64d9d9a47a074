/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens to device and module events, of udevd where it runs and of the kernel elsewhere. */
#pragma once

#include <systemd/sd-event.h>

#include "../basic/cleanup.h"
#include "uevent.h"

/* Whose events they are. */
typedef enum UdevOrigin {
        UDEV_ORIGIN_KERNEL,
        UDEV_ORIGIN_UDEVD, /* its device nodes are ready, and it takes its time */
        _UDEV_ORIGIN_MAX,
} UdevOrigin;

/* Called for each relevant event. */
typedef void (*UdevWatchHandler)(const Uevent *uevent, void *userdata);

typedef struct UdevWatch UdevWatch;

/* Finds out whose events are to be had: udevd's where it runs. */
UdevOrigin udev_find_origin(void);

/* Starts to listen: from its return on, no event is missed. The handler is called from the event loop, or if
 * EVENT is NULL by udev_watch_drain() alone. When the kernel had to drop events, because they came faster
 * than they were read, the handler gets one that makes every source dirty. Errors: those of libudev and
 * sd_event_add_io(3). */
int udev_watch_new(sd_event *event, UdevOrigin origin, UdevWatchHandler handler, void *userdata,
                   UdevWatch **ret);
UdevWatch *udev_watch_free(UdevWatch *watch);
DEFINE_POINTER_CLEANUP(UdevWatch *, udev_watch_free);

UdevOrigin udev_watch_origin(const UdevWatch *watch);

/* Handles what has arrived so far, without waiting for the event loop. */
void udev_watch_drain(UdevWatch *watch);
