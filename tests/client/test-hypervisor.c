/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl hypervisor --refresh: what the daemon is asked, and what is made of its refusal. */

#include <string.h>

#include "documents.h"
#include "fake.h"
#include "harness.h"

static const char document[] =
        "{\"hypervisors\": {\"qemu\": {\"uri\": \"qemu:///system\", \"state\": \"running\","
        " \"detail\": \"Not all is told.\"},"
        " \"lxc\": {\"uri\": \"lxc:///system\", \"state\": \"denied\", \"detail\": \"Not you.\"},"
        " \"test\": {\"uri\": \"test:///default\", \"state\": \"dormant\", \"detail\": \"It listens.\"}}}";

/* What is not as it should be, or not all there is, is said below its row; of what sleeps the next step says
 * enough. */
static void test_list(void) {
        Fake fake = { .document = document };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) list = run_client_on(session_bus(), "hypervisor");

                g_assert_cmpint(list.status, ==, 0);
                assert_contains(list.out, "qemu:///system\n  Not all is told.\n");
                assert_contains(list.out, "lxc:///system\n  Not you.\n");
                g_assert_null(strstr(list.out, "It listens."));
                assert_contains(list.out,
                                "virtreadyctl hypervisor --refresh test (asks it, which wakes it)\n");
        }
        fake_stop(&fake);
}

static void test_asks(void) {
        Fake fake = { .document = document };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) none = run_client_on(session_bus(), "hypervisor", "qemu");
                g_auto(Outcome) wrong = run_client_on(session_bus(), "hypervisor", "--refresh", "qemi");

                g_assert_cmpint(none.status, ==, 0);
                g_assert_cmpint(wrong.status, ==, 2);
                assert_contains(wrong.err, "qemu");
                g_assert_cmpuint(fake.n_refreshed, ==, 0);
        }
        {
                g_auto(Outcome) one = run_client_on(session_bus(), "hypervisor", "--refresh", "lxc");

                g_assert_cmpstr(one.err, ==, "");
                g_assert_cmpint(one.status, ==, 1);
                g_assert_cmpstr(fake.refreshed, ==, "/org/virtready1/hypervisor/lxc");
                g_assert_cmpuint(fake.n_refreshed, ==, 1);
        }
        {
                g_auto(Outcome) all = run_client_on(session_bus(), "--refresh", "hypervisor", "--json");
                _cleanup_(json_object_putp) Json *json = NULL;

                g_assert_cmpint(all.status, ==, 0);
                g_assert_cmpint(document_parse(all.out, &json), ==, 0);
                g_assert_cmpstr(doc_text(doc_get(json, "qemu"), "state"), ==, "running");
                g_assert_cmpuint(fake.n_refreshed, ==, 4);
        }
        fake_stop(&fake);
}

/* Longer than anything else may take. */
static void test_slow(void) {
        Fake fake = { .document = document, .delay_seconds = 12 };

        fake_start(&fake, session_bus());
        {
                g_auto(Outcome) outcome = run_client_on(session_bus(), "hypervisor", "--refresh", "qemu");

                g_assert_cmpstr(outcome.err, ==, "");
                g_assert_cmpint(outcome.status, ==, 0);
        }
        fake_stop(&fake);
}

/* Nothing is shown that would seem to have been asked. */
static void test_refused(void) {
        static const struct {
                const char *error;
                int status;
                const char *says;
        } cases[] = {
                { "org.virtready1.Error.RateLimited", 4, "Try again later.\n" },
                { "org.freedesktop.DBus.Error.NotSupported", 4, "files of another machine" },
                { "org.freedesktop.DBus.Error.UnknownObject", 4, "The hypervisor qemu has gone" },
                { "org.freedesktop.DBus.Error.UnknownMethod", 3, "systemctl restart virtreadyd\n" },
                { "org.freedesktop.DBus.Error.NoReply", 3, "systemctl status virtreadyd\n" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                Fake fake = { .document = document, .refresh_error = cases[i].error };

                fake_start(&fake, session_bus());
                {
                        g_auto(Outcome) outcome =
                                run_client_on(session_bus(), "hypervisor", "--refresh", "qemu");

                        g_assert_cmpstr(outcome.out, ==, "");
                        assert_contains(outcome.err, cases[i].says);
                        g_assert_cmpint(outcome.status, ==, cases[i].status);
                }
                fake_stop(&fake);
        }
}

static void test_usage(void) {
        g_auto(Outcome) other = run_client("host", "--refresh");

        g_assert_cmpint(other.status, ==, 2);
        assert_contains(other.err, "--refresh says nothing to 'host', but to 'hypervisor'. Try --help.\n");
}

int main(int argc, char **argv) {
        g_autoptr(GTestDBus) bus = NULL;
        int status;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);
        g_test_add_func("/hypervisor/list", test_list);
        g_test_add_func("/hypervisor/asks", test_asks);
        g_test_add_func("/hypervisor/slow", test_slow);
        g_test_add_func("/hypervisor/refused", test_refused);
        g_test_add_func("/hypervisor/usage", test_usage);
        status = g_test_run();
        g_test_dbus_stop(bus);
        return status;
}
