/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the system bus, or any other one by its address. */

#include "bus-open.h"

#include <stdbool.h>
#include <stdlib.h>

#include "../daemon/basic/cleanup.h"

/* The D-Bus Specification's address of the system bus, in the place that /var/run leads to. */
#define SYSTEM_BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"

static const char *system_bus_address(void) {
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");

        return address ? address : SYSTEM_BUS_ADDRESS;
}

/* Nobody has a file descriptor to send to the other. sd_bus_open_system(3) takes them all the same: anybody
 * could fill the table of descriptors with calls that wait. */
static int configure(sd_bus *bus, const char *address, const char *description) {
        int r;

        r = sd_bus_set_description(bus, description);
        if (r < 0)
                return r;

        r = sd_bus_set_address(bus, address ? address : system_bus_address());
        if (r < 0)
                return r;

        r = sd_bus_negotiate_fds(bus, false);
        if (r < 0)
                return r;

        return sd_bus_set_bus_client(bus, true);
}

int bus_open(const char *address, const char *description, sd_bus **ret) {
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;

        r = configure(bus, address, description);
        if (r < 0)
                return r;

        r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(bus);
        return 0;
}
