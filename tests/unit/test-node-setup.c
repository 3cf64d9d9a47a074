/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new device node, before and after udevd has set it up. */

#include <glib/gstdio.h>
#include <sys/sysmacros.h>
#include <utime.h>

#include "daemon/facts/node-setup.h"
#include "tree.h"

#define UDEVD_FILE "run/udev/data/c10:232"
#define SYSFS_FILE "sys/dev/char/10:232"

typedef struct Fixture {
        char *tree;
        Root *root;
        DevicesFacts seen;
        bool skipped;
} Fixture;

static void make_node(const char *tree) {
        g_autofree char *path = g_build_filename(tree, "dev/kvm", NULL);

        g_assert_cmpint(mknod(path, S_IFCHR | 0600, makedev(10, 232)), ==, 0);
}

static void read_devices(Fixture *fixture) {
        const KernelFacts kernel = {};

        g_assert_cmpint(devices_facts_read(fixture->root, &kernel, &fixture->seen), ==, 0);
}

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *probe = NULL;

        (void) data;

        fixture->tree = tree_new();
        tree_directory(fixture->tree, "dev");
        tree_file(fixture->tree, "run/udev/control", "");
        tree_directory(fixture->tree, "run/udev/data");
        tree_file(fixture->tree, SYSFS_FILE, "");
        fixture->root = tree_root(fixture->tree);
        read_devices(fixture);

        probe = g_build_filename(fixture->tree, "node", NULL);
        fixture->skipped = mknod(probe, S_IFCHR | 0600, makedev(10, 232)) < 0;
        if (fixture->skipped)
                g_test_skip("no device nodes can be made here");
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        devices_facts_done(&fixture->seen);
        root_free(fixture->root);
        tree_free(fixture->tree);
}

static bool awaits(const Fixture *fixture) {
        return device_nodes_await_udevd(fixture->root, &fixture->seen);
}

/* Gives a file times in the past: before any node that the test makes. */
static void make_old(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->tree, name, NULL);

        g_assert_cmpint(g_utime(path, &(struct utimbuf){ .actime = 1000, .modtime = 1000 }), ==, 0);
}

static void test_new(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->skipped)
                return;

        g_assert_false(awaits(fixture));
        make_node(fixture->tree);
        g_assert_true(awaits(fixture));
        tree_file(fixture->tree, UDEVD_FILE, "I:4711\nV:1\n");
        g_assert_false(awaits(fixture));
}

/* udevd gives the node to who sits at the machine after that, and an administrator may do what he likes. */
static void test_opened_later(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->tree, "dev/kvm", NULL);

        (void) data;

        if (fixture->skipped)
                return;

        make_node(fixture->tree);
        tree_file(fixture->tree, UDEVD_FILE, "I:4711\nV:1\n");
        g_usleep(G_USEC_PER_SEC / 20);
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        g_assert_false(awaits(fixture));
}

/* A file of the device that was there before is still there when the next comes. */
static void test_old_file(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->skipped)
                return;

        tree_file(fixture->tree, UDEVD_FILE, "I:4711\nV:1\n");
        make_old(fixture, UDEVD_FILE);
        make_node(fixture->tree);
        g_assert_true(awaits(fixture));
        tree_file(fixture->tree, UDEVD_FILE, "I:4712\nV:1\n");
        g_assert_false(awaits(fixture));
}

static void test_in_work(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->skipped)
                return;

        make_node(fixture->tree);
        tree_file(fixture->tree, UDEVD_FILE, "I:4711\nE:ID_PROCESSING=1\nV:1\n");
        g_assert_true(awaits(fixture));
        tree_file(fixture->tree, UDEVD_FILE, "I:4711\nE:ID_PROCESSING_OF=1\nV:1\n");
        g_assert_false(awaits(fixture));
}

/* What becomes of a node that was judged is an administrator's work, and news at once. */
static void test_known(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->tree, "dev/kvm", NULL),
                        *aside = g_build_filename(fixture->tree, "dev/aside", NULL);

        (void) data;

        if (fixture->skipped)
                return;

        make_node(fixture->tree);
        read_devices(fixture);
        g_assert_false(awaits(fixture));
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        g_assert_false(awaits(fixture));

        /* One in its place is another one. */
        g_assert_cmpint(rename(path, aside), ==, 0);
        g_assert_false(awaits(fixture));
        make_node(fixture->tree);
        g_assert_true(awaits(fixture));
}

/* kmod has systemd make nodes that load a module when they are opened: no device, no event. */
static void test_no_device(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->tree, SYSFS_FILE, NULL);

        (void) data;

        if (fixture->skipped)
                return;

        make_node(fixture->tree);
        g_assert_true(awaits(fixture));
        g_assert_cmpint(g_remove(path), ==, 0);
        g_assert_false(awaits(fixture));
}

static void test_no_udevd(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->tree, "run/udev/control", NULL);

        (void) data;

        if (fixture->skipped)
                return;

        make_node(fixture->tree);
        g_assert_cmpint(g_remove(path), ==, 0);
        g_assert_false(awaits(fixture));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/node-setup/new", Fixture, NULL, set_up, test_new, tear_down);
        g_test_add("/node-setup/opened-later", Fixture, NULL, set_up, test_opened_later, tear_down);
        g_test_add("/node-setup/old-file", Fixture, NULL, set_up, test_old_file, tear_down);
        g_test_add("/node-setup/in-work", Fixture, NULL, set_up, test_in_work, tear_down);
        g_test_add("/node-setup/known", Fixture, NULL, set_up, test_known, tear_down);
        g_test_add("/node-setup/no-device", Fixture, NULL, set_up, test_no_device, tear_down);
        g_test_add("/node-setup/no-udevd", Fixture, NULL, set_up, test_no_udevd, tear_down);

        return g_test_run();
}
