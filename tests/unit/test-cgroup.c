/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups of version 1, version 2 and both. */

#include "daemon/checks/catalogue.h"
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
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_DISABLED_BY_PARAMETER);
        g_assert_cmpint(cgroup.controllers[CGROUP_BLKIO], ==, CGROUP_STATE_DISABLED_BY_PARAMETER);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
}

/* The last column of proc/cgroups decides, whatever the command line says: a kernel may have it off until
 * cgroup_enable= (Raspberry Pi's), and a command line may take back what it has said. */
static void test_enabled_column(void) {
        static const struct {
                const char *command_line;
                char enabled;
                CgroupState expected;
        } cases[] = {
                { "quiet", '0', CGROUP_STATE_DISABLED_BY_DEFAULT },
                { "quiet cgroup_disable=memory", '0', CGROUP_STATE_DISABLED_BY_PARAMETER },
                { "quiet cgroup_disable=cpu,memory", '0', CGROUP_STATE_DISABLED_BY_PARAMETER },
                { NULL, '0', CGROUP_STATE_DISABLED },
                { "cgroup_disable=memory cgroup_enable=memory", '1', CGROUP_STATE_NOT_MOUNTED },
                { "quiet", '1', CGROUP_STATE_NOT_MOUNTED },
                { "cgroup_disable=memory", 'x', CGROUP_STATE_DISABLED_BY_PARAMETER },
                { "cgroup_disable=memory cgroup_enable=memory", 'x', CGROUP_STATE_UNKNOWN },
                { "quiet", 'x', CGROUP_STATE_NOT_MOUNTED },
        };

        FOREACH_ELEMENT(c, cases) {
                const KernelFacts kernel = { .version = { 5, 10, 0 },
                                             .command_line = (char *) c->command_line };
                g_autofree char *list = g_strdup_printf(
                        "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t1\t1\nmemory\t0\t74\t%c\n",
                        c->enabled);
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, "proc/self/mounts", V1_MOUNT("cpu"));
                tree_file(tree, "proc/cgroups", list);
                g_assert_cmpint(read_cgroup(tree, &kernel).controllers[CGROUP_MEMORY], ==, c->expected);

                /* Beside an empty hierarchy of version 2, the answer is the same. */
                tree_file(tree, "proc/self/mounts",
                          "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n" V1_MOUNT("cpu"));
                tree_file(tree, "sys/fs/cgroup/unified/cgroup.controllers", "");
                g_assert_cmpint(read_cgroup(tree, &kernel).controllers[CGROUP_MEMORY], ==, c->expected);
        }
}

/* A Raspberry Pi's firmware begins the command line, from the devicetree of the board, and nobody can take
 * out what it has put there; the kernel that belongs to it heeds what comes later. */
static void test_disabled_by_firmware(void) {
        static const char raspberry_pi[] = "raspberrypi,5-model-b\0brcm,bcm2712",
                          other[] = "friendlyarm,nanopi-r5s\0rockchip,rk3568";
        static const struct {
                const char *compatible;
                size_t size;
                const char *command_line;
                CgroupState memory, cpu;
        } cases[] = {
                { raspberry_pi, sizeof(raspberry_pi), "cgroup_disable=memory",
                  CGROUP_STATE_DISABLED_BY_FIRMWARE, CGROUP_STATE_AVAILABLE },
                { raspberry_pi, sizeof(raspberry_pi), NULL, CGROUP_STATE_DISABLED, CGROUP_STATE_AVAILABLE },
                { raspberry_pi, sizeof(raspberry_pi), "quiet", CGROUP_STATE_DISABLED_BY_DEFAULT,
                  CGROUP_STATE_AVAILABLE },
                /* There already, and of no use. */
                { raspberry_pi, sizeof(raspberry_pi), "cgroup_disable=memory cgroup_enable=memory",
                  CGROUP_STATE_DISABLED_BY_PARAMETER, CGROUP_STATE_AVAILABLE },
                { other, sizeof(other), "cgroup_disable=memory", CGROUP_STATE_DISABLED_BY_PARAMETER,
                  CGROUP_STATE_AVAILABLE },
                { "", 0, "cgroup_disable=memory", CGROUP_STATE_DISABLED_BY_PARAMETER,
                  CGROUP_STATE_AVAILABLE },
        };

        FOREACH_ELEMENT(c, cases) {
                const KernelFacts kernel = { .version = { 6, 6, 51 },
                                             .command_line = (char *) c->command_line };
                _cleanup_tree_ char *tree = tree_new();
                CgroupFacts cgroup;

                tree_bytes(tree, "proc/device-tree/compatible", c->compatible, c->size);
                tree_file(tree, "proc/self/mounts", V2_MOUNT);
                tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");
                tree_file(tree, "proc/cgroups", PROC_CGROUPS);
                cgroup = read_cgroup(tree, &kernel);
                g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, c->memory);
                g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, c->cpu);
        }
}

