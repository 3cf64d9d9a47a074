/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl wait: it ends when the profile is ready, whatever comes and goes until then. */

#include <glib/gstdio.h>

#include "documents.h"
#include "fake.h"
#include "harness.h"

/* Long enough for a client to be where it waits. */
#define WHILE_USEC (G_USEC_PER_SEC / 2)

/* Long enough for a client to start and to be answered, on a machine that is busy; tests last as long. */
#define LIMIT "--timeout=3s"
#define LIMIT_USEC (3 * G_USEC_PER_SEC)

/* A client that waits, and what it has printed. */
typedef struct Waiter {
        GSubprocess *process;
        char *out;
        char *err;
        gboolean ended;
} Waiter;

static const char *session_bus(void) {
        return g_getenv("DBUS_SESSION_BUS_ADDRESS");
}

static void on_ended(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        Waiter *waiter = data;

        g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &waiter->out, &waiter->err,
                                             &error);
        g_assert_no_error(error);
        waiter->ended = TRUE;
}

static gboolean has_ended(gpointer data) {
        return ((Waiter *) data)->ended;
}

static void waiter_start(Waiter *waiter, const char *address, const char *option) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_autofree char *bus = g_strdup_printf("--bus=%s", address);
        g_autoptr(GError) error = NULL;

        *waiter = (Waiter){};
        g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
        waiter->process = g_subprocess_launcher_spawn(launcher, &error, g_getenv("VIRTREADYCTL"), bus,
                                                      "wait", option, NULL);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8_async(waiter->process, NULL, NULL, on_ended, waiter);
}

static gboolean time_is_over(gpointer data) {
        return g_get_monotonic_time() >= *(gint64 *) data;
}

/* It goes on waiting for a while. */
static void expect_to_wait(Waiter *waiter) {
        gint64 end = g_get_monotonic_time() + WHILE_USEC;

        wait_until(time_is_over, &end, "the time to pass");
        g_assert_false(waiter->ended);
}

static void expect_end(Waiter *waiter, int status, const char *out, const char *err) {
        wait_until(has_ended, waiter, "the client to end");
        wait_for_exit(waiter->process);
        g_test_message("%s%s", waiter->out, waiter->err);
        g_assert_true(g_subprocess_get_if_exited(waiter->process));
        g_assert_cmpint(g_subprocess_get_exit_status(waiter->process), ==, status);
        assert_contains(waiter->out, out);
        g_assert_cmpint(out[0] == '\0', ==, waiter->out[0] == '\0');
        assert_contains(waiter->err, err);
        g_assert_cmpint(err[0] == '\0', ==, waiter->err[0] == '\0');

        g_clear_object(&waiter->process);
        g_free(waiter->out);
        g_free(waiter->err);
}

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
        waiter_start(&fixture->waiter, session_bus(), "--timeout=1h");
        expect_to_wait(&fixture->waiter);

        machine_fill(&fixture->machine, TRUE);
        daemon_recheck(session_bus());
        expect_end(&fixture->waiter, 0, READY, "");
}

static void test_timeout(Fixture *fixture, gconstpointer data) {
        gint64 begin = g_get_monotonic_time();

        (void) data;
        waiter_start(&fixture->waiter, session_bus(), LIMIT);
        expect_end(&fixture->waiter, 1, NOT_READY, "");
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, LIMIT_USEC);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 20 * G_USEC_PER_SEC);
}

static void test_unknown_profile(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start(&fixture->waiter, session_bus(), "--profile=qemo");
        expect_end(&fixture->waiter, 2, "", "There is no profile 'qemo'. Did you mean qemu?");
}

static void test_daemon_restarts(Fixture *fixture, gconstpointer data) {
        (void) data;
        waiter_start(&fixture->waiter, session_bus(), NULL);
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
        waiter_start(&fixture->waiter, session_bus(), NULL);
        expect_to_wait(&fixture->waiter);

        g_subprocess_send_signal(fixture->waiter.process, SIGTERM);
        wait_until(has_ended, &fixture->waiter, "the client to end");
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

        waiter_start(&waiter, session_bus(), NULL);
        expect_to_wait(&waiter);
        fake_start(&fake, session_bus());
        expect_end(&waiter, 0, ": ready\n", "");
        fake_stop(&fake);
}

static void test_no_daemon(void) {
        Waiter waiter;

        waiter_start(&waiter, session_bus(), "--timeout=2.5");
        expect_end(&waiter, 3, "", "virtreadyd is not running on this bus.\n");
}

