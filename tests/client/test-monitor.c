/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl monitor: every change is one line, none is lost, and a daemon may come and go. */

#include <gio/gunixsocketaddress.h>
#include <unistd.h>

#include "documents.h"
#include "fake.h"
#include "harness.h"

/* A client that goes on, and the lines that it has printed and nobody has taken yet. */
typedef struct Watcher {
        GSubprocess *process;
        GDataInputStream *lines;
        GQueue taken;
        gboolean ended;
} Watcher;

static void read_line(Watcher *watcher);

static void on_line(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        Watcher *watcher = data;
        char *line;

        line = g_data_input_stream_read_line_finish_utf8(G_DATA_INPUT_STREAM(source), result, NULL, &error);
        g_assert_no_error(error);
        if (!line) {
                watcher->ended = TRUE;
                return;
        }

        g_test_message("%s", line);
        g_queue_push_tail(&watcher->taken, line);
        read_line(watcher);
}

static void read_line(Watcher *watcher) {
        g_data_input_stream_read_line_async(watcher->lines, G_PRIORITY_DEFAULT, NULL, on_line, watcher);
}

static void watcher_start(Watcher *watcher, const char *address, const char *option) {
        g_autofree char *bus = g_strdup_printf("--bus=%s", address);

        *watcher = (Watcher){ .taken = G_QUEUE_INIT };
        watcher->process = client_spawn(G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                        (const char *const[]){ bus, "monitor", option, NULL });
        watcher->lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(watcher->process));
        read_line(watcher);
}

static gboolean has_line(gpointer data) {
        return !g_queue_is_empty(&((Watcher *) data)->taken);
}

/* Waits for the next line. */
static char *next_line(Watcher *watcher) {
        wait_until(has_line, watcher, "a line of the monitor");
        return g_queue_pop_head(&watcher->taken);
}

static void expect_line(Watcher *watcher, const char *part) {
        g_autofree char *line = next_line(watcher);

        assert_contains(line, part);
}

static gboolean has_ended(gpointer data) {
        return ((Watcher *) data)->ended;
}

/* Ends the client; what it has printed and nobody has taken is dropped, as long as it is not about a device.
 */
static void watcher_stop_with_rest(Watcher *watcher, int signal, int status) {
        if (signal != 0)
                g_subprocess_send_signal(watcher->process, signal);
        wait_until(has_ended, watcher, "the monitor to end");

        wait_for_exit(watcher->process);
        g_assert_true(g_subprocess_get_if_exited(watcher->process));
        g_assert_cmpint(g_subprocess_get_exit_status(watcher->process), ==, status);
        while (has_line(watcher)) {
                g_autofree char *line = g_queue_pop_head(&watcher->taken);

                assert_lacks(line, "0000:");
        }

        g_clear_object(&watcher->lines);
        g_clear_object(&watcher->process);
}

/* Ends the client; nothing may be left that it has printed. */
static void watcher_stop(Watcher *watcher, int signal, int status) {
        if (signal != 0)
                g_subprocess_send_signal(watcher->process, signal);
        wait_until(has_ended, watcher, "the monitor to end");
        if (has_line(watcher))
                g_error("Nobody expected: %s", (char *) g_queue_peek_head(&watcher->taken));

        watcher_stop_with_rest(watcher, 0, status);
}

static void expect_kvm_to_come(Watcher *watcher) {
        expect_line(watcher, "✓ kvm.usable pass: ");
        expect_line(watcher, " kvm.access ");
        expect_line(watcher, "✓ kvm.device pass: ");
        expect_line(watcher, "✓ kvm.vendor_module pass: The kernel module kvm_amd is loaded.");
        expect_line(watcher, "? kvm.nested unknown: ");
        expect_line(watcher, "? confidential.guests unknown: ");
        expect_line(watcher, "? confidential.sev unknown: ");
        expect_line(watcher, " qemu degraded: because of net.vhost_net");
        expect_line(watcher, " microvm not-ready: because of vsock.vhost_vsock");
        expect_line(watcher, " passthrough not-ready: because of vfio.pci");
        expect_line(watcher, "? nested unknown");
        expect_line(watcher, "? confidential unknown");
        expect_line(watcher, "access to devices may have changed");
}

