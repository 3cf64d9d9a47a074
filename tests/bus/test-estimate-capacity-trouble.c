/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity with a helper that hangs, dies and talks nonsense, and callers who are many or leave. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "capacity-fixture.h"
#include "dbus/names.h"

#define GUEST "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>, 'disk_bytes': <uint64 1073741824>}"
#define AT(path)                                                                                      \
        "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>, 'disk_bytes': <uint64 1073741824>, " \
        "'storage_path': <'" path "'>}"
#define RATE_LIMITED "org.virtready1.Error.RateLimited"

/* Libvirt hangs: after the time limit there is all but what it would have told, and meanwhile everybody else
 * is answered. */
static void test_hangs(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, disk = NULL, ping = NULL;
        gint64 begin, waited;

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, "case $2 in --uri=*) exec sleep 1000 ;; *) echo '" STORAGE_JSON "' ;; esac\n");
        begin = g_get_monotonic_time();
        estimate_start(fixture->bus.connection, GUEST, on_estimate, &answer);
        wait_until(helper_runs(fixture) == 2);
        daemon_settle(&fixture->daemon);
        ping = manager_call(&fixture->daemon, "Describe");
        g_assert_null(answer);

        wait_until(answer);
        waited = g_get_monotonic_time() - begin;
        g_assert_cmpint(waited, >=, 5 * G_USEC_PER_SEC);
        g_assert_cmpint(waited, <, 9 * G_USEC_PER_SEC);
        g_assert_true(flag_of(answer, "guests_known") == knows_of_no_vms(fixture));
        {
                g_autofree char *detail = detail_of(answer, "guests");

                g_assert_true(g_str_has_prefix(detail, "libvirt did not answer in time"));
        }
        disk = resource_of(answer, "disk");
        g_assert_true(flag_of(disk, "known"));
}

static void assert_detail(Fixture *fixture, const char *script, const char *word) {
        g_autoptr(GVariant) answer = NULL, cpu = NULL, disk = NULL;
        g_autofree char *guests = NULL, *storage = NULL, *unknown = NULL;
        gboolean none = knows_of_no_vms(fixture);

        helper_write(fixture, script);
        answer = estimate(fixture, GUEST);
        g_assert_true(flag_of(answer, "guests_known") == none);
        unknown = names_of(answer, "unknown");
        g_assert_true(g_str_has_prefix(unknown, none ? "disk" : "cpu memory disk"));
        cpu = resource_of(answer, "cpu");
        g_assert_cmpuint(number_of(cpu, "used"), ==, 0);
        disk = resource_of(answer, "disk");
        g_assert_false(flag_of(disk, "known"));
        guests = detail_of(answer, "guests");
        if (none)
                g_assert_true(g_str_has_suffix(guests, ". The kernel counts no virtual machine."));
        storage = detail_of(answer, "disk");
        if (!strstr(guests, word) || !strstr(storage, word))
                g_error("'%s' is not in both: %s %s", word, guests, storage);
}

static void test_nonsense(Fixture *fixture, const void *data) {
        static const char *const nonsense[] = {
                "",
                "echo hello",
                "echo '[]'",
                "echo 7",
                "echo '{'",
                "printf '{\"guests\": null}\\0'",
                "echo '{\"guests\": 7, \"storage\": 7}'",
                "echo '{\"guests\": {}, \"storage\": {}}'",
                "echo '{\"guests\": {\"count\": -1, \"vcpus\": 6, \"memory_bytes\": 1}, \"storage\": []}'",
                "echo '{\"guests\": {\"count\": 1.5, \"vcpus\": 6, \"memory_bytes\": 1}, \"storage\": []}'",
                "echo '{\"guests\": {\"count\": \"1\", \"vcpus\": 6, \"memory_bytes\": 1}}'",
                "echo '{\"guests\": \"\", \"storage\": \"\"}'",
                "echo '{\"storage\": {\"total_bytes\": 1, \"available_bytes\": 2}, \"guests\": 7}'",
                "yes '{\"guests\": '",
                "head -c 1000000 /dev/zero",
        };

        (void) data;

        start(fixture, "active", "active");
        for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
                g_test_message("%s", nonsense[i]);
                assert_detail(fixture, nonsense[i], "makes no sense");
        }
}

