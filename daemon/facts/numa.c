/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the directories of the nodes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "meminfo.h"
#include "numa.h"
#include "values.h"

#define NODES "sys/devices/system/node"

/* The links cpuN are there for CPUs that are offline, too. */
static int read_linked_cpus(const Root *root, NumaNode *node) {
        char directory[sizeof(NODES) + 32];

        snprintf(directory, sizeof(directory), NODES "/node%u", node->id);
        return list_numbered(root, directory, "cpu", &node->cpus);
}

/* The list is of those online. */
static int read_listed_cpus(const Root *root, NumaNode *node) {
        int r;

        cpu_set_done(&node->cpus);
        r = read_cpu_list_at(root, &node->cpus, NODES "/node%u/cpulist", node->id);
        if (r < 0 && r != -ENOMEM)
                r = read_cpu_mask_at(root, &node->cpus, NODES "/node%u/cpumap", node->id);

        return r;
}

static int read_memory(const Root *root, NumaNode *node) {
        char path[sizeof(NODES) + 32];
        Meminfo meminfo;
        int r;

        snprintf(path, sizeof(path), NODES "/node%u/meminfo", node->id);
        r = meminfo_read(root, path, &meminfo);
        if (r < 0)
                return r;

        node->memory_known = meminfo.has_total;
        node->memory_bytes = meminfo.total_bytes;
        return 0;
}

/* As many numbers as there are nodes; anything else is no list of distances. */
static int read_distances(const Root *root, NumaNode *node, size_t n_nodes) {
        _cleanup_free_ unsigned *distances = NULL;
        _cleanup_free_ char *line = NULL;
        const char *p;
        size_t n = 0;
        int r;

        r = read_line_at(root, &line, NODES "/node%u/distance", node->id);
        if (r < 0)
                return r;

        distances = calloc(n_nodes, sizeof(unsigned));
        if (!distances)
                return -ENOMEM;

        for (p = line; n < n_nodes; n++) {
                uint64_t distance;

                p += strspn(p, " ");
                if (parse_unsigned(p, &distance, &p) < 0 || distance > UINT8_MAX)
                        return -EBADMSG;
                distances[n] = (unsigned) distance;
        }
        if (p[strspn(p, " ")] != '\0')
                return -EBADMSG;

        node->distances = TAKE_PTR(distances);
        node->n_distances = n_nodes;
        return 0;
}

/* What cannot be read of a node is left unknown. */
static int read_node(const Root *root, NumaNode *node, size_t n_nodes) {
        if (read_linked_cpus(root, node) == -ENOMEM || read_memory(root, node) == -ENOMEM ||
            read_distances(root, node, n_nodes) == -ENOMEM)
                return -ENOMEM;

        return 0;
}

int numa_nodes_list(const Root *root, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet ids = {};
        int r;

        r = list_numbered(root, NODES, "node", &ids);
        if (r < 0)
                return r;
        if (cpu_set_count(&ids) > NUMA_NODES_MAX)
                return -E2BIG;

        *ret = ids;
        ids = (CpuSet){};
        return 0;
}

/* A copy of the files may have lost all links. Where others have theirs, a node has the CPUs of one of
 * those: each that numa=fake makes lists them, and one has the links (mm/numa_emulation.c: numa_add_cpu();
 * drivers/base/node.c: register_cpu_under_node()). */
static int read_unlinked_cpus(const Root *root, size_t n_linked, NumaNode *nodes, size_t n_nodes) {
        size_t n_cpus = n_linked;

        FOREACH_ARRAY(node, nodes, n_nodes) {
                if (cpu_set_count(&node->cpus) > 0)
                        continue;
                if (read_listed_cpus(root, node) == -ENOMEM)
                        return -ENOMEM;

                n_cpus += cpu_set_count(&node->cpus);
                if (n_cpus > CPU_SET_MAX)
                        return -E2BIG;

                node->cpus_shared = n_linked > 0;
                node->cpus_online_only = n_linked == 0;
        }

        return 0;
}

/* More CPUs than there can be, all nodes together, are those of a node that links make into many. */
static int read_nodes(const Root *root, const CpuSet *ids, NumaNode *nodes, size_t n_nodes) {
        size_t n = 0, n_cpus = 0;
        int r;

        FOREACH_CPU(id, ids) {
                nodes[n].id = id;
                r = read_node(root, &nodes[n], n_nodes);
                if (r < 0)
                        return r;

                n_cpus += cpu_set_count(&nodes[n++].cpus);
                if (n_cpus > CPU_SET_MAX)
                        return -E2BIG;
        }

        return read_unlinked_cpus(root, n_cpus, nodes, n_nodes);
}

int numa_nodes_read(const Root *root, NumaNode **ret, size_t *ret_n) {
        _cleanup_(cpu_set_done) CpuSet ids = {};
        size_t n_nodes;
        NumaNode *nodes;
        int r;

        r = numa_nodes_list(root, &ids);
        if (r < 0)
                return r == -ENOMEM || r == -E2BIG ? r : -ENOENT;

        n_nodes = cpu_set_count(&ids);
        if (n_nodes == 0)
                return -ENOENT;

        nodes = calloc(n_nodes, sizeof(NumaNode));
        if (!nodes)
                return -ENOMEM;

        r = read_nodes(root, &ids, nodes, n_nodes);
        if (r < 0) {
                numa_nodes_free(nodes, n_nodes);
                return r;
        }

        *ret = nodes;
        *ret_n = n_nodes;
        return 0;
}

static bool distances_equal(const NumaNode *a, const NumaNode *b) {
        return a->n_distances == b->n_distances &&
               (a->n_distances == 0 ||
                memcmp(a->distances, b->distances, a->n_distances * sizeof(unsigned)) == 0);
}

bool numa_nodes_equal(const NumaNode *a, size_t n_a, const NumaNode *b, size_t n_b) {
        if (n_a != n_b)
                return false;

        for (size_t i = 0; i < n_a; i++)
                if (a[i].id != b[i].id || !cpu_set_equal(&a[i].cpus, &b[i].cpus) ||
                    a[i].memory_known != b[i].memory_known || a[i].memory_bytes != b[i].memory_bytes ||
                    !distances_equal(&a[i], &b[i]))
                        return false;

        return true;
}

uint64_t numa_nodes_memory(const NumaNode *nodes, size_t n_nodes) {
        uint64_t bytes = 0;

        FOREACH_ARRAY(node, nodes, n_nodes)
                if (__builtin_add_overflow(bytes, node->memory_bytes, &bytes))
                        return 0;

        return bytes;
}

void numa_nodes_free(NumaNode *nodes, size_t n) {
        FOREACH_ARRAY(node, nodes, n) {
                cpu_set_done(&node->cpus);
                free(node->distances);
        }
        free(nodes);
}
