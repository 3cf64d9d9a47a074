/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots that are made to be much work, or to show what must not be shown. Where a limit is missing, the
 * test takes minutes or all memory, and its own time limit ends it. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/checks/verdict.h"
#include "daemon/describe.h"
#include "daemon/facts/cpuinfo.h"
#include "daemon/facts/facts.h"
#include "daemon/facts/owner.h"
#include "tree.h"

#define CPUS "sys/devices/system/cpu/"
#define NODES "sys/devices/system/node/"

typedef struct Snapshot {
        char *tree;
        Root *root;
        Facts facts;
        CurrentFacts current;
} Snapshot;

static void snapshot_begin(Snapshot *snapshot) {
        *snapshot = (Snapshot){ .tree = tree_new() };
        snapshot->root = tree_root(snapshot->tree);
}

/* Reads all that there is, as for a document. */
static void snapshot_read(Snapshot *snapshot) {
        g_assert_cmpint(facts_read(&snapshot->facts, snapshot->root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpint(current_facts_read(&snapshot->current, &snapshot->facts, snapshot->root), ==, 0);
}

static void snapshot_done(Snapshot *snapshot) {
        current_facts_done(&snapshot->current);
        facts_done(&snapshot->facts);
        root_free(snapshot->root);
        tree_free(snapshot->tree);
}

#define _cleanup_snapshot_ _cleanup_(snapshot_done)

static void make_links(const Snapshot *snapshot, const char *prefix, unsigned n, const char *target) {
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *path = g_strdup_printf("%s%u", prefix, i);

                tree_link(snapshot->tree, path, target);
        }
}

/* A file of N times the same. */
static void make_repeated(const Snapshot *snapshot, const char *path, const char *text, size_t n) {
        g_autoptr(GString) content = g_string_new(NULL);

        for (size_t i = 0; i < n; i++)
                g_string_append(content, text);
        tree_file(snapshot->tree, path, content->str);
}

/* A file of zeroes that takes no room. */
static void make_sparse(const Snapshot *snapshot, const char *path, off_t size) {
        g_autofree char *full = g_build_filename(snapshot->tree, path, NULL);

        tree_file(snapshot->tree, path, "processor\t: 0\n");
        g_assert_no_errno(truncate(full, size));
}

static void test_repeated_list(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        make_repeated(&snapshot, CPUS "online", "0-65535,", 8000);
        snapshot_read(&snapshot);

        g_assert_cmpuint(cpu_set_count(&snapshot.facts.topology.online), ==, 0);
}

/* Every CPU leads to the same files, which say that none of them is where it is. */
static void test_members_without_the_cpu(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, CPUS "online", "0-1999\n");
        make_links(&snapshot, CPUS "cpu", 2000, "/cpu");
        tree_file(snapshot.tree, "cpu/topology/core_id", "1\n");
        tree_file(snapshot.tree, "cpu/topology/physical_package_id", "1\n");
        tree_file(snapshot.tree, "cpu/topology/core_cpus_list", "2000-65535\n");
        tree_file(snapshot.tree, "cpu/topology/package_cpus_list", "2000-65535\n");
        tree_file(snapshot.tree, "cpu/topology/die_cpus_list", "2000-65535\n");
        snapshot_read(&snapshot);

        g_assert_cmpuint(snapshot.facts.topology.threads, ==, 2000);
        g_assert_cmpuint(snapshot.facts.topology.dies, ==, 0);
        /* By their numbers, there is one of these. */
        g_assert_cmpuint(snapshot.facts.topology.cores, ==, 1);
        g_assert_cmpuint(snapshot.facts.topology.packages, ==, 1);
}

static void test_long_numbers(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, CPUS "online", "0-499\n");
        make_links(&snapshot, CPUS "cpu", 500, "/cpu");
        make_repeated(&snapshot, "cpu/topology/physical_package_id", "0", 1000000);
        make_repeated(&snapshot, "cpu/cpufreq/cpuinfo_max_freq", "1", 1000000);
        snapshot_read(&snapshot);

        g_assert_cmpuint(snapshot.facts.topology.threads, ==, 500);
        g_assert_cmpuint(snapshot.facts.topology.packages, ==, 0);
        g_assert_cmpuint(snapshot.facts.topology.max_frequency_hz, ==, 0);
}

