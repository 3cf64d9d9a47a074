/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the netlink socket that events arrive on. */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../basic/log.h"
#include "../basic/macro.h"
#include "udev-watch.h"

/* Room for a storm of events; the kernel grants as much as net.core.rmem_max allows. */
#define RECEIVE_BUFFER_SIZE (8 * 1024 * 1024)

/* So many events are handled before other work gets its turn. */
#define EVENTS_PER_TURN 1024U

struct UdevWatch {
        UdevOrigin origin;
        struct udev *udev;
        struct udev_monitor *monitor;
        sd_event_source *source;
        UdevWatchHandler handler;
        void *userdata;
};

/* Their names in libudev. */
static const char *const origins[_UDEV_ORIGIN_MAX] = {
        [UDEV_ORIGIN_KERNEL] = "kernel",
        [UDEV_ORIGIN_UDEVD] = "udev",
};

/* libudev's own test for a running udevd. */
UdevOrigin udev_find_origin(void) {
        return access("/run/udev/control", F_OK) >= 0 ? UDEV_ORIGIN_UDEVD : UDEV_ORIGIN_KERNEL;
}

void udev_watch_drain(UdevWatch *watch) {
        for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
                _cleanup_(udev_device_unrefp) struct udev_device *device = NULL;
                Uevent uevent;

                errno = 0;
                device = udev_monitor_receive_device(watch->monitor);
                if (device)
                        uevent = uevent_classify(device);
                else if (errno == ENOBUFS)
                        uevent = (Uevent){ .kind = UEVENT_LOST, .dirty = SOURCE_MASK_ALL };
                else
                        break;

                if (uevent.kind != UEVENT_IRRELEVANT)
                        watch->handler(&uevent, watch->userdata);
        }
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void) source, (void) fd, (void) revents;

        udev_watch_drain(userdata);
        return 0;
}

static int set_up_monitor(UdevWatch *watch) {
        static const char *const subsystems[] = { "cpu",    "iommu", "memory", "misc",
                                                  "module", "node",  "pci",    "vfio" };
        int r;

        watch->udev = udev_new();
        if (!watch->udev)
                return -errno;

        watch->monitor = udev_monitor_new_from_netlink(watch->udev, origins[watch->origin]);
        if (!watch->monitor)
                return -errno;

        FOREACH_ELEMENT(subsystem, subsystems) {
                r = udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, *subsystem, NULL);
                if (r < 0)
                        return r;
        }

        r = udev_monitor_set_receive_buffer_size(watch->monitor, RECEIVE_BUFFER_SIZE);
        if (r < 0)
                (void) log_debug_errno(r, "Failed to enlarge the receive buffer for events, ignoring: %m");

        return udev_monitor_enable_receiving(watch->monitor);
}

int udev_watch_new(sd_event *event, UdevOrigin origin, UdevWatchHandler handler, void *userdata,
                   UdevWatch **ret) {
        _cleanup_(udev_watch_freep) UdevWatch *watch = NULL;
        int r;

        watch = malloc(sizeof(UdevWatch));
        if (!watch)
                return -ENOMEM;
        *watch = (UdevWatch){ .origin = origin, .handler = handler, .userdata = userdata };

        r = set_up_monitor(watch);
        if (r < 0)
                return r;

        if (event) {
                r = sd_event_add_io(event, &watch->source, udev_monitor_get_fd(watch->monitor), EPOLLIN,
                                    on_readable, watch);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(watch);
        return 0;
}

UdevWatch *udev_watch_free(UdevWatch *watch) {
        if (!watch)
                return NULL;

        (void) sd_event_source_disable_unref(watch->source);
        udev_monitor_unref(watch->monitor);
        udev_unref(watch->udev);
        free(watch);
        return NULL;
}

UdevOrigin udev_watch_origin(const UdevWatch *watch) {
        return watch->origin;
}
