/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the watch of units makes of a systemd that is not there, refuses, lies and is silent, and of others.
 */

#include "unit-watch-fixture.h"

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
                { "/unit-watch-trouble/absence-is-logged-once", test_absence_is_logged_once },
                { "/unit-watch-trouble/already-subscribed", test_already_subscribed },
                { "/unit-watch-trouble/not-subscribed", test_not_subscribed },
                { "/unit-watch-trouble/garbage", test_garbage },
                { "/unit-watch-trouble/silence", test_silence },
                { "/unit-watch-trouble/strangers", test_strangers },
                { "/unit-watch-trouble/no-room-for-matches", test_no_room_for_matches },
                { "/unit-watch-trouble/freed-while-asked", test_freed_while_asked },
                { "/unit-watch-trouble/freed-at-once", test_freed_at_once },
        };

        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(t, tests)
                g_test_add(t->path, Fixture, NULL, set_up, t->test, tear_down);

        return g_test_run();
}
