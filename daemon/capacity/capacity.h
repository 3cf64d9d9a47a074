/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many more guests of one size fit into a machine: a pure model, from plain numbers to plain numbers.
 * docs/capacity.md explains it with examples. */
#pragma once

#include <stdint.h>

#include "../basic/string-table.h"
#include "preset.h"

/* A number that may not be known. */
typedef struct Amount {
        bool known;
        uint64_t value;
} Amount;

#define AMOUNT(number) ((Amount){ .known = true, .value = (number) })

/* What guests take of a machine. */
typedef enum CapacityResource {
        CAPACITY_CPU,
        CAPACITY_MEMORY,     /* but for the pools of huge pages */
        CAPACITY_HUGE_PAGES, /* of the size that is asked for */
        CAPACITY_DISK,
        CAPACITY_VCPUS,   /* of one guest: the limit of the kernel, or of QEMU's machines */
        CAPACITY_THREADS, /* and process numbers, which each thread has one of */
        CAPACITY_COMMIT,  /* address space, where the kernel promises no more than there is */
        _CAPACITY_RESOURCE_MAX,
} CapacityResource;

/* A NUMA node. Which guests run there is not known, so what is free is what is free now. */
typedef struct CapacityNode {
        unsigned id;
        Amount cpus; /* online */
        Amount memory_available;
        Amount huge_pages_free; /* of the size that is asked for */
} CapacityNode;

typedef struct CapacityMachine {
        bool arm64; /* a guest's firmware is in flash memory of its own */

        Amount cpus; /* online */

        Amount memory_total;           /* MemTotal: with the pools of huge pages */
        Amount memory_available;       /* MemAvailable: without them */
        uint64_t huge_pool_bytes;      /* the pools of all sizes */
        uint64_t huge_pool_used_bytes; /* what is in use of them */

        /* Pages of the size that is asked for. */
        Amount huge_pages_total;
        uint64_t huge_pages_free; /* and not promised to anybody */

        Amount disk_total, disk_available;

        Amount max_vcpus; /* of one guest: KVM_CAP_MAX_VCPUS, and what QEMU's machines take */

        Amount threads_max; /* how many there can be */
        uint64_t threads;   /* how many there are */

        /* vm.overcommit_memory is 2; not known: whether it is. */
        Amount never_overcommits;
        uint64_t commit_limit, committed;

        /* The guests that run. Where they are not known all memory that is in use is the host's. */
        bool guests_known;
        bool guests_missing; /* there are more of them than those that are counted here */
        uint64_t guests;
        uint64_t guest_vcpus;
        uint64_t guest_memory;   /* the most that they may use */
        uint64_t guest_huge;     /* of that what is in huge pages; 0 where that is not known */
        uint64_t guest_resident; /* of ordinary memory that they use now; 0 where that is not known, which
                                    counts it twice, as the host's and as theirs */
} CapacityMachine;

/* One guest as it is asked for, in bytes. */
typedef struct CapacityGuest {
        uint64_t vcpus;
        uint64_t memory;
        uint64_t disk;      /* 0: none */
        uint64_t huge_page; /* the size of the pages its memory is in; 0: ordinary memory */
} CapacityGuest;

/* How much more than there is may be promised, and what is not for guests. */
typedef struct CapacityPolicy {
        double cpu_ratio, memory_ratio, disk_ratio;
        uint64_t reserve_cpus;
        uint64_t reserve_memory; /* the least: the host has what it uses now */
        uint64_t launcher;       /* memory that each guest takes beside QEMU's (preset.h) */
} CapacityPolicy;

/* As many as one asks for, or more than a number can say. */
#define CAPACITY_UNLIMITED UINT64_MAX

/* One resource. All are in its own unit: CPUs, bytes or threads. */
typedef struct CapacityEntry {
        bool applies; /* such a guest takes some of it; otherwise nothing below holds */
        bool known;   /* otherwise only per_guest and overhead hold */
        bool at_most; /* more may be in use than is known, so that there is enough for fewer */
        bool limiting;

        double ratio;
        uint64_t total;     /* that the machine has */
        uint64_t reserved;  /* of that, for the host */
        uint64_t used;      /* by what is there already */
        uint64_t available; /* for more guests, with the ratio */
        uint64_t per_guest; /* with the overhead */
        uint64_t overhead;
        uint64_t guests;   /* more that it is enough for, or CAPACITY_UNLIMITED */
        uint64_t short_by; /* what is missing of the total for one more guest than fit */
} CapacityEntry;

typedef struct CapacityEstimate {
        bool known;      /* otherwise nothing is known that limits them */
        uint64_t guests; /* more that fit, as far as is known */
        CapacityEntry entries[_CAPACITY_RESOURCE_MAX];
        GuestOverhead overhead;
} CapacityEstimate;

typedef struct CapacityNodeEstimate {
        bool known;
        uint64_t guests;                       /* that fit wholly into the node */
        bool limiting[_CAPACITY_RESOURCE_MAX]; /* of those that a node has */
} CapacityNodeEstimate;

/* A ratio is between these. It counts in millionths. */
#define CAPACITY_RATIO_MIN 0.000001
#define CAPACITY_RATIO_MAX 1000.0
bool capacity_ratio_is_valid(double ratio);

/* Counts the guests that fit. Errors: -EINVAL for a guest without vCPUs or memory, -ERANGE for a ratio that
 * is not valid. */
int capacity_estimate(const CapacityMachine *machine, const CapacityGuest *guest,
                      const CapacityPolicy *policy, CapacityEstimate *ret);

/* The same for one node, beside the ESTIMATE for the whole machine: what does not fit there fits nowhere.
 * The guest and the policy are valid. */
void capacity_estimate_node(const CapacityNode *node, const CapacityGuest *guest,
                            const CapacityPolicy *policy, const CapacityEstimate *estimate,
                            CapacityNodeEstimate *ret);

DECLARE_STRING_TABLE(capacity_resource, CapacityResource);

/* "cpus", "bytes", "vcpus" or "threads". */
const char *capacity_resource_unit(CapacityResource resource);
