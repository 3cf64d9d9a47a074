/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups of version 1, version 2 and both. */

#include "daemon/facts/cgroup.h"
#include "tree.h"

#define V2_MOUNT "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n"
#define PROC_MOUNT "proc /proc proc rw,nosuid 0 0\n"
#define V1_MOUNT(controllers) \
        "cgroup /sys/fs/cgroup/" controllers " cgroup rw,relatime," controllers " 0 0\n"
#define PROC_CGROUPS \
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\ncpu\t4\t1\t1\nmemory\t0\t1\t0\n"

static const KernelFacts linux_6_1 = {
        .version = { 6, 1, 0 },
        .options = { [KERNEL_OPTION_CGROUP_BPF] = TRISTATE_UNKNOWN },
};

static CgroupFacts read_cgroup(const char *tree, const KernelFacts *kernel) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        CgroupFacts cgroup;

        g_assert_cmpint(cgroup_facts_read(root, kernel, &cgroup), ==, 0);
        return cgroup;
}

static void assert_all(const CgroupFacts *cgroup, CgroupState state) {
        FOREACH_ELEMENT(controller, cgroup->controllers)
                g_assert_cmpint(*controller, ==, state);
}

static void test_v1(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", PROC_MOUNT V1_MOUNT("cpu,cpuacct") V1_MOUNT("devices"));
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        cgroup = read_cgroup(tree, &linux_6_1);

        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_V1);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUACCT], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_DEVICES], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUSET], ==, CGROUP_STATE_NOT_MOUNTED);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_ABSENT);
}

static void test_v1_disabled(void) {
        const KernelFacts kernel = { .command_line = (char *) "quiet cgroup_disable=memory,io" };
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", V1_MOUNT("cpu"));
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        cgroup = read_cgroup(tree, &kernel);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_DISABLED);
        g_assert_cmpint(cgroup.controllers[CGROUP_BLKIO], ==, CGROUP_STATE_DISABLED);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
}

/* Where proc/cgroups is missing or nonsense, what is not mounted may still be there. */
static void test_v1_without_list(void) {
        static const char *const lists[] = { NULL, "", "cpu\n" };

        FOREACH_ELEMENT(list, lists) {
                _cleanup_tree_ char *tree = tree_new();
                CgroupFacts cgroup;

                tree_file(tree, "proc/self/mounts", V1_MOUNT("cpu"));
                if (*list)
                        tree_file(tree, "proc/cgroups", *list);
                cgroup = read_cgroup(tree, &linux_6_1);
                g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
                g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_UNKNOWN);
        }
}

static void test_v2(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", PROC_MOUNT V2_MOUNT);
        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
        cgroup = read_cgroup(tree, &linux_6_1);

        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_V2);
        g_assert_cmpint(cgroup.controllers[CGROUP_BLKIO], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUACCT], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUSET], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_ABSENT);
        g_assert_cmpint(cgroup.controllers[CGROUP_DEVICES], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_AVAILABLE);
}

/* "cpuset" alone is not "cpu". */
static void test_v2_names_are_whole(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", V2_MOUNT);
        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpuset iox memoryx\n");
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUSET], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_ABSENT);
        g_assert_cmpint(cgroup.controllers[CGROUP_BLKIO], ==, CGROUP_STATE_ABSENT);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_ABSENT);
}

static void test_v2_by_kernel(void) {
        static const struct {
                unsigned version, patchlevel;
                Tristate bpf;
                CgroupState devices, freezer;
        } cases[] = {
                { 4, 14, TRISTATE_UNKNOWN, CGROUP_STATE_ABSENT, CGROUP_STATE_ABSENT },
                { 4, 15, TRISTATE_UNKNOWN, CGROUP_STATE_AVAILABLE, CGROUP_STATE_ABSENT },
                { 5, 2, TRISTATE_YES, CGROUP_STATE_AVAILABLE, CGROUP_STATE_AVAILABLE },
                { 6, 1, TRISTATE_NO, CGROUP_STATE_ABSENT, CGROUP_STATE_AVAILABLE },
                { 0, 0, TRISTATE_UNKNOWN, CGROUP_STATE_UNKNOWN, CGROUP_STATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                const KernelFacts kernel = { .version = { c->version, c->patchlevel, 0 },
                                             .options[KERNEL_OPTION_CGROUP_BPF] = c->bpf };
                _cleanup_tree_ char *tree = tree_new();
                CgroupFacts cgroup;

                tree_file(tree, "proc/self/mounts", V2_MOUNT);
                cgroup = read_cgroup(tree, &kernel);
                g_assert_cmpint(cgroup.controllers[CGROUP_DEVICES], ==, c->devices);
                g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, c->freezer);
        }
}

