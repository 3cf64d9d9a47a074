/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets up the watch, runs its event loop, and sees what it is told. */

#include "unit-watch-fixture.h"
#include "dbus/bus-open.h"

static void on_units(const UnitStates *states, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_false(unit_states_equal(states, &fixture->states));
        fixture->states = *states;
        fixture->told++;
}

/* What came of it has been told before. */
static void on_news(const UnitNews *news, void *userdata) {
        Fixture *fixture = userdata;

        fixture->announced |= news->announced;
        fixture->absent = news->systemd_is_absent;
        fixture->n_news++;
}

void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->systemd = fake_systemd_new(&fixture->bus);
        fake_systemd_set(fixture->systemd, SOCKET, "loaded", "active");

        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        g_assert_cmpint(bus_open(fixture->bus.address, "test", &fixture->connection), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(fixture->connection, fixture->event, 0), >=, 0);
}

void start(Fixture *fixture) {
        g_assert_cmpint(unit_watch_new(fixture->connection, on_units, fixture, &fixture->watch), ==, 0);
        unit_watch_set_news_handler(fixture->watch, on_news);
        g_assert_cmpuint(fixture->told, ==, 0);
}

void tear_down(Fixture *fixture, const void *data) {
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

void run(Fixture *fixture, uint64_t usec) {
        g_assert_cmpint(sd_event_run(fixture->event, usec), >=, 0);
}

void run_a_while(Fixture *fixture) {
        gint64 limit = g_get_monotonic_time() + G_USEC_PER_SEC / 5;

        while (g_get_monotonic_time() < limit)
                run(fixture, 10000);
}

void settle(Fixture *fixture) {
        g_autoptr(GVariant) answer = NULL;

        answer = g_dbus_connection_call_sync(fixture->bus.connection, "org.freedesktop.DBus",
                                             "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", NULL,
                                             NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
        g_assert_nonnull(answer);
        run_a_while(fixture);
}

void leave(Fixture *fixture) {
        fake_systemd_free(fixture->systemd);
        fixture->systemd = NULL;
}
