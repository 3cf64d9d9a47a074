/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LoadModule does nothing before polkit has said yes, whatever happens instead. */

#include <string.h>

#include "module-calls.h"

static void test_denied(ModuleFixture *fixture, const void *data) {
        Call call;

        (void) data;

        call_load(&call, fixture->bus.connection, "tun");
        fake_polkit_answer(fake_polkit_next_question(fixture->polkit), false, false);
        call_end(&call, ACCESS_DENIED, NULL);

        call_load(&call, fixture->bus.connection, "tun");
        fake_polkit_answer(fake_polkit_next_question(fixture->polkit), false, true);
        call_end(&call, INTERACTION_NEEDED, NULL);

        call_load(&call, fixture->bus.connection, "tun");
        fake_polkit_answer_error(fake_polkit_next_question(fixture->polkit),
                                 "org.freedesktop.PolicyKit1.Error.Failed", "No.");
        call_end(&call, ACCESS_DENIED, NULL);

        call_load(&call, fixture->bus.connection, "tun");
        fake_polkit_answer_body(fake_polkit_next_question(fixture->polkit), g_variant_new("(s)", "yes"));
        call_end(&call, ACCESS_DENIED, NULL);
        assert_nobody_was_asked(fixture);
}

static void test_without_polkit(ModuleFixture *fixture, const void *data) {
        Call call;

        (void) data;

        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        call_load(&call, fixture->bus.connection, "tun");
        call_end(&call, ACCESS_DENIED, "polkit");
        g_assert_false(fake_modprobe_is_asked(&fixture->modprobe));
}

static void test_interactive(ModuleFixture *fixture, const void *data) {
        FakeQuestion *question;
        Call call;

        (void) data;

        call_start(&call, fixture->bus.connection, "LoadModule", g_variant_new("(s)", "tun"),
                   /* interactive= */ true);
        question = fake_polkit_next_question(fixture->polkit);
        g_assert_cmpuint(question->flags, ==, POLKIT_ALLOWS_INTERACTION);
        fake_polkit_answer_dismissed(question);
        call_end(&call, ACCESS_DENIED, "dismissed");
        assert_nobody_was_asked(fixture);
}

static void test_caller_leaves(ModuleFixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) client = bus_connect_client(&fixture->bus);
        g_autoptr(FakeQuestion) question = NULL;
        g_autofree char *cancelled = NULL;

        (void) data;

        g_dbus_connection_call(client, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "LoadModule",
                               g_variant_new("(s)", "tun"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                               NULL);
        question = fake_polkit_next_question(fixture->polkit);
        g_dbus_connection_close_sync(client, NULL, NULL);
        cancelled = fake_polkit_next_cancellation(fixture->polkit);
        g_assert_cmpstr(cancelled, ==, question->cancellation_id);
        fake_polkit_answer(g_steal_pointer(&question), true, false);
        assert_nobody_was_asked(fixture);
}

static guint count_refused(const Call *calls, guint n_calls) {
        guint n = 0;

        for (guint i = 0; i < n_calls; i++)
                if (calls[i].done && calls[i].error) {
                        g_assert_cmpstr(calls[i].error, ==, BUS_ERROR_RATE_LIMITED);
                        n++;
                }

        return n;
}

static void test_twenty_at_once(ModuleFixture *fixture, const void *data) {
        FakeQuestion *questions[4];
        Call calls[20];

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_load(&calls[i], fixture->bus.connection, "tun");
        /* All have been seen before the first place becomes free. */
        for (guint i = 0; i < 4; i++)
                questions[i] = fake_polkit_next_question(fixture->polkit);
        wait_until(count_refused(calls, G_N_ELEMENTS(calls)) == 16);
        for (guint i = 0; i < 4; i++)
                fake_polkit_answer(questions[i], true, false);
        for (guint i = 0; i < 4; i++)
                fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, "load tun"), "done 0");

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                wait_until(calls[i].done);
        g_assert_cmpuint(count_refused(calls, G_N_ELEMENTS(calls)), ==, 16);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_clear(&calls[i]);
        assert_nobody_was_asked(fixture);
}

/* Whoever it waits for, the daemon can end. */
static void test_daemon_ends(ModuleFixture *fixture, const void *data) {
        g_autoptr(FakeQuestion) question = NULL;
        Call asked, allowed;
        int connection;

        (void) data;

        connection = load_until_helper(fixture, "tun", &allowed);
        call_load(&asked, fixture->bus.connection, "fuse");
        question = fake_polkit_next_question(fixture->polkit);

        daemon_down(&fixture->daemon);
        call_end(&allowed, NO_REPLY, NULL);
        call_end(&asked, NO_REPLY, NULL);
        fake_modprobe_answer(connection, NULL);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .modprobe_socket = fixture->modprobe.path });
}

/* A bus that is gone has taken its callers along: nobody's module is loaded when it is back. What was under
 * way is on record. */
static void test_bus_restarts(ModuleFixture *fixture, const void *data) {
        g_autofree char *log = NULL;
        Call asked, allowed, call;
        int connection;

        (void) data;

        connection = load_until_helper(fixture, "kvm", &allowed);
        call_load(&asked, fixture->bus.connection, "tun");
        fake_question_free(fake_polkit_next_question(fixture->polkit));
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        bus_kill(&fixture->bus);
        bus_start(&fixture->bus);
        daemon_listen(&fixture->daemon);
        wait_until(asked.done && allowed.done && bus_has_daemon(&fixture->bus));
        call_clear(&asked);
        call_clear(&allowed);
        fake_modprobe_answer(connection, NULL);
        log = daemon_log(&fixture->daemon);
        g_assert_nonnull(strstr(log, "Asked to load the kernel module kvm by :"));
        g_assert_nonnull(strstr(log, ": not waited for"));
        g_assert_null(strstr(log, "Asked to load the kernel module tun"));

        fixture->polkit = fake_polkit_new(&fixture->bus);
        assert_nobody_was_asked(fixture);
        fake_modprobe_answer(load_until_helper(fixture, "tun", &call), "done 0");
        call_end(&call, NULL, NULL);
}

static void add(const char *path, void (*test)(ModuleFixture *fixture, const void *data)) {
        g_test_add(path, ModuleFixture, NULL, module_fixture_up, test, module_fixture_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/load-module-polkit/denied", test_denied);
        add("/load-module-polkit/without-polkit", test_without_polkit);
        add("/load-module-polkit/interactive", test_interactive);
        add("/load-module-polkit/caller-leaves", test_caller_leaves);
        add("/load-module-polkit/twenty-at-once", test_twenty_at_once);
        add("/load-module-polkit/daemon-ends", test_daemon_ends);
        add("/load-module-polkit/bus-restarts", test_bus_restarts);

        return g_test_run();
}