static void test_real_daemon(void) {
        g_auto(Machine) machine = {};
        GSubprocess *daemon;
        Watcher watcher;

        machine_init(&machine);
        machine_fill(&machine, FALSE);
        daemon = daemon_start(session_bus(), &machine);

        watcher_start(&watcher, session_bus(), NULL);
        expect_line(&watcher, "✗ qemu not-ready: because of kvm.vendor_module");

        machine_fill(&machine, TRUE);
        daemon_recheck(session_bus());
        expect_kvm_to_come(&watcher);

        daemon_stop(daemon);
        expect_line(&watcher, "virtreadyd has left the bus");

        machine_fill(&machine, FALSE);
        daemon = daemon_start(session_bus(), &machine);
        expect_line(&watcher, "virtreadyd is back on the bus");
        expect_line(&watcher, "⊘ kvm.usable blocked: ");
        expect_line(&watcher, "⊘ kvm.access blocked: ");
        expect_line(&watcher, "⊘ kvm.device blocked: ");
        expect_line(&watcher, "✗ kvm.vendor_module fail: ");
        expect_line(&watcher, "⊘ kvm.nested blocked: ");
        expect_line(&watcher, "⊘ confidential.guests blocked: ");
        expect_line(&watcher, "⊘ confidential.sev blocked: ");
        expect_line(&watcher, "✗ qemu not-ready: ");
        expect_line(&watcher, "✗ microvm not-ready: ");
        expect_line(&watcher, "✗ passthrough not-ready: because of kvm.vendor_module, vfio.pci");
        expect_line(&watcher, "✗ nested not-ready: ");
        expect_line(&watcher, "✗ confidential not-ready: ");

        machine_fill(&machine, TRUE);
        daemon_recheck(session_bus());
        expect_kvm_to_come(&watcher);

        watcher_stop(&watcher, SIGINT, 0);
        daemon_stop(daemon);
}

#define MODALIAS "pci:v000010DEd00001B80sv00001458sd00003702bc03sc00i00"

/* Devices of a real daemon come, change and go: a line for each, though all that they are is asked for. */
static void test_devices(void) {
        g_auto(Machine) machine = {};
        GSubprocess *daemon;
        Watcher watcher;

        machine_init(&machine);
        machine_fill(&machine, TRUE);
        machine_add_device(&machine, "0000:00:02.0", MODALIAS, NULL);
        daemon = daemon_start(session_bus(), &machine);

        watcher_start(&watcher, session_bus(), NULL);
        expect_line(&watcher, " qemu degraded");

        machine_add_device(&machine, "0000:01:00.0", MODALIAS, NULL);
        machine_add_device(&machine, "0000:01:00.1", MODALIAS, "nouveau");
        daemon_recheck(session_bus());
        expect_line(&watcher, "✗ 0000:00:02.0 changed: ");
        expect_line(&watcher, "✗ 0000:01:00.0 added: ");
        expect_line(&watcher, "✗ 0000:01:00.1 added: ");

        machine_remove_device(&machine, "0000:01:00.1");
        daemon_recheck(session_bus());
        expect_line(&watcher, "  0000:01:00.1 removed: ");

        /* Nothing about devices is said of a pass that is about something else. */
        machine_fill(&machine, FALSE);
        daemon_recheck(session_bus());
        expect_line(&watcher, "⊘ kvm.usable blocked: ");

        daemon_stop(daemon);
        watcher_stop_with_rest(&watcher, SIGINT, 0);
}

static Json *next_event(Watcher *watcher, const char *event) {
        g_autofree char *line = next_line(watcher);
        Json *json = NULL;

        g_assert_cmpint(document_parse(line, &json), ==, 0);
        g_assert_cmpstr(doc_text(json, "event"), ==, event);
        g_assert_cmpuint(doc_number(json, "time_usec"), >, 0);
        return json;
}

