/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of memory that the kernel prints for the machine and for each of its NUMA nodes. */
#pragma once

#include <stdint.h>

#include "root.h"

/* The kernel's "kB". */
#define BYTES_PER_KIB UINT64_C(1024)

typedef struct Meminfo {
        bool has_total;
        uint64_t total_bytes;     /* MemTotal */
        uint64_t available_bytes; /* MemAvailable: what can be had without swapping (Linux 3.14) */
} Meminfo;

/* Reads proc/meminfo (fs/proc/meminfo.c) or a node's meminfo, whose lines begin with "Node N"
 * (drivers/base/node.c: node_read_meminfo()). Errors as root_read(). */
int meminfo_read(const Root *root, const char *path, Meminfo *ret);
