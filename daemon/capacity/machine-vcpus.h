/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many vCPUs QEMU's machines take, as libvirt has told. */
#pragma once

#include "../basic/json.h"
#include "capacity.h"

typedef struct MachineVcpus {
        Amount max;
        const char *machine; /* that takes so many, or NULL where it has no name */
} MachineVcpus;

/* Finds the machine that takes the most vCPUs, of those for guests of KVM in the VIEW of a hypervisor
 * (hypervisor-view.h), which the name is from; the view may be NULL. libvirt tells of machines of the host's
 * own architecture alone. Where it has told of none, or not of each how many vCPUs it takes, that is not
 * known: whoever needs more vCPUs than the default machine takes chooses another, and so the largest number
 * keeps nobody away who could be there. */
MachineVcpus machine_vcpus_find(Json *view);
