/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files on CPUs and NUMA nodes of machines that are too large to be written out. */
#pragma once

#include "../daemon/basic/cpu-set.h"
#include "tree-writer.h"

/* A regular machine. All numbers are at least 1. */
typedef struct CpuLayout {
        unsigned packages;
        unsigned dies;     /* of a package */
        unsigned clusters; /* of a die */
        unsigned cores;    /* of a cluster */
        unsigned threads;  /* of a core */
        unsigned nodes;    /* of a package; they share its cores evenly */
        bool split; /* the first threads of all cores come first, as firmware on x86 has it; else those
                       of a core follow each other */
        CpuSet offline;
        unsigned long memory_kib; /* of each node */
        unsigned long max_khz;    /* the frequency of each CPU; 0 if the kernel does not tell */
} CpuLayout;

/* Writes what is below sys/devices/system/cpu and sys/devices/system/node, as a kernel has it from
 * Linux 5.16 on (drivers/base/topology.c, drivers/base/node.c). Errors are the writer's, and -ENOMEM. */
void cpu_tree_write(TreeWriter *writer, const CpuLayout *layout);
