/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of whom EstimateCapacity has the number of vCPUs that one guest may have. */
#pragma once

#include "../daemon/capacity/machine-vcpus.h"
#include "../daemon/manager.h"

/* Finds out what QEMU's machines take. The name is from the VIEW, which is yielded, too, and may be NULL:
 * files of another machine do not tell. Returns -ENOMEM or 0. */
int bus_capacity_find_vcpus(const Manager *manager, Json **ret_view, MachineVcpus *ret);

/* Says whose number counts, in a few words. Yields NULL where nobody has told one. Returns -ENOMEM or 0. */
int bus_capacity_vcpus_source(const Facts *facts, const MachineVcpus *vcpus, char **ret);
