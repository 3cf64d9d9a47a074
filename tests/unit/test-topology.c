/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files about CPUs, nodes and memory that promise more than they hold; the fixture machines have the others.
 */

#include "daemon/facts/facts.h"
#include "tree.h"

static TopologyFacts read_topology(const char *tree) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        TopologyFacts topology = {};
        CpuFacts cpu = { .architecture = ARCHITECTURE_X86 };

        g_assert_cmpint(topology_facts_read(root, &cpu, &topology), ==, 0);
        return topology;
}

static void write_cpu(const char *tree, unsigned cpu, const char *package, const char *members) {
        g_autofree char *id = g_strdup_printf("sys/devices/system/cpu/cpu%u/topology/physical_package_id",
                                              cpu),
                        *list = g_strdup_printf("sys/devices/system/cpu/cpu%u/topology/package_cpus_list",
                                                cpu);

        tree_file(tree, id, package);
        tree_file(tree, list, members);
}

/* Lists that are no division of the CPUs: the numbers count. */
static void test_lists(void) {
        static const struct {
                const char *ids[4], *lists[4];
                unsigned packages;
        } cases[] = {
                { { "0\n", "0\n", "1\n", "1\n" }, { "0-1\n", "0-1\n", "2-3\n", "2-3\n" }, 2 },

                /* The numbers of books repeat (s390x), so the lists go first. */
                { { "0\n", "0\n", "0\n", "0\n" }, { "0-1\n", "0-1\n", "2-3\n", "2-3\n" }, 2 },

                /* Without the CPU itself, with one of another package, with one of another list. */
                { { "0\n", "0\n", "1\n", "2\n" }, { "1\n", "1\n", "2\n", "3\n" }, 3 },
                { { "0\n", "0\n", "1\n", "2\n" }, { "0-3\n", "0-3\n", "0-3\n", "0-3\n" }, 3 },
                { { "0\n", "0\n", "0\n", "0\n" }, { "0\n", "0-1\n", "0-2\n", "0-3\n" }, 1 },

                /* Nothing that could be counted. */
                { { "0\n", "0\n", "-1\n", "0\n" }, { "0-1\n", "0-1\n", "2-3\n", "2-3\n" }, 0 },
                { { "0\n", "0\n", "x\n", "0\n" }, { "", "", "", "" }, 0 },
                { { "0\n", "0\n", "1\n", "0\n" }, { "", "", "", "" }, 2 },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                TopologyFacts topology;

                tree_file(tree, "sys/devices/system/cpu/online", "0-3\n");
                for (unsigned cpu = 0; cpu < 4; cpu++)
                        write_cpu(tree, cpu, c->ids[cpu], c->lists[cpu]);

                topology = read_topology(tree);
                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpuint(topology.packages, ==, c->packages);
                topology_facts_done(&topology);
        }
}

/* There are no more nodes than a kernel can have, nor more CPUs. */
static void test_too_many(void) {
        _cleanup_tree_ char *tree = tree_new();
        TopologyFacts topology;

        tree_file(tree, "sys/devices/system/cpu/online", "0-65536\n");
        tree_file(tree, "sys/devices/system/node/node1023/distance", "10\n");
        topology = read_topology(tree);
        g_assert_cmpuint(topology.threads, ==, 0);
        g_assert_cmpuint(topology.n_nodes, ==, 1);
        topology_facts_done(&topology);

        for (unsigned node = 0; node < 1024; node++) {
                g_autofree char *link = g_strdup_printf("sys/devices/system/node/node%u", 2000 + node);

                tree_link(tree, link, "node1023");
        }
        topology = read_topology(tree);
        g_assert_cmpuint(topology.n_nodes, ==, 0);
        topology_facts_done(&topology);
}

