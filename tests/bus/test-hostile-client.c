/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client that means harm: wrong signatures, names of nothing, thousands of calls. Others are answered all
 * the time, memory stays bounded, and nothing ends. */

#include <stdio.h>
#include <string.h>

#include "call.h"
#include "daemon/manager.h"
#include "dbus/names.h"
#include "hostile.h"
#include "stress.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
        GDBusConnection *client; /* the hostile one */
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *memory = memory_env();
        const char *const env[] = { memory, NULL };

        (void) data;

        bus_up(&fixture->bus);
        fixture->root = machine_new_amd();
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root, .env = env });
        fixture->client = bus_connect_client(&fixture->bus);
}

static void close_client(Fixture *fixture) {
        g_dbus_connection_close_sync(fixture->client, NULL, NULL);
        g_clear_object(&fixture->client);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->client)
                close_client(fixture);
        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

/* The answer to a call, as the name of its error, or NULL. */
static char *call_error(Fixture *fixture, const char *path, const char *interface, const char *member,
                        GVariant *arguments) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(fixture->client, BUS_NAME, path, interface, member, arguments,
                                            NULL, G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL,
                                            &error);
        return reply ? NULL : g_dbus_error_get_remote_error(error);
}

#define assert_call_error(fixture, path, interface, member, arguments, expected)           \
        do {                                                                               \
                g_autofree char *_error =                                                  \
                        call_error((fixture), (path), (interface), (member), (arguments)); \
                g_assert_cmpstr(_error, ==, (expected));                                   \
        } while (0)

static void test_wrong_signatures(Fixture *fixture, const void *data) {
        static const char *const methods[] = { "Recheck", "Describe", "CheckAccess", "LoadModule",
                                               "PersistModule" };
        static const char *const bodies[] = {
                "(@ay [0x00, 0xff],)",
                "('kvm', 'tun')",
                "(1, 2, 3)",
                "(<'kvm'>,)",
                "({'kvm': <true>},)",
                "(objectpath '/kvm', true)",
                "('kvm', 1)",
                "(true, 'kvm')",
                "(['kvm'],)",
                "(@g 's',)",
                "(@x -0x8000000000000000,)",
                "([<[<[<[<1>]>]>]>],)",
        };

        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
                for (gsize k = 0; k < G_N_ELEMENTS(bodies); k++)
                        assert_call_error(fixture, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, methods[i],
                                          g_variant_new_parsed(bodies[k]),
                                          "org.freedesktop.DBus.Error.InvalidArgs");
        assert_call_error(fixture, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "LoadModule", NULL,
                          "org.freedesktop.DBus.Error.InvalidArgs");
        assert_others_are_answered(&fixture->daemon);
}

static void test_nothing_there(Fixture *fixture, const void *data) {
        g_autofree char *long_path = g_strnfill(50000, 'a');
        g_autofree char *deep_path = g_strconcat(BUS_PATH_CHECK, "/", long_path, NULL);

        (void) data;

        assert_call_error(fixture, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "UnloadModule", NULL,
                          "org.freedesktop.DBus.Error.UnknownMethod");
        assert_call_error(fixture, deep_path, PROPERTIES, "GetAll",
                          g_variant_new("(s)", BUS_INTERFACE_CHECK),
                          "org.freedesktop.DBus.Error.UnknownObject");
        assert_call_error(fixture, BUS_PATH_CHECK "/kvm/usable/__/_", PROPERTIES, "GetAll",
                          g_variant_new("(s)", BUS_INTERFACE_CHECK),
                          "org.freedesktop.DBus.Error.UnknownObject");
        assert_call_error(fixture, BUS_PATH_DEVICE "/ffff_ff_ff_f", PROPERTIES, "GetAll",
                          g_variant_new("(s)", BUS_INTERFACE_DEVICE),
                          "org.freedesktop.DBus.Error.UnknownObject");
        assert_call_error(fixture, BUS_PATH_MANAGER, PROPERTIES, "Get",
                          g_variant_new("(ss)", BUS_INTERFACE_MANAGER, long_path),
                          "org.freedesktop.DBus.Error.UnknownProperty");
        assert_call_error(
                fixture, BUS_PATH_MANAGER, PROPERTIES, "Set",
                g_variant_new("(ssv)", BUS_INTERFACE_MANAGER, "Ready", g_variant_new_boolean(TRUE)),
                "org.freedesktop.DBus.Error.PropertyReadOnly");
        assert_others_are_answered(&fixture->daemon);
}

static void flood(Fixture *fixture, guint n, const char *interface, const char *member,
                  const char *argument) {
        g_test_message("%u calls of %s that want no answer", n, member);
        for (guint i = 0; i < n; i++)
                send_without_reply(fixture->client, interface, member,
                                   argument ? g_variant_new("(s)", argument) : NULL);
        assert_others_are_answered(&fixture->daemon);
        wait_for_bus(fixture->client);
        daemon_settle(&fixture->daemon);
}

static void test_calls_without_reply(Fixture *fixture, const void *data) {
        guint64 before;

        (void) data;

        /* What it needs at all, it has after a few of each. */
        flood(fixture, 10, OBJECT_MANAGER, "GetManagedObjects", NULL);
        flood(fixture, 10, BUS_INTERFACE_MANAGER, "Describe", NULL);
        flood(fixture, 10, BUS_INTERFACE_MANAGER, "Recheck", NULL);
        daemon_reset_peak(&fixture->daemon);
        before = daemon_memory_kib(&fixture->daemon, "VmHWM");

        flood(fixture, 10000, OBJECT_MANAGER, "GetManagedObjects", NULL);
        flood(fixture, 10000, BUS_INTERFACE_MANAGER, "Describe", NULL);
        flood(fixture, 10000, PROPERTIES, "GetAll", BUS_INTERFACE_MANAGER);
        flood(fixture, 10000, BUS_INTERFACE_MANAGER, "CheckAccess", NULL);
        flood(fixture, 10000, BUS_INTERFACE_MANAGER, "Recheck", NULL);
        flood(fixture, 10000, BUS_INTERFACE_MANAGER, "Nothing", NULL);

        g_test_message("peak of resident memory: %" G_GUINT64_FORMAT " KiB before, %" G_GUINT64_FORMAT
                       " KiB after",
                       before, daemon_memory_kib(&fixture->daemon, "VmHWM"));
        g_assert_cmpuint(daemon_memory_kib(&fixture->daemon, "VmHWM"), <,
                         before + 8 * memory_growth_max_kib());
}

