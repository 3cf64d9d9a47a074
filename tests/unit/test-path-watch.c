/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to files and device nodes is noticed, wherever their directories come from. */

#include <errno.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/watch/path-watch.h"
#include "daemon/watch/uevent.h"
#include "tree.h"

#define OF_MODPROBE SOURCE_MASK(SOURCE_MODULE_TREE)
#define MODPROBE "etc/modprobe.d"
#define MODPROBE_FILE MODPROBE "/kvm.conf"

typedef struct Fixture {
        char *tree;
        Root *root;
        sd_event *event;
        PathWatch *watch;
        SourceMask dirty;
        unsigned calls;
} Fixture;

static void on_changed(SourceMask dirty, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_cmpuint(dirty, !=, 0);
        fixture->dirty |= dirty;
        fixture->calls++;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->tree = tree_new();
        fixture->root = tree_root(fixture->tree);
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        path_watch_free(fixture->watch);
        sd_event_unref(fixture->event);
        root_free(fixture->root);
        tree_free(fixture->tree);
}

/* Yields what was told of what has happened so far. */
static SourceMask take_dirty(Fixture *fixture) {
        SourceMask dirty;
        int r;

        while ((r = sd_event_run(fixture->event, 0)) > 0)
                ;
        g_assert_cmpint(r, ==, 0);

        dirty = fixture->dirty;
        fixture->dirty = 0;
        return dirty;
}

