/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd as a service: readiness, status, watchdog, its end, and what it says when it cannot start. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "dbus/names.h"
#include "notify.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        NotifySocket notify;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        notify_up(&fixture->notify, &fixture->bus);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        notify_down(&fixture->notify);
        bus_down(&fixture->bus);
}

static void start(Fixture *fixture, const char *watchdog) {
        const char *env[] = { fixture->notify.variable, watchdog, NULL };

        daemon_spawn(&fixture->daemon, &fixture->bus, (DaemonOptions){ .env = env });
}

static void test_ready(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) generation = NULL;
        g_autofree char *state = NULL;
        const char *status;

        (void) data;

        start(fixture, NULL);
        wait_until(notify_has_heard(&fixture->notify, "READY=1"));

        /* Who asks then hears of a machine that has been checked. */
        generation = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Generation");
        g_assert_cmpuint(g_variant_get_uint64(generation), ==, 1);

        wait_until(notify_has_heard(&fixture->notify, "STATUS="));
        status = strstr(fixture->notify.heard->str, "STATUS=") + strlen("STATUS=");
        state = property_get_string(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State");
        g_assert_true(g_ascii_tolower(status[0]) == state[0]);
        g_assert_nonnull(strstr(status, ": "));
        daemon_down(&fixture->daemon);
}

static void test_watchdog(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture, "WATCHDOG_USEC=200000");
        wait_until(notify_has_heard(&fixture->notify, "WATCHDOG=1"));
        notify_forget(&fixture->notify);
        wait_until(notify_has_heard(&fixture->notify, "WATCHDOG=1"));
        daemon_down(&fixture->daemon);
}

static void test_sigint(Fixture *fixture, const void *data) {
        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_subprocess_send_signal(fixture->daemon.process, SIGINT);
        g_assert_cmpint(daemon_wait(&fixture->daemon), ==, 0);
}

static void assert_refuses(Fixture *fixture, DaemonOptions options, const char *message) {
        g_autofree char *path = g_build_filename(fixture->bus.directory, "log", NULL), *log = NULL;
        Daemon daemon;

        daemon_spawn(&daemon, &fixture->bus, options);
        g_assert_cmpint(daemon_wait(&daemon), ==, EXIT_FAILURE);
        g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
        g_assert_nonnull(strstr(log, message));
}

static void test_name_taken(Fixture *fixture, const void *data) {
        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        assert_refuses(fixture, (DaemonOptions){}, "another virtreadyd runs on this bus");
        daemon_down(&fixture->daemon);
}

static void test_no_root(Fixture *fixture, const void *data) {
        (void) data;

        assert_refuses(fixture, (DaemonOptions){ .root = "/nonexistent" },
                       "/nonexistent: No such file or directory");
}

static void test_no_bus(Fixture *fixture, const void *data) {
        g_autofree char *address = g_steal_pointer(&fixture->bus.address);

        (void) data;

        fixture->bus.address = g_strdup("unix:path=/nonexistent");
        assert_refuses(fixture, (DaemonOptions){},
                       "Failed to connect to unix:path=/nonexistent: No such file");
        g_free(fixture->bus.address);
        fixture->bus.address = g_steal_pointer(&address);
}

static void assert_command_line(const char *argument, int status, const char *output) {
        const char *argv[] = { g_getenv("VIRTREADYD"), argument, NULL };
        g_autofree char *text = NULL;
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;

        process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
                                    &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &text, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, status);
        g_assert_nonnull(strstr(text, output));
}

static void test_command_line(void) {
        assert_command_line("--help", 0, "--root=DIR");
        assert_command_line("--version", 0, "virtreadyd ");
        assert_command_line("--nonsense", 1, "nonsense");
        assert_command_line("nonsense", 1, "'nonsense'. Try --help.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/service/ready", Fixture, NULL, set_up, test_ready, tear_down);
        g_test_add("/service/watchdog", Fixture, NULL, set_up, test_watchdog, tear_down);
        g_test_add("/service/sigint", Fixture, NULL, set_up, test_sigint, tear_down);
        g_test_add("/service/name-taken", Fixture, NULL, set_up, test_name_taken, tear_down);
        g_test_add("/service/no-root", Fixture, NULL, set_up, test_no_root, tear_down);
        g_test_add("/service/no-bus", Fixture, NULL, set_up, test_no_bus, tear_down);
        g_test_add_func("/service/command-line", test_command_line);

        return g_test_run();
}