/* As many distances as nodes, squared, would be 16 GiB. */
static void test_more_nodes_than_there_can_be(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        make_links(&snapshot, NODES "node", NUMA_NODES_MAX + 1, "/node");
        make_repeated(&snapshot, "node/distance", "10 ", NUMA_NODES_MAX + 1);
        tree_file(snapshot.tree, "node/hugepages/hugepages-2048kB/nr_hugepages", "1\n");
        tree_file(snapshot.tree, "node/hugepages/hugepages-2048kB/free_hugepages", "1\n");
        snapshot_read(&snapshot);

        g_assert_cmpuint(snapshot.facts.topology.n_nodes, ==, 0);
        g_assert_cmpuint(snapshot.current.memory.n_huge_pages, ==, 0);
}

static void test_most_nodes_that_there_can_be(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        make_links(&snapshot, NODES "node", NUMA_NODES_MAX, "/node");
        tree_file(snapshot.tree, "node/cpulist", "0-63\n");
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.topology.n_nodes, ==, NUMA_NODES_MAX);

        tree_file(snapshot.tree, "node/cpulist", "0-64\n");
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.topology.n_nodes, ==, 0);
}

/* A pass ends when there has been too much of everything, and the next one begins anew. */
static void test_too_much_work(void) {
        _cleanup_snapshot_ Snapshot snapshot;
        _cleanup_free_ char *text = NULL;

        snapshot_begin(&snapshot);
        make_links(&snapshot, NODES "node", NUMA_NODES_MAX, "/node");
        make_links(&snapshot, "node/x", 4096, "/y");
        tree_file(snapshot.tree, "proc/modules", "kvm 1 0 - Live 0x0\n");
        g_assert_cmpint(facts_read(&snapshot.facts, snapshot.root, SOURCE_MASK_ALL), ==, 0);

        g_assert_cmpuint(snapshot.facts.topology.n_nodes, ==, NUMA_NODES_MAX);
        g_assert_cmpint(snapshot.facts.modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_UNKNOWN);
        g_assert_cmpint(root_read(snapshot.root, "proc/modules", 100, &text), ==, -EDQUOT);

        root_begin_pass(snapshot.root);
        g_assert_cmpint(root_read(snapshot.root, "proc/modules", 100, &text), ==, 0);
}

/* Each line of zero bytes looks empty. */
static void test_cpuinfo_without_end(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        make_sparse(&snapshot, "proc/cpuinfo", (off_t) 1 << 40);
        snapshot_read(&snapshot);
        g_assert_cmpint(snapshot.facts.cpu.error, ==, -EBADMSG);
        g_assert_cmpuint(snapshot.facts.topology.threads, ==, 0);

        make_sparse(&snapshot, "proc/cpuinfo", CPUINFO_MAX);
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.topology.threads, ==, 1);
}

static void test_long_names(void) {
        _cleanup_snapshot_ Snapshot snapshot;
        g_autofree char *digits = g_strnfill(65, '6'), *letters = g_strnfill(65, 'a');

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, "proc/sys/kernel/osrelease", digits);
        tree_file(snapshot.tree, "proc/sys/kernel/arch", letters);
        snapshot_read(&snapshot);

        g_assert_null(snapshot.facts.kernel.release);
        g_assert_null(snapshot.facts.cpu.machine);
}

/* The names of kinds of CPUs go to terminals and to the bus, which takes only UTF-8. */
static void test_part_that_is_not_printable(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, "proc/cpuinfo",
                  "processor : 0\nCPU implementer : 0x41\nCPU part : \033[2J\xff\n"
                  "processor : 1\nCPU implementer : 0x41\nCPU part : 0xd05\n");
        snapshot_read(&snapshot);

        g_assert_cmpuint(snapshot.facts.topology.n_core_types, ==, 2);
        g_assert_cmpstr(snapshot.facts.topology.core_types[0].name, ==, "0x41-?[2J?");
}

static void test_cpu_of_two_kinds(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, "proc/sys/kernel/arch", "x86_64\n");
        tree_file(snapshot.tree, CPUS "online", "0-3\n");
        tree_file(snapshot.tree, "sys/devices/cpu_core/cpus", "0-1\n");
        tree_file(snapshot.tree, "sys/devices/cpu_atom/cpus", "1-3\n");
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.topology.n_core_types, ==, 0);

        tree_file(snapshot.tree, "sys/devices/cpu_atom/cpus", "2-3\n");
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.topology.n_core_types, ==, 2);
}

