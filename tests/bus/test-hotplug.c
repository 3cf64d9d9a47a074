/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine whose KVM module comes and goes, as umockdev shows it to a real virtreadyd. */

#include <umockdev.h>

#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        UMockdevTestbed *testbed;
        char *root;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->testbed = umockdev_testbed_new();
        fixture->root = umockdev_testbed_get_root_dir(fixture->testbed);
        machine_write_amd(fixture->root);

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

/* What the kernel shows once kvm_amd is loaded. */
static void load_kvm_files(Fixture *fixture) {
        machine_load_kvm_amd(fixture->root);
        file_write(fixture->root, "sys/module/kvm_amd/parameters/nested", "1\n");
        file_write(fixture->root, "sys/module/kvm_amd/parameters/npt", "Y\n");
        file_write(fixture->root, "sys/module/kvm_amd/parameters/sev", "Y\n");
}

/* What there is when kvm is loaded, and the module of the CPU is not yet or no longer. */
static void half_load_kvm_files(Fixture *fixture) {
        file_write(fixture->root, "proc/modules",
                   "kvm 1142784 0 - Live 0x0000000000000000\n"
                   "tun 61440 0 - Live 0x0000000000000000\n");
        file_write(fixture->root, "sys/module/kvm/initstate", "live\n");
}

static void unload_kvm_amd_files(Fixture *fixture) {
        half_load_kvm_files(fixture);
        file_write(fixture->root, "proc/misc", "200 tun\n");
        file_remove(fixture->root, "sys/module/kvm_amd/initstate");
        file_remove(fixture->root, "sys/module/kvm_amd/parameters/nested");
        file_remove(fixture->root, "sys/module/kvm_amd/parameters/npt");
        file_remove(fixture->root, "sys/module/kvm_amd/parameters/sev");
        file_remove(fixture->root, "sys/module/kvm_amd/parameters");
        file_remove(fixture->root, "sys/module/kvm_amd");
}

static void unload_kvm_files(Fixture *fixture) {
        unload_kvm_amd_files(fixture);
        file_write(fixture->root, "proc/modules", "tun 61440 0 - Live 0x0000000000000000\n");
        file_remove(fixture->root, "sys/module/kvm/initstate");
        file_remove(fixture->root, "sys/module/kvm");
}

static void send_module_event(Fixture *fixture, const char *module, const char *action) {
        g_autofree char *path = g_strdup_printf("/sys/module/%s", module);

        umockdev_testbed_uevent(fixture->testbed, path, action);
}

static char *add_kvm_device(Fixture *fixture) {
        return umockdev_testbed_add_device(fixture->testbed, "misc", "kvm", NULL, "dev", "10:232", NULL,
                                           "DEVNAME", "/dev/kvm", "MAJOR", "10", "MINOR", "232", NULL);
}

static char *load_kvm(Fixture *fixture) {
        char *device;

        load_kvm_files(fixture);
        send_module_event(fixture, "kvm", "add");
        device = add_kvm_device(fixture);
        send_module_event(fixture, "kvm_amd", "add");
        return device;
}

static void wait_for_state(Fixture *fixture, const char *state) {
        wait_until(({
                g_autofree char *now =
                        property_get_string(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State");
                g_str_equal(now, state);
        }));
        daemon_settle(&fixture->daemon);
}

static void test_cause_before(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) causes = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "RootCauses");
        g_autoptr(GVariant) ready = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Ready");
        g_autofree const char **ids = g_variant_get_strv(causes, NULL);

        (void) data;

        assert_property(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State", "not-ready");
        g_assert_false(g_variant_get_boolean(ready));
        g_assert_cmpstr(ids[0], ==, "kvm.vendor_module");
        g_assert_null(ids[1]);
        assert_property(&fixture->daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "Reason",
                        "module-not-loaded");
        assert_property(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK, "State", "blocked");
}

