/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the kernel's own count, less the virtual machine of our probe. */

#include "vm-count.h"

static bool set_active(VmCount *count, uint32_t active) {
        bool changed = !count->known || count->active != active;

        count->known = true;
        count->active = active;
        return changed;
}

/* As long as none is created, their number can only fall. */
static bool is_newer(const VmCount *count, const VmEvent *event) {
        if (count->total_is_old)
                return true;

        return event->created_total != count->created_total ? event->created_total > count->created_total
                                                            : event->count < count->total;
}

/* What is told of our own does not depend on what is told of all. */
static void follow_own(VmCount *count, const VmEvent *event) {
        bool is_older = event->created_total < count->own_created ||
                        (event->created_total == count->own_created && event->created);

        if (event->pid != count->own_pid || (count->own_seen && is_older))
                return;

        count->own_seen = true;
        count->own_created = event->created_total;
        count->own_lives = event->created;
}

bool vm_count_update(VmCount *count, const VmEvent *event) {
        uint32_t own;

        follow_own(count, event);

        if (!count->known || is_newer(count, event)) {
                count->created_total = event->created_total;
                count->total = event->count;
                count->total_is_old = false;
        }

        own = count->own_lives && count->total > 0 ? 1 : 0;
        return set_active(count, count->total - own);
}

void vm_count_lose_order(VmCount *count) {
        count->total_is_old = true;
        count->own_seen = false;
}

bool vm_count_reset(VmCount *count) {
        count->own_lives = false;
        count->total = 0;
        vm_count_lose_order(count);
        return set_active(count, 0);
}
