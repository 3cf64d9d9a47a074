/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the watch of units makes of a systemd that answers, changes, restarts, storms, lies and is silent. */

#include "daemon/watch/unit-watch.h"
#include "dbus/bus-open.h"
#include "fake-systemd.h"

#define SERVICE "libvirtd.service"
#define SOCKET "libvirtd.socket"

typedef struct Fixture {
        Bus bus;
        FakeSystemd *systemd; /* NULL while it is not on the bus */
        sd_event *event;
        sd_bus *connection; /* the watch's */
        UnitWatch *watch;
        UnitStates states; /* what was told last */
        guint told;        /* how often */
} Fixture;

static void on_units(const UnitStates *states, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_false(unit_states_equal(states, &fixture->states));
        fixture->states = *states;
        fixture->told++;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SOCKET, "loaded", "active");

        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        g_assert_cmpint(bus_open(fixture->bus.address, "test", &fixture->connection), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(fixture->connection, fixture->event, 0), >=, 0);
}

static void start(Fixture *fixture) {
        g_assert_cmpint(unit_watch_new(fixture->connection, on_units, fixture, &fixture->watch), ==, 0);
        g_assert_cmpuint(fixture->told, ==, 0);
}

/* However a test goes, nothing but questions was asked, and none of them could start anything; and the
 * connection, which is the daemon's, has survived. */
static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->systemd) {
                g_autofree char *calls = fake_systemd_calls(fixture->systemd);

                if (!g_str_equal(calls, ""))
                        g_assert_cmpstr(calls, ==, "ListUnitsByPatterns Subscribe");
        }
        g_assert_cmpint(sd_bus_is_open(fixture->connection), >, 0);

        unit_watch_free(fixture->watch);
        sd_bus_flush_close_unref(fixture->connection);
        sd_event_unref(fixture->event);
        fake_systemd_free(fixture->systemd);
        bus_down(&fixture->bus);
}

static void run(Fixture *fixture, uint64_t usec) {
        g_assert_cmpint(sd_event_run(fixture->event, usec), >=, 0);
}

#define run_until(fixture, condition)                                                            \
        do {                                                                                     \
                gint64 _limit = g_get_monotonic_time() + (gint64) WAIT_SECONDS * G_USEC_PER_SEC; \
                while (!(condition)) {                                                           \
                        g_assert_cmpint(g_get_monotonic_time(), <, _limit);                      \
                        run((fixture), 10000);                                                   \
                }                                                                                \
        } while (0)

/* Long enough for whatever is on its way. */
static void run_a_while(Fixture *fixture) {
        gint64 limit = g_get_monotonic_time() + G_USEC_PER_SEC / 5;

        while (g_get_monotonic_time() < limit)
                run(fixture, 10000);
}

/* Asks the same bus and waits: what the fake sent before has arrived then. */
static void settle(Fixture *fixture) {
        g_autoptr(GVariant) answer = NULL;

        answer = g_dbus_connection_call_sync(fixture->bus.connection, "org.freedesktop.DBus",
                                             "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", NULL,
                                             NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
        g_assert_nonnull(answer);
        run_a_while(fixture);
}

static void test_answers(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SOCKET], ==, UNIT_ACTIVITY_ACTIVE);
        g_assert_cmpint(fixture->states.load[UNIT_LIBVIRTD_SOCKET], ==, UNIT_LOAD_LOADED);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SERVICE], ==, UNIT_ACTIVITY_INACTIVE);
        g_assert_cmpint(fixture->states.load[UNIT_LIBVIRTD_SERVICE], ==, UNIT_LOAD_NONE);

        run_a_while(fixture);
        g_assert_cmpuint(fixture->told, ==, 1);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 1);
}

static void test_words(Fixture *fixture, const void *data) {
        static const struct {
                const char *load, *activity;
                UnitLoad expected_load;
                UnitActivity expected_activity;
        } cases[] = {
                { "loaded", "activating", UNIT_LOAD_LOADED, UNIT_ACTIVITY_ACTIVATING },
                { "loaded", "deactivating", UNIT_LOAD_LOADED, UNIT_ACTIVITY_DEACTIVATING },
                { "loaded", "failed", UNIT_LOAD_LOADED, UNIT_ACTIVITY_FAILED },
                { "loaded", "reloading", UNIT_LOAD_LOADED, UNIT_ACTIVITY_RELOADING },
                { "masked", "inactive", UNIT_LOAD_MASKED, UNIT_ACTIVITY_INACTIVE },
                { "not-found", "active", UNIT_LOAD_BAD, UNIT_ACTIVITY_ACTIVE },
                { "loaded", "of-a-later-version", UNIT_LOAD_LOADED, UNIT_ACTIVITY_UNKNOWN },
                { "", "", UNIT_LOAD_BAD, UNIT_ACTIVITY_UNKNOWN },
        };

        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        FOREACH_ELEMENT(c, cases) {
                guint told = fixture->told;

                fake_systemd_set(fixture->systemd, SERVICE, c->load, c->activity);
                fake_systemd_announce_unit(fixture->systemd, SERVICE);
                run_until(fixture, fixture->told > told);
                g_assert_cmpint(fixture->states.load[UNIT_LIBVIRTD_SERVICE], ==, c->expected_load);
                g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SERVICE], ==, c->expected_activity);
                g_assert_true(fixture->states.known);
        }
}