/* What is about KVM's module and device, and what follows from them. */
static const char *const paths_of_kvm =
        " /check/confidential/guests /check/confidential/sev /check/confidential/sev_es "
        "/check/confidential/sev_snp /check/kvm/access /check/kvm/device "
        "/check/kvm/nested /check/kvm/usable /check/kvm/vendor_module /profile/confidential "
        "/profile/microvm /profile/nested /profile/passthrough /profile/qemu";

static void test_load(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL, *paths = NULL;
        const Signal *changed, *manager, *usable;
        g_autofree const char **checks = NULL;
        guint64 generation;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");

        /* One Changed, with exactly the checks that are about KVM's module and device. */
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
        changed = signals_last(&fixture->daemon, "Changed", "");
        g_variant_get(changed->parameters, "(t^a&s)", &generation, &checks);
        g_assert_cmpuint(generation, ==, 2);
        g_assert_cmpuint(g_strv_length((char **) checks), ==, 9);

        /* One PropertiesChanged for each object that changed, and none for any other. */
        paths = signals_changed_paths(&fixture->daemon);
        g_assert_cmpstr(paths, ==, paths_of_kvm);

        /* The module's parameters were read again with it. */
        assert_property(&fixture->daemon, "/check/kvm/nested", BUS_INTERFACE_CHECK, "Reason",
                        "parameter-on");
        assert_property(&fixture->daemon, "/check/confidential/sev", BUS_INTERFACE_CHECK, "Reason",
                        "enabled");

        /* Values are in the signals. */
        manager = signals_last(&fixture->daemon, "PropertiesChanged", "");
        g_assert_true(g_variant_lookup(manager->parameters, "Generation", "t", &generation));
        g_assert_cmpuint(generation, ==, 2);
        usable = signals_last(&fixture->daemon, "PropertiesChanged", "/check/kvm/usable");
        {
                const char *state, *reason;

                g_assert_true(g_variant_lookup(usable->parameters, "State", "&s", &state));
                g_assert_cmpstr(state, ==, "pass");
                g_assert_true(g_variant_lookup(usable->parameters, "Reason", "&s", &reason));
                g_assert_cmpstr(reason, ==, "driver-registered");
                g_assert_false(g_variant_lookup(usable->parameters, "Evidence", "&s", &state));
        }
        g_assert_true(changed ==
                      g_ptr_array_index(fixture->daemon.signals, fixture->daemon.signals->len - 1));
}

static void assert_reason(Fixture *fixture, const char *reason) {
        assert_property(&fixture->daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "Reason", reason);
}

/* kvm comes first, and that kvm_amd was refused is not said before its turn is over. */
static void test_in_two_steps(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;

        (void) data;

        half_load_kvm_files(fixture);
        send_module_event(fixture, "kvm", "add");
        g_usleep(G_USEC_PER_SEC / 4);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 0);

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
}

static void test_refused(Fixture *fixture, const void *data) {
        (void) data;

        half_load_kvm_files(fixture);
        send_module_event(fixture, "kvm", "add");
        wait_until(signals_count(&fixture->daemon, "Changed", "") > 0);
        assert_reason(fixture, "refused-by-firmware");
}

/* kvm goes after kvm_amd, which has been there and so was not refused. */
static void test_unload_in_two_steps(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");
        signals_forget(&fixture->daemon);

        unload_kvm_amd_files(fixture);
        umockdev_testbed_uevent(fixture->testbed, device, "remove");
        wait_for_state(fixture, "not-ready");
        assert_reason(fixture, "module-not-loaded");

        file_write(fixture->root, "proc/modules", "tun 61440 0 - Live 0x0000000000000000\n");
        file_remove(fixture->root, "sys/module/kvm/initstate");
        send_module_event(fixture, "kvm", "remove");
        daemon_settle(&fixture->daemon);
        g_usleep(G_USEC_PER_SEC / 4);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
}

static void test_unload(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL, *paths = NULL;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");
        signals_forget(&fixture->daemon);

        unload_kvm_files(fixture);
        umockdev_testbed_uevent(fixture->testbed, device, "remove");
        umockdev_testbed_remove_device(fixture->testbed, device);
        wait_for_state(fixture, "not-ready");

        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
        paths = signals_changed_paths(&fixture->daemon);
        g_assert_cmpstr(paths, ==, paths_of_kvm);
        assert_property(&fixture->daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "Reason",
                        "module-not-loaded");
}

