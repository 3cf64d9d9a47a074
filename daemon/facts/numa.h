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
        bool cpus_shared;      /* they are linked from another node, of which numa=fake has made this one */
        uint64_t memory_bytes; /* 0 on a node of CPUs alone, and where it is unknown */
        bool memory_known;
        unsigned *distances; /* to each node, in the order of the nodes; 10 is the distance to itself */
        size_t n_distances;
} NumaNode;

/* The most that a kernel can have (include/linux/numa.h: MAX_NUMNODES; NODES_SHIFT is at most 10 in
 * arch/.../Kconfig). */
#define NUMA_NODES_MAX 1024U

/* Lists the numbers of the nodes in sys/devices/system/node. Errors: -E2BIG for more than NUMA_NODES_MAX,
 * and those of list_numbered(). */
int numa_nodes_list(const Root *root, CpuSet *ret);

/* Reads sys/devices/system/node/nodeN (Documentation/ABI/stable/sysfs-devices-node), ordered by number.
 * Errors: -ENOENT where the kernel tells of no nodes, -E2BIG for more than there can be, -ENOMEM. */
int numa_nodes_read(const Root *root, NumaNode **ret, size_t *ret_n);
bool numa_nodes_equal(const NumaNode *a, size_t n_a, const NumaNode *b, size_t n_b);
/* The memory of all nodes, of which that of some may be unknown; 0 if it is more than can be. */
uint64_t numa_nodes_memory(const NumaNode *nodes, size_t n_nodes);
void numa_nodes_free(NumaNode *nodes, size_t n);
