/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is left of what the kernel hands out to everybody, as it is now: threads, address space, and the free
 * memory of each NUMA node. */
#pragma once

#include "topology.h"
#include "tristate.h"

typedef struct NodeHeadroom {
        unsigned id; /* of a node of the topology */
        bool known;
        uint64_t memory_bytes; /* that can be had without swapping: no more than the kernel would say, see
                                  headroom.c */
} NodeHeadroom;

typedef struct HeadroomFacts {
        bool threads_known;
        uint64_t threads_max; /* how many there can be: kernel.threads-max, kernel.pid_max */
        uint64_t threads;     /* how many there are */

        Tristate
                never_overcommits; /* vm.overcommit_memory is 2 (Documentation/mm/overcommit-accounting.rst),
                                      and both numbers are there */
        uint64_t commit_limit_bytes;
        uint64_t committed_bytes;

        NodeHeadroom *nodes; /* in the order of the topology's */
        size_t n_nodes;
} HeadroomFacts;

/* Reads proc/sys/kernel/threads-max and pid_max, proc/loadavg, proc/sys/vm/overcommit_memory, proc/meminfo
 * and that of each node, and proc/zoneinfo. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int headroom_facts_read(const Root *root, const TopologyFacts *topology, HeadroomFacts *facts);
void headroom_facts_done(HeadroomFacts *headroom);
