/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What no device event tells of is announced all the same: changed nodes, files, settings and mounts. Nobody
 * calls Recheck here. */

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/facts/facts.h"
#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
        char *kvm;      /* the path of the node */
        bool has_nodes; /* they can be made here */
} Fixture;

/* A copy that has this node has all (Documentation/admin-guide/devices.txt). */
static bool make_null(Fixture *fixture) {
        g_autofree char *path = g_build_filename(fixture->root, "dev/null", NULL);

        return mknod(path, S_IFCHR | 0666, makedev(1, 3)) == 0;
}

static bool make_node(Fixture *fixture, mode_t mode) {
        if (mknod(fixture->kvm, S_IFCHR | mode, makedev(10, 232)) < 0)
                return false;

        g_assert_cmpint(chmod(fixture->kvm, mode), ==, 0);
        return true;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->root = machine_new_amd();
        fixture->kvm = g_build_filename(fixture->root, "dev/kvm", NULL);

        file_write(fixture->root, "proc/modules",
                   "kvm_amd 155648 0 - Live 0x0000000000000000\n"
                   "kvm 1142784 1 kvm_amd, Live 0x0000000000000000\n");
        file_write(fixture->root, "proc/misc", "232 kvm\n200 tun\n");
        file_write(fixture->root, "sys/module/kvm/initstate", "live\n");
        file_write(fixture->root, "sys/module/kvm_amd/initstate", "live\n");
        file_write(fixture->root, "etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        file_write(fixture->root, "etc/group", "root:x:0:\nkvm:x:104:\n");
        file_write(fixture->root, "dev/unrelated", "");
        fixture->has_nodes = make_null(fixture) && make_node(fixture, 0600);

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->kvm);
        g_free(fixture->root);
}

static void wait_for_reason(Fixture *fixture, const char *path, const char *reason) {
        wait_until(({
                g_autofree char *now =
                        property_get_string(&fixture->daemon, path, BUS_INTERFACE_CHECK, "Reason");
                g_str_equal(now, reason);
        }));
        daemon_settle(&fixture->daemon);
}

/* Each change is one PropertiesChanged of the check, and one Changed. */
static void assert_announced(Fixture *fixture, const char *path, const char *reason) {
        wait_for_reason(fixture, path, reason);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", path), ==, 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
        signals_forget(&fixture->daemon);
}

static void test_permissions(Fixture *fixture, const void *data) {
        (void) data;

        if (!fixture->has_nodes)
                skip_because("no device nodes can be made here");

        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "Reason", "root-only");
        g_assert_cmpint(chmod(fixture->kvm, 0666), ==, 0);
        assert_announced(fixture, "/check/kvm/access", "everybody");
        g_assert_cmpint(chmod(fixture->kvm, 0660), ==, 0);
        assert_announced(fixture, "/check/kvm/access", "root-only");
        g_assert_cmpint(chown(fixture->kvm, 0, 104), ==, 0);
        assert_announced(fixture, "/check/kvm/access", "group");
        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "Detail",
                        "Members of the group kvm may open /dev/kvm (root:kvm, mode 0660).");
}

/* Groups are known by name. */
static void test_group_renamed(Fixture *fixture, const void *data) {
        (void) data;

        if (!fixture->has_nodes)
                skip_because("no device nodes can be made here");

        g_assert_cmpint(chmod(fixture->kvm, 0660), ==, 0);
        g_assert_cmpint(chown(fixture->kvm, 0, 104), ==, 0);
        wait_for_reason(fixture, "/check/kvm/access", "group");
        file_write(fixture->root, "etc/group", "root:x:0:\nvirt:x:104:\n");
        wait_until(({
                g_autofree char *detail = property_get_string(&fixture->daemon, "/check/kvm/access",
                                                              BUS_INTERFACE_CHECK, "Detail");
                strstr(detail, "root:virt");
        }));
}

/* Whatever happens to the node in between, the last state is what counts. */
static void test_node_in_a_loop(Fixture *fixture, const void *data) {
        (void) data;

        if (!fixture->has_nodes)
                skip_because("no device nodes can be made here");

        for (unsigned round = 0; round < 10; round++) {
                for (unsigned i = 0; i < 50; i++) {
                        g_assert_cmpint(unlink(fixture->kvm), ==, 0);
                        g_assert_true(make_node(fixture, i % 2 == 0 ? 0666 : 0600));
                }
                if (round % 2 == 0) {
                        g_assert_cmpint(chmod(fixture->kvm, 0666), ==, 0);
                        wait_for_reason(fixture, "/check/kvm/access", "everybody");
                } else {
                        g_assert_cmpint(unlink(fixture->kvm), ==, 0);
                        wait_for_reason(fixture, "/check/kvm/device", "no-node");
                        g_assert_true(make_node(fixture, 0600));
                        wait_for_reason(fixture, "/check/kvm/access", "root-only");
                }
        }
}