static void expect_state(Watcher *watcher) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "state");

        g_assert_cmpstr(doc_text(event, "profile"), ==, "qemu");
        g_assert_cmpstr(doc_text(event, "state"), ==, "ready");
        g_assert_cmpuint(doc_number(event, "active_vms"), ==, 2);
        g_assert_nonnull(doc_check(doc_get(event, "document"), "net.tun"));
}

static void expect_check(Watcher *watcher, const char *id, const char *old_state, const char *state) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "check");

        g_assert_cmpstr(doc_text(event, "id"), ==, id);
        g_assert_cmpstr(doc_text(event, "old_state"), ==, old_state);
        g_assert_cmpstr(doc_text(event, "state"), ==, state);
}

static void expect_active_vms(Watcher *watcher, unsigned count) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "active-vms");

        g_assert_cmpuint(doc_number(event, "active_vms"), ==, count);
}

static void expect_service(Watcher *watcher, bool available) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "service");

        g_assert_cmpint(doc_flag(event, "available"), ==, available);
}

/* All that a signal can have, in the JSON of the document. */
static void expect_whole_check(Watcher *watcher) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "check");
        Json *remedy = doc_at(doc_get(event, "remedies"), 0);

        g_assert_cmpstr(doc_text(event, "id"), ==, "net.tun");
        g_assert_cmpstr(doc_text(event, "title"), ==, "TUN/TAP network devices");
        g_assert_cmpstr(doc_text(event, "state"), ==, "fail");
        g_assert_cmpstr(doc_text(event, "detail"), ==, "D.");
        g_assert_cmpstr(doc_text(doc_get(event, "arguments"), "module"), ==, "tun");
        g_assert_true(doc_lists(doc_get(event, "blocked_by"), "a.b"));
        g_assert_cmpstr(doc_text(remedy, "kind"), ==, "load-module");
        g_assert_true(doc_flag(remedy, "privileged"));
        g_assert_cmpuint(doc_number(event, "since_usec"), ==, 18446744073709551615ULL);
        g_assert_cmpuint(doc_number(event, "reason_since_usec"), ==, 7);
        g_assert_null(doc_get(event, "Novelty"));
}

static void test_signals(void) {
        Fake fake = { .document = document_ready, .active_vms = 2 };
        Watcher watcher;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        expect_state(&watcher);

        fake_announce(&fake, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE,
                      "{'State': <'fail'>, 'Detail': <'D.'>, 'Arguments': <{'module': <'tun'>}>,"
                      " 'BlockedBy': <['a.b']>, 'SinceUSec': <@t 18446744073709551615>,"
                      " 'ReasonSinceUSec': <@t 7>, 'Novelty': <(1, [2.5])>,"
                      " 'Remedies': <[{'kind': <'load-module'>, 'privileged': <true>, 'more': <(byte 1, "
                      "[1.5])>}]>}",
                      NULL);
        expect_whole_check(&watcher);

        /* What changes nothing is no news; nor is the summary, but for the number of virtual machines. */
        fake_announce(&fake, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE, "{'State': <'fail'>}", NULL);
        fake_announce(&fake, "/org/virtready1", "org.virtready1.Manager",
                      "{'State': <'ready'>, 'ActiveVMs': <uint32 2>}", NULL);
        fake_announce(&fake, "/org/virtready1/new/thing", "org.virtready1.New", "{'State': <'fail'>}", NULL);
        fake_announce(&fake, "/org/virtready1", "org.virtready1.Manager", "{'ActiveVMs': <uint32 3>}", NULL);
        expect_active_vms(&watcher, 3);

        /* A check of which the document had nothing, and a state that nobody knows. */
        fake_announce(&fake, "/org/virtready1/check/new/one", FAKE_CHECK_INTERFACE,
                      "{'State': <'sideways'>}", NULL);
        expect_check(&watcher, "new.one", "unknown", "sideways");

        watcher_stop(&watcher, SIGTERM, 0);
        fake_stop(&fake);
}

