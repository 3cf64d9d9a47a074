/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators promise of their machines, and what a guest takes beside its own memory: the numbers that
 * the model is fed with, each with its source. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../basic/saturated.h"

#define BYTES_PER_MIB (UINT64_C(1024) * 1024)

/* What is not said to the contrary. */
typedef struct CapacityPreset {
        const char *name;
        double cpu_ratio, memory_ratio, disk_ratio;
        const char *cpu_source, *memory_source, *disk_source; /* of these */
        uint64_t reserve_cpus;
        uint64_t reserve_memory; /* bytes */
        const char *reserve_cpus_source, *reserve_memory_source;
        uint64_t launcher; /* bytes */
} CapacityPreset;

#define CAPACITY_PRESET_DEFAULT "none"

/* All of them, and the one of that name, or NULL. */
const CapacityPreset *capacity_presets(size_t *ret_n);
const CapacityPreset *capacity_preset_find(const char *name);

/* The memory that a guest takes beside its own, in bytes, by what takes it. The numbers are those that
 * KubeVirt has measured (pkg/hypervisor/kvm/launcherhypervisorresources.go: GetMemoryOverhead()). */
typedef struct GuestOverhead {
        uint64_t page_tables; /* 8 bytes for each page of 4 KiB: the 512th part of its memory */
        uint64_t emulator;    /* QEMU itself: 30 MiB */
        uint64_t vcpus;       /* 8 MiB each */
        uint64_t io_thread;   /* 8 MiB */
        uint64_t video;       /* 32 MiB */
        uint64_t firmware;    /* arm64: two flash memories of 64 MiB (QEMU, hw/arm/virt.c: base_memmap) */
        uint64_t launcher;    /* KubeVirt's own processes in the pod of each guest */
        uint64_t total;
} GuestOverhead;

#define GUEST_OVERHEAD_SOURCE "KubeVirt, GetMemoryOverhead()"

/* Adds up what N guests take that have so many vCPUs and bytes of memory together. It never overflows: what
 * is more than a number can be is the largest one. */
GuestOverhead guest_overhead(uint64_t n, uint64_t vcpus, uint64_t memory, bool arm64, uint64_t launcher);

/* Threads of a guest beside those of its vCPUs: 64 of QEMU's pool for block devices (util/thread-pool.c,
 * include/block/thread-pool.h: THREAD_POOL_MAX_THREADS_DEFAULT), its main loop, one for I/O, one for RCU
 * (util/rcu.c) and one for VNC (ui/vnc-jobs.c); and of the kernel one for vhost-net (drivers/vhost/vhost.c:
 * vhost_worker_create()) and one that takes huge pages apart and together again (arch/x86/kvm/mmu/mmu.c:
 * kvm_mmu_post_init_vm()). */
#define GUEST_THREADS 70U
