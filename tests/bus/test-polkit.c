/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client asks polkit, and what becomes of each answer, or of none. */

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asker.h"
#include "call.h"
#include "dbus/names.h"
#include "fake-polkit.h"
#include "policy/polkit.h"

typedef struct Fixture {
        Bus bus;
        Asker asker;
        FakePolkit *polkit;
        GDBusConnection *caller;
} Fixture;

/* DATA is for the asker's environment, or NULL. */
static void set_up(Fixture *fixture, const void *data) {
        bus_up(&fixture->bus);
        fixture->polkit = fake_polkit_new(&fixture->bus);
        fixture->caller = bus_connect_client(&fixture->bus);
        asker_up(&fixture->asker, &fixture->bus, data);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        asker_down(&fixture->asker);
        g_dbus_connection_close_sync(fixture->caller, NULL, NULL);
        g_clear_object(&fixture->caller);
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        bus_down(&fixture->bus);
}

static void assert_question(const FakeQuestion *question, const Fixture *fixture, const char *action,
                            const char *details, guint32 flags) {
        g_autofree char *text = g_variant_print(question->details, FALSE);

        g_assert_cmpstr(question->kind, ==, "system-bus-name");
        g_assert_cmpstr(question->subject, ==, g_dbus_connection_get_unique_name(fixture->caller));
        g_assert_cmpstr(question->action, ==, action);
        g_assert_cmpstr(text, ==, details);
        g_assert_cmpuint(question->flags, ==, flags);
        g_assert_cmpstr(question->cancellation_id, !=, "");
}

/* The caller is root where root runs the tests, and in any case the user that the asker is: both are asked
 * about. */
static void test_question(Fixture *fixture, const void *data) {
        g_autofree char *id = NULL;
        FakeQuestion *question;
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm_intel");
        question = fake_polkit_next_question(fixture->polkit);
        assert_question(question, fixture, "org.virtready1.load-module", "{'module': 'kvm_intel'}", 0);
        id = g_strdup(question->cancellation_id);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        fake_polkit_answer(question, /* authorized= */ true, /* challenge= */ false);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);

        call_start(&call, fixture->caller, "PersistModule", g_variant_new("(sb)", "kvm", FALSE),
                   /* interactive= */ true);
        question = fake_polkit_next_question(fixture->polkit);
        assert_question(question, fixture, "org.virtready1.persist-module",
                        "{'module': 'kvm', 'persistent': 'false'}", POLKIT_ALLOWS_INTERACTION);
        g_assert_cmpstr(question->cancellation_id, !=, id);
        fake_polkit_answer(question, /* authorized= */ true, /* challenge= */ false);
        call_end(&call, NULL, NULL);

        /* A yes is good for one call. */
        call_load(&call, fixture->caller, "kvm_intel");
        fake_polkit_answer(fake_polkit_next_question(fixture->polkit), /* authorized= */ false,
                           /* challenge= */ false);
        call_end(&call, ACCESS_DENIED, "org.virtready1.load-module");
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 2);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 0);
}

static void test_no(Fixture *fixture, const void *data) {
        static const struct {
                const char *answer;
                bool interactive;
                const char *error, *word;
        } cases[] = {
                { "((false, false, @a{ss} {}),)", false, ACCESS_DENIED, "rule" },
                { "((false, false, @a{ss} {}),)", true, ACCESS_DENIED, "rule" },
                { "((false, false, {'polkit.retains_authorization_after_challenge': 'true'}),)", true,
                  ACCESS_DENIED, "rule" },
                { "((false, true, @a{ss} {}),)", false, INTERACTION_NEEDED, "interactive" },
                { "((false, true, {'polkit.retains_authorization_after_challenge': '1'}),)", false,
                  INTERACTION_NEEDED, "interactive" },
                { "((false, true, @a{ss} {}),)", true, INTERACTION_NEEDED, "agent" },
                { "((false, false, {'polkit.dismissed': 'true'}),)", true, ACCESS_DENIED, "dismissed" },
                { "((false, true, {'a': 'b', 'polkit.dismissed': 'true'}),)", true, ACCESS_DENIED,
                  "dismissed" },
        };
        Call call;

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i].answer);
                call_start(&call, fixture->caller, "LoadModule", g_variant_new("(s)", "kvm"),
                           cases[i].interactive);
                fake_polkit_answer_body(fake_polkit_next_question(fixture->polkit),
                                        g_variant_new_parsed(cases[i].answer));
                call_end(&call, cases[i].error, cases[i].word);
        }

        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 0);
}

