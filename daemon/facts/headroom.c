/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what is left. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "headroom.h"
#include "meminfo.h"
#include "values.h"
#include "zoneinfo.h"

/* "0.20 0.18 0.12 1/80 11206": the fourth has the threads that run and those that there are, of all
 * processes and of the kernel (fs/proc/loadavg.c). */
static int read_threads(const Root *root, uint64_t *ret) {
        _cleanup_free_ char *line = NULL;
        const char *p;
        int r;

        r = read_line_at(root, &line, "proc/loadavg");
        if (r < 0)
                return r;

        p = strchr(line, '/');
        return p ? parse_unsigned(p + 1, ret, &p) : -EBADMSG;
}

/* The kernel takes no more than threads-max says, and a number for each, below pid_max (kernel/fork.c:
 * copy_process(); kernel/pid.c: alloc_pid()). */
static int read_thread_limits(const Root *root, HeadroomFacts *headroom) {
        int64_t threads_max, pid_max;
        uint64_t threads;
        int r;

        r = read_number_at(root, &threads_max, "proc/sys/kernel/threads-max");
        if (r >= 0)
                r = read_number_at(root, &pid_max, "proc/sys/kernel/pid_max");
        if (r >= 0)
                r = read_threads(root, &threads);
        if (r < 0)
                return r;
        if (threads_max < 0 || pid_max < 0)
                return -EBADMSG;

        headroom->threads_known = true;
        headroom->threads_max = (uint64_t) (threads_max < pid_max ? threads_max : pid_max);
        headroom->threads = threads;
        return 0;
}

static int read_commit(const Root *root, HeadroomFacts *headroom) {
        Meminfo meminfo;
        int64_t mode;
        int r;

        r = read_number_at(root, &mode, "proc/sys/vm/overcommit_memory");
        if (r < 0)
                return r;
        if (mode != 2) {
                headroom->never_overcommits = TRISTATE_NO;
                return 0;
        }

        r = meminfo_read(root, "proc/meminfo", &meminfo);
        if (r < 0)
                return r;
        if (!meminfo.has_commit)
                return 0;

        headroom->never_overcommits = TRISTATE_YES;
        headroom->commit_limit_bytes = meminfo.commit_limit_bytes;
        headroom->committed_bytes = meminfo.committed_bytes;
        return 0;
}

/* What the zones keep of a node, in bytes: their share of its pages is that of its memory. */
static uint64_t node_reserve(const Meminfo *meminfo, const NodeZones *zones) {
        if (zones->managed == 0)
                return 0;

        return (uint64_t) ((unsigned __int128) meminfo->total_bytes * zones->reserved / zones->managed);
}

/* A node's meminfo has no MemAvailable. The kernel's own estimate takes what the zones keep from what is
 * free, and from what could be given back half of it, or less (mm/show_mem.c: si_mem_available()); so with
 * half of it this is never more than that estimate, where proc/zoneinfo can be read. */
static uint64_t node_available(const Meminfo *meminfo, const NodeZones *zones) {
        uint64_t half = meminfo->file_bytes / 2 + meminfo->reclaimable_bytes / 2,
                 reserve = node_reserve(meminfo, zones), available;

        if (__builtin_add_overflow(meminfo->free_bytes, half, &available))
                available = meminfo->free_bytes;

        return available > reserve ? available - reserve : 0;
}

static int read_node(const Root *root, const NodeZones *zones, NodeHeadroom *node) {
        char path[64];
        Meminfo meminfo;
        int r;

        node->id = zones->id;
        snprintf(path, sizeof(path), "sys/devices/system/node/node%u/meminfo", node->id);
        r = meminfo_read(root, path, &meminfo);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        node->known = meminfo.has_free;
        node->memory_bytes = meminfo.has_free ? node_available(&meminfo, zones) : 0;
        return 0;
}

static int read_nodes(const Root *root, const TopologyFacts *topology, HeadroomFacts *headroom) {
        _cleanup_free_ NodeZones *zones = NULL;
        int r;

        if (topology->n_nodes == 0)
                return 0;

        zones = calloc(topology->n_nodes, sizeof(NodeZones));
        headroom->nodes = calloc(topology->n_nodes, sizeof(NodeHeadroom));
        if (!zones || !headroom->nodes)
                return -ENOMEM;
        headroom->n_nodes = topology->n_nodes;

        for (size_t i = 0; i < topology->n_nodes; i++)
                zones[i].id = topology->nodes[i].id;

        r = zoneinfo_read(root, zones, topology->n_nodes);
        if (r == -ENOMEM)
                return r;

        for (size_t i = 0; i < headroom->n_nodes; i++) {
                r = read_node(root, &zones[i], &headroom->nodes[i]);
                if (r < 0)
                        return r;
        }

        return 0;
}

int headroom_facts_read(const Root *root, const TopologyFacts *topology, HeadroomFacts *facts) {
        HeadroomFacts headroom = { .never_overcommits = TRISTATE_UNKNOWN };

        if (read_thread_limits(root, &headroom) == -ENOMEM || read_commit(root, &headroom) == -ENOMEM ||
            read_nodes(root, topology, &headroom) == -ENOMEM) {
                headroom_facts_done(&headroom);
                return -ENOMEM;
        }

        headroom_facts_done(facts);
        *facts = headroom;
        return 0;
}

void headroom_facts_done(HeadroomFacts *headroom) {
        free(headroom->nodes);
        *headroom = (HeadroomFacts){};
}