static gboolean has_been_asked(gpointer data) {
        return ((const Fake *) data)->n_described > 0;
}

/* It has told once, and is gone when the time is over. */
static void test_daemon_leaves(void) {
        Fake fake = { .document = document_not_ready };
        Waiter waiter;

        fake_start(&fake, session_bus());
        waiter_start(&waiter, session_bus(), LIMIT);
        wait_until(has_been_asked, &fake, "the client to ask");
        expect_to_wait(&waiter);
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
        waiter_start(&waiter, session_bus(), LIMIT);
        expect_end(&waiter, 3, "", "virtreadyd cannot be asked: This is the message.");

        fake.error = NULL;
        fake.document = "[]";
        waiter_start(&waiter, session_bus(), LIMIT);
        expect_end(&waiter, 3, "", "virtreadyd gave an answer that makes no sense: ");

        /* Not even that: no answer. */
        fake.document = NULL;
        waiter_start(&waiter, session_bus(), LIMIT);
        expect_end(&waiter, 3, "", "virtreadyd did not answer: The time was too short.");

        /* The next answer comes without being announced. */
        fake.error = "org.freedesktop.DBus.Error.NoReply";
        waiter_start(&waiter, session_bus(), NULL);
        expect_to_wait(&waiter);
        fake.error = NULL;
        fake.document = document_ready;
        expect_end(&waiter, 0, ": ready\n", "");
        fake_stop(&fake);
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
        waiter_start(&waiter, session_bus(), NULL);
        wait_until(has_been_asked, &fake, "the client to ask");
        expect_to_wait(&waiter);
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

/* A bus at a place that can be taken again. */
typedef struct OwnBus {
        char *directory;
        char *address;
        GSubprocess *process;
} OwnBus;

static gboolean bus_is_there(gpointer data) {
        const OwnBus *bus = data;
        g_autofree char *path = g_build_filename(bus->directory, "bus", NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void own_bus_start(OwnBus *bus) {
        g_autofree char *option = g_strdup_printf("--address=%s", bus->address);
        g_autoptr(GError) error = NULL;

        bus->process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "dbus-daemon",
                                        "--session", "--nofork", option, NULL);
        g_assert_no_error(error);
        wait_until(bus_is_there, bus, "the bus");
}

static void own_bus_stop(OwnBus *bus) {
        g_autofree char *path = g_build_filename(bus->directory, "bus", NULL);

        g_subprocess_force_exit(bus->process);
        wait_for_exit(bus->process);
        g_clear_object(&bus->process);
        (void) g_unlink(path);
}

/* There is no bus at first, and later there is none for a while. */
static void test_bus_comes_and_goes(void) {
        OwnBus bus = { .directory = g_dir_make_tmp("virtreadyctl-XXXXXX", NULL) };
        g_autoptr(GSubprocess) daemon = NULL;
        g_auto(Machine) machine = {};
        Waiter waiter;

        bus.address = g_strdup_printf("unix:path=%s/bus", bus.directory);
        machine_init(&machine);
        machine_fill(&machine, FALSE);

        waiter_start(&waiter, bus.address, "--timeout=2min");
        expect_to_wait(&waiter);
        own_bus_start(&bus);
        daemon = daemon_start(bus.address, &machine);
        expect_to_wait(&waiter);
        expect_to_wait(&waiter);
        expect_to_wait(&waiter);

        own_bus_stop(&bus);
        machine_fill(&machine, TRUE);
        expect_to_wait(&waiter);
        own_bus_start(&bus);
        daemon_recheck_when_there(bus.address);
        expect_end(&waiter, 0, READY, "");

        daemon_stop(g_steal_pointer(&daemon));
        own_bus_stop(&bus);
        g_rmdir(bus.directory);
        g_free(bus.directory);
        g_free(bus.address);
}

static void test_no_bus(void) {
        Waiter waiter;

        waiter_start(&waiter, "unix:path=/nonexistent/bus", "--timeout=300ms");
        expect_end(&waiter, 3, "", "There is no message bus at unix:path=/nonexistent/bus.");

        waiter_start(&waiter, "unix:nothing", NULL);
        expect_end(&waiter, 2, "", "'unix:nothing' is no address of a message bus.");
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
        g_test_add_func("/wait/change-at-once", test_change_at_once);
        g_test_add_func("/wait/asks-no-more-than-needed", test_asks_no_more_than_needed);
        g_test_add_func("/wait/bus-comes-and-goes", test_bus_comes_and_goes);
        g_test_add_func("/wait/no-bus", test_no_bus);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
