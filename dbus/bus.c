/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of what is said on the bus. */

#include "bus.h"
#include "../daemon/basic/log.h"
#include "bus-objects.h"
#include "bus-waiting.h"

/* So many messages may wait for a bus that does not read. It takes some hundred passes with news. */
#define QUEUE_MAX 16384U

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

        r = old->access_stamp != manager->access_stamp ? bus_emit_access_changed(manager) : 0;
        if (r < 0)
                return r;

        return bus_emit_changed(manager, was);
}

static bool is_stuck(const Manager *manager) {
        uint64_t n;

        return sd_bus_get_n_queued_write(manager->bus, &n) >= 0 && n > QUEUE_MAX;
}

/* R is what announcing has come to. */
static void settle(Manager *manager, int r) {
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to announce a change, leaving the bus to come back: %m");
                bus_leave(manager);
        } else if (is_stuck(manager)) {
                log_warning("The bus has not read the last %u messages, leaving it to come back.",
                            QUEUE_MAX);
                bus_leave(manager);
        }
}

void bus_drop_calls(Manager *manager) {
        waiting_drop_calls(manager);
        polkit_drop(manager->polkit);
}

void bus_publish(Manager *manager, const PublishedState *old) {
        if (bus_is_connected(manager))
                settle(manager, publish(manager, old));
}

void bus_publish_hypervisor(Manager *manager, const Hypervisor *hypervisor, Json *old, Json *fresh) {
        if (bus_is_connected(manager))
                settle(manager, bus_emit_hypervisor(manager, hypervisor, old, fresh));
}

void bus_publish_access_changed(Manager *manager) {
        if (bus_is_connected(manager))
                settle(manager, bus_emit_access_changed(manager));
}
