/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines with more than one kind of CPU: which CPUs are of which kind. */
#pragma once

#include "../basic/cpu-set.h"
#include "cpu.h"
#include "root.h"

typedef struct CoreType {
        char *name; /* "core" and "atom" on x86, as the kernel has it; "Cortex-A55" on ARM; "capacity-1024"
                       elsewhere */
        CpuSet cpus;
        unsigned cores; /* how many cores these CPUs are the threads of; 0 if unknown */
} CoreType;

/* Reads the kinds of the CPUs that are online. x86 has an event source for each kind, such as
 * sys/devices/cpu_atom (arch/x86/events/intel/core.c); cpuinfo on ARM has the part number of each CPU;
 * others may tell each CPU's cpu_capacity (Documentation/ABI/testing/sysfs-devices-system-cpu). CORES has
 * the first CPU of each core, and may be empty. Yields none where all CPUs are alike. Returns -ENOMEM or 0.
 */
int core_types_read(const Root *root, const CpuFacts *cpu, const CpuSet *online, const CpuSet *cores,
                    CoreType **ret, size_t *ret_n);
bool core_types_equal(const CoreType *a, size_t n_a, const CoreType *b, size_t n_b);
void core_types_free(CoreType *types, size_t n);
