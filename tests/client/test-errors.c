/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wrong command lines, and a daemon that cannot be reached or talks nonsense. */

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "../../daemon/basic/macro.h"
#include "documents.h"
#include "fake.h"
#include "harness.h"

static void assert_usage(const Outcome *outcome, const char *cause) {
        g_assert_cmpint(outcome->status, ==, 2);
        g_assert_cmpstr(outcome->out, ==, "");
        assert_contains(outcome->err, cause);
        assert_contains(outcome->err, "Try --help.");
}

static void test_usage(void) {
        static const struct {
                const char *arguments[4];
                const char *cause;
        } cases[] = {
                { { "--nonsense" }, "--nonsense" },
                { { "--json=yes" }, "--json" },
                { { "--profile" }, "--profile" },
                { { "--bus=" }, "--bus" },
                { { "--bus=/run/bus" }, "--bus needs an address, such as unix:path=/run/bus" },
                { { "enchant" }, "There is no command 'enchant'" },
                { { "status", "more" }, "'more' is one argument too many for 'status'" },
                { { "monitor", "more" }, "'more' is one argument too many for 'monitor'" },
                { { "why", "qemu", "lxc" }, "'lxc' is one argument too many for 'why'" },
                { { "check", "--profile=qemu" }, "--profile" },
                { { "why", "qemu", "--profile=lxc" }, "--profile" },
                { { "load" }, "'load' needs a module." },
                { { "persist" }, "'persist' needs a module." },
                { { "unpersist", "tun", "kvm" }, "'kvm' is one argument too many for 'unpersist'" },
                { { "load", "tun", "--profile=qemu" }, "--profile says nothing to 'load'" },
                { { "load", "tun", "--timeout=3" }, "--timeout says nothing to 'load', but to 'wait'." },
                { { "status", "--timeout=3" }, "--timeout says nothing to 'status', but to 'wait'." },
                { { "why", "--no-ask-password" }, "--no-ask-password says nothing to 'why'" },
                { { "wait", "qemu" }, "'qemu' is one argument too many for 'wait'" },
                { { "wait", "--root=/" }, "--root says nothing to 'wait', but to 'analyze'." },
                { { "wait", "--timeout=" }, "Option '--timeout' needs a value." },
                { { "wait", "--timeout=soon" }, "'soon' is no time for --timeout" },
                { { "wait", "--timeout=-1" }, "'-1' is no time for --timeout" },
                { { "wait", "--timeout=99999999999999h" }, "is too long a time for --timeout." },
                { { "analyze", "--root=/", "--bus=a:b" }, "--bus says nothing to 'analyze'" },
        };

        FOREACH_ELEMENT(c, cases) {
                g_auto(Outcome) outcome = run_client_with(c->arguments);

                assert_usage(&outcome, c->cause);
        }
}

static void test_help(void) {
        g_auto(Outcome) help = run_client("--help");
        g_auto(Outcome) version = run_client("status", "--version");

        g_assert_cmpint(help.status, ==, 0);
        g_assert_cmpstr(help.err, ==, "");
        assert_contains(help.out, "--profile=ID");
        g_assert_cmpint(version.status, ==, 0);
        g_assert_true(g_str_has_prefix(version.out, "virtreadyctl "));
}

static void assert_unreachable(const Outcome *outcome, const char *cause) {
        g_assert_cmpint(outcome->status, ==, 3);
        g_assert_cmpstr(outcome->out, ==, "");
        assert_contains(outcome->err, cause);
}

static void test_no_bus(void) {
        g_auto(Outcome) missing = run_client("--bus=unix:path=/nonexistent/bus");
        g_auto(Outcome) monitor = run_client("--bus=unix:path=/nonexistent/bus", "monitor");

        assert_unreachable(&missing, "There is no message bus at unix:path=/nonexistent/bus.\n");
        assert_unreachable(&monitor, "There is no message bus at unix:path=/nonexistent/bus.\n");
}

static void test_system_bus_address(void) {
        g_auto(Outcome) outcome = {};

        g_setenv("DBUS_SYSTEM_BUS_ADDRESS", session_bus(), TRUE);
        outcome = run_client("status");
        g_unsetenv("DBUS_SYSTEM_BUS_ADDRESS");

        assert_unreachable(&outcome, "virtreadyd is not running on this bus.\n"
                                     "On the system bus, start it with: systemctl start virtreadyd\n");
}

