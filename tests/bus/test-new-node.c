/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel makes a device node for root alone, and udevd opens it up a little later: what is published in
 * between, and for how long. */

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <umockdev.h>

#include "daemon/node-wait.h"
#include "dbus/names.h"
#include "harness.h"

#define UDEVD_FILE "run/udev/data/c10:232"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        UMockdevTestbed *testbed;
        char *root;
        char *node;
        bool skipped;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *dev = NULL;

        (void) data;

        fixture->testbed = umockdev_testbed_new();
        fixture->root = umockdev_testbed_get_root_dir(fixture->testbed);
        dev = g_build_filename(fixture->root, "dev", NULL);
        fixture->node = g_build_filename(fixture->root, "dev/kvm", NULL);
        machine_write_amd(fixture->root);
        file_write(fixture->root, "run/udev/control", "");

        g_assert_cmpint(g_mkdir_with_parents(dev, 0755), ==, 0);
        fixture->skipped = mknod(fixture->node, S_IFCHR | 0600, makedev(10, 232)) < 0;
        if (fixture->skipped)
                g_test_skip("no device nodes can be made here");
        else
                file_remove(fixture->root, "dev/kvm");

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .root = fixture->root, .beside_udevd = !fixture->skipped });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        g_free(fixture->node);
        g_free(fixture->root);
        g_clear_object(&fixture->testbed);
}

/* What the kernel does. */
static void load_kvm(Fixture *fixture) {
        machine_load_kvm_amd(fixture->root);
        file_write(fixture->root, "sys/dev/char/10:232", "");
        g_assert_cmpint(mknod(fixture->node, S_IFCHR | 0600, makedev(10, 232)), ==, 0);
}

static void send_event(Fixture *fixture) {
        umockdev_testbed_uevent(fixture->testbed, "/sys/module/kvm_amd", "add");
}

/* What udevd does, in its order. */
static void open_node(Fixture *fixture) {
        g_assert_cmpint(chmod(fixture->node, 0666), ==, 0);
        file_write(fixture->root, UDEVD_FILE, "I:4711\nV:1\n");
        send_event(fixture);
}

static void wait_for_change(Fixture *fixture) {
        wait_until(signals_count(&fixture->daemon, "Changed", "") > 0);
}

static void assert_access(Fixture *fixture, const char *reason) {
        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "Reason", reason);
}

static void test_waits(Fixture *fixture, const void *data) {
        gint64 started = g_get_monotonic_time();

        (void) data;

        if (fixture->skipped)
                return;

        /* The event of the module, and that of a new file, find a node for root alone. */
        load_kvm(fixture);
        send_event(fixture);
        g_usleep(G_USEC_PER_SEC / 2);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 0);
        assert_access(fixture, "no-device");

        open_node(fixture);
        wait_for_change(fixture);
        g_assert_cmpint(g_get_monotonic_time() - started, <, (gint64) NODE_WAIT_USEC);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
        assert_access(fixture, "everybody");
}

/* Who has asked for a pass is answered when it was run. */
static void test_recheck_waits(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) recheck = NULL;
        gint64 started;

        (void) data;

        if (fixture->skipped)
                return;

        load_kvm(fixture);
        started = g_get_monotonic_time();
        recheck = manager_call(&fixture->daemon, "Recheck");
        g_assert_cmpint(g_get_monotonic_time() - started, >=, (gint64) NODE_WAIT_USEC * 9 / 10);

        /* udevd has done nothing in its time: that is how it is. */
        assert_access(fixture, "root-only");
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);

        /* And what it does later is news. */
        signals_forget(&fixture->daemon);
        open_node(fixture);
        wait_for_change(fixture);
        assert_access(fixture, "everybody");
}

/* A node that was judged is not waited for. */
static void test_known_node(Fixture *fixture, const void *data) {
        gint64 started;

        (void) data;

        if (fixture->skipped)
                return;

        load_kvm(fixture);
        open_node(fixture);
        wait_for_change(fixture);
        daemon_settle(&fixture->daemon);
        signals_forget(&fixture->daemon);

        started = g_get_monotonic_time();
        g_assert_cmpint(chmod(fixture->node, 0600), ==, 0);
        wait_for_change(fixture);
        assert_access(fixture, "root-only");
        g_assert_cmpint(g_get_monotonic_time() - started, <, (gint64) NODE_WAIT_USEC);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/new-node/waits", Fixture, NULL, set_up, test_waits, tear_down);
        g_test_add("/new-node/recheck-waits", Fixture, NULL, set_up, test_recheck_waits, tear_down);
        g_test_add("/new-node/known-node", Fixture, NULL, set_up, test_known_node, tear_down);

        return g_test_run();
}