/* That a line is there and empty does not say that the CPU has none of them. */
static void test_empty_flags(void) {
        _cleanup_snapshot_ Snapshot snapshot;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, "proc/sys/kernel/arch", "x86_64\n");
        tree_file(snapshot.tree, "proc/cpuinfo", "vendor_id : GenuineIntel\nflags\t\t: \n");
        snapshot_read(&snapshot);

        g_assert_cmpint(snapshot.facts.cpu.error, ==, -EBADMSG);
        g_assert_cmpint(snapshot.facts.cpu.long_mode, ==, TRISTATE_UNKNOWN);
}

static void test_accounts_that_are_none(void) {
        _cleanup_snapshot_ Snapshot snapshot;
        _cleanup_free_ char *user = NULL, *group = NULL;
        Accounts accounts;

        snapshot_begin(&snapshot);
        tree_file(snapshot.tree, "etc/passwd", "+::0:0:::\n:x:0:0:::\n");
        tree_file(snapshot.tree, "etc/group", "+:::\n:x:0:\nroot:x:0:\n");
        accounts = (Accounts){ .root = snapshot.root };
        g_assert_cmpint(accounts_user_name(&accounts, 0, &user, NULL), ==, 0);
        g_assert_cmpint(accounts_group_name(&accounts, 0, &group, NULL), ==, 0);
        accounts_done(&accounts);

        g_assert_cmpstr(user, ==, "0");
        g_assert_cmpstr(group, ==, "root");
}

/* Everything that devices can take: their number, names as long as can be, and groups that all of them say
 * they are in. The document stays within what a machine may cost. */
static void test_devices_without_end(void) {
        _cleanup_snapshot_ Snapshot snapshot;
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        g_autofree char *long_name = g_strnfill(255, 'x'), *longer = g_strnfill(4000, 'y');
        _cleanup_free_ char *document = NULL;

        snapshot_begin(&snapshot);
        for (unsigned i = 0; i < 70000; i++) {
                g_autofree char *path = g_strdup_printf("sys/bus/pci/devices/%04x:%02x:%02x.%u", i >> 16,
                                                        i >> 8 & 0xff, i >> 3 & 0x1f, i & 7);

                tree_link(snapshot.tree, path, i % 2 == 0 ? "/device" : "/other");
        }
        for (unsigned i = 0; i < 1000; i++) {
                g_autofree char *path =
                        g_strdup_printf("sys/kernel/iommu_groups/1/devices/%.250s%05u", long_name, i);

                tree_link(snapshot.tree, path, "/device");
        }
        tree_file(snapshot.tree, "device/modalias",
                  "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00\n");
        tree_file(snapshot.tree, "other/modalias",
                  "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00\n");
        tree_link(snapshot.tree, "device/iommu_group", "groups/1");
        tree_link(snapshot.tree, "device/driver", long_name);
        tree_link(snapshot.tree, "other/driver", longer);
        snapshot_read(&snapshot);
        g_assert_cmpuint(snapshot.facts.pci->n_devices, ==, PCI_DEVICES_MAX);

        g_assert_cmpint(verdict_new(&snapshot.facts, NULL, 0, &verdict), ==, 0);
        g_assert_cmpint(describe(&snapshot.facts, &snapshot.current, verdict, NULL, &document), ==, 0);
        g_test_message("The document has %zu bytes.", strlen(document));
        g_assert_cmpuint(strlen(document), <, 32 * 1024 * 1024);
        g_assert_null(strstr(document, "yyy"));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/hostile/repeated-list", test_repeated_list);
        g_test_add_func("/hostile/members-without-the-cpu", test_members_without_the_cpu);
        g_test_add_func("/hostile/long-numbers", test_long_numbers);
        g_test_add_func("/hostile/too-many-nodes", test_more_nodes_than_there_can_be);
        g_test_add_func("/hostile/most-nodes", test_most_nodes_that_there_can_be);
        g_test_add_func("/hostile/too-much-work", test_too_much_work);
        g_test_add_func("/hostile/cpuinfo-without-end", test_cpuinfo_without_end);
        g_test_add_func("/hostile/long-names", test_long_names);
        g_test_add_func("/hostile/part-not-printable", test_part_that_is_not_printable);
        g_test_add_func("/hostile/cpu-of-two-kinds", test_cpu_of_two_kinds);
        g_test_add_func("/hostile/empty-flags", test_empty_flags);
        g_test_add_func("/hostile/accounts-that-are-none", test_accounts_that_are_none);

        g_test_add_func("/hostile/devices-without-end", test_devices_without_end);

        return g_test_run();
}
