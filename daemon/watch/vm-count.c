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
        return event->created_total != count->created_total ? event->created_total > count->created_total
                                                            : event->count < count->total;
}

bool vm_count_update(VmCount *count, const VmEvent *event) {
        uint32_t own;

        if (count->known && !is_newer(count, event))
                return false;
        count->created_total = event->created_total;
        count->total = event->count;

        if (event->pid == count->own_pid)
                count->own_lives = event->created;

        own = count->own_lives && event->count > 0 ? 1 : 0;
        return set_active(count, event->count - own);
}

void vm_count_lose_order(VmCount *count) {
        count->created_total = 0;
        count->total = UINT32_MAX;
}

bool vm_count_reset(VmCount *count) {
        count->own_lives = false;
        vm_count_lose_order(count);
        return set_active(count, 0);
}
