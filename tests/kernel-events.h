/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real events of the kernel, without touching what they are about: for tests and the benchmark, whose
 * libraries must not grow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Devices whose events the daemon acts upon; a machine has some of them. */
#define KERNEL_EVENTS_DEVICES_MAX 5U

typedef struct KernelEvents {
        int fds[KERNEL_EVENTS_DEVICES_MAX]; /* each a uevent file, open for writing */
        const char *names[KERNEL_EVENTS_DEVICES_MAX];
        size_t n;
} KernelEvents;

/* Opens the uevent files of the misc devices that the daemon watches. Whatever is written to one,
 * the device stays as it is, and the kernel sends an event about it
 * (Documentation/ABI/testing/sysfs-uevent). Only root may. KVM's is opened only if there is no other: live
 * daemons would probe at each event. Errors: -ENODEV when there is no such device, and those of open(2). */
int kernel_events_open(KernelEvents *ret);
void kernel_events_close(KernelEvents *events);

/* Has the kernel send the event "change" of the device with this index, below N. It has been queued for all
 * who listen when this returns. Errors: those of write(2). */
int kernel_events_send(const KernelEvents *events, size_t index);

/* Sends one and tells whether it arrives here. In a user namespace of its own a process gets none
 * (lib/kobject_uevent.c: uevent_net_broadcast_untagged()). */
bool kernel_events_arrive(const KernelEvents *events);

/* How many events the kernel has not given to a process so far, because the buffer of its first netlink
 * socket for events was full (net/netlink/af_netlink.c: netlink_native_seq_show(), "Drops"). Errors: -ENOENT
 * when it has no such socket, and those of reading /proc/net/netlink. */
int kernel_events_dropped(pid_t pid, unsigned *ret);

/* How many sockets listen to events, of whomever: each wakes up for each event. */
unsigned kernel_events_listeners(void);

/* Tells whether udevd runs, which would have to handle each event of a storm: seconds become minutes. */
bool kernel_events_busy_udevd(void);
