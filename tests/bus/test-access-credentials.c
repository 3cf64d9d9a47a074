/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CheckAccess where the bus tells little, nothing, nonsense or nothing yet: the test is the bus. */

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "dbus/names.h"
#include "harness.h"

static const char introspection[] =
        "<node><interface name='org.freedesktop.DBus'>"
        "<method name='Hello'><arg type='s' direction='out'/></method>"
        "<method name='RequestName'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
        "<arg type='u' direction='out'/></method>"
        "<method name='GetConnectionCredentials'><arg type='s' direction='in'/>"
        "<arg type='a{sv}' direction='out'/></method>"
        "</interface></node>";

typedef struct Fixture {
        char *root;
        char *directory;
        GDBusServer *server;
        GDBusConnection *daemon;
        GSubprocess *process;
        GPtrArray *questions; /* calls of GetConnectionCredentials that have no answer yet */
        bool named;
        bool no_nodes;
} Fixture;

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of GDBusInterfaceMethodCallFunc. */
static void on_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
                    gpointer data) {
        Fixture *fixture = data;

        (void) connection, (void) sender, (void) path, (void) interface, (void) parameters;

        if (g_str_equal(method, "Hello"))
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(s)", ":1.1"));
        else if (g_str_equal(method, "RequestName")) {
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(u)", 1));
                fixture->named = true;
        } else
                g_ptr_array_add(fixture->questions, invocation);
}

static gboolean on_connection(GDBusServer *server, GDBusConnection *connection, gpointer data) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call };
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GError) error = NULL;
        Fixture *fixture = data;

        (void) server;

        node = g_dbus_node_info_new_for_xml(introspection, &error);
        g_assert_no_error(error);
        (void) g_dbus_connection_register_object(connection, "/org/freedesktop/DBus", node->interfaces[0],
                                                 &vtable, fixture, NULL, &error);
        g_assert_no_error(error);
        fixture->daemon = g_object_ref(connection);
        return TRUE;
}

static void write_machine(Fixture *fixture) {
        g_autofree char *directory = g_build_filename(fixture->root, "dev", NULL),
                        *node = g_build_filename(directory, "kvm", NULL);

        machine_write_amd(fixture->root);
        file_write(fixture->root, "proc/misc", "232 kvm\n");
        g_assert_cmpint(g_mkdir(directory, 0755), ==, 0);
        fixture->no_nodes = mknod(node, S_IFCHR, makedev(10, 232)) < 0;
        g_assert_true(fixture->no_nodes ? errno == EPERM : g_chmod(node, 0660) == 0);
}

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *guid = g_dbus_generate_guid(), *address = NULL, *bus_option = NULL,
                        *root_option = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;

        fixture->root = g_dir_make_tmp("virtready-root-XXXXXX", &error);
        g_assert_no_error(error);
        fixture->directory = g_dir_make_tmp("virtready-test-XXXXXX", &error);
        g_assert_no_error(error);
        write_machine(fixture);

        fixture->questions = g_ptr_array_new();
        address = g_strdup_printf("unix:path=%s/bus", fixture->directory);
        fixture->server =
                g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
        g_assert_no_error(error);
        g_signal_connect(fixture->server, "new-connection", G_CALLBACK(on_connection), fixture);
        g_dbus_server_start(fixture->server);

        bus_option = g_strdup_printf("--bus=%s", address);
        root_option = g_strdup_printf("--root=%s", fixture->root);
        fixture->process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                                            g_getenv("VIRTREADYD"), bus_option, root_option, NULL);
        g_assert_no_error(error);
        wait_until(fixture->named);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        g_subprocess_send_signal(fixture->process, SIGTERM);
        wait_until(!g_subprocess_get_identifier(fixture->process));
        g_assert_true(g_subprocess_get_successful(fixture->process));
        for (guint i = 0; i < fixture->questions->len; i++)
                g_object_unref(fixture->questions->pdata[i]);
        g_ptr_array_unref(fixture->questions);
        g_clear_object(&fixture->process);
        g_clear_object(&fixture->daemon);
        g_dbus_server_stop(fixture->server);
        g_clear_object(&fixture->server);
        directory_remove(fixture->directory);
        directory_remove(fixture->root);
        g_free(fixture->directory);
        g_free(fixture->root);
}

typedef struct Answers {
        guint done, limited, other;
        GVariant *last;
} Answers;

static void on_answer(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GDBusMessage) reply = NULL;
        g_autoptr(GError) error = NULL;
        Answers *answers = data;

        reply = g_dbus_connection_send_message_with_reply_finish(G_DBUS_CONNECTION(source), result, &error);
        if (!reply)
                return;

        if (g_dbus_message_get_message_type(reply) == G_DBUS_MESSAGE_TYPE_METHOD_RETURN) {
                answers->done++;
                g_clear_pointer(&answers->last, g_variant_unref);
                answers->last = g_variant_get_child_value(g_dbus_message_get_body(reply), 0);
        } else if (g_str_equal(g_dbus_message_get_error_name(reply), BUS_ERROR_RATE_LIMITED))
                answers->limited++;
        else
                answers->other++;
}

