/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine as "virsh nodeinfo" describes it, with libvirt's meaning of each number. */
#pragma once

#include "cpu.h"
#include "kvm.h"
#include "memory.h"
#include "topology.h"

typedef struct NodeInfo {
        unsigned cpus;       /* online; 0 if unknown */
        bool mhz_known;      /* there was a cpuinfo to look in */
        unsigned mhz;        /* of the last CPU in cpuinfo at this moment; 0 on ARM and elsewhere */
        uint64_t memory_kib; /* the sum over all nodes; 0 if unknown */

        bool layout_known; /* there were the files of sys that the rest is from, without which it is 0 */
        unsigned nodes;    /* NUMA nodes, at least 1 */
        unsigned sockets;  /* per node */
        unsigned cores;    /* per socket */
        unsigned threads;  /* per core */
        /* The machine is not as regular as nodes * sockets * cores * threads; libvirt then says that it has
         * one node with one socket, and that every CPU is a core. */
        bool fallback;
} NodeInfo;

#define NODE_INFO_NUMBERS 6U

typedef struct NodeInfoNumber {
        const char *key; /* as documents and the bus call it */
        bool known;
        unsigned value;
} NodeInfoNumber;

/* Yields all but the memory. */
void node_info_numbers(const NodeInfo *info, NodeInfoNumber ret[static NODE_INFO_NUMBERS]);

/* Computes it from the topology and reads the rest: the frequency from proc/cpuinfo, the memory as it is now
 * (libvirt, src/util/virhostcpu.c: virHostCPUGetInfoPopulateLinux(), src/util/virhostmem.c:
 * virHostMemGetInfo()). Printing cpuinfo wakes every CPU of a running system. Returns -ENOMEM or 0. */
int node_info_read(const Root *root, const CpuFacts *cpu, const KvmFacts *kvm, const TopologyFacts *topology,
                   const MemoryFacts *memory, NodeInfo *ret);