#define DOCUMENT_WITH(state)                                              \
        "{'checks': {'net.tun': {'state': '" state "', 'detail': 'D.'}}," \
        " 'profiles': {'qemu': {'state': 'ready'}}}"

/* A change that comes without its value makes the client ask. */
static void test_invalidated(void) {
        static const char *const invalidated[] = { "State", NULL };
        Fake fake = { .document = DOCUMENT_WITH("pass"), .active_vms = 2 };
        Watcher watcher;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        expect_state(&watcher);

        fake.document = DOCUMENT_WITH("fail");
        fake_announce(&fake, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE, "{}", invalidated);
        expect_check(&watcher, "net.tun", "pass", "fail");
        g_assert_cmpuint(fake.n_described, ==, 2);

        watcher_stop(&watcher, SIGTERM, 0);
        fake_stop(&fake);
}

#define DOCUMENT_WITH_DEVICE(reason)                               \
        "{'checks': {}, 'profiles': {'qemu': {'state': 'ready'}}," \
        " 'devices': {'0000:01:00.0': {'assignable': true, 'reason': '" reason "', 'detail': 'D.'}}}"

static void announce_pass(const Fake *fake) {
        g_autoptr(GError) error = NULL;

        (void) g_dbus_connection_emit_signal(fake->connection, NULL, "/org/virtready1",
                                             "org.virtready1.Manager", "Changed",
                                             g_variant_new_parsed("(@t 2, @as [])"), &error);
        g_assert_no_error(error);
}

static void expect_device(Watcher *watcher, const char *change, const char *reason) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "device");

        g_assert_cmpstr(doc_text(event, "id"), ==, "0000:01:00.0");
        g_assert_cmpstr(doc_text(event, "change"), ==, change);
        g_assert_cmpstr(doc_text(event, "reason"), ==, reason);
}

/* However many devices a pass is about, the document is asked for once; and not for a pass without any. */
static void test_device_signals(void) {
        Fake fake = { .document = DOCUMENT_WITH_DEVICE("no-driver"), .active_vms = 2 };
        Watcher watcher;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        json_object_put(next_event(&watcher, "state"));

        fake.document = DOCUMENT_WITH_DEVICE("driver-attached");
        for (unsigned i = 0; i < 10; i++)
                fake_announce(&fake, "/org/virtready1/device/0000_01_00_0", "org.virtready1.Device",
                              "{'Driver': <'igb'>}", NULL);
        announce_pass(&fake);
        expect_device(&watcher, "changed", "driver-attached");
        g_assert_cmpuint(fake.n_described, ==, 2);

        announce_pass(&fake);
        fake.active_vms = 3;
        fake_announce(&fake, "/org/virtready1", "org.virtready1.Manager", "{'ActiveVMs': <uint32 3>}", NULL);
        expect_active_vms(&watcher, 3);
        g_assert_cmpuint(fake.n_described, ==, 2);

        fake.document = "{'checks': {}, 'profiles': {'qemu': {'state': 'ready'}}, 'devices': {}}";
        g_assert_true(g_dbus_connection_emit_signal(
                fake.connection, NULL, "/org/virtready1", "org.freedesktop.DBus.ObjectManager",
                "InterfacesRemoved",
                g_variant_new_parsed("(objectpath '/org/virtready1/device/0000_01_00_0',"
                                     " ['org.virtready1.Device'])"),
                NULL));
        announce_pass(&fake);
        expect_device(&watcher, "removed", "");

        watcher_stop(&watcher, SIGTERM, 0);
        fake_stop(&fake);
}

typedef struct Descriptions {
        const Fake *fake;
        unsigned n;
} Descriptions;

static gboolean is_described_enough(gpointer data) {
        const Descriptions *wanted = data;

        return wanted->fake->n_described >= wanted->n;
}

static void wait_for_descriptions(Fake *fake, unsigned n) {
        Descriptions wanted = { fake, n };

        wait_until(is_described_enough, &wanted, "a question");
}