static void test_v2_disabled_and_unreadable(void) {
        const KernelFacts kernel = { .command_line = (char *) "cgroup_disable=memory" };
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", V2_MOUNT);
        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpu io\n");
        cgroup = read_cgroup(tree, &kernel);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_DISABLED);

        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "");
        cgroup = read_cgroup(tree, &kernel);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_UNKNOWN);
}

static void test_hybrid(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts",
                  "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
                  "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\n" V1_MOUNT("cpu"));
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        tree_file(tree, "sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
        cgroup = read_cgroup(tree, &linux_6_1);

        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_HYBRID);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUSET], ==, CGROUP_STATE_NOT_MOUNTED);
}

/* Only systemd's own hierarchy of version 1, which has no controller. */
static void test_named_hierarchy_is_none(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "proc/self/mounts",
                  V2_MOUNT "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\n");
        g_assert_cmpint(read_cgroup(tree, &linux_6_1).layout, ==, CGROUP_LAYOUT_V2);
}

static void test_none_mounted(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", PROC_MOUNT);
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_NONE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_NOT_MOUNTED);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_ABSENT);
}

static void test_unreadable(void) {
        static const char *const tables[] = { NULL, "", "\n\n", "no table at all\n" };

        FOREACH_ELEMENT(table, tables) {
                _cleanup_tree_ char *tree = tree_new();
                CgroupFacts cgroup;

                tree_file(tree, "proc/cgroups", PROC_CGROUPS);
                if (*table)
                        tree_file(tree, "proc/self/mounts", *table);
                cgroup = read_cgroup(tree, &linux_6_1);
                g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_UNKNOWN);
                assert_all(&cgroup, CGROUP_STATE_UNKNOWN);
        }
}

/* fs/proc_namespace.c: mangle() writes blanks as \040, and backslashes as \134. */
static void test_octal_escapes(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "proc/self/mounts", "cgroup2 /mnt/control\\040groups\\134x cgroup2 rw 0 0\n");
        tree_file(tree, "mnt/control groups\\x/cgroup.controllers", "memory\n");
        g_assert_cmpint(read_cgroup(tree, &linux_6_1).controllers[CGROUP_MEMORY], ==,
                        CGROUP_STATE_AVAILABLE);
}

/* A snapshot's proc/self belongs to nobody; its table may be under another name. */
static void test_other_places(void) {
        static const char *const paths[] = { "proc/mounts", "proc/1/mounts" };

        FOREACH_ELEMENT(path, paths) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, *path, V2_MOUNT);
                g_assert_cmpint(read_cgroup(tree, &linux_6_1).layout, ==, CGROUP_LAYOUT_V2);
        }
}

static void test_to_string(void) {
        for (CgroupController c = 0; c < _CGROUP_CONTROLLER_MAX; c++)
                g_assert_nonnull(cgroup_controller_to_string(c));
        for (CgroupLayout layout = 0; layout < _CGROUP_LAYOUT_MAX; layout++)
                g_assert_nonnull(cgroup_layout_to_string(layout));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/cgroup/v1", test_v1);
        g_test_add_func("/cgroup/v1-disabled", test_v1_disabled);
        g_test_add_func("/cgroup/v1-without-list", test_v1_without_list);
        g_test_add_func("/cgroup/v2", test_v2);
        g_test_add_func("/cgroup/v2-names-are-whole", test_v2_names_are_whole);
        g_test_add_func("/cgroup/v2-by-kernel", test_v2_by_kernel);
        g_test_add_func("/cgroup/v2-disabled-and-unreadable", test_v2_disabled_and_unreadable);
        g_test_add_func("/cgroup/hybrid", test_hybrid);
        g_test_add_func("/cgroup/named-hierarchy-is-none", test_named_hierarchy_is_none);
        g_test_add_func("/cgroup/none-mounted", test_none_mounted);
        g_test_add_func("/cgroup/unreadable", test_unreadable);
        g_test_add_func("/cgroup/octal-escapes", test_octal_escapes);
        g_test_add_func("/cgroup/other-places", test_other_places);
        g_test_add_func("/cgroup/to-string", test_to_string);

        return g_test_run();
}
