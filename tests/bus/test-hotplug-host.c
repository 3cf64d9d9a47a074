/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and memory that come and go, and modules that are not ready yet, as umockdev shows them to a real
 * virtreadyd. Nobody calls Recheck here. */

#include <umockdev.h>

#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        UMockdevTestbed *testbed;
        char *root;
} Fixture;

static void write_cpus(Fixture *fixture, const char *online) {
        file_write(fixture->root, "sys/devices/system/cpu/online", online);
}

static void write_memory(Fixture *fixture, unsigned kib) {
        g_autofree char *whole = g_strdup_printf("MemTotal:       %u kB\nMemAvailable:    1000 kB\n", kib);
        g_autofree char *node = g_strdup_printf("Node 0 MemTotal:       %u kB\n", kib);

        file_write(fixture->root, "proc/meminfo", whole);
        file_write(fixture->root, "sys/devices/system/node/node0/meminfo", node);
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->testbed = umockdev_testbed_new();
        fixture->root = umockdev_testbed_get_root_dir(fixture->testbed);
        machine_write_amd(fixture->root);
        file_write(fixture->root, "sys/devices/system/cpu/present", "0-1\n");
        file_write(fixture->root, "sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0\n");
        file_write(fixture->root, "sys/devices/system/cpu/cpu0/topology/package_cpus_list", "0\n");
        file_write(fixture->root, "sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1\n");
        file_write(fixture->root, "sys/devices/system/cpu/cpu1/topology/package_cpus_list", "0-1\n");
        file_write(fixture->root, "sys/devices/system/node/node0/cpulist", "0-1\n");
        write_cpus(fixture, "0\n");
        write_memory(fixture, 1000000);

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        g_free(fixture->root);
        g_clear_object(&fixture->testbed);
}

static char *add_device(Fixture *fixture, const char *subsystem, const char *name) {
        return umockdev_testbed_add_device(fixture->testbed, subsystem, name, NULL, NULL, NULL);
}

/* One signal of the host has all, and one Changed follows. */
static void assert_host_announced(Fixture *fixture, const char *property, const char *value) {
        const Signal *signal;
        g_autoptr(GVariant) announced = NULL;
        g_autofree char *text = NULL;

        wait_until(signals_count(&fixture->daemon, "Changed", "") > 0);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/host"), ==, 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);

        signal = signals_last(&fixture->daemon, "PropertiesChanged", "/host");
        announced = g_variant_lookup_value(signal->parameters, property, NULL);
        g_assert_nonnull(announced);
        text = g_variant_print(announced, /* type_annotate= */ false);
        g_assert_cmpstr(text, ==, value);
        signals_forget(&fixture->daemon);
}

static void test_cpu(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;

        (void) data;

        /* The CPU comes, and is of no use yet. */
        device = add_device(fixture, "cpu", "cpu1");
        g_usleep(G_USEC_PER_SEC);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(fixture->daemon.signals->len, ==, 0);

        write_cpus(fixture, "0-1\n");
        umockdev_testbed_uevent(fixture->testbed, device, "online");
        assert_host_announced(fixture, "OnlineCPUs", "'0-1'");

        write_cpus(fixture, "0\n");
        umockdev_testbed_uevent(fixture->testbed, device, "offline");
        assert_host_announced(fixture, "OfflineCPUs", "'1'");
}

static void test_memory(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;

        (void) data;

        write_memory(fixture, 2000000);
        device = add_device(fixture, "memory", "memory8");
        assert_host_announced(fixture, "MemoryTotalBytes", "2048000000");

        write_memory(fixture, 1000000);
        umockdev_testbed_uevent(fixture->testbed, device, "offline");
        assert_host_announced(fixture, "NUMANodes", "[(0, '0-1', 1024000000, [])]");
}

static void write_kvm(Fixture *fixture, const char *state) {
        file_write(fixture->root, "sys/module/kvm/initstate", state);
        file_write(fixture->root, "sys/module/kvm_amd/initstate", state);
}

static void send_module_event(Fixture *fixture, const char *module) {
        g_autofree char *path = g_strdup_printf("/sys/module/%s", module);

        umockdev_testbed_uevent(fixture->testbed, path, "add");
}

static void wait_for_state(Fixture *fixture, const char *state) {
        wait_until(({
                g_autofree char *now =
                        property_get_string(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State");
                g_str_equal(now, state);
        }));
        daemon_settle(&fixture->daemon);
}

/* The device comes while the module's init still runs, and is judged; the event of the module comes after
 * that, and the last word is right. */
static void test_before_init_is_done(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;

        (void) data;

        write_kvm(fixture, "coming\n");
        file_write(fixture->root, "proc/misc", "232 kvm\n200 tun\n");
        file_write(fixture->root, "proc/modules",
                   "kvm_amd 155648 1 - Loading 0x0000000000000000\n"
                   "kvm 1142784 1 kvm_amd, Live 0x0000000000000000\n"
                   "tun 61440 0 - Live 0x0000000000000000\n");
        device = umockdev_testbed_add_device(fixture->testbed, "misc", "kvm", NULL, "dev", "10:232", NULL,
                                             "DEVNAME", "/dev/kvm", "MAJOR", "10", "MINOR", "232", NULL);
        wait_until(({
                g_autofree char *reason = property_get_string(&fixture->daemon, "/check/kvm/vendor_module",
                                                              BUS_INTERFACE_CHECK, "Reason");
                !g_str_equal(reason, "module-not-loaded");
        }));

        write_kvm(fixture, "live\n");
        file_write(fixture->root, "proc/modules",
                   "kvm_amd 155648 0 - Live 0x0000000000000000\n"
                   "kvm 1142784 1 kvm_amd, Live 0x0000000000000000\n"
                   "tun 61440 0 - Live 0x0000000000000000\n");
        send_module_event(fixture, "kvm_amd");
        wait_for_state(fixture, "degraded");
        assert_property(&fixture->daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "State", "pass");
}

/* A lone event is judged at once: nothing waits to see whether more will come. */
static void test_lone_event(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;
        gint64 begin, shortest = G_MAXINT64;

        (void) data;

        device = add_device(fixture, "cpu", "cpu1");
        for (unsigned i = 0; i < 5; i++) {
                /* The rate limit holds back what comes in quick succession. */
                g_usleep(G_USEC_PER_SEC);
                signals_forget(&fixture->daemon);
                write_cpus(fixture, i % 2 == 0 ? "0-1\n" : "0\n");
                begin = g_get_monotonic_time();
                umockdev_testbed_uevent(fixture->testbed, device, i % 2 == 0 ? "online" : "offline");
                wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "/host") > 0);
                shortest = MIN(shortest, g_get_monotonic_time() - begin);
        }

        /* A delay would be in each of them. */
        g_test_message("the shortest of 5 took %" G_GINT64_FORMAT " us", shortest);
        g_assert_cmpint(shortest, <, G_USEC_PER_SEC / 10);
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/hotplug-host/cpu", test_cpu);
        add("/hotplug-host/memory", test_memory);
        add("/hotplug-host/before-init-is-done", test_before_init_is_done);
        add("/hotplug-host/lone-event", test_lone_event);

        return g_test_run();
}
