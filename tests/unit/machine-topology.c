/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the topologies of large machines. */

#include <stdio.h>
#include <unistd.h>

#include "daemon/basic/cpu-set.h"
#include "machine-topology.h"
#include "tree.h"

#define CPUS "sys/devices/system/cpu/"
#define NODES "sys/devices/system/node/"

/* Distances as firmware usually gives them. */
#define DISTANCE_SELF 10U
#define DISTANCE_PACKAGE 12U
#define DISTANCE_REMOTE 21U

typedef struct Layout {
        const char *tree;
        unsigned packages, dies, clusters, cores, threads, nodes;
        bool split;
        CpuSet offline;
        unsigned long memory_kib;
        GHashTable *files; /* the first with each content */
} Layout;

/* The parts that a CPU is one of, all counted from the machine's first. */
typedef struct Place {
        unsigned package, die, cluster, core, node;
} Place;

static unsigned parse_number(const char *value) {
        guint64 number;

        if (!g_ascii_string_to_unsigned(value, 10, 1, 65536, &number, NULL))
                g_error("'%s' is no number of parts.", value);

        return (unsigned) number;
}

static void parse_word(Layout *layout, const char *word) {
        g_auto(GStrv) pair = g_strsplit(word, "=", 2);
        const struct {
                const char *key;
                unsigned *value;
        } numbers[] = {
                { "packages", &layout->packages }, { "dies", &layout->dies },
                { "clusters", &layout->clusters }, { "cores", &layout->cores },
                { "threads", &layout->threads },   { "nodes", &layout->nodes },
        };

        if (!pair[0] || !pair[1])
                g_error("'%s' is not of the form KEY=VALUE.", word);

        FOREACH_ELEMENT(number, numbers)
                if (streq(pair[0], number->key)) {
                        *number->value = parse_number(pair[1]);
                        return;
                }

        if (streq(pair[0], "numbering"))
                layout->split = streq(pair[1], "split");
        else if (streq(pair[0], "offline"))
                g_assert_cmpint(cpu_set_parse_list(pair[1], &layout->offline), ==, 0);
        else if (streq(pair[0], "memory_kib"))
                layout->memory_kib = strtoul(pair[1], NULL, 10);
        else
                g_error("A topology has no '%s'.", pair[0]);
}

static unsigned count_cores(const Layout *layout) {
        return layout->packages * layout->dies * layout->clusters * layout->cores;
}

static Place place_of(const Layout *layout, unsigned cpu) {
        unsigned core = layout->split ? cpu % count_cores(layout) : cpu / layout->threads;
        unsigned in_package = layout->dies * layout->clusters * layout->cores;

        return (Place){
                .core = core,
                .cluster = core / layout->cores,
                .die = core / layout->cores / layout->clusters,
                .package = core / in_package,
                .node = core / in_package * layout->nodes + core % in_package * layout->nodes / in_package,
        };
}

/* A line into a file. Of the thousands of files few differ, and those that are alike are one file with many
 * names, for the sake of time and space. */
static void write_line(const Layout *layout, const char *path, const char *line) {
        g_autofree char *full = g_build_filename(layout->tree, path, NULL);
        const char *alike = g_hash_table_lookup(layout->files, line);
        FILE *file;

        if (alike) {
                g_assert_no_errno(link(alike, full));
                return;
        }

        file = fopen(full, "we");
        g_assert_nonnull(file);
        g_assert_cmpint(fprintf(file, "%s\n", line), >, 0);
        g_assert_cmpint(fclose(file), ==, 0);
        g_hash_table_insert(layout->files, g_strdup(line), g_steal_pointer(&full));
}

static void write_number(const Layout *layout, unsigned cpu, const char *name, unsigned number) {
        g_autofree char *path = g_strdup_printf(CPUS "cpu%u/topology/%s", cpu, name),
                        *line = g_strdup_printf("%u", number);

        write_line(layout, path, line);
}

/* The lists of all packages, all dies, …, of the CPUs that are online. */
typedef struct Lists {
        CpuSet online;
        GPtrArray *packages, *dies, *clusters, *cores, *nodes; /* of CpuSet */
} Lists;

static void cpu_set_destroy(void *p) {
        cpu_set_done(p);
        g_free(p);
}

static GPtrArray *sets_new(unsigned n) {
        GPtrArray *sets = g_ptr_array_new_with_free_func(cpu_set_destroy);

        for (unsigned i = 0; i < n; i++)
                g_ptr_array_add(sets, g_new0(CpuSet, 1));

        return sets;
}

static void add(GPtrArray *sets, unsigned i, unsigned cpu) {
        g_assert_cmpint(cpu_set_add(sets->pdata[i], cpu), ==, 0);
}

static void lists_init(const Layout *layout, Lists *lists) {
        unsigned n_cores = count_cores(layout);

        *lists = (Lists){
                .packages = sets_new(layout->packages),
                .dies = sets_new(layout->packages * layout->dies),
                .clusters = sets_new(n_cores / layout->cores),
                .cores = sets_new(n_cores),
                .nodes = sets_new(layout->packages * layout->nodes),
        };

        for (unsigned cpu = 0; cpu < n_cores * layout->threads; cpu++) {
                Place place = place_of(layout, cpu);

                if (cpu_set_has(&layout->offline, cpu))
                        continue;

                g_assert_cmpint(cpu_set_add(&lists->online, cpu), ==, 0);
                add(lists->packages, place.package, cpu);
                add(lists->dies, place.die, cpu);
                add(lists->clusters, place.cluster, cpu);
                add(lists->cores, place.core, cpu);
                add(lists->nodes, place.node, cpu);
        }
}