/* Each is a no that names what polkit has said; the journal has the first. */
static void test_errors(Fixture *fixture, const void *data) {
        static const char *const names[] = {
                "org.freedesktop.PolicyKit1.Error.Failed",
                "org.freedesktop.PolicyKit1.Error.Cancelled",
                "org.freedesktop.PolicyKit1.Error.NotSupported",
                "org.freedesktop.PolicyKit1.Error.NotAuthorized",
                "org.freedesktop.DBus.Error.AccessDenied",
                "org.freedesktop.DBus.Error.UnknownMethod",
                "org.freedesktop.DBus.Error.Spawn.ChildExited",
                "org.freedesktop.systemd1.UnitMasked",
        };
        Call call;

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                call_load(&call, fixture->caller, "kvm");
                fake_polkit_answer_error(fake_polkit_next_question(fixture->polkit), names[i],
                                         "The cat is on the keyboard");
                wait_until(call.done);
                g_assert_nonnull(strstr(call.message, "The cat is on the keyboard"));
                call_end(&call, ACCESS_DENIED, names[i]);
        }
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 1);

        /* It works again, and then it does not. */
        call_load(&call, fixture->caller, "kvm");
        fake_polkit_allow_next(fixture->polkit);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
        call_load(&call, fixture->caller, "kvm");
        fake_polkit_answer_error(fake_polkit_next_question(fixture->polkit), names[0], "");
        call_end(&call, ACCESS_DENIED, names[0]);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 2);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
}

static void test_garbage(Fixture *fixture, const void *data) {
        static const char *const bodies[] = {
                "(true,)",
                "(true, false, @a{ss} {})",
                "((true, false),)",
                "((true, false, @a{sv} {}),)",
                "((true, false, @a{ss} {}), true)",
                "((byte 1, false, @a{ss} {}),)",
                "((1, 1, @a{ss} {}),)",
                "('yes',)",
                "(<(true, false, @a{ss} {})>,)",
                "([(true, false, @a{ss} {})],)",
        };
        Call call;

        (void) data;

        for (size_t i = 0; i <= G_N_ELEMENTS(bodies); i++) {
                call_load(&call, fixture->caller, "kvm");
                fake_polkit_answer_body(fake_polkit_next_question(fixture->polkit),
                                        i < G_N_ELEMENTS(bodies) ? g_variant_new_parsed(bodies[i]) : NULL);
                call_end(&call, ACCESS_DENIED, "makes no sense");
        }
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 1);
}

static void test_absent(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        for (guint i = 0; i < 6; i++) {
                call_load(&call, fixture->caller, "kvm");
                call_end(&call, ACCESS_DENIED, "systemctl start polkit");
        }
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 1);

        fixture->polkit = fake_polkit_new(&fixture->bus);
        call_load(&call, fixture->caller, "kvm");
        fake_polkit_allow_next(fixture->polkit);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
}

static void test_polkit_leaves(Fixture *fixture, const void *data) {
        FakeQuestion *question;
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        question = fake_polkit_next_question(fixture->polkit);
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        call_end(&call, ACCESS_DENIED, "NoReply");
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 1);
        fake_question_free(question);
}