/* A touch, and what happens to others, starts no pass. */
static void test_no_news(Fixture *fixture, const void *data) {
        g_autofree char *unrelated = g_build_filename(fixture->root, "dev/unrelated", NULL);
        const guint64 sources = SOURCE_MASK(SOURCE_KVM_ACCESS) | SOURCE_MASK(SOURCE_DISTRIBUTION);
        guint passes = daemon_passes_over(&fixture->daemon, sources);

        (void) data;

        if (!fixture->has_nodes)
                skip_because("no device nodes can be made here");

        for (unsigned i = 0; i < 10; i++) {
                g_assert_cmpint(utimensat(AT_FDCWD, fixture->kvm, NULL, 0), ==, 0);
                g_assert_cmpint(chmod(unrelated, i % 2 == 0 ? 0600 : 0644), ==, 0);
                file_write(fixture->root, "etc/hostname", "host\n");
        }
        daemon_settle(&fixture->daemon);
        g_usleep(G_USEC_PER_SEC / 5);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, sources), ==, passes);
        g_assert_cmpuint(fixture->daemon.signals->len, ==, 0);
}

/* What happens at once is one pass, whoever tells of it. */
static void test_burst(Fixture *fixture, const void *data) {
        const guint64 sources = SOURCE_MASK(SOURCE_MODULE_TREE) | SOURCE_MASK(SOURCE_NAMESPACES) |
                                SOURCE_MASK(SOURCE_DISTRIBUTION) | SOURCE_MASK(SOURCE_PROGRAMS);
        guint passes = daemon_passes_over(&fixture->daemon, sources);

        (void) data;

        daemon_stop(&fixture->daemon);
        file_write(fixture->root, "etc/modprobe.d/a.conf", "# none\n");
        file_write(fixture->root, "etc/modprobe.d/b.conf", "# none\n");
        file_write(fixture->root, "proc/sys/user/max_user_namespaces", "1000\n");
        file_write(fixture->root, "etc/os-release", "PRETTY_NAME=Some\n");
        file_write(fixture->root, "usr/bin/qemu-system-x86_64", "");
        daemon_continue(&fixture->daemon);

        wait_until(daemon_passes_over(&fixture->daemon, sources) > passes);
        g_usleep(G_USEC_PER_SEC);
        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, sources), ==, passes + 1);
}

static void test_modprobe_configuration(Fixture *fixture, const void *data) {
        (void) data;

        file_write(fixture->root, "proc/misc", "200 tun\n");
        file_write(fixture->root, "proc/modules", "tun 61440 0 - Live 0x0000000000000000\n");
        file_remove(fixture->root, "sys/module/kvm/initstate");
        file_remove(fixture->root, "sys/module/kvm");
        file_remove(fixture->root, "sys/module/kvm_amd/initstate");
        file_remove(fixture->root, "sys/module/kvm_amd");
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        wait_for_reason(fixture, "/check/kvm/vendor_module", "module-not-loaded");
        signals_forget(&fixture->daemon);

        file_write(fixture->root, "etc/modprobe.d/no-kvm.conf", "blacklist kvm_amd\n");
        assert_announced(fixture, "/check/kvm/vendor_module", "module-blacklisted");
        file_remove(fixture->root, "etc/modprobe.d/no-kvm.conf");
        assert_announced(fixture, "/check/kvm/vendor_module", "module-not-loaded");
}

/* A package's program has its name once it is whole. */
static void test_program(Fixture *fixture, const void *data) {
        g_autofree char *program = g_build_filename(fixture->root, "usr/bin/qemu-system-x86_64", NULL);
        g_autofree char *fresh = g_strconcat(program, ".new", NULL);

        (void) data;

        file_write(fixture->root, "usr/bin/true", "");
        file_write(fixture->root, "usr/libexec/true", "");
        wait_for_reason(fixture, "/check/software/qemu", "not-installed");
        signals_forget(&fixture->daemon);

        file_write(fixture->root, "usr/bin/qemu-system-x86_64.new", "");
        g_assert_cmpint(chmod(fresh, 0755), ==, 0);
        g_assert_cmpint(rename(fresh, program), ==, 0);
        wait_for_reason(fixture, "/check/software/qemu", "installed");
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/check/software/qemu"), ==,
                         1);

        file_remove(fixture->root, "usr/bin/qemu-system-x86_64");
        wait_for_reason(fixture, "/check/software/qemu", "not-installed");
}

