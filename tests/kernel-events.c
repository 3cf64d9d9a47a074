/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes to uevent files. */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../daemon/basic/cleanup.h"
#include "../daemon/basic/macro.h"
#include "kernel-events.h"

/* The multicast group of the kernel's own events (lib/kobject_uevent.c). */
#define KERNEL_EVENTS_GROUP 1U

/* An event that arrives at all is there when the write returns. */
#define ARRIVAL_LIMIT_MSEC 1000

int kernel_events_open(KernelEvents *ret) {
        static const char *const names[] = { "tun", "fuse", "vhost-net", "vhost-vsock", "kvm" };
        KernelEvents events = {};
        int r = -ENODEV;

        FOREACH_ELEMENT(name, names) {
                char path[64];
                int fd;

                if (streq(*name, "kvm") && events.n > 0)
                        continue;

                snprintf(path, sizeof(path), "/sys/class/misc/%s/uevent", *name);
                fd = open(path, O_WRONLY | O_CLOEXEC);
                if (fd < 0) {
                        if (errno != ENOENT)
                                r = -errno;
                        continue;
                }

                events.names[events.n] = *name;
                events.fds[events.n++] = fd;
        }

        if (events.n == 0)
                return r;

        *ret = events;
        return 0;
}

void kernel_events_close(KernelEvents *events) {
        for (size_t i = 0; i < events->n; i++)
                (void) safe_close(events->fds[i]);
        *events = (KernelEvents){};
}

int kernel_events_send(const KernelEvents *events, size_t index) {
        static const char action[] = "change";

        return write(events->fds[index], action, strlen(action)) < 0 ? -errno : 0;
}

bool kernel_events_arrive(const KernelEvents *events) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS_GROUP };
        _cleanup_close_ int fd = -EBADF;
        struct pollfd pollfd = { .events = POLLIN };

        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        if (fd < 0 || bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return false;

        pollfd.fd = fd;
        return kernel_events_send(events, 0) >= 0 && poll(&pollfd, 1, ARRIVAL_LIMIT_MSEC) > 0;
}

/* One line of /proc/net/netlink: socket, protocol, port, groups, queued to be read, to be written, dump,
 * locks, drops, inode. Returns whether it is of a socket for events. */
static bool parse_socket(const char *line, unsigned *ret_port, unsigned *ret_groups, unsigned *ret_drops) {
        unsigned protocol;

        return sscanf(line, "%*s %u %u %x %*s %*s %*s %*s %u", &protocol, ret_port, ret_groups, ret_drops) ==
                       4 &&
               protocol == NETLINK_KOBJECT_UEVENT;
}

/* A process's first socket has its PID for a port (net/netlink/af_netlink.c: netlink_autobind()). */
int kernel_events_dropped(pid_t pid, unsigned *ret) {
        _cleanup_(fclosep) FILE *f = fopen("/proc/net/netlink", "re");
        _cleanup_free_ char *line = NULL;
        unsigned port, groups, drops;
        size_t allocated = 0;

        if (!f)
                return -errno;

        while (getline(&line, &allocated, f) >= 0)
                if (parse_socket(line, &port, &groups, &drops) && port == (unsigned) pid) {
                        *ret = drops;
                        return 0;
                }

        return -ENOENT;
}

unsigned kernel_events_listeners(void) {
        _cleanup_(fclosep) FILE *f = fopen("/proc/net/netlink", "re");
        _cleanup_free_ char *line = NULL;
        unsigned port, groups, drops, n = 0;
        size_t allocated = 0;

        while (f && getline(&line, &allocated, f) >= 0)
                n += parse_socket(line, &port, &groups, &drops) && groups != 0;

        return n;
}

bool kernel_events_busy_udevd(void) {
        return access("/run/udev/control", F_OK) >= 0;
}
