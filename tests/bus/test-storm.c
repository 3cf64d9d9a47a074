/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd under more than it can want: storms of real kernel events, events that are lost, many callers,
 * and a subscriber that does not listen. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "dbus/names.h"
#include "notify.h"
#include "stress.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        KernelEvents events; /* none where they cannot be had */
        char *root;          /* the machine whose files the daemon reads: its only device is /dev/net/tun */
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        if (kernel_events_open(&fixture->events) >= 0 && !kernel_events_arrive(&fixture->events))
                kernel_events_close(&fixture->events);

        fixture->root = machine_new_amd();
        machine_set_tun(fixture->root, true);
        bus_up(&fixture->bus);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
        kernel_events_close(&fixture->events);
}

#define skip_without_events(fixture)                                                              \
        do {                                                                                      \
                if ((fixture)->events.n == 0)                                                     \
                        skip_because("the kernel's events do not reach this environment");        \
                if (kernel_events_busy_udevd())                                                   \
                        skip_because("udevd runs here, and a storm would keep it busy for long"); \
        } while (0)

static void start(Fixture *fixture) {
        g_autofree char *memory = memory_env();
        const char *env[] = { memory, NULL };

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root, .env = env });
}

static bool has_state(Fixture *fixture, const char *state) {
        g_autofree char *now =
                property_get_string(&fixture->daemon, "/check/net/tun", BUS_INTERFACE_CHECK, "State");

        return g_str_equal(now, state);
}

static guint dropped(const Fixture *fixture) {
        unsigned n;

        g_assert_cmpint(kernel_events_dropped(daemon_pid(&fixture->daemon), &n), ==, 0);
        return n;
}

/* Three passes at once and three more for each half of a second. */
static void assert_passes_are_bounded(const Fixture *fixture, guint before, gint64 started) {
        guint passes = daemon_passes(&fixture->daemon) - before;
        guint halves = (guint) ((g_get_monotonic_time() - started) / (G_USEC_PER_SEC / 2));

        g_test_message("%u passes in %u half seconds", passes, halves);
        g_assert_cmpuint(passes, >=, 1);
        g_assert_cmpuint(passes, <=, 3 * (halves + 2));
}

/* The only event that says anything is lost, and the state is right all the same. */
static void test_overrun(Fixture *fixture, const void *data) {
        guint before;
        int cpu;

        (void) data;

        skip_without_events(fixture);
        start(fixture);
        daemon_stop(&fixture->daemon);

        /* Those that come through are of a CPU, which no check is about. */
        cpu = open("/sys/devices/system/cpu/cpu0/uevent", O_WRONLY | O_CLOEXEC);
        g_assert_cmpint(cpu, >=, 0);
        for (guint i = 0; i < 1000000 && dropped(fixture) == 0; i += 1000)
                for (guint n = 0; n < 1000; n++)
                        g_assert_cmpint(write(cpu, "change", 6), ==, 6);
        close(cpu);

        before = dropped(fixture);
        g_assert_cmpuint(before, >, 0);
        machine_set_tun(fixture->root, false);
        g_assert_cmpint(kernel_events_send(&fixture->events, 0), ==, 0);
        g_assert_cmpuint(dropped(fixture), >, before);

        daemon_continue(&fixture->daemon);
        wait_until(has_state(fixture, "fail"));
        wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "/check/net/tun") > 0);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/check/net/tun"), ==, 1);

        daemon_down(&fixture->daemon);
}

/* Whoever keeps it busy, systemd hears in time that it lives. */
static void test_watchdog(Fixture *fixture, const void *data) {
        gint64 started, last, now, longest = 0;
        const char *env[] = { NULL, "WATCHDOG_USEC=400000", NULL };
        NotifySocket notify;
        guint beats = 0;

        (void) data;

        skip_without_events(fixture);
        notify_up(&notify, &fixture->bus);
        env[0] = notify.variable;
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root, .env = env });

        started = last = g_get_monotonic_time();
        do {
                send_events(&fixture->events, 100);
                now = g_get_monotonic_time();
                if (notify_has_heard(&notify, "WATCHDOG=1")) {
                        notify_forget(&notify);
                        last = now;
                        beats++;
                }
                longest = MAX(longest, now - last);
        } while (now < started + 3 * G_USEC_PER_SEC);

        g_test_message("%u beats, the longest silence was %i ms, %u events dropped", beats,
                       (int) (longest / 1000), dropped(fixture));
        g_assert_cmpuint(beats, >=, 10);
        g_assert_cmpint(longest, <, 400000);
        daemon_down(&fixture->daemon);
        notify_down(&notify);
}

/* A storm leaves nothing behind in memory, costs a bounded number of passes, and its last event counts. */
static void test_storm(Fixture *fixture, const void *data) {
        guint64 resident, peak;
        gint64 started;
        guint passes;

        (void) data;

        skip_without_events(fixture);
        start(fixture);

        /* What is allocated once is there after a few events. */
        send_events(&fixture->events, 100);
        g_usleep(G_USEC_PER_SEC);
        daemon_settle(&fixture->daemon);
        daemon_reset_peak(&fixture->daemon);
        resident = daemon_memory_kib(&fixture->daemon, "VmRSS");
        passes = daemon_passes(&fixture->daemon);

        started = g_get_monotonic_time();
        send_events(&fixture->events, 100000);
        machine_set_tun(fixture->root, false);
        send_events(&fixture->events, 1);
        wait_until(has_state(fixture, "fail"));
        assert_passes_are_bounded(fixture, passes, started);

        g_usleep(G_USEC_PER_SEC);
        daemon_settle(&fixture->daemon);
        peak = daemon_memory_kib(&fixture->daemon, "VmHWM");
        g_test_message("%" G_GUINT64_FORMAT " KiB before, %" G_GUINT64_FORMAT " KiB at most, %u dropped",
                       resident, peak, dropped(fixture));
        g_assert_cmpuint(peak, <=, resident + memory_growth_max_kib());
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/check/net/tun"), ==, 1);
        daemon_down(&fixture->daemon);
}