static void test_no_daemon(void) {
        static const char *const verbs[] = { "status", "why", "check", "access", "monitor", "--json" };

        FOREACH_ELEMENT(verb, verbs) {
                g_auto(Outcome) outcome = run_client_on(session_bus(), *verb);

                assert_unreachable(&outcome,
                                   "virtreadyd is not running on this bus.\n"
                                   "On the system bus, start it with: systemctl start virtreadyd\n");
        }
}

/* Takes connections and never says a word. */
static void test_silent_bus(void) {
        g_autofree char *directory = g_dir_make_tmp("virtreadyctl-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(directory, "bus", NULL);
        g_autofree char *address = g_strdup_printf("unix:path=%s", path);
        g_autoptr(GSocketAddress) place = g_unix_socket_address_new(path);
        g_autoptr(GSocketListener) listener = g_socket_listener_new();
        g_autoptr(GError) error = NULL;
        gint64 begin = g_get_monotonic_time();

        (void) g_socket_listener_add_address(listener, place, G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
        g_assert_no_error(error);

        {
                g_auto(Outcome) outcome = run_client_on(address);

                assert_unreachable(&outcome, "does not answer");
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 20 * G_USEC_PER_SEC);

        (void) g_unlink(path);
        (void) g_rmdir(directory);
}

static void test_hanging_daemon(void) {
        Fake fake = {};
        gint64 begin = g_get_monotonic_time();

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) outcome = run_client_on(session_bus());

                assert_unreachable(&outcome, "virtreadyd did not answer");
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 20 * G_USEC_PER_SEC);
        fake_stop(&fake);
}

static void test_error_replies(void) {
        static const struct {
                const char *error;
                const char *sentence;
        } cases[] = {
                { "org.freedesktop.DBus.Error.AccessDenied",
                  "does not let this user ask virtreadyd: This is" },
                { "org.freedesktop.DBus.Error.NoReply", "virtreadyd did not answer: This is the message." },
                { "org.freedesktop.DBus.Error.UnknownMethod", "systemctl restart virtreadyd" },
                { "org.freedesktop.DBus.Error.Spawn.ChildExited", "systemctl status virtreadyd" },
                { "org.example.Unheard", "virtreadyd cannot be asked: This is the message." },
        };

        FOREACH_ELEMENT(c, cases) {
                Fake fake = { .error = c->error };

                fake_start(&fake, session_bus());
                for (int i = 0; i <= 1; i++) {
                        g_auto(Outcome) outcome =
                                run_client_on(session_bus(), i == 0 ? "status" : "monitor");

                        assert_unreachable(&outcome, c->sentence);
                }
                fake_stop(&fake);
        }
}

/* A daemon of an earlier version cannot tell who may use what. */
static void test_method_is_missing(void) {
        Fake fake = { .document = document_ready };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) outcome = run_client_on(session_bus(), "access");

                assert_unreachable(&outcome, "is not the virtreadyd that this program knows");
        }
        fake_stop(&fake);
}

static void test_nonsense(void) {
        static const char *const documents[] = { "", "[]", "{", "no" };

        FOREACH_ELEMENT(document, documents) {
                Fake fake = { .document = *document };

                fake_start(&fake, session_bus());
                for (int i = 0; i <= 1; i++) {
                        g_auto(Outcome) outcome =
                                run_client_on(session_bus(), i == 0 ? "status" : "monitor");

                        assert_unreachable(&outcome, "an answer that makes no sense");
                }
                fake_stop(&fake);
        }
}

static void test_empty_document(void) {
        Fake fake = { .document = "{}" };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) status = run_client_on(session_bus());
                g_auto(Outcome) list = run_client_on(session_bus(), "check", "--json");

                g_assert_cmpint(status.status, ==, 4);
                g_assert_cmpint(list.status, ==, 0);
                g_assert_cmpstr(list.out, ==, "{\n}\n");
        }
        fake_stop(&fake);
}

int main(int argc, char *argv[]) {
        g_autoptr(GTestDBus) bus = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);

        g_test_add_func("/errors/usage", test_usage);
        g_test_add_func("/errors/help", test_help);
        g_test_add_func("/errors/no-bus", test_no_bus);
        g_test_add_func("/errors/system-bus-address", test_system_bus_address);
        g_test_add_func("/errors/no-daemon", test_no_daemon);
        g_test_add_func("/errors/silent-bus", test_silent_bus);
        g_test_add_func("/errors/hanging-daemon", test_hanging_daemon);
        g_test_add_func("/errors/replies", test_error_replies);
        g_test_add_func("/errors/method-is-missing", test_method_is_missing);
        g_test_add_func("/errors/nonsense", test_nonsense);
        g_test_add_func("/errors/empty-document", test_empty_document);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
