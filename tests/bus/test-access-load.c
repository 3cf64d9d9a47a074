/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CheckAccess: many who ask at once, one who does not wait, and those who leave before the answer. */

#include <signal.h>
#include <string.h>

#include "answers.h"
#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->root = machine_new_amd();
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

/* A hundred callers at once all get their answer. */
static void test_many_callers(Fixture *fixture, const void *data) {
        GDBusConnection *connections[100];
        Answers answers = {};

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(connections); i++)
                connections[i] = bus_connect_client(&fixture->bus);
        for (guint i = 0; i < G_N_ELEMENTS(connections); i++)
                call_without_waiting(connections[i], "CheckAccess", &answers);
        wait_until(answers.done + answers.limited == G_N_ELEMENTS(connections));
        g_assert_cmpuint(answers.limited, ==, 0);

        for (guint i = 0; i < G_N_ELEMENTS(connections); i++) {
                g_dbus_connection_close_sync(connections[i], NULL, NULL);
                g_object_unref(connections[i]);
        }
}

/* One caller that does not wait gets some answers and is told that the others were too many. */
static void test_one_caller_is_limited(Fixture *fixture, const void *data) {
        Answers answers = {}, again = {};

        (void) data;

        /* While it is stopped, calls pile up. */
        g_subprocess_send_signal(fixture->daemon.process, SIGSTOP);
        for (guint i = 0; i < 100; i++)
                call_without_waiting(fixture->bus.connection, "CheckAccess", &answers);
        g_dbus_connection_flush_sync(fixture->bus.connection, NULL, NULL);
        g_usleep(G_USEC_PER_SEC / 5);
        g_subprocess_send_signal(fixture->daemon.process, SIGCONT);

        wait_until(answers.done + answers.limited == 100);
        g_test_message("%u answered, %u told to try again later", answers.done, answers.limited);
        g_assert_cmpuint(answers.done, >=, 16);
        g_assert_cmpuint(answers.limited, >, 0);

        call_without_waiting(fixture->bus.connection, "CheckAccess", &again);
        wait_until(again.done + again.limited == 1);
        g_assert_cmpuint(again.done, ==, 1);
}

/* Who leaves before the bus has said who that was leaves nothing behind: not even a place in the queue. */
static void test_caller_leaves(Fixture *fixture, const void *data) {
        g_autofree char *log = NULL;
        Answers answers = {};

        (void) data;

        for (guint round = 0; round < 3; round++) {
                g_subprocess_send_signal(fixture->daemon.process, SIGSTOP);
                for (guint i = 0; i < 100; i++) {
                        g_autoptr(GDBusConnection) connection = bus_connect_client(&fixture->bus);

                        call_without_waiting(connection, "CheckAccess", NULL);
                        g_dbus_connection_flush_sync(connection, NULL, NULL);
                        g_dbus_connection_close_sync(connection, NULL, NULL);
                }
                g_subprocess_send_signal(fixture->daemon.process, SIGCONT);
                daemon_settle(&fixture->daemon);
        }

        call_without_waiting(fixture->bus.connection, "CheckAccess", &answers);
        wait_until(answers.done + answers.limited == 1);
        g_assert_cmpuint(answers.done, ==, 1);
        log = daemon_log(&fixture->daemon);
        g_assert_null(strstr(log, "Failed"));
}

/* The daemon can end while it waits for the bus. */
static void test_daemon_leaves(Fixture *fixture, const void *data) {
        (void) data;

        g_subprocess_send_signal(fixture->daemon.process, SIGSTOP);
        for (guint i = 0; i < 10; i++)
                call_without_waiting(fixture->bus.connection, "CheckAccess", NULL);
        g_dbus_connection_flush_sync(fixture->bus.connection, NULL, NULL);
        g_subprocess_send_signal(fixture->daemon.process, SIGTERM);
        g_subprocess_send_signal(fixture->daemon.process, SIGCONT);
        g_assert_cmpint(daemon_wait(&fixture->daemon), ==, 0);

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/access-load/many-callers", Fixture, NULL, set_up, test_many_callers, tear_down);
        g_test_add("/access-load/one-caller-is-limited", Fixture, NULL, set_up, test_one_caller_is_limited,
                   tear_down);
        g_test_add("/access-load/caller-leaves", Fixture, NULL, set_up, test_caller_leaves, tear_down);
        g_test_add("/access-load/daemon-leaves", Fixture, NULL, set_up, test_daemon_leaves, tear_down);

        return g_test_run();
}
