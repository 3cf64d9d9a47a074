/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPUs of the machine: how many there are of what, which are online, and how they hang together. */
#pragma once

#include <stdint.h>

#include "../basic/cpu-set.h"
#include "core-type.h"
#include "numa.h"
#include "root.h"

/* The kernel's numbers of what a CPU belongs to, -1 where it does not tell. */
typedef struct CpuPlace {
        int package_id;
        int core_id;
        unsigned siblings; /* the threads of its core, itself included */

        /* What is online of its package, as cpuinfo counts it; 0 where that was not read or does not tell.
         */
        unsigned package_cores;
        unsigned package_threads;
} CpuPlace;

typedef struct TopologyFacts {
        CpuSet present; /* empty if unknown */
        CpuSet online;
        CpuPlace *places; /* of each CPU that is online, by its number */
        size_t n_places;

        /* How many of each the machine has, counting what is online, for the kernel shows no more; 0 if
         * unknown. */
        unsigned packages;
        unsigned dies;
        unsigned clusters;
        unsigned cores;
        unsigned threads;

        bool cores_unnumbered; /* the kernel prints -1 where it should number them */

        uint64_t max_frequency_hz; /* of the fastest CPU, 0 if unknown */

        CoreType *core_types; /* none where all cores are alike */
        size_t n_core_types;

        NumaNode *nodes; /* by their numbers */
        size_t n_nodes;

        uint64_t memory_bytes; /* that the kernel manages; 0 if unknown. Balloons change it silently */
} TopologyFacts;

/* Reads sys/devices/system/cpu and sys/devices/system/node (Documentation/admin-guide/cputopology.rst,
 * Documentation/ABI/stable/sysfs-devices-node); where the former is missing, proc/cpuinfo; and proc/meminfo.
 * Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int topology_facts_read(const Root *root, const CpuFacts *cpu, TopologyFacts *facts);
/* Whether two say the same of the machine. */
bool topology_facts_equal(const TopologyFacts *a, const TopologyFacts *b);

/* Collects the CPUs that are present and not online. Returns -ENOMEM or 0. */
int topology_offline(const TopologyFacts *topology, CpuSet *ret);

void topology_facts_done(TopologyFacts *topology);