static void test_dies(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture, "active", "active");
        assert_detail(fixture, "exit 1", "ended with status 1");
        assert_detail(fixture, "kill -SEGV $$", "was ended by a signal");
        assert_detail(fixture,
                      "echo '{\"guests\": null, \"storage\": null, \"detail\": \"Low\\u001b battery\"}'",
                      "Low? battery");
        assert_detail(fixture, "echo '{}'", "does not tell why");

        g_assert_cmpint(remove(fixture->helper), ==, 0);
        {
                g_autoptr(GVariant) answer = estimate(fixture, GUEST);
                g_autofree char *detail = detail_of(answer, "guests");

                g_assert_nonnull(strstr(detail, "could not be started: No such file"));
        }
}

typedef struct Counted {
        guint answered, limited;
} Counted;

static void on_counted(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        Counted *counted = data;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        if (reply) {
                counted->answered++;
                return;
        }

        g_autofree char *name = g_dbus_error_get_remote_error(error);
        g_assert_cmpstr(name, ==, RATE_LIMITED);
        counted->limited++;
}

/* For whom it does not matter how it ends. */
static void on_ignored(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) reply = NULL;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);
        ++*(guint *) data;
}

/* The helper waits until the file is gone. */
#define WAITS(answer) "while [ -e \"$0.wait\" ]; do sleep 0.02; done\n" answer

static void hold(Fixture *fixture) {
        file_write(fixture->bus.directory, "helper.wait", "");
}

static void let_go(Fixture *fixture) {
        file_remove(fixture->bus.directory, "helper.wait");
}

/* Many ask the same, and the helper is asked once. */
static void test_shared(Fixture *fixture, const void *data) {
        GDBusConnection *callers[50];
        Counted counted = {};

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, WAITS(HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON)));
        hold(fixture);
        for (guint i = 0; i < G_N_ELEMENTS(callers); i++) {
                callers[i] = bus_connect_client(&fixture->bus);
                estimate_start(callers[i], GUEST, on_counted, &counted);
                estimate_start(callers[i], AT("/srv"), on_counted, &counted);
        }
        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
                g_dbus_connection_flush_sync(callers[i], NULL, NULL);
        daemon_settle(&fixture->daemon);
        wait_until(helper_runs(fixture) == 3);
        g_assert_cmpuint(counted.answered, ==, 0);

        let_go(fixture);
        wait_until(counted.answered == 2 * G_N_ELEMENTS(callers));
        g_assert_cmpuint(counted.limited, ==, 0);
        g_assert_cmpuint(helper_runs(fixture), ==, 3);

        for (guint i = 0; i < G_N_ELEMENTS(callers); i++) {
                g_dbus_connection_close_sync(callers[i], NULL, NULL);
                g_object_unref(callers[i]);
        }
}

/* One caller has so many places and so many helpers, and leaves room for others. */
static void test_limits(Fixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) other = NULL;
        Counted paths = {}, same = {}, others = {};

        (void) data;

        start(fixture, "inactive", "active");
        helper_write(fixture, WAITS(HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON)));
        hold(fixture);
        for (guint i = 0; i < 10; i++) {
                g_autofree char *guest = g_strdup_printf(AT("/srv/%u"), i);

                estimate_start(fixture->bus.connection, guest, on_counted, &paths);
        }
        wait_until(paths.limited == 6);
        for (guint i = 0; i < 20; i++)
                estimate_start(fixture->bus.connection, AT("/srv/0"), on_counted, &same);
        wait_until(same.limited == 8);

        other = bus_connect_client(&fixture->bus);
        estimate_start(other, GUEST, on_counted, &others);
        wait_until(helper_runs(fixture) == 5);

        let_go(fixture);
        wait_until(paths.answered == 4 && same.answered == 12 && others.answered == 1);
        g_dbus_connection_close_sync(other, NULL, NULL);
}

