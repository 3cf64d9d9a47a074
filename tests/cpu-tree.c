/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes file by file what follows from a few numbers. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "../daemon/basic/cleanup.h"
#include "cpu-tree.h"

#define CPUS "sys/devices/system/cpu/"
#define NODES "sys/devices/system/node/"

/* Distances as firmware usually gives them. */
#define DISTANCE_SELF 10U
#define DISTANCE_PACKAGE 12U
#define DISTANCE_REMOTE 21U

typedef enum Part {
        PART_PACKAGE,
        PART_DIE,
        PART_CLUSTER,
        PART_CORE,
        PART_NODE,
        _PART_MAX,
} Part;

typedef struct CpuTree {
        TreeWriter *writer;
        const CpuLayout *layout;
        unsigned n_cpus, n_cores, cores_per_package;
        unsigned n_parts_max; /* of any kind: as many as there are cores, or nodes */
        CpuSet present, online;
        CpuSet *parts[_PART_MAX]; /* the CPUs of each package, each die, …, that are online */
} CpuTree;

/* Which of its kind a CPU's package, die, … is, counted from the machine's first. */
static unsigned part_of(const CpuTree *tree, Part part, unsigned cpu) {
        const CpuLayout *layout = tree->layout;
        unsigned core = layout->split ? cpu % tree->n_cores : cpu / layout->threads;
        unsigned package = core / tree->cores_per_package;

        switch (part) {
        case PART_PACKAGE:
                return package;
        case PART_DIE:
                return core / layout->cores / layout->clusters;
        case PART_CLUSTER:
                return core / layout->cores;
        case PART_NODE:
                return package * layout->nodes +
                       core % tree->cores_per_package * layout->nodes / tree->cores_per_package;
        default:
                return core;
        }
}

/* What the kernel calls it: dies and cores are numbered within their package. */
static unsigned part_id(const CpuTree *tree, Part part, unsigned cpu) {
        unsigned number = part_of(tree, part, cpu);

        return part == PART_DIE    ? number % tree->layout->dies
               : part == PART_CORE ? number % tree->cores_per_package
                                   : number;
}

static int add_cpu(CpuTree *tree, unsigned cpu) {
        int r;

        r = cpu_set_add(&tree->present, cpu);
        if (r < 0 || cpu_set_has(&tree->layout->offline, cpu))
                return r;

        r = cpu_set_add(&tree->online, cpu);
        for (Part part = 0; part < _PART_MAX && r >= 0; part++)
                r = cpu_set_add(&tree->parts[part][part_of(tree, part, cpu)], cpu);

        return r;
}

static int init(CpuTree *tree) {
        int r = 0;

        for (Part part = 0; part < _PART_MAX; part++) {
                tree->parts[part] = calloc(tree->n_parts_max, sizeof(CpuSet));
                if (!tree->parts[part])
                        return -ENOMEM;
        }

        for (unsigned cpu = 0; cpu < tree->n_cpus && r >= 0; cpu++)
                r = add_cpu(tree, cpu);

        return r;
}

static void done(CpuTree *tree) {
        FOREACH_ELEMENT(sets, tree->parts) {
                FOREACH_ARRAY(set, *sets, tree->n_parts_max)
                        cpu_set_done(set);
                free(*sets);
        }
        cpu_set_done(&tree->present);
        cpu_set_done(&tree->online);
}

static void write_list(const CpuTree *tree, const char *path, const CpuSet *set) {
        _cleanup_free_ char *list = NULL;

        if (cpu_set_format(set, &list) < 0)
                tree->writer->error = -ENOMEM;
        else
                writer_file(tree->writer, path, "%s\n", list);
}

/* What a file of an earlier CPU says as well becomes another name of that, for the sake of time and space.
 */
static bool link_to_earlier(const CpuTree *tree, const char *path, unsigned cpu, unsigned earlier,
                            const char *name) {
        char target[PATH_MAX];

        if (earlier >= cpu)
                return false;

        snprintf(target, sizeof(target), CPUS "cpu%u/%s", earlier, name);
        writer_link(tree->writer, path, target);
        return true;
}

static void write_cpu_number(const CpuTree *tree, unsigned cpu, unsigned earlier, const char *name,
                             unsigned long number) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), CPUS "cpu%u/%s", cpu, name);
        if (!link_to_earlier(tree, path, cpu, earlier, name))
                writer_file(tree->writer, path, "%lu\n", number);
}

static void write_cpu_list(const CpuTree *tree, unsigned cpu, const char *name, const CpuSet *set) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), CPUS "cpu%u/%s", cpu, name);
        if (!link_to_earlier(tree, path, cpu, cpu_set_next(set, 0), name))
                write_list(tree, path, set);
}

