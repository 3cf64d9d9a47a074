/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The presets, and the overhead of guests. */

#include "preset.h"
#include "../basic/macro.h"

#define NO_OVERCOMMIT "no overcommit"

/* nova's numbers are the defaults in nova/conf/compute.py: initial_cpu_allocation_ratio,
 * initial_ram_allocation_ratio, initial_disk_allocation_ratio, reserved_host_cpus and
 * reserved_host_memory_mb. nova's driver for libvirt leaves the overhead of guests to the last of these;
 * here it is counted.
 *
 * KubeVirt asks Kubernetes for the tenth part of the CPUs (pkg/virt-config: DefaultCPUAllocationRatio), for
 * all of the memory (DefaultMemoryOvercommit, 100 percent), and for its own processes beside each guest: 25
 * MiB for virt-launcher-monitor, 100 for virt-launcher, 25 for virtlogd and 40 for virtqemud
 * (GetMemoryOverhead(), see preset.h). A volume is as large as its disk. The kubelet ends pods when less
 * than 100 MiB are available (evictionHard, memory.available). */
static const CapacityPreset presets[] = {
        {
                .name = "none",
                .cpu_ratio = 1,
                .memory_ratio = 1,
                .disk_ratio = 1,
                .cpu_source = NO_OVERCOMMIT,
                .memory_source = NO_OVERCOMMIT,
                .disk_source = NO_OVERCOMMIT,
                .reserve_memory = 512 * BYTES_PER_MIB,
                .reserve_cpus_source = "nova, reserved_host_cpus",
                .reserve_memory_source = "nova, reserved_host_memory_mb",
        },
        {
                .name = "nova",
                .cpu_ratio = 4,
                .memory_ratio = 1,
                .disk_ratio = 1,
                .cpu_source = "nova, initial_cpu_allocation_ratio",
                .memory_source = "nova, initial_ram_allocation_ratio",
                .disk_source = "nova, initial_disk_allocation_ratio",
                .reserve_memory = 512 * BYTES_PER_MIB,
                .reserve_cpus_source = "nova, reserved_host_cpus",
                .reserve_memory_source = "nova, reserved_host_memory_mb",
        },
        {
                .name = "kubevirt",
                .cpu_ratio = 10,
                .memory_ratio = 1,
                .disk_ratio = 1,
                .cpu_source = "KubeVirt, cpuAllocationRatio",
                .memory_source = "KubeVirt, memoryOvercommit",
                .disk_source = NO_OVERCOMMIT,
                .reserve_memory = 100 * BYTES_PER_MIB,
                .reserve_cpus_source = "none reserved",
                .reserve_memory_source = "kubelet, evictionHard",
                .launcher = 190 * BYTES_PER_MIB,
        },
};

const CapacityPreset *capacity_preset_find(const char *name) {
        FOREACH_ELEMENT(preset, presets)
                if (streq(preset->name, name))
                        return preset;

        return NULL;
}

const CapacityPreset *capacity_presets(size_t *ret_n) {
        *ret_n = ELEMENTSOF(presets);
        return presets;
}

GuestOverhead guest_overhead(uint64_t n, uint64_t vcpus, uint64_t memory, bool arm64, uint64_t launcher) {
        GuestOverhead o = {
                .page_tables = memory / 512 + (memory % 512 > 0),
                .emulator = multiply_saturated(n, 30 * BYTES_PER_MIB),
                .vcpus = multiply_saturated(vcpus, 8 * BYTES_PER_MIB),
                .io_thread = multiply_saturated(n, 8 * BYTES_PER_MIB),
                .video = multiply_saturated(n, 32 * BYTES_PER_MIB),
                .firmware = arm64 ? multiply_saturated(n, 128 * BYTES_PER_MIB) : 0,
                .launcher = multiply_saturated(n, launcher),
        };
        const uint64_t parts[] = { o.page_tables, o.emulator, o.vcpus,   o.io_thread,
                                   o.video,       o.firmware, o.launcher };

        FOREACH_ELEMENT(part, parts)
                o.total = add_saturated(o.total, *part);

        return o;
}
