/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has inotify tell. */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/macro.h"
#include "open-counter.h"

static int watch_tree(int fd, const char *path) {
        _cleanup_(closedirp) DIR *directory = NULL;
        struct dirent *entry;
        int r;

        directory = opendir(path);
        if (!directory)
                return -errno;

        while ((entry = readdir(directory))) {
                char below[PATH_MAX];

                if (entry->d_type != DT_DIR || streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;

                snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
                r = watch_tree(fd, below);
                if (r < 0)
                        return r;
        }

        /* Last, so that this search itself does not count. */
        return inotify_add_watch(fd, path, IN_OPEN | IN_ONLYDIR) < 0 ? -errno : 0;
}

int open_counter_new(const char *path, OpenCounter *ret) {
        _cleanup_(open_counter_done) OpenCounter counter = OPEN_COUNTER_NONE;
        int r;

        counter.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (counter.fd < 0)
                return -errno;

        r = watch_tree(counter.fd, path);
        if (r < 0)
                return r;

        *ret = counter;
        counter = OPEN_COUNTER_NONE;
        return 0;
}

void open_counter_done(OpenCounter *counter) {
        counter->fd = safe_close(counter->fd);
}

int open_counter_read(OpenCounter *counter, unsigned *ret) {
        char buffer[16 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
        unsigned n = 0;
        ssize_t size;

        while ((size = read(counter->fd, buffer, sizeof(buffer))) > 0)
                for (const char *p = buffer; p < buffer + size;) {
                        const struct inotify_event *event = (const void *) p;

                        if (event->mask & IN_Q_OVERFLOW)
                                return -EOVERFLOW;
                        /* A directory that is opened tells its own watch, too, without a name. */
                        n += event->mask & IN_OPEN && event->len > 0;
                        p += sizeof(*event) + event->len;
                }
        if (size < 0 && errno != EAGAIN)
                return -errno;

        *ret = n;
        return 0;
}