/* The bus has passed on what was sent over the connection before it answers. */
static void ask_bus(GDBusConnection *connection) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetId", NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}

#define CLIENTS 100U

/* However many ask at once, the machine is looked at once. */
static void test_callers(Fixture *fixture, const void *data) {
        GDBusConnection *clients[CLIENTS];
        Answers answers = {};
        guint passes;

        (void) data;

        start(fixture);
        passes = daemon_passes(&fixture->daemon);
        for (guint i = 0; i < CLIENTS; i++)
                clients[i] = bus_connect_client(&fixture->bus);

        /* It sleeps until all have called. */
        daemon_stop(&fixture->daemon);
        for (guint i = 0; i < CLIENTS; i++) {
                call_without_waiting(clients[i], "Recheck", &answers);
                ask_bus(clients[i]);
        }
        ask_bus(fixture->bus.connection);
        daemon_continue(&fixture->daemon);

        wait_until(answers.done + answers.limited == CLIENTS);
        passes = daemon_passes(&fixture->daemon) - passes;
        g_test_message("%u passes for %u callers", passes, CLIENTS);
        g_assert_cmpuint(answers.limited, ==, 0);
        g_assert_cmpuint(passes, ==, 1);

        for (guint i = 0; i < CLIENTS; i++) {
                g_dbus_connection_close_sync(clients[i], NULL, NULL);
                g_object_unref(clients[i]);
        }
        daemon_down(&fixture->daemon);
}

/* One who never stops asking gets an answer each time, and so does everybody else; but passes are not had
 * for the asking. */
static void test_caller_in_a_loop(Fixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) other = NULL;
        Answers answers = {};
        gint64 started;
        guint passes, calls = 0;

        (void) data;

        start(fixture);
        other = bus_connect_client(&fixture->bus);
        passes = daemon_passes(&fixture->daemon);
        started = g_get_monotonic_time();

        while (g_get_monotonic_time() < started + 2 * G_USEC_PER_SEC) {
                g_autoptr(GVariant) reply = NULL;

                call_without_waiting(other, "Recheck", &answers);
                reply = manager_call(&fixture->daemon, "Recheck");
                calls++;
        }

        assert_passes_are_bounded(fixture, passes, started);
        wait_until(answers.done + answers.limited == calls);
        g_assert_cmpuint(answers.limited, ==, 0);
        g_assert_cmpuint(calls, >, 0);

        g_dbus_connection_close_sync(other, NULL, NULL);
        daemon_down(&fixture->daemon);
}

/* Fills what lies between the bus and the subscriber with signals of our own, until no more goes in. */
static void fill(Fixture *fixture, GSocket *deaf) {
        g_autofree char *text = g_strnfill(1000, 'x');
        guint before, pending = 0;

        do {
                before = pending;
                for (guint i = 0; i < 1000; i++)
                        g_assert_true(g_dbus_connection_emit_signal(fixture->bus.connection, NULL, "/test",
                                                                    "org.virtready1.Test", "Noise",
                                                                    g_variant_new("(s)", text), NULL));
                g_assert_true(g_dbus_connection_flush_sync(fixture->bus.connection, NULL, NULL));
                daemon_settle(&fixture->daemon);
                pending = deaf_subscriber_pending(deaf);
        } while (pending > before);

        g_test_message("%u bytes wait to be read", pending);
        g_assert_cmpuint(pending, >, 0);
}

/* Who does not listen harms nobody but himself. */
static void test_deaf_subscriber(Fixture *fixture, const void *data) {
        g_autoptr(GSocket) deaf = NULL;
        guint64 resident;
        guint pending;

        (void) data;

        skip_without_events(fixture);
        start(fixture);
        deaf = deaf_subscriber_new(&fixture->bus);
        fill(fixture, deaf);
        pending = deaf_subscriber_pending(deaf);

        daemon_reset_peak(&fixture->daemon);
        resident = daemon_memory_kib(&fixture->daemon, "VmRSS");
        for (guint i = 1; i <= 10; i++) {
                machine_set_tun(fixture->root, i % 2 == 0);
                send_events(&fixture->events, 1);
                wait_until(signals_count(&fixture->daemon, "PropertiesChanged", "/check/net/tun") == i);
                g_assert_true(has_state(fixture, i % 2 == 0 ? "pass" : "fail"));
        }

        /* It has not begun to read. */
        g_assert_cmpuint(deaf_subscriber_pending(deaf), ==, pending);
        g_assert_cmpuint(daemon_memory_kib(&fixture->daemon, "VmHWM"), <=,
                         resident + memory_growth_max_kib());
        daemon_down(&fixture->daemon);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/storm/overrun", Fixture, NULL, set_up, test_overrun, tear_down);
        g_test_add("/storm/watchdog", Fixture, NULL, set_up, test_watchdog, tear_down);
        g_test_add("/storm/memory", Fixture, NULL, set_up, test_storm, tear_down);
        g_test_add("/storm/callers", Fixture, NULL, set_up, test_callers, tear_down);
        g_test_add("/storm/caller-in-a-loop", Fixture, NULL, set_up, test_caller_in_a_loop, tear_down);
        g_test_add("/storm/deaf-subscriber", Fixture, NULL, set_up, test_deaf_subscriber, tear_down);

        return g_test_run();
}
