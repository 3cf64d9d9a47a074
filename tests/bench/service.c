/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts services on a bus of their own and watches them take their names. */

#include <fcntl.h>
#include <poll.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/log.h"
#include "service.h"

/* How often a wait looks whether the process still lives. */
#define LOOK_USEC (100 * USEC_PER_MSEC)

#define ADDRESS_MAX 512U

/* The daemon prints its address as one line, when it is ready to be connected to. */
static int read_address(int fd, char address[static ADDRESS_MAX]) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        ssize_t n;
        int r;

        r = poll(&pollfd, 1, (int) (SERVICE_LIMIT_USEC / USEC_PER_MSEC));
        if (r < 0)
                return -errno;
        if (r == 0)
                return -ETIMEDOUT;

        n = read(fd, address, ADDRESS_MAX - 1);
        if (n < 0)
                return -errno;

        address[n] = '\0';
        address[strcspn(address, "\n")] = '\0';
        return isempty(address) ? -ENODATA : 0;
}

static int on_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        const char *name, *old_owner, *new_owner;
        PrivateBus *bus = userdata;
        int r;

        (void) error;

        r = sd_bus_message_read(signal, "sss", &name, &old_owner, &new_owner);
        if (r < 0)
                return r;

        if (bus->awaited && streq(name, bus->awaited)) {
                bus->is_owned = !isempty(new_owner);
                bus->changed_usec = now_usec(CLOCK_MONOTONIC);
        }

        return 0;
}

static int connect_client(PrivateBus *bus) {
        int r;

        r = sd_bus_open_system(&bus->client);
        if (r < 0)
                return r;

        r = sd_bus_set_method_call_timeout(bus->client, SERVICE_LIMIT_USEC);
        if (r < 0)
                return r;

        return sd_bus_match_signal(bus->client, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "NameOwnerChanged", on_owner_changed, bus);
}

int private_bus_start(PrivateBus *bus, const char *configuration, bool quiet) {
        _cleanup_free_ char *file = NULL, *listen = NULL;
        _cleanup_close_ int reading = -EBADF, writing = -EBADF;
        char address[ADDRESS_MAX];
        int pipe_fds[2], r;

        /* An abstract socket leaves no file behind, however this ends. */
        if (asprintf(&file, "--config-file=%s", configuration) < 0 ||
            asprintf(&listen, "--address=unix:abstract=virtready-bench-%i", (int) getpid()) < 0)
                return log_oom();
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return log_error_errno(-errno, "Failed to create a pipe: %m");
        reading = pipe_fds[0];
        writing = pipe_fds[1];

        r = child_start((const char *[]){ "dbus-daemon", file, listen, "--nofork", "--nopidfile",
                                          "--print-address=1", NULL },
                        writing, quiet, &bus->daemon);
        if (r < 0)
                return log_error_errno(r, "Failed to start dbus-daemon: %m");
        writing = safe_close(writing);
        bus->quiet = quiet;

        r = read_address(reading, address);
        if (r < 0)
                return log_error_errno(r, "Failed to start dbus-daemon (see --verbose): %m");
        if (setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1) < 0)
                return log_oom();

        r = connect_client(bus);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to the private bus: %m");

        return 0;
}

void private_bus_done(PrivateBus *bus) {
        (void) sd_bus_close_unref(bus->client);
        child_done(&bus->daemon);
}

static int wait_for_owner(PrivateBus *bus, bool owned, const Child *child) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + SERVICE_LIMIT_USEC;
        int r;

        while (bus->is_owned != owned) {
                r = sd_bus_process(bus->client, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;

                if (owned && child_has_exited(child))
                        return -ECHILD;
                if (now_usec(CLOCK_MONOTONIC) >= end)
                        return -ETIMEDOUT;

                r = sd_bus_wait(bus->client, LOOK_USEC);
                if (r < 0 && r != -EINTR)
                        return r;
        }

        return 0;
}

int service_start(Service *service, PrivateBus *bus, uint64_t *ret_usec) {
        int r;

        bus->awaited = service->name;
        bus->is_owned = false;

        r = child_start((const char *[]){ service->program, service->argument, NULL }, /* output= */ -EBADF,
                        bus->quiet, &service->child);
        if (r < 0)
                return log_error_errno(r, "Failed to start %s: %m", service->program);

        r = wait_for_owner(bus, true, &service->child);
        if (r == -ECHILD)
                return log_error_errno(r, "%s exited before it took its name; --verbose shows why.",
                                       service->program);
        if (r < 0)
                return log_error_errno(r, "Failed to wait for %s to take its name: %m", service->program);

        if (ret_usec)
                *ret_usec = bus->changed_usec - service->child.started_usec;
        return 0;
}

int service_stop(Service *service, PrivateBus *bus, double *ret_cpu_usec) {
        int r;

        bus->awaited = service->name;
        bus->is_owned = true;

        r = child_kill(&service->child, ret_cpu_usec);
        if (r < 0)
                return log_error_errno(r, "Failed to stop %s: %m", service->program);

        r = wait_for_owner(bus, false, NULL);
        if (r < 0)
                return log_error_errno(r, "Failed to wait for the name of %s to become free: %m",
                                       service->program);

        return 0;
}

int service_get_all(const Service *service, PrivateBus *bus, sd_bus_message **ret_reply) {
        int r;

        r = sd_bus_call_method(bus->client, service->name, service->path, "org.freedesktop.DBus.Properties",
                               "GetAll", NULL, ret_reply, "s", service->interface);
        if (r < 0)
                return log_error_errno(r, "Failed to get the properties of %s: %m", service->name);

        return 0;
}