/* Those that people manage guests with, wherever they may be. */
static void test_other_programs(Fixture *fixture, const void *data) {
        static const struct {
                const char *program, *check;
        } cases[] = {
                { "usr/bin/virt-install", "/check/software/virt_install" },
                { "usr/bin/virt-manager", "/check/software/virt_manager" },
                { "usr/local/bin/remote-viewer", "/check/software/viewer" },
                { "sbin/brctl", "/check/software/bridge" },
                { "bin/ip", "/check/software/bridge" },
                { "usr/sbin/bridge", "/check/software/bridge" },
        };

        (void) data;

        file_write(fixture->root, "usr/bin/true", "");
        file_write(fixture->root, "usr/local/bin/true", "");
        file_write(fixture->root, "usr/sbin/true", "");
        file_write(fixture->root, "bin/true", "");
        file_write(fixture->root, "sbin/true", "");
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_build_filename(fixture->root, c->program, NULL);

                g_test_message("%s", c->program);
                wait_for_reason(fixture, c->check, "not-installed");
                file_write(fixture->root, c->program, "");
                g_assert_cmpint(chmod(path, 0755), ==, 0);
                wait_for_reason(fixture, c->check, "installed");
                file_remove(fixture->root, c->program);
                wait_for_reason(fixture, c->check, "not-installed");
                if (g_str_has_suffix(c->program, "virt-manager"))
                        wait_for_reason(fixture, "/check/software/viewer", "not-installed");
        }
}

/* What virt-install says of its version is in another file, which a package replaces a moment later. */
static void test_version_file(Fixture *fixture, const void *data) {
        static const char file[] = "usr/share/virt-manager/virtinst/buildconfig.py";
        g_autofree char *path = g_build_filename(fixture->root, "usr/bin/virt-install", NULL);
        const struct {
                const char *text, *detail;
        } cases[] = {
                { "__version__ = \"4.1.0\"\n", "/usr/bin/virt-install, version 4.1.0, is installed." },
                { "__version__ = \"5.0.0\"\n", "/usr/bin/virt-install, version 5.0.0, is installed." },
                { "", "/usr/bin/virt-install is installed." },
        };

        (void) data;

        file_write(fixture->root, "usr/bin/virt-install", "");
        g_assert_cmpint(chmod(path, 0755), ==, 0);
        FOREACH_ELEMENT(c, cases) {
                file_write(fixture->root, file, c->text);
                wait_until(({
                        g_autofree char *detail =
                                property_get_string(&fixture->daemon, "/check/software/virt_install",
                                                    BUS_INTERFACE_CHECK, "Detail");
                        g_str_equal(detail, c->detail);
                }));
        }
}

static void test_sysctl(Fixture *fixture, const void *data) {
        (void) data;

        assert_property(&fixture->daemon, "/check/kernel/modules", BUS_INTERFACE_CHECK, "State", "pass");
        file_write(fixture->root, "proc/sys/kernel/modules_disabled", "1\n");
        wait_until(({
                g_autofree char *state = property_get_string(&fixture->daemon, "/check/kernel/modules",
                                                             BUS_INTERFACE_CHECK, "State");
                g_str_equal(state, "fail");
        }));
}

/* The mount is a real one, what it is taken for is in the files. */
static void test_mount(Fixture *fixture, const void *data) {
        g_autofree char *directory = g_build_filename(fixture->root, "mnt", NULL);

        (void) data;

        g_assert_cmpint(mkdir(directory, 0755), ==, 0);
        assert_property(&fixture->daemon, "/check/cgroup/memory", BUS_INTERFACE_CHECK, "State", "pass");
        file_write(fixture->root, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io hugetlb pids\n");

        if (mount("tmpfs", directory, "tmpfs", 0, NULL) < 0)
                skip_because("nothing can be mounted here");
        wait_until(({
                g_autofree char *state = property_get_string(&fixture->daemon, "/check/cgroup/memory",
                                                             BUS_INTERFACE_CHECK, "State");
                g_str_equal(state, "fail");
        }));
        g_assert_cmpint(umount(directory), ==, 0);
}

static void test_features(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) features = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Features");
        g_autofree const char **words = g_variant_get_strv(features, NULL);
        g_autofree char *log = daemon_log(&fixture->daemon);
        const char *said = strstr(log, "udevd does not run");

        (void) data;

        g_assert_true(g_strv_contains(words, "file-events"));
        g_assert_true(g_strv_contains(words, "mount-events"));

        /* What is missing is said once, and what takes its place is named. */
        g_assert_true(g_strv_contains(words, said ? "kernel-events" : "udev-events"));
        g_assert_true(!said || !strstr(said + 1, "udevd does not run"));
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/files/permissions", test_permissions);
        add("/files/group-renamed", test_group_renamed);
        add("/files/node-in-a-loop", test_node_in_a_loop);
        add("/files/no-news", test_no_news);
        add("/files/burst", test_burst);
        add("/files/modprobe-configuration", test_modprobe_configuration);
        add("/files/program", test_program);
        add("/files/other-programs", test_other_programs);
        add("/files/version-file", test_version_file);
        add("/files/sysctl", test_sysctl);
        add("/files/mount", test_mount);
        add("/files/features", test_features);

        return g_test_run();
}