/* Each unit is listened to, to its properties as well as to its coming and going. */
static void test_changes(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                const char *unit = unit_to_string(id);
                g_autofree char *path = fake_systemd_unit_path(unit);

                fake_systemd_set(fixture->systemd, unit, "loaded", "activating");
                fake_systemd_announce(fixture->systemd, "UnitNew", g_variant_new("(so)", unit, path));
                run_until(fixture, fixture->states.activity[id] == UNIT_ACTIVITY_ACTIVATING);

                fake_systemd_set(fixture->systemd, unit, "loaded", "active");
                fake_systemd_announce_unit(fixture->systemd, unit);
                run_until(fixture, fixture->states.activity[id] == UNIT_ACTIVITY_ACTIVE);

                fake_systemd_set(fixture->systemd, unit, NULL, NULL);
                fake_systemd_announce(fixture->systemd, "UnitRemoved", g_variant_new("(so)", unit, path));
                run_until(fixture, fixture->states.activity[id] == UNIT_ACTIVITY_INACTIVE);
        }
}

/* What happens to other units is nothing to wake up for. */
static void test_other_units(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        fake_systemd_announce_unit(fixture->systemd, "cron.service");
        fake_systemd_announce(fixture->systemd, "UnitNew",
                              g_variant_new("(so)", "cron.service", "/org/freedesktop/systemd1/unit/cron"));
        fake_systemd_announce(fixture->systemd, "JobNew",
                              g_variant_new("(uos)", 7, "/org/freedesktop/systemd1/job/7", SERVICE));
        settle(fixture);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 1);
}

static void test_files(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);

        fake_systemd_announce(fixture->systemd, "UnitFilesChanged", NULL);
        run_until(fixture, fixture->states.file_changes == 1);
        g_assert_true(fixture->states.known);
        run_until(fixture, fake_systemd_questions(fixture->systemd) == 2);

        /* While it reads its files there is nothing to ask. */
        fake_systemd_announce(fixture->systemd, "Reloading", g_variant_new("(b)", TRUE));
        settle(fixture);
        g_assert_cmpuint(fixture->states.file_changes, ==, 1);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 2);

        fake_systemd_announce(fixture->systemd, "Reloading", g_variant_new("(b)", FALSE));
        run_until(fixture, fixture->states.file_changes == 2);
        run_until(fixture, fake_systemd_questions(fixture->systemd) == 3);

        fake_systemd_announce(fixture->systemd, "Reloading", g_variant_new("(s)", "odd"));
        settle(fixture);
        g_assert_cmpuint(fixture->states.file_changes, ==, 2);
}

static void leave(Fixture *fixture) {
        fake_systemd_free(fixture->systemd);
        fixture->systemd = NULL;
}

static void test_restart(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        fake_systemd_announce(fixture->systemd, "UnitFilesChanged", NULL);
        run_until(fixture, fixture->states.file_changes == 1);

        leave(fixture);
        run_until(fixture, !fixture->states.known);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SOCKET], ==, UNIT_ACTIVITY_UNKNOWN);
        g_assert_cmpuint(fixture->states.file_changes, ==, 1);

        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "failed");
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        run_until(fixture, fixture->states.activity[UNIT_LIBVIRTD_SERVICE] == UNIT_ACTIVITY_FAILED);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SOCKET], ==, UNIT_ACTIVITY_INACTIVE);
}

/* A question that the old one did not answer does not keep the new one from being asked. */
static void test_restart_while_asked(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_set_manner(fixture->systemd, FAKE_HOLDS);
        start(fixture);
        run_until(fixture, fake_systemd_held(fixture->systemd) == 1);
        leave(fixture);
        run_a_while(fixture);
        g_assert_cmpuint(fixture->told, ==, 0);

        fixture->systemd = fake_systemd_new(&fixture->bus);
        run_until(fixture, fixture->states.known);
}

