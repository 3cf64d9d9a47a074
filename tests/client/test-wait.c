/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl wait: it ends when the profile is ready, whatever comes and goes until then. */

#include "documents.h"
#include "fake.h"
#include "waiter.h"

#define READY "Virtual machines with QEMU and KVM: ready"
#define NOT_READY                                  \
        "Virtual machines with QEMU and KVM: not " \
        "ready\n  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n"

typedef struct Fixture {
        Machine machine;
        GSubprocess *daemon;
        Waiter waiter;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
        machine_init(&fixture->machine);
        machine_fill(&fixture->machine, data != NULL);
        fixture->daemon = daemon_start(session_bus(), &fixture->machine);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
        (void) data;
        daemon_stop(fixture->daemon);
        machine_clear(&fixture->machine);
}

/* vhost_net is missing there, so that it is degraded. */
static void test_ready(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start(&fixture->waiter, session_bus(), NULL);
        expect_end(&fixture->waiter, 0, READY ", with shortcomings\n", "");
}

static void test_json(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) outcome = run_client_on(session_bus(), "wait", "--json");
        _cleanup_(json_object_putp) Json *json = NULL;

        (void) fixture, (void) data;
        g_assert_cmpint(outcome.status, ==, 0);
        g_assert_cmpint(document_parse(outcome.out, &json), ==, 0);
        g_assert_cmpstr(doc_text(json, "id"), ==, "qemu");
        g_assert_cmpstr(doc_text(json, "state"), ==, "degraded");
}

static void test_becomes_ready(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start_on_bus(&fixture->waiter, session_bus(), "--timeout=1h");
        expect_to_wait(&fixture->waiter);

        machine_fill(&fixture->machine, TRUE);
        daemon_recheck(session_bus());
        expect_end(&fixture->waiter, 0, READY, "");
}

static void test_timeout(Fixture *fixture, gconstpointer data) {
        gint64 begin = g_get_monotonic_time();

        (void) data;
        waiter_start(&fixture->waiter, session_bus(), "--timeout=3s");
        expect_end(&fixture->waiter, 1, NOT_READY, "");
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, 3 * G_USEC_PER_SEC);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 15 * G_USEC_PER_SEC);
}

static void test_unknown_profile(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start(&fixture->waiter, session_bus(), "--profile=qemo");
        expect_end(&fixture->waiter, 2, "",
                   "There is no profile 'qemo'. Did you mean qemu? 'virtreadyctl status' lists all "
                   "profiles.\n");
}

static void test_daemon_restarts(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start_on_bus(&fixture->waiter, session_bus(), NULL);
        expect_to_wait(&fixture->waiter);

        daemon_stop(fixture->daemon);
        expect_to_wait(&fixture->waiter);
        machine_fill(&fixture->machine, TRUE);
        fixture->daemon = daemon_start(session_bus(), &fixture->machine);
        expect_end(&fixture->waiter, 0, READY, "");
}

/* A signal says nothing about the profile. */
static void test_signal(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start_on_bus(&fixture->waiter, session_bus(), NULL);
        expect_to_wait(&fixture->waiter);

        g_subprocess_send_signal(fixture->waiter.process, SIGTERM);
        wait_until(waiter_has_ended, &fixture->waiter, "the client to end");
        wait_for_exit(fixture->waiter.process);
        g_assert_false(g_subprocess_get_if_exited(fixture->waiter.process));
        g_assert_cmpstr(fixture->waiter.out, ==, "");
        g_clear_object(&fixture->waiter.process);
        g_free(fixture->waiter.out);
        g_free(fixture->waiter.err);
}

static void test_daemon_appears(void) {
        Fake fake = { .document = document_ready };
        Waiter waiter;

        waiter_start_on_bus(&waiter, session_bus(), NULL);
        expect_to_wait(&waiter);
        fake_start(&fake, session_bus());
        expect_end(&waiter, 0, ": ready\n", "");
        fake_stop(&fake);
}

static void test_no_daemon(void) {
        Waiter waiter;

        waiter_start(&waiter, session_bus(), "--timeout=3");
        expect_end(&waiter, 3, "", "virtreadyd is not running on this bus.\n");
}

/* It has told once, and is gone when the time is over. */
static void test_daemon_leaves(void) {
        Fake fake = { .document = document_not_ready };
        Waiter waiter;

        fake_start(&fake, session_bus());
        waiter_start_on_fake(&waiter, &fake, session_bus(), "--timeout=4s");
        fake_stop(&fake);
        expect_end(&waiter, 1, ": not ready\n", "virtreadyd has left the bus.");
}

static void test_refusals(void) {
        Fake fake = { .error = "org.freedesktop.DBus.Error.AccessDenied" };
        Waiter waiter;

        /* This one does not change by waiting. */
        fake_start(&fake, session_bus());
        waiter_start(&waiter, session_bus(), NULL);
        expect_end(&waiter, 3, "", "does not let this user ask virtreadyd: This is the message.");

        fake.error = "org.example.Unheard";
        waiter_start(&waiter, session_bus(), "--timeout=3s");
        expect_end(&waiter, 3, "", "virtreadyd cannot be asked: This is the message.");

        fake.error = NULL;
        fake.document = "[]";
        waiter_start(&waiter, session_bus(), "--timeout=3s");
        expect_end(&waiter, 3, "", "virtreadyd gave an answer that makes no sense: ");

        /* Not even that: no answer. */
        fake.document = NULL;
        waiter_start(&waiter, session_bus(), "--timeout=300ms");
        expect_end(&waiter, 3, "", "virtreadyd did not answer: The time was too short.");

        fake_stop(&fake);
}