/* The limit is one second here. It is not that of a user with a password. */
static void test_silent(Fixture *fixture, const void *data) {
        FakeQuestion *silent, *interactive;
        g_autofree char *id = NULL;
        Call call, other;

        (void) data;

        call_start(&other, fixture->caller, "LoadModule", g_variant_new("(s)", "kvm"),
                   /* interactive= */ true);
        interactive = fake_polkit_next_question(fixture->polkit);
        call_load(&call, fixture->caller, "kvm");
        silent = fake_polkit_next_question(fixture->polkit);

        call_end(&call, ACCESS_DENIED, "did not answer");
        id = fake_polkit_next_cancellation(fixture->polkit);
        g_assert_cmpstr(id, ==, silent->cancellation_id);
        g_assert_cmpuint(asker_warnings(&fixture->asker), ==, 1);

        /* Too late. */
        fake_polkit_answer(silent, /* authorized= */ true, /* challenge= */ false);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);

        g_usleep(G_USEC_PER_SEC);
        asker_call(&fixture->asker, "GetActs");
        g_assert_false(other.done);
        fake_polkit_answer(interactive, /* authorized= */ true, /* challenge= */ false);
        call_end(&other, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
}

/* What the second check is about has to be what polkit was asked about. */
static void test_waver(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        for (guint32 how = 0; how <= 4; how++) {
                call_start(&call, fixture->caller, "Waver", g_variant_new("(u)", how),
                           /* interactive= */ false);
                fake_polkit_allow_next(fixture->polkit);
                call_end(&call, how == 0 ? NULL : ACCESS_DENIED, how == 0 ? NULL : "not been asked");
                g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
        }
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
}

/* Nobody waits for ever, and nothing counts as waiting. */
static void test_full_queue(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        for (guint i = 0; i < POLKIT_QUESTIONS_PER_CALLER_MAX + 1; i++) {
                call_load(&call, fixture->caller, "kvm");
                fake_polkit_allow_next(fixture->polkit);
                call_end(&call, "org.freedesktop.DBus.Error.LimitsExceeded", NULL);
        }
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
}

/* What sd-bus reads together with the end of the authentication it forgets until more comes. */
static bool answered_when_poked(const Call *call, GDBusConnection *connection) {
        g_autoptr(GError) error = NULL;

        g_dbus_connection_emit_signal(connection, NULL, "/", "org.example.Poke", "Poke", NULL, &error);
        g_assert_no_error(error);
        return call->done;
}

/* A connection to one peer names no senders. */
static void test_peer(void) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
        g_autoptr(GDBusConnection) connection = NULL;
        g_autoptr(GSocketConnection) stream = NULL;
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GSocket) socket = NULL;
        g_autoptr(GVariant) acts = NULL;
        g_autoptr(GError) error = NULL;
        int fds[2];
        Call call;
        guint n;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_subprocess_launcher_take_fd(launcher, fds[0], 3);
        process = g_subprocess_launcher_spawn(launcher, &error, g_getenv("POLKIT_ASKER"), "fd", "3", NULL);
        g_assert_no_error(error);
        g_clear_object(&launcher);

        socket = g_socket_new_from_fd(fds[1], &error);
        g_assert_no_error(error);
        stream = g_socket_connection_factory_create_connection(socket);
        connection = g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL,
                                                &error);
        g_assert_no_error(error);

        call_load(&call, connection, "kvm");
        wait_until(answered_when_poked(&call, connection));
        call_end(&call, ACCESS_DENIED, "message bus");
        acts = g_dbus_connection_call_sync(connection, NULL, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                           "GetActs", NULL, NULL, G_DBUS_CALL_FLAGS_NONE,
                                           (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(acts, "(u)", &n);
        g_assert_cmpuint(n, ==, 0);

        g_subprocess_send_signal(process, SIGTERM);
        wait_until(!g_subprocess_get_identifier(process));
        g_assert_true(g_subprocess_get_successful(process));
        g_dbus_connection_close_sync(connection, NULL, NULL);
}

#define ADD(path, environment, function) \
        g_test_add("/polkit/" path, Fixture, environment, set_up, function, tear_down)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        ADD("question", NULL, test_question);
        ADD("no", NULL, test_no);
        ADD("errors", NULL, test_errors);
        ADD("garbage", NULL, test_garbage);
        ADD("absent", NULL, test_absent);
        ADD("polkit-leaves", NULL, test_polkit_leaves);
        ADD("silent", "IMPATIENT=1", test_silent);
        ADD("waver", NULL, test_waver);
        ADD("full-queue", "FULL=1", test_full_queue);
        g_test_add_func("/polkit/peer", test_peer);

        return g_test_run();
}