static void call_from(Fixture *fixture, const char *sender, Answers *answers) {
        g_autoptr(GDBusMessage) message = NULL;
        g_autoptr(GError) error = NULL;

        message = g_dbus_message_new_method_call(BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                                 "CheckAccess");
        g_dbus_message_set_sender(message, sender);
        g_dbus_connection_send_message_with_reply(fixture->daemon, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                                  (int) WAIT_SECONDS * 1000, NULL, NULL, on_answer, answers);
        g_assert_no_error(error);
}

/* The answer to the oldest question; CREDENTIALS is in GVariant's text format. */
static void tell(Fixture *fixture, const char *credentials) {
        g_autoptr(GError) error = NULL;
        GVariant *value = g_variant_parse(G_VARIANT_TYPE_VARDICT, credentials, NULL, NULL, &error);

        g_assert_no_error(error);
        g_dbus_method_invocation_return_value(g_ptr_array_steal_index(fixture->questions, 0),
                                              g_variant_new("(@a{sv})", value));
}

static void refuse(Fixture *fixture, const char *name) {
        g_dbus_method_invocation_return_dbus_error(g_ptr_array_steal_index(fixture->questions, 0), name,
                                                   "This is the message.");
}

static void assert_kvm(GVariant *devices, bool allowed, const char *reason) {
        for (gsize i = 0; i < g_variant_n_children(devices); i++) {
                g_autoptr(GVariant) device = g_variant_get_child_value(devices, i);
                const char *path, *word;
                gboolean may;

                g_assert_true(g_variant_lookup(device, "device", "&s", &path));
                if (!g_str_equal(path, "/dev/kvm"))
                        continue;

                g_assert_true(g_variant_lookup(device, "reason", "&s", &word));
                g_assert_true(g_variant_lookup(device, "allowed", "b", &may));
                g_assert_cmpstr(word, ==, reason);
                g_assert_true(may == allowed);
                return;
        }

        g_assert_not_reached();
}

/* What it does not say is not guessed, and what follows without it is said. The node is root's, 0660. */
static void test_credentials(Fixture *fixture, const void *data) {
        static const struct {
                const char *credentials; /* NULL: an error */
                const char *reason;
        } cases[] = {
                { "{'UnixUserID': <uint32 1>, 'UnixGroupIDs': <@au [0]>, 'ProcessID': <uint32 1>}",
                  "group" },
                { "{'UnixUserID': <uint32 1>, 'UnixGroupIDs': <@au []>}", "root-only" },
                { "{'UnixUserID': <uint32 1>}", "unknown" },
                { "{'UnixUserID': <uint32 0>}", "root" },
                { "{'UnixGroupIDs': <@au [0]>}", "unknown" },
                { "{'ProcessID': <uint32 1>}", "unknown" },
                { "{}", "unknown" },
                { "{'UnixUserID': <'root'>, 'UnixGroupIDs': <@au [0]>}", "unknown" },
                { "{'UnixUserID': <uint32 0>, 'UnixGroupIDs': <[true]>}", "unknown" },
                { "{'UnixUserID': <uint32 4294967295>, 'UnixGroupIDs': <@au [1]>}", "root-only" },
                { NULL, "unknown" },
        };
        Answers answers = {};

        (void) data;
        if (fixture->no_nodes)
                skip_because("no device node can be made here");

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].credentials ? cases[i].credentials : "an error");
                call_from(fixture, ":1.7", &answers);
                wait_until(fixture->questions->len == 1);
                if (cases[i].credentials)
                        tell(fixture, cases[i].credentials);
                else
                        refuse(fixture, "org.freedesktop.DBus.Error.UnixProcessIdUnknown");
                wait_until(answers.done == i + 1);
                assert_kvm(answers.last,
                           g_str_equal(cases[i].reason, "group") || g_str_equal(cases[i].reason, "root"),
                           cases[i].reason);
        }
        g_variant_unref(answers.last);
}

/* Sixteen of one caller wait, and 256 in all; places become free again. */
static void test_limits(Fixture *fixture, const void *data) {
        Answers answers = {};

        (void) data;

        for (guint i = 0; i < 20; i++)
                call_from(fixture, ":1.7", &answers);
        wait_until(answers.limited == 4 && fixture->questions->len == 16);

        for (guint i = 0; i < 250; i++) {
                g_autofree char *sender = g_strdup_printf(":2.%u", i);

                call_from(fixture, sender, &answers);
        }
        wait_until(answers.limited == 4 + 10 && fixture->questions->len == 256);
        g_assert_cmpuint(answers.done + answers.other, ==, 0);

        /* One is answered, and one has left: that makes room for two, of whom the first caller is one. */
        tell(fixture, "{'UnixUserID': <uint32 0>}");
        wait_until(answers.done == 1);
        refuse(fixture, "org.freedesktop.DBus.Error.NameHasNoOwner");
        call_from(fixture, ":1.7", &answers);
        call_from(fixture, ":3.1", &answers);
        wait_until(fixture->questions->len == 256);
        call_from(fixture, ":3.2", &answers);
        wait_until(answers.limited == 4 + 10 + 1);
        g_assert_cmpuint(answers.other, ==, 0);
        g_variant_unref(answers.last);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/access-credentials/credentials", Fixture, NULL, set_up, test_credentials, tear_down);
        g_test_add("/access-credentials/limits", Fixture, NULL, set_up, test_limits, tear_down);

        return g_test_run();
}
