/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd beside a systemd that the test plays: service.libvirt follows what systemd says, and nothing is
 * woken. */

#include <string.h>

#include "daemon/facts/facts.h"
#include "dbus/names.h"
#include "fake-systemd.h"

#define CHECK "/check/service/libvirt"
#define SERVICE "libvirtd.service"
#define SOCKET "libvirtd.socket"

typedef struct Fixture {
        Bus bus;
        FakeSystemd *systemd;
        Daemon daemon;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "inactive");
        fake_systemd_set(fixture->systemd, SOCKET, "loaded", "active");
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_free(fixture->systemd);
        bus_down(&fixture->bus);
}

/* Listing and listening is all that was asked for, each with the flag that starts nothing. */
static void assert_nothing_woken(Fixture *fixture) {
        g_autofree char *calls = fake_systemd_calls(fixture->systemd);

        g_assert_cmpstr(calls, ==, "ListUnitsByPatterns Subscribe");
}

static bool has_state(Fixture *fixture, const char *state, const char *reason) {
        g_autofree char *now = property_get_string(&fixture->daemon, CHECK, BUS_INTERFACE_CHECK, "State"),
                        *why = property_get_string(&fixture->daemon, CHECK, BUS_INTERFACE_CHECK, "Reason");

        return g_str_equal(now, state) && g_str_has_prefix(why, reason);
}

static bool has_feature(Fixture *fixture) {
        g_autoptr(GVariant) features = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Features");
        g_autofree const char **words = g_variant_get_strv(features, NULL);

        return g_strv_contains(words, "unit-events");
}

static void start(Fixture *fixture, DaemonOptions options) {
        daemon_up(&fixture->daemon, &fixture->bus, options);
}

static void start_dormant(Fixture *fixture) {
        start(fixture, (DaemonOptions){});
        wait_until(has_state(fixture, "pass", "dormant"));
        g_assert_true(has_feature(fixture));
        daemon_settle(&fixture->daemon);
        signals_forget(&fixture->daemon);
}

/* One announcement leads to one, of this check alone. */
static void assert_one_change(Fixture *fixture) {
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", CHECK), ==, 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/check/software/qemu"), ==,
                         0);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);
        signals_forget(&fixture->daemon);
}

static char *first_remedy(Fixture *fixture) {
        g_autoptr(GVariant) remedies =
                property_get(&fixture->daemon, CHECK, BUS_INTERFACE_CHECK, "Remedies"),
                            first = NULL;
        const char *command;

        g_assert_cmpuint(g_variant_n_children(remedies), >, 0);
        first = g_variant_get_child_value(remedies, 0);
        g_assert_true(g_variant_lookup(first, "command", "&s", &command));
        return g_strdup(command);
}

static void test_follows(Fixture *fixture, const void *data) {
        g_autofree char *command = NULL;

        (void) data;

        start_dormant(fixture);

        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "active");
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        wait_until(has_state(fixture, "pass", "running"));
        assert_one_change(fixture);

        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "inactive");
        fake_systemd_set(fixture->systemd, SOCKET, "loaded", "inactive");
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        wait_until(has_state(fixture, "fail", "stopped"));
        assert_one_change(fixture);
        command = first_remedy(fixture);
        g_assert_cmpstr(command, ==, "systemctl start " SOCKET);

        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "failed");
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        wait_until(has_state(fixture, "fail", "failed"));
        assert_one_change(fixture);

        assert_nothing_woken(fixture);
        daemon_down(&fixture->daemon);
}

/* What systemd has said outlives the reading of everything else; it is asked once more, as it may have
 * failed to answer the last time. */
static void test_recheck(Fixture *fixture, const void *data) {
        (void) data;

        start_dormant(fixture);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        g_assert_true(has_state(fixture, "pass", "dormant"));
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", CHECK), ==, 0);

        fake_systemd_set_manner(fixture->systemd, FAKE_REFUSES);
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        wait_until(!has_state(fixture, "pass", ""));
        fake_systemd_set_manner(fixture->systemd, FAKE_ANSWERS);
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        wait_until(has_state(fixture, "pass", "dormant"));
        assert_nothing_woken(fixture);
        daemon_down(&fixture->daemon);
}

