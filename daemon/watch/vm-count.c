/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the kernel's own count, less the virtual machine of our probe. */

#include "vm-count.h"

static bool set_active(VmCount *count, uint32_t active) {
        bool changed = !count->known || count->active != active;

        count->known = true;
        count->active = active;
        return changed;
}

bool vm_count_update(VmCount *count, const VmEvent *event) {
        uint32_t own;

        if (event->seqnum > 0 && event->seqnum <= count->seqnum)
                return false;
        count->seqnum = event->seqnum;

        if (event->pid == count->own_pid)
                count->own_lives = event->created;

        own = count->own_lives && event->count > 0 ? 1 : 0;
        return set_active(count, event->count - own);
}

bool vm_count_reset(VmCount *count) {
        count->own_lives = false;
        return set_active(count, 0);
}
