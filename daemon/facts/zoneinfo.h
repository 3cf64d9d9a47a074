/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel keeps of the memory of each NUMA node, for itself and for allocations that need its lower
 * zones. */
#pragma once

#include "root.h"

/* In pages, whose size does not matter to how much of a node that is. */
typedef struct NodeZones {
        unsigned id;       /* of the node */
        uint64_t managed;  /* that its zones have */
        uint64_t reserved; /* that are kept of these: no more than they are */
} NodeZones;

/* Reads proc/zoneinfo (mm/vmstat.c: zoneinfo_show_print()), and adds each zone's pages to those of its node.
 * A zone keeps what its upper watermark is, and the most that it withholds from allocations for higher zones
 * (mm/page_alloc.c: calculate_totalreserve_pages()). Errors: those of root_read(). */
int zoneinfo_read(const Root *root, NodeZones *nodes, size_t n);
