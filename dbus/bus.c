/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to the bus, and the order of what is said on it. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "bus-objects.h"
#include "bus-open.h"
#include "bus.h"
#include "names.h"

static int add_objects(Manager *manager) {
        int r;

        r = bus_add_manager(manager);
        if (r < 0)
                return r;

        r = bus_add_checks(manager);
        if (r < 0)
                return r;

        r = bus_add_profiles(manager);
        if (r < 0)
                return r;

        r = bus_add_devices(manager);
        if (r < 0)
                return r;

        return bus_add_host(manager);
}

int bus_connect(Manager *manager, const char *address) {
        int r;

        r = bus_open(address, "virtreadyd", &manager->bus);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to %s: %m",
                                       address ? address : "the system bus");

        r = add_objects(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to put the objects on the bus: %m");

        r = sd_bus_request_name(manager->bus, BUS_NAME, 0);
        if (r == -EEXIST)
                return log_error_errno(r, "The name " BUS_NAME
                                          " is taken: another virtreadyd runs on this bus.");
        if (r == -EACCES)
                return log_error_errno(r, "The bus does not let this user own the name " BUS_NAME
                                          "; its policy is in " BUS_NAME ".conf.");
        if (r < 0)
                return log_error_errno(r, "Failed to take the name " BUS_NAME ": %m");

        r = sd_bus_attach_event(manager->bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return log_error_errno(r, "Failed to attach the bus to the event loop: %m");

        r = sd_bus_set_exit_on_disconnect(manager->bus, true);
        if (r < 0)
                return log_error_errno(r, "Failed to make the end of the bus our own: %m");

        return 0;
}

static int publish(Manager *manager, const PublishedState *old) {
        const Verdict *was = old->verdict, *fresh = manager->verdict;
        int r;

        for (size_t i = 0; i < fresh->n_checks; i++) {
                r = bus_emit_check(manager, &was->checks[i], &fresh->checks[i]);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < fresh->n_profiles; i++) {
                r = bus_emit_profile(manager, &was->profiles[i], &fresh->profiles[i]);
                if (r < 0)
                        return r;
        }

        r = bus_emit_devices(manager, was);
        if (r < 0)
                return r;

        r = bus_emit_host(manager, old->topology);
        if (r < 0)
                return r;

        r = bus_emit_manager(manager, was);
        if (r < 0)
                return r;

        return bus_emit_changed(manager, was);
}

void bus_publish(Manager *manager, const PublishedState *old) {
        int r;

        r = publish(manager, old);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to announce a change, ignoring: %m");
}