#define DOCUMENT_WITH_HYPERVISORS(text)                            \
        "{'checks': {}, 'profiles': {'qemu': {'state': 'ready'}}," \
        " 'hypervisors': {" text "}}"

static void announce_hypervisor(const Fake *fake) {
        fake_announce(fake, "/org/virtready1/hypervisor/qemu", "org.virtready1.Hypervisor",
                      "{'State': <'running'>, 'Detail': <''>}", NULL);
}

static void expect_hypervisor(Watcher *watcher, const char *id, const char *old_state, const char *state) {
        _cleanup_(json_object_putp) Json *event = next_event(watcher, "hypervisor");

        g_assert_cmpstr(doc_text(event, "id"), ==, id);
        g_assert_cmpstr(doc_text(event, "old_state"), ==, old_state);
        g_assert_cmpstr(doc_text(event, "state"), ==, state);
}

/* No pass ends what is heard of them. What else than their state is new is no line. */
static void test_hypervisors(void) {
        Fake fake = { .document = DOCUMENT_WITH_HYPERVISORS("'qemu': {'state': 'dormant'}"),
                      .active_vms = 2 };
        Watcher watcher, person;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        json_object_put(next_event(&watcher, "state"));
        watcher_start(&person, session_bus(), NULL);
        expect_line(&person, " qemu ready");
        expect_line(&person, "2 virtual machines run");

        fake.document = DOCUMENT_WITH_HYPERVISORS("'qemu': {'state': 'running', 'version': '7.2.22'}");
        announce_hypervisor(&fake);
        expect_hypervisor(&watcher, "qemu", "dormant", "running");
        expect_line(&person, "✓ hypervisor qemu running");

        fake.document = DOCUMENT_WITH_HYPERVISORS("'qemu': {'state': 'running', 'version': '8.0.0'}");
        announce_hypervisor(&fake);
        wait_for_descriptions(&fake, 6);

        fake.document = DOCUMENT_WITH_HYPERVISORS("'qemu': {'state': 'unreachable', 'detail': 'D.'},"
                                                  " 'lxc': {'state': 'dormant'}");
        g_assert_true(g_dbus_connection_emit_signal(
                fake.connection, NULL, "/org/virtready1", "org.freedesktop.DBus.ObjectManager",
                "InterfacesAdded",
                g_variant_new_parsed("(objectpath '/org/virtready1/hypervisor/lxc',"
                                     " @a{sa{sv}} {'org.virtready1.Hypervisor': {}})"),
                NULL));
        expect_hypervisor(&watcher, "qemu", "running", "unreachable");
        expect_hypervisor(&watcher, "lxc", "unknown", "dormant");
        expect_line(&person, "✗ hypervisor qemu unreachable: D.");
        expect_line(&person, "✓ hypervisor lxc dormant");

        fake.document = DOCUMENT_WITH_HYPERVISORS("'qemu': {'state': 'unreachable'}");
        announce_hypervisor(&fake);
        expect_hypervisor(&watcher, "lxc", "dormant", "");
        expect_line(&person, "  hypervisor lxc removed");

        watcher_stop(&watcher, SIGTERM, 0);
        watcher_stop(&person, SIGTERM, 0);
        fake_stop(&fake);
}

/* A change just before the answer is in it and must not be reported as news; one just after it must be. */
static void test_changes_around_the_answer(void) {
        Fake fake = {
                .document = DOCUMENT_WITH("pass"),
                .active_vms = 2,
                .before = "{'State': <'fail'>}",
                .after = "{'State': <'unknown'>}",
        };
        Watcher watcher;

        fake_start(&fake, session_bus());
        for (unsigned i = 0; i < 20; i++) {
                watcher_start(&watcher, session_bus(), "--json");
                expect_state(&watcher);
                expect_check(&watcher, "net.tun", "pass", "unknown");
                watcher_stop(&watcher, SIGTERM, 0);
        }
        fake_stop(&fake);
}