/* The firmware is concerned with memory alone. */
static void test_disabled_by_user_of_firmware(void) {
        const KernelFacts kernel = { .command_line = (char *) "cgroup_disable=io" };
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "proc/device-tree/compatible", "raspberrypi,5-model-b");
        tree_file(tree, "proc/self/mounts", V2_MOUNT);
        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory pids\n");
        g_assert_cmpint(read_cgroup(tree, &kernel).controllers[CGROUP_BLKIO], ==,
                        CGROUP_STATE_DISABLED_BY_PARAMETER);
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
        g_assert_cmpint(cgroup.controllers[CGROUP_DEVICES], ==, CGROUP_STATE_IMPLIED);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_IMPLIED);
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
                { 4, 15, TRISTATE_UNKNOWN, CGROUP_STATE_IMPLIED, CGROUP_STATE_ABSENT },
                { 5, 2, TRISTATE_YES, CGROUP_STATE_IMPLIED, CGROUP_STATE_IMPLIED },
                { 6, 1, TRISTATE_NO, CGROUP_STATE_ABSENT, CGROUP_STATE_IMPLIED },
                { 0, 0, TRISTATE_UNKNOWN, CGROUP_STATE_UNKNOWN, CGROUP_STATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                const KernelFacts kernel = { .version = { c->version, c->patchlevel, 0 },
                                             .options[KERNEL_OPTION_CGROUP_BPF] = c->bpf };
                _cleanup_tree_ char *tree = tree_new();
                CgroupFacts cgroup;

                tree_file(tree, "proc/self/mounts", V2_MOUNT);
                tree_file(tree, "proc/cgroups",
                          "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
                          "devices\t0\t1\t1\nfreezer\t0\t1\t1\n");
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
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_DISABLED_BY_PARAMETER);

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
        g_assert_true(cgroup.in_kernel);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_NOT_MOUNTED);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_ABSENT);
}

/* Since Linux 6.11 proc/cgroups leaves out what only version 2 has, and that is not mounted. */
static void test_none_mounted_lists_v1(void) {
        const KernelFacts kernel = { .version = { 6, 12, 0 } };
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "proc/self/mounts", PROC_MOUNT);
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        g_assert_cmpint(read_cgroup(tree, &kernel).controllers[CGROUP_BLKIO], ==, CGROUP_STATE_NOT_MOUNTED);
}

static void test_base(void) {
        static const struct {
                const char *table;
                CgroupBase base;
        } cases[] = {
                { PROC_MOUNT, CGROUP_BASE_NONE },
                { "none /dev/cpuctl cgroup rw,cpu 0 0\n", CGROUP_BASE_NONE },
                { "tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0\n" V1_MOUNT("cpu"), CGROUP_BASE_READ_ONLY },
                { "tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0\n" V1_MOUNT("cpu"), CGROUP_BASE_WRITABLE },
                { "tmpfs /sys/fs/cgroup tmpfs rw,errors=remount-ro 0 0\n" V1_MOUNT("cpu"),
                  CGROUP_BASE_WRITABLE },
                /* The last one covers the others. */
                { "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ntmpfs /sys/fs/cgroup tmpfs ro 0 0\n",
                  CGROUP_BASE_READ_ONLY },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, "proc/self/mounts", c->table);
                g_assert_cmpint(read_cgroup(tree, &linux_6_1).base, ==, c->base);
        }
}

/* A copy of proc whose tables all lead nowhere, beside one of sys. */
static void test_without_table_v2(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_link(tree, "proc/mounts", "self/mounts");
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
        /* A group of somebody's, not a hierarchy. */
        tree_file(tree, "sys/fs/cgroup/freezer/cgroup.procs", "");
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_V2);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_DEVICES], ==, CGROUP_STATE_IMPLIED);

        tree_file(tree, "sys/fs/cgroup/cgroup.controllers", "");
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_UNKNOWN);
        assert_all(&cgroup, CGROUP_STATE_UNKNOWN);
}

static void test_without_table_v1(void) {
        _cleanup_tree_ char *tree = tree_new();
        CgroupFacts cgroup;

        tree_file(tree, "proc/self/mounts", "no table at all\n");
        tree_file(tree, "proc/cgroups", PROC_CGROUPS);
        tree_file(tree, "sys/fs/cgroup/cpuacct,cpu/tasks", "");
        tree_file(tree, "sys/fs/cgroup/blkio/tasks", "1\n");
        tree_directory(tree, "sys/fs/cgroup/cpuset");
        tree_file(tree, "sys/fs/cgroup/systemd/tasks", "");
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_V1);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPU], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUACCT], ==, CGROUP_STATE_AVAILABLE);
        g_assert_cmpint(cgroup.controllers[CGROUP_BLKIO], ==, CGROUP_STATE_AVAILABLE);
        /* What is not in the copy may have been mounted. */
        g_assert_cmpint(cgroup.controllers[CGROUP_CPUSET], ==, CGROUP_STATE_UNKNOWN);
        g_assert_cmpint(cgroup.controllers[CGROUP_FREEZER], ==, CGROUP_STATE_ABSENT);

        tree_file(tree, "sys/fs/cgroup/unified/cgroup.controllers", "memory\n");
        cgroup = read_cgroup(tree, &linux_6_1);
        g_assert_cmpint(cgroup.layout, ==, CGROUP_LAYOUT_HYBRID);
        g_assert_cmpint(cgroup.controllers[CGROUP_MEMORY], ==, CGROUP_STATE_AVAILABLE);
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