/* Whether Features was announced, with the value that it has. */
static bool announced_features(Fixture *fixture, bool with_unit_events) {
        const GPtrArray *signals = fixture->daemon.signals;

        for (guint i = 0; i < signals->len; i++) {
                const Signal *s = g_ptr_array_index(signals, i);
                g_autofree const char **words = NULL;

                if (g_str_equal(s->path, BUS_PATH_MANAGER) && g_str_equal(s->member, "PropertiesChanged") &&
                    g_variant_lookup(s->parameters, "Features", "^a&s", &words) &&
                    g_strv_contains(words, "unit-events") == with_unit_events)
                        return true;
        }

        return false;
}

/* Without systemd nothing is known, and Features says so. */
static void test_restart(Fixture *fixture, const void *data) {
        (void) data;

        start_dormant(fixture);
        fake_systemd_free(fixture->systemd);
        fixture->systemd = NULL;
        wait_until(!has_state(fixture, "pass", ""));
        wait_until(!has_feature(fixture));
        daemon_settle(&fixture->daemon);
        g_assert_true(announced_features(fixture, false));
        g_assert_false(announced_features(fixture, true));

        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "active");
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        wait_until(has_state(fixture, "pass", "running"));
        g_assert_true(has_feature(fixture));
        daemon_settle(&fixture->daemon);
        g_assert_true(announced_features(fixture, true));
        assert_nothing_woken(fixture);
        daemon_down(&fixture->daemon);
}

/* With the bus goes what systemd has said, and on the next one systemd is asked again. */
static void test_bus_restarts(Fixture *fixture, const void *data) {
        (void) data;

        start_dormant(fixture);
        fake_systemd_free(fixture->systemd);
        bus_kill(&fixture->bus);
        bus_start(&fixture->bus);
        daemon_listen(&fixture->daemon);
        wait_until(bus_has_daemon(&fixture->bus));
        wait_until(!has_state(fixture, "pass", ""));
        g_assert_false(has_feature(fixture));

        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "active");
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        wait_until(has_state(fixture, "pass", "running"));
        g_assert_true(has_feature(fixture));
        assert_nothing_woken(fixture);
        daemon_down(&fixture->daemon);
}

/* Where a unit is enabled is in files, which are read again when systemd says that they changed. */
static void test_files(Fixture *fixture, const void *data) {
        guint passes;

        (void) data;

        start_dormant(fixture);
        passes = daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_UNITS));
        fake_systemd_announce(fixture->systemd, "UnitFilesChanged", NULL);
        wait_until(daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_UNITS)) > passes);
        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_UNITS)), ==, passes + 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 0);
        daemon_down(&fixture->daemon);
}

/* This machine's systemd has nothing to say of another machine. */
static void test_snapshot(Fixture *fixture, const void *data) {
        g_autofree char *root = machine_new_amd(), *calls = NULL;

        (void) data;

        file_write(root, "usr/lib/systemd/system/" SERVICE, "[Service]\n");
        start(fixture, (DaemonOptions){ .root = root });
        g_usleep(G_USEC_PER_SEC / 5);
        g_assert_true(has_state(fixture, "unknown", "not-shown"));
        g_assert_false(has_feature(fixture));
        calls = fake_systemd_calls(fixture->systemd);
        g_assert_cmpstr(calls, ==, "");
        daemon_down(&fixture->daemon);
        directory_remove(root);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/libvirt/follows", Fixture, NULL, set_up, test_follows, tear_down);
        g_test_add("/libvirt/recheck", Fixture, NULL, set_up, test_recheck, tear_down);
        g_test_add("/libvirt/restart", Fixture, NULL, set_up, test_restart, tear_down);
        g_test_add("/libvirt/bus-restarts", Fixture, NULL, set_up, test_bus_restarts, tear_down);
        g_test_add("/libvirt/files", Fixture, NULL, set_up, test_files, tear_down);
        g_test_add("/libvirt/snapshot", Fixture, NULL, set_up, test_snapshot, tear_down);

        return g_test_run();
}
