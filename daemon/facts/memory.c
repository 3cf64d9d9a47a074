/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the memory of the machine and its pools of huge pages. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../basic/macro.h"
#include "meminfo.h"
#include "memory.h"
#include "numa.h"
#include "values.h"

/* No architecture has as many sizes. */
#define SIZES_MAX 32U

static int add_pool(MemoryFacts *memory, const HugePages *pool) {
        HugePages *pools = reallocarray(memory->huge_pages, memory->n_huge_pages + 1, sizeof(HugePages));

        if (!pools)
                return -ENOMEM;

        pools[memory->n_huge_pages++] = *pool;
        memory->huge_pages = pools;
        return 0;
}

/* The directory of a pool is called "hugepages-2048kB". */
static bool parse_size(const char *name, uint64_t *ret_bytes) {
        const char *rest = startswith(name, "hugepages-");
        uint64_t kib;

        if (!rest || parse_unsigned(rest, &kib, &rest) < 0 || !streq(rest, "kB") ||
            kib > UINT64_MAX / BYTES_PER_KIB)
                return false;

        *ret_bytes = kib * BYTES_PER_KIB;
        return true;
}

static int read_pool(const Root *root, const char *directory, const char *name, int node,
                     MemoryFacts *memory) {
        HugePages pool = { .node = node };
        int64_t total, free, promised;
        int r;

        if (!parse_size(name, &pool.size_bytes))
                return 0;

        r = read_number_at(root, &total, "%s/%s/nr_hugepages", directory, name);
        if (r >= 0)
                r = read_number_at(root, &free, "%s/%s/free_hugepages", directory, name);
        if (r < 0)
                return r;
        if (total < 0 || free < 0)
                return -EBADMSG;

        pool.total = (uint64_t) total;
        pool.free = (uint64_t) free;

        r = node < 0 ? read_number_at(root, &promised, "%s/%s/resv_hugepages", directory, name) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && promised > 0)
                pool.promised = (uint64_t) promised;

        return add_pool(memory, &pool);
}

static int by_node_and_size(const void *a, const void *b) {
        const HugePages *x = a, *y = b;

        if (x->node != y->node)
                return x->node < y->node ? -1 : 1;

        return x->size_bytes < y->size_bytes ? -1 : x->size_bytes > y->size_bytes;
}

static int read_pools(const Root *root, const char *directory, int node, MemoryFacts *memory) {
        _cleanup_(closedirp) DIR *d = NULL;
        struct dirent *entry;
        int r;

        r = root_opendir(root, directory, &d);
        if (r < 0)
                return r;

        for (unsigned n = 0; n < SIZES_MAX && (entry = root_readdir(root, d)); n++)
                if (read_pool(root, directory, entry->d_name, node, memory) == -ENOMEM)
                        return -ENOMEM;

        return 0;
}

static int read_huge_pages(const Root *root, MemoryFacts *memory) {
        _cleanup_(cpu_set_done) CpuSet nodes = {};
        int r;

        r = read_pools(root, "sys/kernel/mm/hugepages", HUGE_PAGES_WHOLE_MACHINE, memory);
        if (r == -ENOMEM)
                return r;

        r = numa_nodes_list(root, &nodes);
        if (r == -ENOMEM)
                return r;

        FOREACH_CPU(node, &nodes) {
                char directory[64];

                snprintf(directory, sizeof(directory), "sys/devices/system/node/node%u/hugepages", node);
                if (read_pools(root, directory, (int) node, memory) == -ENOMEM)
                        return -ENOMEM;
        }

        if (memory->n_huge_pages > 0)
                qsort(memory->huge_pages, memory->n_huge_pages, sizeof(HugePages), by_node_and_size);
        return 0;
}

/* 0 is stopped, 1 is running, and with 2 what has been merged is taken apart. */
static int read_ksm(const Root *root, Ksm *ret) {
        int64_t run, shared, sharing;
        int r;

        r = read_number_at(root, &run, "sys/kernel/mm/ksm/run");
        if (r >= 0)
                r = read_number_at(root, &shared, "sys/kernel/mm/ksm/pages_shared");
        if (r >= 0)
                r = read_number_at(root, &sharing, "sys/kernel/mm/ksm/pages_sharing");
        if (r < 0)
                return r;
        if (run < 0 || run > 2 || shared < 0 || sharing < 0)
                return -EBADMSG;

        *ret = (Ksm){
                .known = true,
                .running = run == 1,
                .pages_shared = (uint64_t) shared,
                .pages_sharing = (uint64_t) sharing,
        };
        return 0;
}

int memory_facts_read(const Root *root, MemoryFacts *facts) {
        MemoryFacts memory = {};
        Meminfo meminfo;
        int r;

        r = meminfo_read(root, "proc/meminfo", &meminfo);
        if (r == -ENOMEM)
                return r;
        if (r >= 0) {
                memory.total_bytes = meminfo.total_bytes;
                memory.available_known = meminfo.has_available;
                memory.available_bytes = meminfo.available_bytes;
        }

        r = read_ksm(root, &memory.ksm);
        if (r == -ENOMEM)
                return r;

        r = read_huge_pages(root, &memory);
        if (r < 0) {
                memory_facts_done(&memory);
                return r;
        }

        memory_facts_done(facts);
        *facts = memory;
        return 0;
}

void memory_facts_done(MemoryFacts *memory) {
        free(memory->huge_pages);
        *memory = (MemoryFacts){};
}