typedef struct Counts {
        guint answered;
        guint refused; /* with the error that is expected */
        const char *refusal;
} Counts;

static void on_counted(GObject *source, GAsyncResult *result, void *userdata) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *name = NULL;
        Counts *counts = userdata;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        if (reply) {
                counts->answered++;
                return;
        }

        name = g_dbus_error_get_remote_error(error);
        if (g_strcmp0(name, counts->refusal) != 0)
                g_error("%s", error->message);
        counts->refused++;
}

/* However long all take, there is none that nothing comes of. */
static void wait_for_replies(const Counts *counts, guint n) {
        while (counts->answered + counts->refused < n) {
                guint before = counts->answered + counts->refused;

                wait_until(counts->answered + counts->refused > before);
        }
        g_assert_cmpuint(counts->answered + counts->refused, ==, n);
}

static void flood_with_reply(Fixture *fixture, guint n, const char *interface, const char *member,
                             Counts *counts) {
        for (guint i = 0; i < n; i++)
                g_dbus_connection_call(fixture->client, BUS_NAME, BUS_PATH_MANAGER, interface, member, NULL,
                                       NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_counted, counts);
}

/* The bus lets so many calls of a connection wait for their replies (dbus-daemon's default of
 * max_replies_per_connection), and refuses more. */
#define REPLIES_MAX 128U

/* Each is answered, by the daemon or by the bus. */
static void test_calls_with_reply(Fixture *fixture, const void *data) {
        static const guint n = 2000;
        Counts counts = { .refusal = "org.freedesktop.DBus.Error.LimitsExceeded" };

        (void) data;

        flood_with_reply(fixture, n, OBJECT_MANAGER, "GetManagedObjects", &counts);
        assert_others_are_answered(&fixture->daemon);
        wait_for_replies(&counts, n);
        g_test_message("%u answered, %u refused", counts.answered, counts.refused);
        g_assert_cmpuint(counts.answered, >=, REPLIES_MAX);
}

/* One caller may wait for a pass with 16 calls. More are refused, and others are not. */
static void test_rechecks(Fixture *fixture, const void *data) {
        Counts counts = { .refusal = BUS_ERROR_RATE_LIMITED };
        guint passes;
        Call polite;

        (void) data;

        /* It finds all of them at once, and runs no pass in between. */
        passes = daemon_passes(&fixture->daemon);
        daemon_stop(&fixture->daemon);
        flood_with_reply(fixture, REPLIES_MAX, BUS_INTERFACE_MANAGER, "Recheck", &counts);
        wait_for_bus(fixture->client);
        call_start(&polite, fixture->bus.connection, "Recheck", NULL, /* interactive= */ false);
        wait_for_bus(fixture->bus.connection);
        daemon_continue(&fixture->daemon);
        call_end(&polite, NULL, NULL);

        wait_for_replies(&counts, REPLIES_MAX);
        passes = daemon_passes(&fixture->daemon) - passes;
        g_test_message("%u answered by %u passes, %u refused", counts.answered, passes, counts.refused);
        g_assert_cmpuint(counts.refused, >, 0);
        g_assert_cmpuint(counts.answered, >=, MANAGER_RECHECKS_PER_CALLER_MAX);
        g_assert_cmpuint(counts.answered, <=, MANAGER_RECHECKS_PER_CALLER_MAX * passes);
}

/* More callers than would fill all the places there are, each with more than it may have. Nobody waits with
 * a call that wants no answer, so it takes no place. */
static void test_rechecks_without_reply(Fixture *fixture, const void *data) {
        GDBusConnection *clients[MANAGER_RECHECKS_MAX / MANAGER_RECHECKS_PER_CALLER_MAX + 2];
        Call polite;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
                clients[i] = bus_connect_client(&fixture->bus);
        /* After so many passes in a row (daemon/deferred.c) the next takes its time, which is enough. */
        for (guint i = 0; i < 3; i++)
                g_variant_unref(manager_call(&fixture->daemon, "Recheck"));

        for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
                for (guint k = 0; k <= MANAGER_RECHECKS_PER_CALLER_MAX; k++)
                        send_without_reply(clients[i], BUS_INTERFACE_MANAGER, "Recheck", NULL);
        for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
                wait_for_bus(clients[i]);
        call_start(&polite, fixture->bus.connection, "Recheck", NULL, /* interactive= */ false);
        call_end(&polite, NULL, NULL);

        for (guint i = 0; i < G_N_ELEMENTS(clients); i++) {
                g_dbus_connection_close_sync(clients[i], NULL, NULL);
                g_object_unref(clients[i]);
        }
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/hostile-client/wrong-signatures", test_wrong_signatures);
        add("/hostile-client/nothing-there", test_nothing_there);
        add("/hostile-client/calls-without-reply", test_calls_without_reply);
        add("/hostile-client/calls-with-reply", test_calls_with_reply);
        add("/hostile-client/rechecks", test_rechecks);
        add("/hostile-client/rechecks-without-reply", test_rechecks_without_reply);

        return g_test_run();
}