static void lists_done(Lists *lists) {
        cpu_set_done(&lists->online);
        g_ptr_array_unref(lists->packages);
        g_ptr_array_unref(lists->dies);
        g_ptr_array_unref(lists->clusters);
        g_ptr_array_unref(lists->cores);
        g_ptr_array_unref(lists->nodes);
}

static char *format(const CpuSet *set) {
        char *text;

        g_assert_cmpint(cpu_set_format(set, &text), ==, 0);
        return text;
}

/* Each list has two names, one of them older. */
static void write_list(const Layout *layout, unsigned cpu, const CpuSet *set, const char *name,
                       const char *old) {
        g_autofree char *path = g_strdup_printf(CPUS "cpu%u/topology/%s", cpu, name), *list = format(set);

        write_line(layout, path, list);
        if (old) {
                g_autofree char *old_path = g_strdup_printf(CPUS "cpu%u/topology/%s", cpu, old);

                write_line(layout, old_path, list);
        }
}

static void write_cpu(const Layout *layout, const Lists *lists, unsigned cpu) {
        g_autofree char *directory = g_strdup_printf(CPUS "cpu%u", cpu),
                        *topology = g_strconcat(directory, "/topology", NULL),
                        *online = g_strconcat(directory, "/online", NULL);
        unsigned in_package = layout->dies * layout->clusters * layout->cores;
        Place place = place_of(layout, cpu);

        tree_directory(layout->tree, directory);
        /* The first CPU of x86 cannot be taken offline. */
        if (cpu > 0)
                write_line(layout, online, cpu_set_has(&lists->online, cpu) ? "1" : "0");
        if (!cpu_set_has(&lists->online, cpu))
                return;

        tree_directory(layout->tree, topology);
        write_number(layout, cpu, "physical_package_id", place.package);
        write_number(layout, cpu, "die_id", place.die % layout->dies);
        write_number(layout, cpu, "cluster_id", place.cluster);
        write_number(layout, cpu, "core_id", place.core % in_package);
        write_list(layout, cpu, lists->packages->pdata[place.package], "package_cpus_list",
                   "core_siblings_list");
        write_list(layout, cpu, lists->dies->pdata[place.die], "die_cpus_list", NULL);
        write_list(layout, cpu, lists->clusters->pdata[place.cluster], "cluster_cpus_list", NULL);
        write_list(layout, cpu, lists->cores->pdata[place.core], "core_cpus_list", "thread_siblings_list");
}

static void write_cpus(const Layout *layout, const Lists *lists) {
        unsigned n = count_cores(layout) * layout->threads;
        g_autofree char *present = g_strdup_printf("0-%u\n", n - 1), *online = format(&lists->online),
                        *offline = format(&layout->offline);

        tree_file(layout->tree, CPUS "possible", present);
        tree_file(layout->tree, CPUS "present", present);
        write_line(layout, CPUS "online", online);
        write_line(layout, CPUS "offline", offline);
        for (unsigned cpu = 0; cpu < n; cpu++)
                write_cpu(layout, lists, cpu);
}

static void write_distances(const Layout *layout, unsigned node) {
        g_autofree char *path = g_strdup_printf(NODES "node%u/distance", node);
        g_autoptr(GString) line = g_string_new(NULL);

        for (unsigned other = 0; other < layout->packages * layout->nodes; other++)
                g_string_append_printf(line, "%s%u", other > 0 ? " " : "",
                                       other == node                                   ? DISTANCE_SELF
                                       : other / layout->nodes == node / layout->nodes ? DISTANCE_PACKAGE
                                                                                       : DISTANCE_REMOTE);
        write_line(layout, path, line->str);
}

static void write_node(const Layout *layout, const Lists *lists, unsigned node) {
        g_autofree char *list_path = g_strdup_printf(NODES "node%u/cpulist", node),
                        *meminfo_path = g_strdup_printf(NODES "node%u/meminfo", node),
                        *list = format(lists->nodes->pdata[node]),
                        *meminfo = g_strdup_printf(
                                "Node %u MemTotal:       %lu kB\nNode %u MemFree:        %lu kB\n", node,
                                layout->memory_kib, node, layout->memory_kib / 2);

        tree_file(layout->tree, meminfo_path, meminfo);
        write_line(layout, list_path, list);
        write_distances(layout, node);
        for (unsigned cpu = 0; cpu < count_cores(layout) * layout->threads; cpu++) {
                g_autofree char *link = g_strdup_printf("%s/" NODES "node%u/cpu%u", layout->tree, node, cpu),
                                *target = g_strdup_printf("../../cpu/cpu%u", cpu);

                /* Those offline have one as well. */
                if (place_of(layout, cpu).node == node)
                        g_assert_cmpint(symlink(target, link), ==, 0);
        }
}

void machine_topology_unpack(const char *tree, char **words) {
        Layout layout = { tree, 1, 1, 1, 1, 1, 1, .memory_kib = 1024 };
        g_autofree char *online = NULL;
        Lists lists;

        for (char **word = words; *word; word++)
                parse_word(&layout, *word);
        layout.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        lists_init(&layout, &lists);
        write_cpus(&layout, &lists);

        online = g_strdup_printf("0-%u\n", layout.packages * layout.nodes - 1);
        tree_file(tree, NODES "online", online);
        for (unsigned node = 0; node < layout.packages * layout.nodes; node++)
                write_node(&layout, &lists, node);

        lists_done(&lists);
        cpu_set_done(&layout.offline);
        g_hash_table_unref(layout.files);
}