/* Of a list and a mask of the same CPUs only the list: nobody would read the other. */
static void write_topology(const CpuTree *tree, unsigned cpu) {
        static const struct {
                Part part;
                const char *id, *list, *older_list;
        } levels[] = {
                { PART_PACKAGE, "topology/physical_package_id", "topology/package_cpus_list",
                  "topology/core_siblings_list" },
                { PART_DIE, "topology/die_id", "topology/die_cpus_list", NULL },
                { PART_CLUSTER, "topology/cluster_id", "topology/cluster_cpus_list", NULL },
                { PART_CORE, "topology/core_id", "topology/core_cpus_list",
                  "topology/thread_siblings_list" },
        };

        FOREACH_ELEMENT(level, levels) {
                const CpuSet *set = &tree->parts[level->part][part_of(tree, level->part, cpu)];

                write_cpu_number(tree, cpu, cpu_set_next(set, 0), level->id,
                                 part_id(tree, level->part, cpu));
                write_cpu_list(tree, cpu, level->list, set);
                if (level->older_list)
                        write_cpu_list(tree, cpu, level->older_list, set);
        }
}

static void write_cpu(const CpuTree *tree, unsigned cpu) {
        bool online = cpu_set_has(&tree->online, cpu);

        /* The first CPU of x86 cannot be taken offline. */
        if (cpu > 0)
                write_cpu_number(tree, cpu, online ? cpu_set_next(&tree->online, 1) : cpu, "online", online);
        if (!online)
                return;

        write_topology(tree, cpu);
        if (tree->layout->max_khz > 0)
                write_cpu_number(tree, cpu, cpu_set_next(&tree->online, 0), "cpufreq/cpuinfo_max_freq",
                                 tree->layout->max_khz);
}

static void write_distances(const CpuTree *tree, unsigned node) {
        unsigned per_package = tree->layout->nodes;
        char path[PATH_MAX];
        FILE *file;

        snprintf(path, sizeof(path), NODES "node%u/distance", node);
        file = writer_open(tree->writer, path);
        if (!file)
                return;

        for (unsigned other = 0; other < per_package * tree->layout->packages; other++)
                fprintf(file, "%s%u", other > 0 ? " " : "",
                        other == node                               ? DISTANCE_SELF
                        : other / per_package == node / per_package ? DISTANCE_PACKAGE
                                                                    : DISTANCE_REMOTE);
        fputc('\n', file);
        writer_close(tree->writer, file);
}

static void write_node(const CpuTree *tree, unsigned node) {
        unsigned long kib = tree->layout->memory_kib;
        char path[PATH_MAX], target[PATH_MAX];

        snprintf(path, sizeof(path), NODES "node%u/cpulist", node);
        write_list(tree, path, &tree->parts[PART_NODE][node]);
        snprintf(path, sizeof(path), NODES "node%u/meminfo", node);
        writer_file(tree->writer, path, "Node %u MemTotal:       %lu kB\nNode %u MemFree:        %lu kB\n",
                    node, kib, node, kib / 2);
        write_distances(tree, node);

        /* CPUs that are offline have a link as well. */
        for (unsigned cpu = 0; cpu < tree->n_cpus; cpu++) {
                if (part_of(tree, PART_NODE, cpu) != node)
                        continue;
                snprintf(path, sizeof(path), NODES "node%u/cpu%u", node, cpu);
                snprintf(target, sizeof(target), "../../cpu/cpu%u", cpu);
                writer_symlink(tree->writer, path, target);
        }
}

static void write_tree(const CpuTree *tree) {
        unsigned n_nodes = tree->layout->packages * tree->layout->nodes;

        write_list(tree, CPUS "possible", &tree->present);
        write_list(tree, CPUS "present", &tree->present);
        write_list(tree, CPUS "online", &tree->online);
        write_list(tree, CPUS "offline", &tree->layout->offline);
        for (unsigned cpu = 0; cpu < tree->n_cpus; cpu++)
                write_cpu(tree, cpu);

        writer_file(tree->writer, NODES "online", "0-%u\n", n_nodes - 1);
        for (unsigned node = 0; node < n_nodes; node++)
                write_node(tree, node);
}

void cpu_tree_write(TreeWriter *writer, const CpuLayout *layout) {
        unsigned cores_per_package = layout->dies * layout->clusters * layout->cores;
        unsigned n_cores = layout->packages * cores_per_package;
        _cleanup_(done) CpuTree tree = {
                .writer = writer,
                .layout = layout,
                .n_cpus = n_cores * layout->threads,
                .n_cores = n_cores,
                .cores_per_package = cores_per_package,
                .n_parts_max = n_cores + layout->packages * layout->nodes,
        };
        int r;

        r = init(&tree);
        if (r < 0)
                writer->error = r;
        else
                write_tree(&tree);
}
