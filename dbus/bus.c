/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of what is said on the bus. */

#include "bus.h"
#include "../daemon/basic/log.h"
#include "bus-objects.h"

/* So many messages are handled before a pass gets its turn: as many calls as may wait for it, and no more,
 * or who never stops calling could keep it from coming. */
#define MESSAGES_PER_TURN MANAGER_RECHECKS_MAX

void bus_take_arrived(Manager *manager) {
        for (unsigned i = 0; manager->bus && i < MESSAGES_PER_TURN; i++)
                if (sd_bus_process(manager->bus, NULL) <= 0)
                        return;
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

        if (!bus_is_connected(manager))
                return;

        r = publish(manager, old);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to announce a change, ignoring: %m");

        bus_check_queue(manager);
}