/* No CPU is online, as no running machine has it: nothing is known, and no node either. */
static void test_none_online(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(facts_done) Facts facts = {};
        NodeInfo info;

        tree_file(tree, "sys/devices/system/cpu/present", "0-3\n");
        tree_file(tree, "sys/devices/system/cpu/online", "\n");
        tree_file(tree, "sys/devices/system/node/node0/cpulist", "0-3\n");
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpint(current_node_info_read(&info, &facts, root), ==, 0);
        g_assert_cmpuint(info.cpus, ==, 0);
        g_assert_false(info.layout_known);
        g_assert_cmpuint(info.nodes, ==, 0);
}

/* What an entry of cpuinfo cannot say, or does not belong to any CPU. */
static void test_cpuinfo(void) {
        static const struct {
                const char *cpuinfo;
                unsigned packages, cores, threads;
        } cases[] = {
                { "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\ncore "
                  "id\t: 1\n",
                  1, 2, 2 },
                { "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\n\nprocessor\t: 1\n", 0, 0, 2 },
                { "physical id\t: 0\ncore id\t: 0\nprocessor\t: 0\n", 0, 0, 1 },
                { "processor\t: 0\nphysical id\t: 65535\ncore id\t: 0\n", 0, 0, 1 },
                { "processor\t: 0\nphysical id\t: -1\ncore id\t: 0\n", 0, 0, 1 },
                { "processor\t: 65536\nphysical id\t: 0\n", 0, 0, 0 },
                { "processor\t: 4294967296\nphysical id\t: 0\n", 0, 0, 0 },

                /* Counts of a package that do not go with the entries there are. */
                { "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\nsiblings\t: 4\ncpu cores\t: 4\n", 1, 1,
                  1 },
                { "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\nsiblings\t: 1\ncpu cores\t: 2\n", 1, 1,
                  1 },
                { "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\nsiblings\t: 0\ncpu cores\t: 0\n", 1, 1,
                  1 },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                TopologyFacts topology;

                tree_file(tree, "proc/cpuinfo", c->cpuinfo);
                topology = read_topology(tree);
                g_test_message("%s", c->cpuinfo);
                g_assert_cmpuint(topology.packages, ==, c->packages);
                g_assert_cmpuint(topology.cores, ==, c->cores);
                g_assert_cmpuint(topology.threads, ==, c->threads);
                topology_facts_done(&topology);
        }
}

static void test_vulnerabilities(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(vulnerability_facts_done) VulnerabilityFacts facts = {};
        g_autofree char *long_state = g_strnfill(100000, 'x');

        g_assert_cmpint(vulnerability_facts_read(root, &facts), ==, 0);
        g_assert_cmpuint(facts.n_entries, ==, 0);

        tree_file(tree, "sys/devices/system/cpu/vulnerabilities/spectre_v1", "Vulnerable\nand more\n");
        tree_file(tree, "sys/devices/system/cpu/vulnerabilities/meltdown", long_state);
        tree_fifo(tree, "sys/devices/system/cpu/vulnerabilities/mds");
        g_assert_cmpint(vulnerability_facts_read(root, &facts), ==, 0);
        g_assert_cmpuint(facts.n_entries, ==, 2);
        g_assert_cmpstr(facts.entries[0].name, ==, "meltdown");
        g_assert_cmpuint(strlen(facts.entries[0].state), ==, 1024);
        g_assert_cmpstr(facts.entries[1].name, ==, "spectre_v1");
        g_assert_cmpstr(facts.entries[1].state, ==, "Vulnerable");

        for (unsigned i = 0; i < 200; i++) {
                g_autofree char *path = g_strdup_printf("sys/devices/system/cpu/vulnerabilities/x%u", i);

                tree_file(tree, path, "Vulnerable\n");
        }
        g_assert_cmpint(vulnerability_facts_read(root, &facts), ==, 0);
        g_assert_cmpuint(facts.n_entries, <=, 64);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/topology/lists", test_lists);
        g_test_add_func("/topology/too-many", test_too_many);
        g_test_add_func("/topology/none-online", test_none_online);
        g_test_add_func("/topology/cpuinfo", test_cpuinfo);
        g_test_add_func("/topology/vulnerabilities", test_vulnerabilities);

        return g_test_run();
}