/* Who leaves leaves neither a place taken nor a helper at work. */
static void test_caller_leaves(Fixture *fixture, const void *data) {
        g_autofree char *pid_file = g_build_filename(fixture->bus.directory, "pid", NULL),
                        *script = g_strdup_printf("echo $$ >>%s\nexec sleep 1000\n", pid_file);
        g_autoptr(GVariant) answer = NULL;
        guint ended = 0;

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, script);
        for (guint round = 0; round < 20; round++) {
                g_autoptr(GDBusConnection) caller = bus_connect_client(&fixture->bus);

                estimate_start(caller, GUEST, on_ignored, &ended);
                wait_until(helper_runs(fixture) == 2 * (round + 1));
                g_dbus_connection_close_sync(caller, NULL, NULL);
                wait_until(ended == round + 1);
        }

        {
                g_autofree char *text = NULL;
                g_auto(GStrv) pids = NULL;

                wait_until(g_file_get_contents(pid_file, &text, NULL, NULL));
                pids = g_strsplit(g_strchomp(text), "\n", -1);
                for (char **pid = pids; *pid; pid++)
                        wait_until(kill((pid_t) g_ascii_strtoll(*pid, NULL, 10), 0) < 0);
        }

        helper_write(fixture, HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON));
        answer = estimate(fixture, GUEST);
        g_assert_true(flag_of(answer, "guests_known"));
}

/* Anybody may send what looks like the bus's signal: nobody goes without an answer for it, and nobody gets
 * more places. */
static void test_leaving_forged(Fixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) caller = NULL;
        Counted counted = {};

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, WAITS(HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON)));
        hold(fixture);
        caller = bus_connect_client(&fixture->bus);
        for (guint i = 0; i < 16; i++)
                estimate_start(caller, GUEST, on_counted, &counted);
        /* The second time the daemon has heard from the bus that it tells who leaves. */
        for (guint i = 0; i < 2; i++) {
                bus_forge_leaving(caller, caller);
                bus_forge_leaving(fixture->bus.connection, caller);
                daemon_settle(&fixture->daemon);
        }
        estimate_start(caller, GUEST, on_counted, &counted);
        wait_until(counted.limited == 1);

        let_go(fixture);
        wait_until(counted.answered == 16);
        g_dbus_connection_close_sync(caller, NULL, NULL);
}

/* The daemon ends, and loses the bus, while calls wait. */
static void test_daemon_leaves(Fixture *fixture, const void *data) {
        guint ended = 0;

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, "exec sleep 1000\n");
        estimate_start(fixture->bus.connection, GUEST, on_ignored, &ended);
        wait_until(helper_runs(fixture) == 2);
        daemon_down(&fixture->daemon);
        wait_until(ended == 1);
}

static void test_bus_restarts(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        guint ended = 0;

        (void) data;

        start(fixture, "active", "active");
        helper_write(fixture, "exec sleep 1000\n");
        estimate_start(fixture->bus.connection, GUEST, on_ignored, &ended);
        wait_until(helper_runs(fixture) == 2);
        fake_systemd_free(fixture->systemd);
        bus_kill(&fixture->bus);
        bus_start(&fixture->bus);
        daemon_listen(&fixture->daemon);
        wait_until(bus_has_daemon(&fixture->bus));
        fixture->systemd = fake_systemd_new(&fixture->bus);

        helper_write(fixture, HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON));
        answer = estimate(fixture, GUEST);
        g_assert_true(has_key(answer, "resources"));
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/estimate-capacity-trouble/hangs", test_hangs },
                { "/estimate-capacity-trouble/nonsense", test_nonsense },
                { "/estimate-capacity-trouble/dies", test_dies },
                { "/estimate-capacity-trouble/shared", test_shared },
                { "/estimate-capacity-trouble/limits", test_limits },
                { "/estimate-capacity-trouble/caller-leaves", test_caller_leaves },
                { "/estimate-capacity-trouble/leaving-forged", test_leaving_forged },
                { "/estimate-capacity-trouble/daemon-leaves", test_daemon_leaves },
                { "/estimate-capacity-trouble/bus-restarts", test_bus_restarts },
        };

        g_test_init(&argc, &argv, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

        return g_test_run();
}