static void assert_command(const char *id, const Facts *facts, const char *reason, const char *command) {
        const Check *check = catalogue_get((size_t) catalogue_find(id));
        _cleanup_free_ char *found = NULL;
        Finding finding = {};

        finding.reason = check->judge(facts, check, &finding);
        g_assert_cmpstr(finding.reason->id, ==, reason);
        g_assert_cmpint(finding_expand(&finding, finding.reason->remedies[0].command, &found), ==, 0);
        g_assert_cmpstr(found, ==, command);
        finding_done(&finding);
}

/* Nobody can make a directory where the kernel has an empty one, nor where a tmpfs is read-only. */
static void test_mount_commands(void) {
        static const char *const commands[_CGROUP_BASE_MAX] = {
                [CGROUP_BASE_NONE] =
                        "mount -t tmpfs cgroup /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/cpuset && "
                        "mount -t cgroup -o cpuset cgroup /sys/fs/cgroup/cpuset",
                [CGROUP_BASE_READ_ONLY] =
                        "mount -o remount,rw /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/cpuset && "
                        "mount -t cgroup -o cpuset cgroup /sys/fs/cgroup/cpuset",
                [CGROUP_BASE_WRITABLE] = "mkdir -p /sys/fs/cgroup/cpuset && "
                                         "mount -t cgroup -o cpuset cgroup /sys/fs/cgroup/cpuset",
        };

        for (CgroupBase base = 0; base < _CGROUP_BASE_MAX; base++) {
                const Facts facts = {
                        .cgroup = { .layout = CGROUP_LAYOUT_V1,
                                    .base = base,
                                    .controllers[CGROUP_CPUSET] = CGROUP_STATE_NOT_MOUNTED },
                };

                assert_command("cgroup.cpuset", &facts, "not-mounted", commands[base]);
        }
}

/* Version 2 has had the freezer since Linux 5.2, and all others before. */
static void test_mount_command_of_hierarchy(void) {
        static const struct {
                unsigned version, patchlevel;
                const char *command;
        } cases[] = {
                { 6, 6, "mount -t cgroup2 none /sys/fs/cgroup" },
                { 5, 2, "mount -t cgroup2 none /sys/fs/cgroup" },
                { 0, 0, "mount -t cgroup2 none /sys/fs/cgroup" },
                { 5, 1, "mount -t cgroup none /sys/fs/cgroup" },
        };

        FOREACH_ELEMENT(c, cases) {
                const Facts facts = {
                        .kernel.version = { c->version, c->patchlevel },
                        .cgroup = { .layout = CGROUP_LAYOUT_NONE, .in_kernel = true },
                };

                assert_command("cgroup.mounted", &facts, "not-mounted", c->command);
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
        g_test_add_func("/cgroup/enabled-column", test_enabled_column);
        g_test_add_func("/cgroup/disabled-by-firmware", test_disabled_by_firmware);
        g_test_add_func("/cgroup/disabled-by-user-of-firmware", test_disabled_by_user_of_firmware);
        g_test_add_func("/cgroup/v1-without-list", test_v1_without_list);
        g_test_add_func("/cgroup/v2", test_v2);
        g_test_add_func("/cgroup/v2-names-are-whole", test_v2_names_are_whole);
        g_test_add_func("/cgroup/v2-by-kernel", test_v2_by_kernel);
        g_test_add_func("/cgroup/v2-disabled-and-unreadable", test_v2_disabled_and_unreadable);
        g_test_add_func("/cgroup/hybrid", test_hybrid);
        g_test_add_func("/cgroup/named-hierarchy-is-none", test_named_hierarchy_is_none);
        g_test_add_func("/cgroup/none-mounted", test_none_mounted);
        g_test_add_func("/cgroup/none-mounted-lists-v1", test_none_mounted_lists_v1);
        g_test_add_func("/cgroup/base", test_base);
        g_test_add_func("/cgroup/without-table-v2", test_without_table_v2);
        g_test_add_func("/cgroup/without-table-v1", test_without_table_v1);
        g_test_add_func("/cgroup/unreadable", test_unreadable);
        g_test_add_func("/cgroup/octal-escapes", test_octal_escapes);
        g_test_add_func("/cgroup/other-places", test_other_places);
        g_test_add_func("/cgroup/mount-commands", test_mount_commands);
        g_test_add_func("/cgroup/mount-command-of-hierarchy", test_mount_command_of_hierarchy);
        g_test_add_func("/cgroup/to-string", test_to_string);

        return g_test_run();
}