/* Events that change nothing announce nothing. */
static void test_no_news(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;
        g_autoptr(GVariant) recheck = NULL;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");
        signals_forget(&fixture->daemon);

        umockdev_testbed_uevent(fixture->testbed, device, "change");
        recheck = manager_call(&fixture->daemon, "Recheck");
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(fixture->daemon.signals->len, ==, 0);
}

/* A virtual machine of the host that the daemon runs on: no news of the machine whose files it reads, and no
 * reason to read them again. */
static void test_vms_of_the_host(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;
        guint passes;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");
        /* The burst of events may have left another pass to be run. */
        g_usleep(G_USEC_PER_SEC);
        passes = daemon_passes(&fixture->daemon);
        signals_forget(&fixture->daemon);

        umockdev_testbed_set_property(fixture->testbed, device, "EVENT", "create");
        umockdev_testbed_set_property(fixture->testbed, device, "COUNT", "1");
        umockdev_testbed_set_property(fixture->testbed, device, "PID", "4711");
        umockdev_testbed_uevent(fixture->testbed, device, "change");
        daemon_settle(&fixture->daemon);
        daemon_settle(&fixture->daemon);

        g_assert_cmpuint(active_vms(&fixture->daemon), ==, 0);
        g_assert_cmpuint(fixture->daemon.signals->len, ==, 0);
        g_assert_cmpuint(daemon_passes(&fixture->daemon), ==, passes);
}

/* A storm costs a bounded number of passes, and the last state wins. */
static void test_storm(Fixture *fixture, const void *data) {
        g_autofree char *device = NULL;
        guint passes, halves;
        gint64 started;

        (void) data;

        device = load_kvm(fixture);
        wait_for_state(fixture, "degraded");

        started = g_get_monotonic_time();
        passes = daemon_passes(&fixture->daemon);
        for (unsigned i = 0; i < 1000; i++) {
                umockdev_testbed_uevent(fixture->testbed, device, "change");
                /* umockdev gives up when its socket is full, which it is after ten events or more. An answer
                 * tells that the daemon has read what was there. */
                if (i % 4 == 3)
                        daemon_settle(&fixture->daemon);
        }
        unload_kvm_files(fixture);
        umockdev_testbed_uevent(fixture->testbed, device, "remove");
        wait_for_state(fixture, "not-ready");

        /* Three passes at once and three more for each half of a second. */
        passes = daemon_passes(&fixture->daemon) - passes;
        halves = (guint) ((g_get_monotonic_time() - started) / (G_USEC_PER_SEC / 2));
        g_test_message("%u passes for 1001 events in %u half seconds", passes, halves);
        g_assert_cmpuint(passes, >=, 1);
        g_assert_cmpuint(passes, <=, 3 * (halves + 2));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/hotplug/cause-before", Fixture, NULL, set_up, test_cause_before, tear_down);
        g_test_add("/hotplug/load", Fixture, NULL, set_up, test_load, tear_down);
        g_test_add("/hotplug/in-two-steps", Fixture, NULL, set_up, test_in_two_steps, tear_down);
        g_test_add("/hotplug/refused", Fixture, NULL, set_up, test_refused, tear_down);
        g_test_add("/hotplug/unload-in-two-steps", Fixture, NULL, set_up, test_unload_in_two_steps,
                   tear_down);
        g_test_add("/hotplug/unload", Fixture, NULL, set_up, test_unload, tear_down);
        g_test_add("/hotplug/no-news", Fixture, NULL, set_up, test_no_news, tear_down);
        g_test_add("/hotplug/vms-of-the-host", Fixture, NULL, set_up, test_vms_of_the_host, tear_down);
        g_test_add("/hotplug/storm", Fixture, NULL, set_up, test_storm, tear_down);

        return g_test_run();
}