static void start(Fixture *fixture) {
        g_assert_cmpint(path_watch_new(fixture->event, fixture->root, on_changed, fixture, &fixture->watch),
                        ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

static char *path_in(Fixture *fixture, const char *path) {
        return g_build_filename(fixture->tree, path, NULL);
}

static void delete (Fixture *fixture, const char *path) {
        g_autofree char *full = path_in(fixture, path);

        g_assert_cmpint(remove(full), ==, 0);
}

static void move(Fixture *fixture, const char *from, const char *to) {
        g_autofree char *old = path_in(fixture, from), *fresh = path_in(fixture, to);

        g_assert_cmpint(rename(old, fresh), ==, 0);
}

static void test_file(Fixture *fixture, const void *data) {
        (void) data;

        tree_directory(fixture->tree, MODPROBE);
        start(fixture);

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        tree_file(fixture->tree, MODPROBE_FILE, "# none\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        move(fixture, MODPROBE_FILE, "etc/kvm.conf");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        move(fixture, "etc/kvm.conf", MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        delete (fixture, MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        tree_file(fixture->tree, "etc/hostname", "nobody reads this\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, "etc/group", "kvm:x:104:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, SOURCE_MASK(SOURCE_DEVICES));
}

/* Each file that a rule is about, and none other of its directory. */
static void test_rules(Fixture *fixture, const void *data) {
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
                { "etc/passwd", SOURCE_DEVICES },
                { "etc/os-release", SOURCE_DISTRIBUTION },
        };

        (void) data;

        FOREACH_ELEMENT(file, files)
                tree_file(fixture->tree, file->path, "old\n");
        start(fixture);
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
static void test_module_tree(Fixture *fixture, const void *data) {
        g_autofree char *index = NULL, *other = NULL;
        struct utsname uts;

        (void) data;

        g_assert_cmpint(uname(&uts), ==, 0);
        index = g_strdup_printf("lib/modules/%s/modules.dep", uts.release);
        other = g_strdup_printf("lib/modules/%s-other/modules.dep", uts.release);
        start(fixture);
        tree_file(fixture->tree, other, "kvm.ko:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, index, "kvm.ko:\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* It is found step by step, and what was in it already counts. */
static void test_directory_made_later(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        tree_directory(fixture->tree, "etc");
        (void) take_dirty(fixture);
        tree_directory(fixture->tree, MODPROBE);
        (void) take_dirty(fixture);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

static void test_whole_path_made_at_once(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_true(take_dirty(fixture) & OF_MODPROBE);
        delete (fixture, MODPROBE_FILE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

static void test_directory_lost(Fixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        start(fixture);

        for (unsigned i = 0; i < 3; i++) {
                delete (fixture, MODPROBE_FILE);
                delete (fixture, MODPROBE);
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
                tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
                g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
        }
}

/* Before anybody looks, the directory was removed and made again. */
static void test_directory_replaced(Fixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        tree_directory(fixture->tree, "etc/other.d");
        start(fixture);

        move(fixture, MODPROBE, "etc/old.d");
        move(fixture, "etc/other.d", MODPROBE);
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);

        tree_file(fixture->tree, "etc/old.d/kvm.conf", "# nobody reads this any more\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, OF_MODPROBE);
}

/* A link leads nowhere outside the root. */
static void test_link_out_of_root(Fixture *fixture, const void *data) {
        _cleanup_tree_ char *outside = tree_new();

        (void) data;

        tree_directory(fixture->tree, "etc");
        tree_link(fixture->tree, MODPROBE, outside);
        start(fixture);
        tree_file(outside, "kvm.conf", "blacklist kvm_amd\n");
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

/* The kernel drops what comes after fs.inotify.max_queued_events. */
static void test_overflow(Fixture *fixture, const void *data) {
        g_autofree char *text = NULL;
        guint64 limit;

        (void) data;

        g_assert_true(g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL));
        limit = g_ascii_strtoull(text, NULL, 10);
        tree_file(fixture->tree, "etc/odd", "");
        tree_file(fixture->tree, "etc/even", "");
        tree_directory(fixture->tree, MODPROBE);
        start(fixture);

        /* Events that are alike would be merged. */
        for (guint64 i = 0; i <= limit / 2; i++) {
                tree_file(fixture->tree, "etc/odd", "");
                tree_file(fixture->tree, "etc/even", "");
        }
        tree_file(fixture->tree, MODPROBE_FILE, "blacklist kvm_amd\n");
        g_assert_true(take_dirty(fixture) & OF_MODPROBE);
}

static void make_node(Fixture *fixture, const char *name) {
        g_autofree char *path = path_in(fixture, name), *parent = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        g_assert_cmpint(mknod(path, S_IFCHR | 0600, makedev(10, 232)), ==, 0);
        g_assert_cmpint(chmod(path, 0600), ==, 0);
}

static bool can_make_nodes(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, "node", NULL);

        if (mknod(path, S_IFCHR | 0600, makedev(10, 232)) == 0)
                return true;

        g_test_skip("hardware: no device nodes can be made here");
        return false;
}

static void test_node(Fixture *fixture, const void *data) {
        const SourceMask of_kvm = uevent_sources_of_module(MODULE_KVM);
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        tree_directory(fixture->tree, "dev");
        start(fixture);
        make_node(fixture, "dev/kvm");
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        g_assert_cmpint(chmod(path, 0660), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        g_assert_cmpint(chown(path, 0, 104), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        delete (fixture, "dev/kvm");
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
}

/* udevd sets the times of a node at every event of its device, and the probe causes such events. */
static void test_touch_is_no_change(Fixture *fixture, const void *data) {
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        make_node(fixture, "dev/kvm");
        start(fixture);
        g_assert_cmpint(utimensat(AT_FDCWD, path, NULL, 0), ==, 0);
        g_assert_cmpint(chmod(path, 0600), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        g_assert_cmpuint(fixture->calls, ==, 0);
}

static void test_acl(Fixture *fixture, const void *data) {
        _cleanup_(acl_freep) acl_t acl = acl_from_text("u::rw-,u:4711:rw-,g::---,m::rw-,o::---");
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        make_node(fixture, "dev/kvm");
        start(fixture);
        if (acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0 && errno == ENOTSUP) {
                g_test_skip("hardware: this file system has no access control lists");
                return;
        }
        g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_module(MODULE_KVM));
        g_assert_cmpint(acl_set_file(path, ACL_TYPE_ACCESS, acl), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

/* Whatever happens in between, the last state is known. */
static void test_node_in_a_loop(Fixture *fixture, const void *data) {
        const SourceMask of_tun = uevent_sources_of_module(MODULE_TUN);
        g_autofree char *path = path_in(fixture, "dev/net/tun"), *net = path_in(fixture, "dev/net");

        (void) data;

        if (!can_make_nodes())
                return;

        tree_directory(fixture->tree, "dev");
        start(fixture);
        for (unsigned i = 0; i < 200; i++) {
                make_node(fixture, "dev/net/tun");
                if (i % 3 == 0)
                        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
                g_assert_cmpint(unlink(path), ==, 0);
                g_assert_cmpint(rmdir(net), ==, 0);
                if (i % 3 == 0)
                        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
        }
        (void) take_dirty(fixture);
        make_node(fixture, "dev/net/tun");
        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
}

static void test_every_node(Fixture *fixture, const void *data) {
        (void) data;

        if (!can_make_nodes())
                return;

        start(fixture);
        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                make_node(fixture, device_path(id) + 1);
                g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_module(device_module(id)));
        }
}

/* In a child, whose mounts are its own; descriptors from before lead to its parent's. */
static int change_beneath_mount(const char *tree) {
        g_autofree char *covered = g_build_filename(tree, MODPROBE, NULL);
        g_autofree char *cover = g_build_filename(tree, "other.d", NULL);
        Fixture own = { .tree = g_strdup(tree) }, *fixture = &own;

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return 77;

        own.root = tree_root(own.tree);
        g_assert_cmpint(sd_event_new(&own.event), >=, 0);
        start(fixture);
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
        tear_down(&own, NULL);
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
                g_test_skip("hardware: this environment does not allow it");
        else
                g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void test_mount(Fixture *fixture, const void *data) {
        (void) data;

        tree_directory(fixture->tree, MODPROBE);
        tree_directory(fixture->tree, "other.d");
        run_in_child(change_beneath_mount, fixture->tree);
}

/* A user who has as many instances of inotify as a user may have. */
static int watch_beyond_limit(const char *tree) {
        Fixture own = {};
        uint64_t limit = 0;
        FILE *f;

        f = fopen("/proc/sys/fs/inotify/max_user_instances", "re");
        if (!f || fscanf(f, "%" G_GUINT64_FORMAT, &limit) != 1 || limit > 1000 || setuid(64321) < 0)
                return 77;
        for (uint64_t i = 0; i < limit; i++)
                g_assert_cmpint(inotify_init1(IN_CLOEXEC), >=, 0);

        own.root = tree_root(tree);
        g_assert_cmpint(sd_event_new(&own.event), >=, 0);
        g_assert_cmpint(path_watch_new(own.event, own.root, on_changed, &own, &own.watch), ==, -EMFILE);
        g_assert_null(own.watch);
        sd_event_unref(own.event);
        root_free(own.root);
        (void) fclose(f);
        return 0;
}

static void test_limit(Fixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpint(chmod(fixture->tree, 0755), ==, 0);
        run_in_child(watch_beyond_limit, fixture->tree);
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
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
        add("/path-watch/link-out-of-root", test_link_out_of_root);
        add("/path-watch/overflow", test_overflow);
        add("/path-watch/node", test_node);
        add("/path-watch/touch-is-no-change", test_touch_is_no_change);
        add("/path-watch/acl", test_acl);
        add("/path-watch/node-in-a-loop", test_node_in_a_loop);
        add("/path-watch/every-node", test_every_node);
        add("/path-watch/mount", test_mount);
        add("/path-watch/limit", test_limit);

        return g_test_run();
}
