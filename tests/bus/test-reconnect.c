/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus restarts, hangs, or is somebody else's for a while: the daemon comes back, and knows what is true
 * then. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dbus/names.h"
#include "harness.h"

#define BLACKLIST "etc/modprobe.d/test.conf"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->root = machine_new_amd();

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

static void blacklist(Fixture *fixture, bool on) {
        file_write(fixture->root, BLACKLIST, on ? "blacklist kvm_amd\nblacklist kvm\n" : "# none\n");
}

static void wait_for_reason(Fixture *fixture, const char *reason) {
        wait_until(({
                g_autofree char *now = property_get_string(&fixture->daemon, "/check/kvm/vendor_module",
                                                           BUS_INTERFACE_CHECK, "Reason");
                g_str_equal(now, reason);
        }));
}

static void come_back(Fixture *fixture) {
        bus_start(&fixture->bus);
        signals_forget(&fixture->daemon);
        daemon_listen(&fixture->daemon);
        wait_until(bus_has_daemon(&fixture->bus));
}

static bool file_contains(const char *path, const char *text) {
        g_autofree char *content = NULL;

        return g_file_get_contents(path, &content, NULL, NULL) && strstr(content, text);
}

/* What happens is announced again, and what has happened meanwhile is known. */
static void test_restart(Fixture *fixture, const void *data) {
        (void) data;

        for (unsigned i = 0; i < 5; i++) {
                bus_kill(&fixture->bus);
                blacklist(fixture, true);
                if (i % 2 == 1)
                        g_usleep(300 * 1000);
                come_back(fixture);
                wait_for_reason(fixture, "module-blacklisted");

                blacklist(fixture, false);
                wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "/check/kvm/vendor_module") >
                           0);
                wait_for_reason(fixture, "module-not-loaded");
        }
}

/* Another program has the name when the bus comes back. */
static void test_name_taken(Fixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) other = NULL;
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        guint32 result;

        (void) data;

        /* The daemon has been without a bus for a while, so that the other is faster. */
        bus_kill(&fixture->bus);
        g_usleep(2 * G_USEC_PER_SEC);
        bus_start(&fixture->bus);
        other = bus_connect_client(&fixture->bus);
        reply = g_dbus_connection_call_sync(other, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "RequestName",
                                            g_variant_new("(su)", BUS_NAME, 4U), NULL,
                                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(u)", &result);
        g_assert_cmpuint(result, ==, 1);
        wait_until(({
                g_autofree char *log = daemon_log(&fixture->daemon);
                strstr(log, "Failed to take the name");
        }));

        g_assert_true(g_dbus_connection_close_sync(other, NULL, NULL));
        daemon_listen(&fixture->daemon);
        wait_until(bus_has_daemon(&fixture->bus));
        wait_for_reason(fixture, "module-not-loaded");
}

/* Who watches hears of it, and goes on. */
static void test_monitor(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
        g_autofree char *output = g_build_filename(fixture->root, "monitor", NULL);
        g_autofree char *bus = g_strdup_printf("--bus=%s", fixture->bus.address);
        g_autoptr(GSubprocess) monitor = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;

        g_subprocess_launcher_set_stdout_file_path(launcher, output);
        monitor = g_subprocess_launcher_spawn(launcher, &error, g_getenv("VIRTREADYCTL"), bus, "monitor",
                                              NULL);
        g_assert_no_error(error);
        wait_until(file_contains(output, "qemu not-ready"));

        bus_kill(&fixture->bus);
        g_usleep(G_USEC_PER_SEC / 2);
        g_assert_true(file_contains(output, "virtreadyd has left the bus"));
        come_back(fixture);
        wait_until(file_contains(output, "virtreadyd is back on the bus"));
        blacklist(fixture, true);
        wait_until(file_contains(output, "kvm.vendor_module fail: "));

        g_subprocess_send_signal(monitor, SIGTERM);
        g_assert_true(g_subprocess_wait_check(monitor, NULL, &error));
        g_assert_no_error(error);
}

