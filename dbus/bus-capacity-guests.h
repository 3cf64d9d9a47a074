/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of whom EstimateCapacity learns which guests run, and what it says where it does not. */
#pragma once

#include "../daemon/capacity/usage.h"
#include "../daemon/manager.h"

/* The hypervisor whose guests are counted: that of --libvirt=, or the system's QEMU. NULL: there is none. */
Hypervisor *bus_capacity_hypervisor(const Manager *manager);

/* Makes the sentence why one with this VIEW (hypervisor-view.h), or none, was not asked. Returns -ENOMEM or
 * 0. */
int bus_capacity_explain_unasked(Json *view, char **ret);

/* Makes the sentences about the guests: DETAIL, which may be NULL, and what the kernel counts, if that is
 * something else. Yields NULL where there is nothing to say. Returns -ENOMEM or 0. */
int bus_capacity_explain_guests(const GuestUsage *guests, const VmCount *vms, const char *detail,
                                char **ret);
