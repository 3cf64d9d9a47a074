/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl load, persist and unpersist: what the daemon is asked, and what is made of its answer. */

#include <unistd.h>

#include "../../daemon/basic/macro.h"
#include "../../dbus/names.h"
#include "documents.h"
#include "fake.h"
#include "harness.h"

static void test_done(void) {
        static const struct {
                const char *verb, *operand, *act, *module, *sentence;
        } cases[] = {
                { "load", "kvm_amd", "load", "kvm_amd", "kvm_amd is loaded.\n" },
                { "load", "kvm-amd", "load", "kvm_amd", "kvm_amd is loaded.\n" },
                { "persist", "tun", "persist", "tun", "tun will be loaded at each start.\n" },
                { "unpersist", "vhost-net", "forget", "vhost_net",
                  "vhost_net will no longer be loaded at each start by virtready.\n" },
        };
        Fake fake = {};

        fake_start(&fake, session_bus());
        FOREACH_ELEMENT(c, cases) {
                g_auto(Outcome) outcome = run_client_on(session_bus(), c->verb, c->operand);

                g_assert_cmpstr(outcome.err, ==, "");
                g_assert_cmpstr(outcome.out, ==, c->sentence);
                g_assert_cmpint(outcome.status, ==, 0);
                g_assert_cmpstr(fake.act, ==, c->act);
                g_assert_cmpstr(fake.module, ==, c->module);
                /* An agent of the session may ask without a terminal, though nobody asks root. */
                g_assert_cmpint(fake.interactive, ==, geteuid() != 0);
        }
        g_assert_cmpuint(fake.n_asked, ==, G_N_ELEMENTS(cases));
        fake_stop(&fake);
}

static void assert_json(const char *verb, const char *member, bool expected) {
        g_auto(Outcome) outcome = run_client_on(session_bus(), "--json", verb, "tun");
        _cleanup_(json_object_putp) Json *json = NULL;

        g_assert_cmpint(outcome.status, ==, 0);
        g_assert_cmpint(document_parse(outcome.out, &json), ==, 0);
        g_assert_cmpint(json_object_object_length(json), ==, 2);
        g_assert_cmpstr(doc_text(json, "module"), ==, "tun");
        g_assert_nonnull(doc_get(json, member));
        g_assert_cmpint(doc_flag(json, member), ==, expected);
}

static void test_json(void) {
        Fake fake = {};

        fake_start(&fake, session_bus());
        assert_json("load", "loaded", true);
        assert_json("persist", "persistent", true);
        assert_json("unpersist", "persistent", false);
        fake_stop(&fake);
}

/* Longer than anything else may take. */
static void test_slow(void) {
        Fake fake = { .delay_seconds = 12 };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) outcome = run_client_on(session_bus(), "load", "tun");

                g_assert_cmpstr(outcome.err, ==, "");
                g_assert_cmpint(outcome.status, ==, 0);
        }
        fake_stop(&fake);
}

/* What the daemon says in such cases, and what is said beside that, is in tests/bus/test-load-messages.c. */
static void test_errors(void) {
        static const struct {
                const char *error;
                int status;
        } cases[] = {
                { "org.freedesktop.DBus.Error.InvalidArgs", 2 },
                { "org.freedesktop.DBus.Error.NotSupported", 1 },
                { BUS_ERROR_FILE_NOT_WRITTEN, 1 },
                { BUS_ERROR_RATE_LIMITED, 1 },
                { "org.virtready1.Error.OfALaterVersion", 1 },
                { "System.Error.ENOMEM", 1 },
        };

        FOREACH_ELEMENT(c, cases) {
                Fake fake = { .error = c->error, .message = "The sky is blue." };

                g_test_message("%s", c->error);
                fake_start(&fake, session_bus());
                {
                        g_auto(Outcome) outcome = run_client_on(session_bus(), "persist", "tun", "--json");

                        g_assert_cmpstr(outcome.err, ==, "The sky is blue.\n");
                        g_assert_cmpstr(outcome.out, ==, "");
                        g_assert_cmpint(outcome.status, ==, c->status);
                }
                fake_stop(&fake);
        }
}

/* What the bus says, and what an older daemon does. */
static void test_unreachable(void) {
        g_auto(Outcome) nobody = run_client_on(session_bus(), "load", "tun");
        Fake fake = { .error = "org.freedesktop.DBus.Error.UnknownMethod" };

        g_assert_cmpint(nobody.status, ==, 3);
        assert_contains(nobody.err, "virtreadyd is not running on this bus.\n");

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) old = run_client_on(session_bus(), "load", "tun");

                g_assert_cmpint(old.status, ==, 3);
                assert_contains(old.err, "systemctl restart virtreadyd");
        }

        /* Whether it has happened is not known. */
        fake.error = "org.freedesktop.DBus.Error.NoReply";
        {
                g_auto(Outcome) silent = run_client_on(session_bus(), "load", "tun");

                g_assert_cmpint(silent.status, ==, 4);
                assert_contains(silent.err, "virtreadyd did not answer: ");
        }
        fake_stop(&fake);
}

static void test_names(void) {
        static const char *const names[] = { "", "a.b", "kvm amd", "../tun", "a;b" };
        Fake fake = {};

        fake_start(&fake, session_bus());
        FOREACH_ELEMENT(name, names) {
                g_auto(Outcome) outcome = run_client_on(session_bus(), "load", *name);

                g_assert_cmpint(outcome.status, ==, 2);
                assert_contains(outcome.err, "cannot be the name of a kernel module. Try --help.");
        }
        g_assert_cmpuint(fake.n_asked, ==, 0);

        /* Which modules there are is for the daemon to say. */
        {
                g_auto(Outcome) outcome = run_client_on(session_bus(), "load", "nouveau");

                g_assert_cmpint(outcome.status, ==, 0);
                g_assert_cmpstr(fake.module, ==, "nouveau");
        }
        fake_stop(&fake);
}

int main(int argc, char *argv[]) {
        g_autoptr(GTestDBus) bus = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);

        g_test_add_func("/load/done", test_done);
        g_test_add_func("/load/json", test_json);
        g_test_add_func("/load/slow", test_slow);
        g_test_add_func("/load/errors", test_errors);
        g_test_add_func("/load/unreachable", test_unreachable);
        g_test_add_func("/load/names", test_names);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
