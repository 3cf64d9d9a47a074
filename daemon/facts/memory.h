/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory, as it is now: much of this changes without an event, so it is read when somebody asks. */
#pragma once

#include <stdint.h>

#include "root.h"

#define HUGE_PAGES_WHOLE_MACHINE (-1)

/* The pool of huge pages of one size (Documentation/admin-guide/mm/hugetlbpage.rst). */
typedef struct HugePages {
        int node; /* of this NUMA node, or HUGE_PAGES_WHOLE_MACHINE */
        uint64_t size_bytes;
        uint64_t total;    /* pages */
        uint64_t free;     /* pages */
        uint64_t promised; /* of the free ones, to somebody who has not used them yet; 0 of a node, where
                              the kernel does not tell */
} HugePages;

/* Merging of pages that are alike, such as those of guests (Documentation/admin-guide/mm/ksm.rst). */
typedef struct Ksm {
        bool known;
        bool running;
        uint64_t pages_shared;  /* that are used in place of others */
        uint64_t pages_sharing; /* the places that use them: what is saved */
} Ksm;

typedef struct MemoryFacts {
        uint64_t total_bytes;     /* 0 if unknown */
        bool available_known;     /* 0 is a number like others: the kernel has no smaller one */
        uint64_t available_bytes; /* what can be had without swapping */
        Ksm ksm;
        HugePages *huge_pages;
        size_t n_huge_pages;
} MemoryFacts;

/* Reads proc/meminfo, sys/kernel/mm/ksm, sys/kernel/mm/hugepages and the same of each node. Returns -ENOMEM,
 * or 0: what cannot be read is left unknown. */
int memory_facts_read(const Root *root, MemoryFacts *facts);
void memory_facts_done(MemoryFacts *memory);
