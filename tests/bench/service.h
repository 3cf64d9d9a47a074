/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bus service under test, and the private message bus that all of them are started on. */
#pragma once

#include <systemd/sd-bus.h>

#include "child.h"

/* So long may anything take that is asked of a bus or a service. Sanitizers and loaded machines are slow. */
#define SERVICE_LIMIT_USEC (30 * USEC_PER_SEC)

typedef struct PrivateBus {
        Child daemon;
        sd_bus *client;
        bool quiet; /* whether the messages of what is started are thrown away */

        const char *awaited; /* the name that somebody waits for */
        bool is_owned;
        uint64_t changed_usec; /* when its owner was last seen to change */
} PrivateBus;

typedef struct Service {
        const char *program;
        const char *argument; /* its only one, or NULL */
        const char *name, *path, *interface;
        Child child;
} Service;

/* Starts a dbus-daemon with a configuration file and connects to it. Every process started later finds this
 * bus where the system bus is. */
int private_bus_start(PrivateBus *bus, const char *configuration, bool quiet);
void private_bus_done(PrivateBus *bus);

/* Starts the service and waits until the bus says that it owns its name. RET_USEC is the time that took,
 * from just before the fork. */
int service_start(Service *service, PrivateBus *bus, uint64_t *ret_usec);

/* Kills the service and waits until its name is free. RET_CPU_USEC: as child_wait(). */
int service_stop(Service *service, PrivateBus *bus, double *ret_cpu_usec);

/* Calls org.freedesktop.DBus.Properties.GetAll. RET_REPLY may be NULL. */
int service_get_all(const Service *service, PrivateBus *bus, sd_bus_message **ret_reply);