/* A bus that does not move for a while loses nothing. */
static void test_hung(Fixture *fixture, const void *data) {
        (void) data;

        signals_forget(&fixture->daemon);
        g_subprocess_send_signal(fixture->bus.process, SIGSTOP);
        blacklist(fixture, true);
        g_usleep(G_USEC_PER_SEC);
        g_subprocess_send_signal(fixture->bus.process, SIGCONT);

        wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "/check/kvm/vendor_module") > 0);
        wait_for_reason(fixture, "module-blacklisted");
}

#define DEVICES "sys/bus/pci/devices"

static void write_devices(Fixture *fixture) {
        for (unsigned i = 0; i < 1000; i++) {
                g_autofree char *path = g_strdup_printf(DEVICES "/%04x:00:00.0/modalias", i);

                file_write(fixture->root, path, "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00\n");
        }
}

/* A real event of some PCI device, which stays as it is (Documentation/ABI/testing/sysfs-uevent). */
static char *find_pci_uevent(void) {
        g_autoptr(GDir) directory = g_dir_open("/" DEVICES, 0, NULL);
        const char *name = directory ? g_dir_read_name(directory) : NULL;
        g_autofree char *path = name ? g_build_filename("/" DEVICES, name, "uevent", NULL) : NULL;

        return path && access(path, W_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

static void send_event(const char *uevent) {
        FILE *f = fopen(uevent, "we");

        g_assert_nonnull(f);
        g_assert_cmpint(fputs("change", f), >=, 0);
        g_assert_cmpint(fclose(f), ==, 0);
}

/* Each pass has news of a thousand devices, and the bus reads none of it. */
static void test_stuck(Fixture *fixture, const void *data) {
        g_autofree char *uevent = find_pci_uevent(), *here = g_build_filename(fixture->root, DEVICES, NULL),
                        *gone = g_build_filename(fixture->root, "sys/bus/pci/gone", NULL);
        gint64 limit = g_get_monotonic_time() + 4 * WAIT_SECONDS * G_USEC_PER_SEC;
        bool has_left = false;

        (void) data;

        if (!uevent)
                skip_without("no PCI device whose events could be sent");

        write_devices(fixture);
        g_subprocess_send_signal(fixture->bus.process, SIGSTOP);
        for (unsigned i = 0; !has_left && g_get_monotonic_time() < limit; i++) {
                if (i > 0)
                        g_assert_cmpint(i % 2 == 1 ? rename(here, gone) : rename(gone, here), ==, 0);
                send_event(uevent);
                g_usleep(G_USEC_PER_SEC / 5);
                has_left = file_contains(fixture->daemon.log, "The bus has not read the last");
        }
        g_subprocess_send_signal(fixture->bus.process, SIGCONT);
        g_assert_true(has_left);

        wait_until(file_contains(fixture->daemon.log, "The bus is back."));
        wait_for_reason(fixture, "module-not-loaded");
}

/* It ends when it is asked to, also while nothing can be said to the bus. */
static void test_end_without_bus(Fixture *fixture, const void *data) {
        bus_kill(&fixture->bus);
        g_usleep(G_USEC_PER_SEC / 2);
        bus_start(&fixture->bus);
        daemon_listen(&fixture->daemon);
        if (data)
                wait_until(bus_has_daemon(&fixture->bus));
        g_subprocess_send_signal(fixture->bus.process, SIGSTOP);
        g_usleep(G_USEC_PER_SEC / 2);
        g_subprocess_send_signal(fixture->daemon.process, SIGTERM);
        wait_until(!g_subprocess_get_identifier(fixture->daemon.process));
        g_subprocess_send_signal(fixture->bus.process, SIGCONT);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/reconnect/restart", Fixture, NULL, set_up, test_restart, tear_down);
        g_test_add("/reconnect/name-taken", Fixture, NULL, set_up, test_name_taken, tear_down);
        g_test_add("/reconnect/monitor", Fixture, NULL, set_up, test_monitor, tear_down);
        g_test_add("/reconnect/hung", Fixture, NULL, set_up, test_hung, tear_down);
        g_test_add("/reconnect/stuck", Fixture, NULL, set_up, test_stuck, tear_down);
        g_test_add("/reconnect/end-while-connecting", Fixture, NULL, set_up, test_end_without_bus,
                   tear_down);
        g_test_add("/reconnect/end-while-bus-is-stopped", Fixture, "connected", set_up, test_end_without_bus,
                   tear_down);

        return g_test_run();
}
