/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to files is noticed, wherever their directories come from. */

#include <errno.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "path-fixture.h"

#define OF_MODPROBE SOURCE_MASK(SOURCE_MODULE_TREE)
#define MODPROBE "etc/modprobe.d"
#define MODPROBE_FILE MODPROBE "/kvm.conf"

static void test_file(PathFixture *fixture, const void *data) {
        (void) data;

        tree_directory(fixture->tree, MODPROBE);
        start_watching(fixture);

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        tree_file(fixture->tree, MODPROBE_FILE, "# none\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        move_file(fixture, MODPROBE_FILE, "etc/kvm.conf");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        move_file(fixture, "etc/kvm.conf", MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        delete_file(fixture, MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        tree_file(fixture->tree, "etc/hostname", "nobody reads this\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, "etc/group", "kvm:x:104:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, SOURCE_MASK(SOURCE_DEVICES));
}

/* Each file that a rule is about, and none other of its directory. */
static void test_rules(PathFixture *fixture, const void *data) {
        static const struct {
                const char *path;
                Source source;
        } files[] = {
                { "run/modprobe.d/a.conf", SOURCE_MODULE_TREE },
                { "usr/local/lib/modprobe.d/a.conf", SOURCE_MODULE_TREE },
                { "usr/lib/modprobe.d/a.conf", SOURCE_MODULE_TREE },
                { "lib/modprobe.d/a.conf", SOURCE_MODULE_TREE },
                { "proc/sys/kernel/modules_disabled", SOURCE_MODULES },
                { "sys/kernel/security/lockdown", SOURCE_MODULES },
                { "sys/module/module/parameters/sig_enforce", SOURCE_MODULES },
                { "proc/sys/kernel/unprivileged_userns_clone", SOURCE_NAMESPACES },
                { "proc/sys/kernel/apparmor_restrict_unprivileged_userns", SOURCE_NAMESPACES },
                { "proc/sys/user/max_user_namespaces", SOURCE_NAMESPACES },
                { "usr/bin/qemu-system-x86_64", SOURCE_PROGRAMS },
                { "usr/bin/kvm", SOURCE_PROGRAMS },
                { "usr/libexec/qemu-kvm", SOURCE_PROGRAMS },
                { "usr/sbin/libvirtd", SOURCE_PROGRAMS },
                { "usr/sbin/virtqemud", SOURCE_PROGRAMS },
                { "usr/local/bin/qemu-system-aarch64", SOURCE_PROGRAMS },
                { "etc/systemd/system/libvirtd.service", SOURCE_UNITS },
                { "etc/systemd/system/sockets.target.wants/virtqemud.socket", SOURCE_UNITS },
                { "etc/systemd/system/multi-user.target.wants/libvirtd.service", SOURCE_UNITS },
                { "run/systemd/system/libvirtd.service", SOURCE_UNITS },
                { "usr/lib/systemd/system/virtqemud.socket", SOURCE_UNITS },
                { "lib/systemd/system/libvirtd.socket", SOURCE_UNITS },
                { "lib/systemd/system/libvirtd-ro.socket", SOURCE_UNITS },
                { "etc/systemd/system/virtlxcd.service", SOURCE_UNITS },
                { "etc/passwd", SOURCE_DEVICES },
                { "etc/os-release", SOURCE_DISTRIBUTION },
        };

        (void) data;

        FOREACH_ELEMENT(file, files)
                tree_file(fixture->tree, file->path, "old\n");
        start_watching(fixture);
        FOREACH_ELEMENT(file, files) {
                tree_file(fixture->tree, file->path, "new\n");
                g_assert_cmpuint(take_dirty(fixture), ==, SOURCE_MASK(file->source));
        }

        tree_file(fixture->tree, "proc/sys/kernel/printk_delay", "0\n");
        tree_file(fixture->tree, "sys/kernel/security/lsm", "lockdown\n");
        tree_file(fixture->tree, "usr/bin/qemu-img", "");
        tree_file(fixture->tree, "etc/systemd/system/sshd.service", "");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

/* The tree of the running kernel's modules is one of many. */
static void test_module_tree(PathFixture *fixture, const void *data) {
        g_autofree char *index = NULL, *other = NULL;
        struct utsname uts;

        (void) data;

        g_assert_cmpint(uname(&uts), ==, 0);
        index = g_strdup_printf("lib/modules/%s/modules.dep", uts.release);
        other = g_strdup_printf("lib/modules/%s-other/modules.dep", uts.release);
        start_watching(fixture);
        tree_file(fixture->tree, other, "kvm.ko:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, index, "kvm.ko:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* It is found step by step, and what was in it already counts. */
static void test_directory_made_later(PathFixture *fixture, const void *data) {
        (void) data;

        start_watching(fixture);
        tree_directory(fixture->tree, "etc");
        (void) take_dirty(fixture);
        tree_directory(fixture->tree, MODPROBE);
        (void) take_dirty(fixture);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

static void test_whole_path_made_at_once(PathFixture *fixture, const void *data) {
        (void) data;

        start_watching(fixture);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_true(take_dirty(fixture) & OF_MODPROBE);
        delete_file(fixture, MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

static void test_directory_lost(PathFixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        start_watching(fixture);

        for (unsigned i = 0; i < 3; i++) {
                delete_file(fixture, MODPROBE_FILE);
                delete_file(fixture, MODPROBE);
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
                tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        }
}

/* Before anybody looks, the directory was removed and made again. */
static void test_directory_replaced(PathFixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        tree_directory(fixture->tree, "etc/other.d");
        start_watching(fixture);

        move_file(fixture, MODPROBE, "etc/old.d");
        move_file(fixture, "etc/other.d", MODPROBE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        tree_file(fixture->tree, "etc/old.d/kvm.conf", "# nobody reads this any more\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* Nothing above a directory is for ever, either. */
static void test_ancestor_replaced(PathFixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        start_watching(fixture);

        move_file(fixture, "etc", "etc.old");
        tree_directory(fixture->tree, MODPROBE);
        g_assert_true(take_dirty(fixture) & OF_MODPROBE);
        tree_file(fixture->tree, "etc.old/modprobe.d/kvm.conf", "# nobody reads this any more\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* As on most systems; two rules then lead to one directory. */
static void test_link_to_usr(PathFixture *fixture, const void *data) {
        (void) data;

        tree_directory(fixture->tree, "usr/lib");
        tree_link(fixture->tree, "lib", "usr/lib");
        tree_file(fixture->tree, "usr/lib/os-release", "ID=debian\n");
        tree_directory(fixture->tree, "etc");
        tree_link(fixture->tree, "etc/os-release", "../usr/lib/os-release");
        start_watching(fixture);

        for (unsigned i = 0; i < 3; i++) {
                tree_file(fixture->tree, "usr/lib/modprobe.d/kvm.conf", "blacklist kvm_amd\n");
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
                delete_file(fixture, "usr/lib/modprobe.d/kvm.conf");
                delete_file(fixture, "usr/lib/modprobe.d");
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        }

        tree_file(fixture->tree, "usr/lib/os-release", "ID=fedora\n");
        g_assert_cmpuint(take_dirty(fixture), ==, SOURCE_MASK(SOURCE_DISTRIBUTION));
}

/* A directory that this user may not read is watched once that changes, and the others all the time. */
static int open_up(const char *tree) {
        g_autofree char *closed = g_build_filename(tree, MODPROBE, NULL);
        PathFixture own = { .tree = (char *) tree }, *fixture = &own;

        g_assert_cmpint(chown(closed, 64321, 64321), ==, 0);
        if (setresuid(64321, 64321, 0) < 0)
                return 77;

        g_assert_cmpint(chmod(closed, 0), ==, 0);
        own.root = tree_root(own.tree);
        g_assert_cmpint(sd_event_new(&own.event), >=, 0);
        start_watching(fixture);
        tree_file(own.tree, "run/modprobe.d/other.conf", "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        g_assert_cmpint(chmod(closed, 0755), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        tree_file(own.tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        path_watch_free(own.watch);
        sd_event_unref(own.event);
        root_free(own.root);
        g_assert_cmpint(setresuid(0, 0, 0), ==, 0);
        return 0;
}

/* A link leads nowhere outside the root. */
static void test_link_out_of_root(PathFixture *fixture, const void *data) {
        _cleanup_tree_ char *outside = tree_new();

        (void) data;

        tree_directory(fixture->tree, "etc");
        tree_link(fixture->tree, MODPROBE, outside);
        start_watching(fixture);
        tree_file(outside, "kvm.conf", "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

/* The kernel drops what comes after fs.inotify.max_queued_events. */
static void test_overflow(PathFixture *fixture, const void *data) {
        g_autofree char *text = NULL;
        guint64 limit;

        (void) data;

        g_assert_true(g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL));
        limit = g_ascii_strtoull(text, NULL, 10);
        tree_file(fixture->tree, "etc/odd", "");
        tree_file(fixture->tree, "etc/even", "");
        tree_directory(fixture->tree, MODPROBE);
        start_watching(fixture);

        /* Events that are alike would be merged. */
        for (guint64 i = 0; i <= limit / 2; i++) {
                tree_file(fixture->tree, "etc/odd", "");
                tree_file(fixture->tree, "etc/even", "");
        }
        /* The next one may well have the number of the old one. */
        delete_file(fixture, MODPROBE);
        tree_directory(fixture->tree, MODPROBE);
        g_assert_true(take_dirty(fixture) & OF_MODPROBE);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* In a child, whose mounts are its own; descriptors from before lead to its parent's. */
static int change_beneath_mount(const char *tree) {
        g_autofree char *covered = g_build_filename(tree, MODPROBE, NULL);
        g_autofree char *cover = g_build_filename(tree, "other.d", NULL);
        PathFixture own = { .tree = g_strdup(tree) }, *fixture = &own;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return 77;

        own.root = tree_root(own.tree);
        g_assert_cmpint(sd_event_new(&own.event), >=, 0);
        start_watching(fixture);
        path_watch_follow_mounts(fixture->watch);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);

        g_assert_cmpint(mount(cover, covered, NULL, MS_BIND, NULL), ==, 0);
        path_watch_follow_mounts(fixture->watch);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        tree_file(fixture->tree, "other.d/kvm.conf", "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        g_assert_cmpint(umount(covered), ==, 0);
        path_watch_follow_mounts(fixture->watch);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        /* The tree is the parent's to remove. */
        g_clear_pointer(&own.tree, g_free);
        path_fixture_down(&own, NULL);
        return 0;
}

/* For what cannot be undone; 77 is the status of what cannot be done here. */
static void run_in_child(int (*function)(const char *tree), const char *tree) {
        pid_t child;
        int status;

        child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0)
                _exit(function(tree));

        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                g_test_skip("this environment does not allow it");
        else
                g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void test_mount(PathFixture *fixture, const void *data) {
        (void) data;

        tree_directory(fixture->tree, MODPROBE);
        tree_directory(fixture->tree, "other.d");
        run_in_child(change_beneath_mount, fixture->tree);
}

/* A user who has as many instances of inotify as a user may have. */
static int watch_beyond_limit(const char *tree) {
        PathFixture own = {};
        uint64_t limit = 0;
        FILE *f;

        f = fopen("/proc/sys/fs/inotify/max_user_instances", "re");
        if (!f || fscanf(f, "%" G_GUINT64_FORMAT, &limit) != 1 || limit > 1000 || setuid(64321) < 0)
                return 77;
        for (uint64_t i = 0; i < limit; i++)
                g_assert_cmpint(inotify_init1(IN_CLOEXEC), >=, 0);

        own.root = tree_root(tree);
        g_assert_cmpint(sd_event_new(&own.event), >=, 0);
        g_assert_cmpint(
                path_watch_new(own.event, own.root, &own.known, path_fixture_on_changed, &own, &own.watch),
                ==, -EMFILE);
        g_assert_null(own.watch);
        sd_event_unref(own.event);
        root_free(own.root);
        (void) fclose(f);
        return 0;
}

static void test_unreadable_directory(PathFixture *fixture, const void *data) {
        g_autofree char *run = path_in(fixture, "run/modprobe.d");

        (void) data;

        tree_directory(fixture->tree, MODPROBE);
        tree_directory(fixture->tree, "run/modprobe.d");
        g_assert_cmpint(chmod(fixture->tree, 0755), ==, 0);
        g_assert_cmpint(chmod(run, 0777), ==, 0);
        run_in_child(open_up, fixture->tree);
}

static void test_limit(PathFixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpint(chmod(fixture->tree, 0755), ==, 0);
        run_in_child(watch_beyond_limit, fixture->tree);
}

static void add(const char *path, void (*test)(PathFixture *fixture, const void *data)) {
        g_test_add(path, PathFixture, NULL, path_fixture_up, test, path_fixture_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/path-watch/file", test_file);
        add("/path-watch/rules", test_rules);
        add("/path-watch/module-tree", test_module_tree);
        add("/path-watch/directory-made-later", test_directory_made_later);
        add("/path-watch/whole-path-made-at-once", test_whole_path_made_at_once);
        add("/path-watch/directory-lost", test_directory_lost);
        add("/path-watch/directory-replaced", test_directory_replaced);
        add("/path-watch/ancestor-replaced", test_ancestor_replaced);
        add("/path-watch/link-to-usr", test_link_to_usr);
        add("/path-watch/unreadable-directory", test_unreadable_directory);
        add("/path-watch/link-out-of-root", test_link_out_of_root);
        add("/path-watch/overflow", test_overflow);
        add("/path-watch/mount", test_mount);
        add("/path-watch/limit", test_limit);

        return g_test_run();
}
