/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is below this kernel: hardware, or a hypervisor that gives it a virtual machine. */
#pragma once

#include "cpu.h"
#include "root.h"
#include "tristate.h"

typedef struct HypervisorFacts {
        Tristate guest; /* this is a virtual machine */
        /* Xen runs below and keeps the CPU's virtualization to itself, whatever flags show: this is its
         * control domain, which is no virtual machine, or a paravirtualized guest. */
        bool xen_owns_cpu;
        const char *name; /* of the hypervisor: "KVM", "Xen", "VMware", …; NULL if unknown or none */
} HypervisorFacts;

/* Reads sys/hypervisor, proc/xen/capabilities, sys/class/dmi/id, sys/firmware/dmi/entries/0-0/raw,
 * proc/device-tree, proc/bus/pci/devices, sys/bus/vmbus and, on s390x, proc/sysinfo; on a live x86 machine
 * CPUID names the hypervisor. The cpu facts alone are not enough: some hypervisors show no CPU flag, and
 * architectures other than x86 have none. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int hypervisor_facts_read(const Root *root, const CpuFacts *cpu, HypervisorFacts *facts);
