/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client that means harm: wrong signatures, huge strings, thousands of calls. Others are answered all the
 * time, memory stays bounded, and nothing ends. */

#include <stdio.h>
#include <string.h>

#include "dbus/names.h"
#include "fake-polkit.h"
#include "stress.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

#define MIB ((gsize) 1024 * 1024)

/* Others wait no longer, on a machine that is busy with the flood itself, and under a sanitizer. Without
 * limits in the daemon a flood of this size takes it many times as long. */
#define PATIENCE_SECONDS 2.0

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        FakePolkit *polkit;
        char *root;
        GDBusConnection *client; /* the hostile one */
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *memory = memory_env();
        const char *const env[] = { memory, NULL };
        g_autoptr(GError) error = NULL;

        (void) data;

        bus_up(&fixture->bus);
        fixture->root = g_dir_make_tmp("virtready-root-XXXXXX", &error);
        g_assert_no_error(error);
        machine_write_amd(fixture->root);
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
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

/* Somebody else asks, and yields how long that took. */
static double ask_politely(Fixture *fixture) {
        gint64 begin = g_get_monotonic_time();

        assert_property(&fixture->daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "Id",
                        "kvm.vendor_module");
        return (double) (g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
}

static void assert_others_are_answered(Fixture *fixture) {
        double longest = 0;

        for (guint i = 0; i < 20; i++)
                longest = MAX(longest, ask_politely(fixture));
        g_test_message("the longest of 20 polite calls took %.3f s", longest);
        g_assert_cmpfloat(longest, <, PATIENCE_SECONDS);
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
        assert_others_are_answered(fixture);
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
        assert_others_are_answered(fixture);
}

/* A bus carries strings of tens of megabytes. They are not kept, and not sent back. */
static void test_huge_strings(Fixture *fixture, const void *data) {
        g_autofree char *huge = g_strnfill(20 * MIB, 'k');
        guint64 before, after;

        (void) data;

        before = daemon_memory_kib(&fixture->daemon, "VmRSS");
        for (guint i = 0; i < 5; i++) {
                g_autoptr(GError) error = NULL;

                g_variant_unref(g_dbus_connection_call_sync(
                        fixture->bus.connection, BUS_NAME, BUS_PATH_MANAGER, PROPERTIES, "GetAll",
                        g_variant_new("(s)", BUS_INTERFACE_MANAGER), NULL, G_DBUS_CALL_FLAGS_NONE,
                        (int) WAIT_SECONDS * 1000, NULL, &error));
                g_assert_no_error(error);
                assert_call_error(fixture, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "LoadModule",
                                  g_variant_new("(s)", huge), "org.freedesktop.DBus.Error.InvalidArgs");
        }
        assert_others_are_answered(fixture);
        after = daemon_memory_kib(&fixture->daemon, "VmRSS");
        g_test_message("resident memory: %" G_GUINT64_FORMAT " KiB before, %" G_GUINT64_FORMAT
                       " KiB after 5 strings of 20 MiB",
                       before, after);
        g_assert_cmpuint(after, <, before + memory_growth_max_kib());
}

static void send_without_reply(Fixture *fixture, const char *interface, const char *member,
                               GVariant *arguments) {
        g_autoptr(GDBusMessage) message =
                g_dbus_message_new_method_call(BUS_NAME, BUS_PATH_MANAGER, interface, member);
        g_autoptr(GError) error = NULL;

        if (arguments)
                g_dbus_message_set_body(message, arguments);
        g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
        (void) g_dbus_connection_send_message(fixture->client, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                              &error);
        g_assert_no_error(error);
}

static void flood(Fixture *fixture, guint n, const char *interface, const char *member,
                  const char *argument) {
        g_test_message("%u calls of %s that want no answer", n, member);
        for (guint i = 0; i < n; i++)
                send_without_reply(fixture, interface, member,
                                   argument ? g_variant_new("(s)", argument) : NULL);
        assert_others_are_answered(fixture);
        g_dbus_connection_flush_sync(fixture->client, NULL, NULL);
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
        flood(fixture, 10000, BUS_INTERFACE_MANAGER, "LoadModule", "tun");
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
        guint refused;
} Counts;

static void on_counted(GObject *source, GAsyncResult *result, void *userdata) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        Counts *counts = userdata;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        if (reply)
                counts->answered++;
        else
                counts->refused++; /* by the bus, which has limits of its own */
}

static void test_calls_with_reply(Fixture *fixture, const void *data) {
        static const guint n = 2000;
        Counts counts = {};

        (void) data;

        for (guint i = 0; i < n; i++)
                g_dbus_connection_call(fixture->client, BUS_NAME, BUS_PATH_MANAGER, OBJECT_MANAGER,
                                       "GetManagedObjects", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                                       (int) WAIT_SECONDS * 1000, NULL, on_counted, &counts);
        assert_others_are_answered(fixture);
        wait_until(counts.answered + counts.refused == n);
        g_test_message("%u answered, %u refused", counts.answered, counts.refused);
        g_assert_cmpuint(counts.answered, >, 0);
}

static GDBusConnection *load_without_waiting(Fixture *fixture) {
        GDBusConnection *client = bus_connect_client(&fixture->bus);

        g_dbus_connection_call(client, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "LoadModule",
                               g_variant_new("(s)", "tun"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                               NULL);
        g_dbus_connection_flush_sync(client, NULL, NULL);
        return client;
}

#define AT_ONCE 20U

/* As many questions as callers, which then leave: each question is withdrawn, and polkit answers that. */
static void come_and_go(Fixture *fixture) {
        GDBusConnection *clients[AT_ONCE];
        FakeQuestion *questions[AT_ONCE];

        for (guint i = 0; i < AT_ONCE; i++)
                clients[i] = load_without_waiting(fixture);
        for (guint i = 0; i < AT_ONCE; i++)
                questions[i] = fake_polkit_next_question(fixture->polkit);
        for (guint i = 0; i < AT_ONCE; i++) {
                g_dbus_connection_close_sync(clients[i], NULL, NULL);
                g_object_unref(clients[i]);
        }
        for (guint i = 0; i < AT_ONCE; i++)
                g_free(fake_polkit_next_cancellation(fixture->polkit));
        for (guint i = 0; i < AT_ONCE; i++)
                fake_polkit_answer_error(questions[i], "org.freedesktop.PolicyKit1.Error.Cancelled",
                                         "Cancelled");
}

/* Callers leave as fast as they come: their questions go with them, and leave room for others'. */
static void test_come_and_go(Fixture *fixture, const void *data) {
        g_autofree char *log = NULL;

        (void) data;

        daemon_down(&fixture->daemon);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        fixture->polkit = fake_polkit_new(&fixture->bus);

        for (guint round = 0; round < 10; round++)
                come_and_go(fixture);
        assert_others_are_answered(fixture);
        log = daemon_log(&fixture->daemon);
        g_assert_null(strstr(log, "Asked to load"));
        g_assert_null(strstr(log, "Polkit could not be asked"));
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/hostile-client/wrong-signatures", test_wrong_signatures);
        add("/hostile-client/nothing-there", test_nothing_there);
        add("/hostile-client/huge-strings", test_huge_strings);
        add("/hostile-client/calls-without-reply", test_calls_without_reply);
        add("/hostile-client/calls-with-reply", test_calls_with_reply);
        add("/hostile-client/come-and-go", test_come_and_go);

        return g_test_run();
}
