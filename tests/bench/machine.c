/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/cpuinfo, uname, the load, and the kernel's device events. */

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/macro.h"
#include "machine.h"
#include "process.h"

/* The multicast group of the kernel's own events; udevd's have another (lib/kobject_uevent.c). */
#define KERNEL_EVENTS_GROUP 1U

/* A number is worth nothing when the compiler did not optimise. */
#ifdef __OPTIMIZE__
#define BUILD "optimised"
#else
#define BUILD "NOT OPTIMISED"
#endif

/* arch/x86/kernel/cpu/proc.c: "model name\t: …"; other architectures may not tell. */
static char *read_cpu_model(void) {
        _cleanup_(fclosep) FILE *f = fopen("/proc/cpuinfo", "re");
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;

        while (f && getline(&line, &allocated, f) >= 0) {
                const char *colon = startswith(line, "model name") ? strchr(line, ':') : NULL;

                if (colon)
                        return strndup(colon + 2, strcspn(colon + 2, "\n"));
        }

        return strdup("unknown model");
}

int machine_describe(const char *kvm_state, char *ret, size_t size) {
        _cleanup_free_ char *model = NULL;
        struct utsname name;
        double load = 0;

        model = read_cpu_model();
        if (!model)
                return -ENOMEM;
        if (uname(&name) < 0)
                return -errno;
        (void) getloadavg(&load, 1);

        (void) snprintf(ret, size,
                        "Machine: %s, %li CPUs, Linux %s %s; kvm.usable: %s; load %.2f; %s build; %u "
                        "processes share libsystemd.so with the services.",
                        model, sysconf(_SC_NPROCESSORS_ONLN), name.release, name.machine, kvm_state, load,
                        BUILD, process_count_mapping("/libsystemd.so"));
        return 0;
}

int machine_open_uevents(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS_GROUP };
        _cleanup_close_ int fd = -EBADF;

        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        if (fd < 0)
                return -errno;
        if (bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        return TAKE_FD(fd);
}

unsigned machine_count_uevents(int fd) {
        char event[8192];
        unsigned n = 0;

        /* An overrun is reported once (ENOBUFS), and the events that are left follow. */
        while (recv(fd, event, sizeof(event), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
                n++;

        return n;
}
