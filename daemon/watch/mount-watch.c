/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the file whose readiness tells of mounts. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../basic/clock.h"
#include "mount-watch.h"

#define MOUNTS "/proc/self/mountinfo"

/* A host of containers mounts something all the time. */
#define INTERVAL_USEC (500 * USEC_PER_MSEC)
#define BURST 3U

/* Hierarchies of control groups are mounted, and so is securityfs, which shows the kernel's lockdown. */
#define SOURCES_OF_MOUNTS (SOURCE_MASK(SOURCE_CGROUP) | SOURCE_MASK(SOURCE_MODULES))

struct MountWatch {
        int fd;
        sd_event_source *source;
        WatchHandler handler;
        void *userdata;
};

/* To be polled is enough for the file to take what has happened as told (fs/proc_namespace.c:
 * mounts_poll()). */
static int on_changed(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        MountWatch *watch = userdata;

        (void) source, (void) fd, (void) revents;

        watch->handler(SOURCES_OF_MOUNTS, watch->userdata);
        return 0;
}

int mount_watch_new(sd_event *event, WatchHandler handler, void *userdata, MountWatch **ret) {
        _cleanup_(mount_watch_freep) MountWatch *watch = NULL;
        int r;

        watch = malloc(sizeof(MountWatch));
        if (!watch)
                return -ENOMEM;
        *watch = (MountWatch){ .fd = -EBADF, .handler = handler, .userdata = userdata };

        watch->fd = open(MOUNTS, O_RDONLY | O_CLOEXEC);
        if (watch->fd < 0)
                return -errno;

        /* Not EPOLLIN: there is always something to read. */
        r = sd_event_add_io(event, &watch->source, watch->fd, EPOLLPRI, on_changed, watch);
        if (r < 0)
                return r;

        /* Each time all watched paths are looked up again. */
        r = sd_event_source_set_ratelimit(watch->source, INTERVAL_USEC, BURST);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(watch);
        return 0;
}

MountWatch *mount_watch_free(MountWatch *watch) {
        if (!watch)
                return NULL;

        (void) sd_event_source_disable_unref(watch->source);
        (void) safe_close(watch->fd);
        free(watch);
        return NULL;
}