/* The next answer comes without being announced, and is asked for on the same bus. */
static void test_asks_again(void) {
        Fake fake = { .error = "org.freedesktop.DBus.Error.NoReply" };
        g_autofree char *client = NULL;
        Waiter waiter;

        fake_start(&fake, session_bus());
        waiter_start_on_fake(&waiter, &fake, session_bus(), NULL);
        client = g_strdup(fake.client);
        fake.error = NULL;
        fake.document = document_ready;
        expect_end(&waiter, 0, ": ready\n", "");
        g_assert_cmpstr(fake.client, ==, client);
        g_assert_cmpuint(fake.n_described, ==, 2);
        fake_stop(&fake);
}

/* It looks once, and takes the time that this needs. */
static void test_no_time(void) {
        static const struct {
                const char *document, *error;
                int status;
                const char *out, *err;
        } cases[] = {
                { document_ready, NULL, 0, ": ready\n", "" },
                { document_not_ready, NULL, 1, ": not ready\n", "" },
                { NULL, "org.example.Unheard", 3, "", "virtreadyd cannot be asked: This is the message." },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                Fake fake = { .document = cases[i].document, .error = cases[i].error };
                Waiter waiter;

                fake_start(&fake, session_bus());
                waiter_start(&waiter, session_bus(), "--timeout=0");
                expect_end(&waiter, cases[i].status, cases[i].out, cases[i].err);
                g_assert_cmpuint(fake.n_described, ==, 1);
                fake_stop(&fake);
        }
}

#define PROFILE_PATH "/org/virtready1/profile/qemu"
#define PROFILE_INTERFACE "org.virtready1.Profile"
#define DOCUMENT_WITH(state) "{'checks': {}, 'profiles': {'qemu': {'state': '" state "'}}}"

/* Right behind the answer comes the only signal there will be. */
static void test_change_at_once(void) {
        Fake fake = {
                .document = DOCUMENT_WITH("not-ready"),
                .after = "{'State': <'ready'>}",
                .path = PROFILE_PATH,
                .interface = PROFILE_INTERFACE,
        };

        fake_start(&fake, session_bus());
        for (unsigned i = 0; i < 20; i++) {
                Waiter waiter;

                waiter_start(&waiter, session_bus(), NULL);
                expect_end(&waiter, 0, ": ready\n", "");
        }
        fake_stop(&fake);
}

/* What is announced without its value is asked for, once; nothing is asked for besides. */
static void test_asks_no_more_than_needed(void) {
        static const char *const invalidated[] = { "State", NULL };
        Fake fake = { .document = DOCUMENT_WITH("unknown") };
        Waiter waiter;

        fake_start(&fake, session_bus());
        waiter_start_on_fake(&waiter, &fake, session_bus(), NULL);
        fake_announce(&fake, FAKE_CHECK_PATH, FAKE_CHECK_INTERFACE, "{'State': <'pass'>}", NULL);
        fake_announce(&fake, "/org/virtready1/profile/lxc", PROFILE_INTERFACE, "{'State': <'ready'>}", NULL);
        fake_announce(&fake, PROFILE_PATH, PROFILE_INTERFACE, "{'State': <'not-ready'>}", NULL);
        expect_to_wait(&waiter);
        g_assert_cmpuint(fake.n_described, ==, 1);

        fake.document = DOCUMENT_WITH("degraded");
        fake_announce(&fake, PROFILE_PATH, PROFILE_INTERFACE, "{}", invalidated);
        expect_end(&waiter, 0, ": ready, with shortcomings\n", "");
        g_assert_cmpuint(fake.n_described, ==, 2);
        fake_stop(&fake);
}

int main(int argc, char *argv[]) {
        static const char *const has_kvm = "has KVM";
        g_autoptr(GTestDBus) bus = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);

        g_test_add("/wait/ready", Fixture, has_kvm, set_up, test_ready, tear_down);
        g_test_add("/wait/json", Fixture, has_kvm, set_up, test_json, tear_down);
        g_test_add("/wait/becomes-ready", Fixture, NULL, set_up, test_becomes_ready, tear_down);
        g_test_add("/wait/timeout", Fixture, NULL, set_up, test_timeout, tear_down);
        g_test_add("/wait/unknown-profile", Fixture, has_kvm, set_up, test_unknown_profile, tear_down);
        g_test_add("/wait/daemon-restarts", Fixture, NULL, set_up, test_daemon_restarts, tear_down);
        g_test_add("/wait/signal", Fixture, NULL, set_up, test_signal, tear_down);
        g_test_add_func("/wait/daemon-appears", test_daemon_appears);
        g_test_add_func("/wait/daemon-leaves", test_daemon_leaves);
        g_test_add_func("/wait/no-daemon", test_no_daemon);
        g_test_add_func("/wait/refusals", test_refusals);
        g_test_add_func("/wait/asks-again", test_asks_again);
        g_test_add_func("/wait/no-time", test_no_time);
        g_test_add_func("/wait/change-at-once", test_change_at_once);
        g_test_add_func("/wait/asks-no-more-than-needed", test_asks_no_more_than_needed);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
