/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NUMA nodes: which CPUs and how much memory are close to each other. */
#pragma once

#include <stdint.h>

#include "../basic/cpu-set.h"
#include "root.h"

typedef struct NumaNode {
        unsigned id;
        CpuSet cpus;           /* that belong to it; a node of memory alone has none */
        bool cpus_online_only; /* those offline are not among them, in a copy of the files without links */
        uint64_t memory_bytes; /* 0 on a node of CPUs alone, and where it is unknown */
        bool memory_known;
        unsigned *distances; /* to each node, in the order of the nodes; 10 is the distance to itself */
        size_t n_distances;
} NumaNode;

/* Reads sys/devices/system/node/nodeN (Documentation/ABI/stable/sysfs-devices-node), ordered by number.
 * Errors: -ENOENT where the kernel tells of no nodes, or of more than it can have, -ENOMEM. */
int numa_nodes_read(const Root *root, NumaNode **ret, size_t *ret_n);
bool numa_nodes_equal(const NumaNode *a, size_t n_a, const NumaNode *b, size_t n_b);
void numa_nodes_free(NumaNode *nodes, size_t n);