static void test_absent_at_first(Fixture *fixture, const void *data) {
        (void) data;

        leave(fixture);
        start(fixture);
        run_a_while(fixture);
        g_assert_cmpuint(fixture->told, ==, 0);

        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SOCKET, "loaded", "active");
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        run_until(fixture, fixture->states.known &&
                                   fixture->states.activity[UNIT_LIBVIRTD_SOCKET] == UNIT_ACTIVITY_ACTIVE);
}

/* That it is not there is said once, not each time. */
static void test_absence_is_logged_once(Fixture *fixture, const void *data) {
        (void) data;

        if (g_test_subprocess()) {
                leave(fixture);
                start(fixture);
                run_a_while(fixture);
                for (unsigned i = 0; i < 2; i++) {
                        fixture->systemd = fake_systemd_new(&fixture->bus);
                        run_until(fixture, fixture->states.known);
                        leave(fixture);
                        run_until(fixture, !fixture->states.known);
                }
                return;
        }

        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*systemd is not on the bus*");
        g_test_trap_assert_stderr_unmatched("*systemd is not on the bus*systemd is not on the bus*");
}

/* A former systemd had subscribed us. */
static void test_already_subscribed(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_refuse_subscription(fixture->systemd, "org.freedesktop.systemd1.AlreadySubscribed");
        start(fixture);
        run_until(fixture, fixture->states.known);
}

/* What it says now would not stay true, so it is not told at all; the next one may be kinder. */
static void test_not_subscribed(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_refuse_subscription(fixture->systemd, "org.freedesktop.DBus.Error.AccessDenied");
        start(fixture);
        run_a_while(fixture);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        settle(fixture);
        g_assert_cmpuint(fixture->told, ==, 0);

        leave(fixture);
        fixture->systemd = fake_systemd_new(&fixture->bus);
        run_until(fixture, fixture->states.known);
}

static void test_garbage(Fixture *fixture, const void *data) {
        static const FakeManner manners[] = { FAKE_REFUSES, FAKE_SAYS_NOTHING, FAKE_SAYS_NUMBERS,
                                              FAKE_SAYS_TOO_LITTLE };

        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        FOREACH_ELEMENT(manner, manners) {
                fake_systemd_set_manner(fixture->systemd, *manner);
                fake_systemd_announce_unit(fixture->systemd, SOCKET);
                run_until(fixture, !fixture->states.known);
                for (UnitId id = 0; id < _UNIT_MAX; id++)
                        g_assert_cmpint(fixture->states.activity[id], ==, UNIT_ACTIVITY_UNKNOWN);

                fake_systemd_set_manner(fixture->systemd, FAKE_ANSWERS);
                fake_systemd_announce_unit(fixture->systemd, SOCKET);
                run_until(fixture, fixture->states.known);
        }
}

static void test_silence(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);

        g_assert_cmpint(sd_bus_set_method_call_timeout(fixture->connection, G_USEC_PER_SEC / 10), >=, 0);
        fake_systemd_set_manner(fixture->systemd, FAKE_HOLDS);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        run_until(fixture, !fixture->states.known);

        /* It is not asked again and again, and what comes too late counts for nothing. */
        run_a_while(fixture);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 2);
        fake_systemd_release(fixture->systemd);
        settle(fixture);
        g_assert_false(fixture->states.known);

        g_assert_cmpint(sd_bus_set_method_call_timeout(fixture->connection, 0), >=, 0);
        fake_systemd_set_manner(fixture->systemd, FAKE_ANSWERS);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        run_until(fixture, fixture->states.known);
}

#define STORM 1000U

/* All of them while the first question is on its way: one more follows, and no third. */
static void test_storm_while_asked(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_set_manner(fixture->systemd, FAKE_HOLDS);
        start(fixture);
        run_until(fixture, fake_systemd_held(fixture->systemd) == 1);
        for (unsigned i = 0; i < STORM; i++)
                fake_systemd_announce_unit(fixture->systemd, SERVICE);
        settle(fixture);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 1);

        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "active");
        fake_systemd_release(fixture->systemd);
        run_until(fixture, fake_systemd_held(fixture->systemd) == 1);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SERVICE], ==, UNIT_ACTIVITY_ACTIVE);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "inactive");
        fake_systemd_release(fixture->systemd);
        run_until(fixture, fixture->states.activity[UNIT_LIBVIRTD_SERVICE] == UNIT_ACTIVITY_INACTIVE);
        settle(fixture);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 2);
        g_assert_cmpuint(fake_systemd_most_held(fixture->systemd), ==, 1);
}