static void test_come_and_go(void) {
        Fake fake = { .document = document_ready, .active_vms = 2 };
        Watcher watcher;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        expect_state(&watcher);

        for (unsigned i = 0; i < 3; i++) {
                fake_stop(&fake);
                expect_service(&watcher, false);

                fake.active_vms = i % 2 == 0 ? 5 : 2;
                fake_start(&fake, session_bus());
                expect_service(&watcher, true);
                expect_active_vms(&watcher, fake.active_vms);
        }

        /* It is away for good, and the monitor can still be ended. */
        fake_stop(&fake);
        expect_service(&watcher, false);
        watcher_stop(&watcher, SIGTERM, 0);
}

/* Signals of somebody else, even when they are sent to the client alone, are not the daemon's. */
static void test_stranger(void) {
        Fake fake = { .document = document_ready, .active_vms = 2 }, stranger = {};
        Watcher watcher;

        fake_start(&fake, session_bus());
        watcher_start(&watcher, session_bus(), "--json");
        expect_state(&watcher);

        stranger.connection = bus_connect_to(session_bus());
        stranger.destination = fake.client;
        fake_announce(&stranger, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE, "{'State': <'fail'>}", NULL);
        g_assert_true(g_dbus_connection_flush_sync(stranger.connection, NULL, NULL));
        fake_announce(&fake, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE, "{'State': <'unknown'>}", NULL);
        expect_check(&watcher, "net.tun", "pass", "unknown");

        g_object_unref(stranger.connection);
        watcher_stop(&watcher, SIGTERM, 0);
        fake_stop(&fake);
}

/* Something that listens where a bus was, and never says a word. */
static GSocketListener *mute_bus_new(const char *address) {
        g_auto(GStrv) parts = g_strsplit_set(address, "=,", 3);
        g_autoptr(GSocketAddress) place = NULL;
        g_autoptr(GError) error = NULL;
        GSocketListener *listener = g_socket_listener_new();

        g_assert_cmpstr(parts[0], ==, "unix:path");
        (void) unlink(parts[1]);
        place = g_unix_socket_address_new(parts[1]);
        g_socket_listener_add_address(listener, place, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL,
                                      NULL, &error);
        g_assert_no_error(error);
        return listener;
}

static void test_bus_ends(void) {
        g_autoptr(GTestDBus) bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_autofree char *outer = g_strdup(session_bus()), *address = NULL;
        Fake fake = { .document = document_ready, .active_vms = 2 };
        g_autoptr(GSocketListener) mute = NULL;
        Watcher watcher;
        gint64 begin;

        g_test_dbus_up(bus);
        address = g_strdup(g_test_dbus_get_bus_address(bus));
        fake_start(&fake, g_test_dbus_get_bus_address(bus));
        watcher_start(&watcher, g_test_dbus_get_bus_address(bus), "--json");
        expect_state(&watcher);

        g_object_unref(fake.connection);
        expect_service(&watcher, false);
        g_test_dbus_stop(bus);
        /* It waits for the bus to come back, and can be ended, also while what is there does not answer. */
        mute = mute_bus_new(address);
        g_usleep(2 * G_USEC_PER_SEC);
        begin = g_get_monotonic_time();
        watcher_stop(&watcher, SIGTERM, 0);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
        g_setenv("DBUS_SESSION_BUS_ADDRESS", outer, TRUE);
}

int main(int argc, char *argv[]) {
        g_autoptr(GTestDBus) bus = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);

        g_test_add_func("/monitor/real-daemon", test_real_daemon);
        g_test_add_func("/monitor/devices", test_devices);
        g_test_add_func("/monitor/devices-of-signals", test_device_signals);
        g_test_add_func("/monitor/hypervisors", test_hypervisors);
        g_test_add_func("/monitor/signals", test_signals);
        g_test_add_func("/monitor/invalidated", test_invalidated);
        g_test_add_func("/monitor/around-the-answer", test_changes_around_the_answer);
        g_test_add_func("/monitor/come-and-go", test_come_and_go);
        g_test_add_func("/monitor/stranger", test_stranger);
        g_test_add_func("/monitor/bus-ends", test_bus_ends);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
