/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of memory that the kernel prints for the machine and for each of its NUMA nodes. */
#pragma once

#include <stdint.h>

#include "root.h"

/* The kernel's "kB". */
#define BYTES_PER_KIB UINT64_C(1024)

typedef struct Meminfo {
        bool has_total;
        uint64_t total_bytes; /* MemTotal */

        bool has_available;
        uint64_t available_bytes; /* MemAvailable: what can be had without swapping (Linux 3.14) */

        bool has_free;
        uint64_t free_bytes; /* MemFree */
        uint64_t file_bytes; /* Active(file) and Inactive(file): the page cache, but for what is swapped */
        uint64_t reclaimable_bytes; /* SReclaimable: the kernel's own caches */

        /* Of the machine alone (Documentation/mm/overcommit-accounting.rst). */
        bool has_commit;
        uint64_t commit_limit_bytes; /* CommitLimit */
        uint64_t committed_bytes;    /* Committed_AS */
} Meminfo;

/* Reads proc/meminfo (fs/proc/meminfo.c) or a node's meminfo, whose lines begin with "Node N"
 * (drivers/base/node.c: node_read_meminfo()). Errors as root_read(). */
int meminfo_read(const Root *root, const char *path, Meminfo *ret);
