/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is below this kernel: hardware, or a hypervisor that gives it a virtual machine. */
#pragma once

#include "cpu.h"
#include "root.h"
#include "tristate.h"

typedef struct HypervisorFacts {
        Tristate guest;   /* this is a virtual machine */
        bool xen_control; /* Xen runs below, and this is its control domain: Xen owns the CPU's
                             virtualization */
        const char *name; /* of the hypervisor: "KVM", "Xen", "VMware", …; NULL if unknown or none */
} HypervisorFacts;

/* Reads sys/hypervisor/type, proc/xen/capabilities, sys/class/dmi/id, proc/device-tree and proc/sysinfo, and
 * the cpu facts, for some hypervisors show no CPU flag. Returns -ENOMEM, or 0: what cannot be read is left
 * unknown. */
int hypervisor_facts_read(const Root *root, const CpuFacts *cpu, HypervisorFacts *facts);