/* With answers in between there are fewer questions than announcements, and the last state wins. */
static void test_storm(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        for (unsigned i = 0; i < STORM; i++) {
                fake_systemd_set(fixture->systemd, SERVICE, "loaded", i % 2 ? "active" : "inactive");
                fake_systemd_announce_unit(fixture->systemd, SERVICE);
        }
        run_until(fixture, fixture->states.activity[UNIT_LIBVIRTD_SERVICE] == UNIT_ACTIVITY_ACTIVE);
        settle(fixture);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SERVICE], ==, UNIT_ACTIVITY_ACTIVE);
        g_test_message("%u questions for %u announcements", fake_systemd_questions(fixture->systemd), STORM);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), <, STORM);
}

static void emit_to_watch(Fixture *fixture, const char *path, const char *interface, const char *signal,
                          GVariant *parameters) {
        g_autoptr(GError) error = NULL;
        const char *name;

        g_assert_cmpint(sd_bus_get_unique_name(fixture->connection, &name), >=, 0);
        g_dbus_connection_emit_signal(fixture->bus.connection, name, path, interface, signal, parameters,
                                      &error);
        g_assert_no_error(error);
}

/* Anybody may send a signal to us; it is then for us to see who did. */
static void test_strangers(Fixture *fixture, const void *data) {
        g_autofree char *path = fake_systemd_unit_path(SERVICE);

        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        emit_to_watch(fixture, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                      g_variant_new("(sa{sv}as)", "org.freedesktop.systemd1.Unit", NULL, NULL));
        emit_to_watch(fixture, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "UnitNew",
                      g_variant_new("(so)", SERVICE, path));
        emit_to_watch(fixture, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                      "UnitFilesChanged", NULL);
        emit_to_watch(fixture, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
                      g_variant_new("(sss)", "org.freedesktop.systemd1", ":1.0", ""));
        settle(fixture);
        g_assert_true(fixture->states.known);
        g_assert_cmpuint(fixture->states.file_changes, ==, 0);
        g_assert_cmpuint(fixture->told, ==, 1);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 1);
}

static int ignore(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        (void) message, (void) userdata, (void) error;

        return 0;
}

/* A bus that passes nothing on leaves the states unknown, and the connection alone. */
static void test_no_room_for_matches(Fixture *fixture, const void *data) {
        (void) data;

        /* As many as one connection to a system bus may have, less a few (dbus, bus/config-parser.c). */
        for (unsigned i = 0; i < 508; i++)
                g_assert_cmpint(sd_bus_add_match(fixture->connection, NULL,
                                                 "type='signal',interface='org.example'", ignore, NULL),
                                >=, 0);
        start(fixture);
        run_a_while(fixture);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        settle(fixture);
        g_assert_false(fixture->states.known);
}

/* Who is gone is told nothing. */
static void test_freed_while_asked(Fixture *fixture, const void *data) {
        (void) data;

        fake_systemd_set_manner(fixture->systemd, FAKE_HOLDS);
        start(fixture);
        run_until(fixture, fake_systemd_held(fixture->systemd) == 1);
        fixture->watch = unit_watch_free(fixture->watch);

        fake_systemd_release(fixture->systemd);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        settle(fixture);
        g_assert_cmpuint(fixture->told, ==, 0);
        g_assert_cmpuint(fake_systemd_questions(fixture->systemd), ==, 1);
}

static void test_freed_at_once(Fixture *fixture, const void *data) {
        (void) data;

        start(fixture);
        fixture->watch = unit_watch_free(fixture->watch);
        settle(fixture);
        g_assert_cmpuint(fixture->told, ==, 0);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/unit-watch/answers", test_answers },
                { "/unit-watch/words", test_words },
                { "/unit-watch/changes", test_changes },
                { "/unit-watch/other-units", test_other_units },
                { "/unit-watch/files", test_files },
                { "/unit-watch/restart", test_restart },
                { "/unit-watch/restart-while-asked", test_restart_while_asked },
                { "/unit-watch/absent-at-first", test_absent_at_first },
                { "/unit-watch/absence-is-logged-once", test_absence_is_logged_once },
                { "/unit-watch/already-subscribed", test_already_subscribed },
                { "/unit-watch/not-subscribed", test_not_subscribed },
                { "/unit-watch/garbage", test_garbage },
                { "/unit-watch/silence", test_silence },
                { "/unit-watch/storm-while-asked", test_storm_while_asked },
                { "/unit-watch/storm", test_storm },
                { "/unit-watch/strangers", test_strangers },
                { "/unit-watch/no-room-for-matches", test_no_room_for_matches },
                { "/unit-watch/freed-while-asked", test_freed_while_asked },
                { "/unit-watch/freed-at-once", test_freed_at_once },
        };

        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(t, tests)
                g_test_add(t->path, Fixture, NULL, set_up, t->test, tear_down);

        return g_test_run();
}
