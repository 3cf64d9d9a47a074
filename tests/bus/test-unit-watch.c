/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the watch of units makes of a systemd that answers, changes, restarts and storms. */

#include "unit-watch-fixture.h"

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

/* A unit that is as it was may have been restarted, so what is announced of it is passed on as well. */
static void test_news(Fixture *fixture, const void *data) {
        guint told;

        (void) data;

        start(fixture);
        run_until(fixture, fixture->states.known);
        run_a_while(fixture);
        g_assert_cmpuint(fixture->n_news, ==, 0);

        told = fixture->told;
        fake_systemd_announce_unit(fixture->systemd, SERVICE);
        run_until(fixture, fixture->n_news == 1);
        g_assert_cmphex(fixture->announced, ==, UINT32_C(1) << UNIT_LIBVIRTD_SERVICE);
        g_assert_cmpuint(fixture->told, ==, told);

        /* That it was loaded, or files were read again, is about nothing that runs. */
        fake_systemd_announce(fixture->systemd, "UnitNew",
                              g_variant_new("(so)", SERVICE, "/org/freedesktop/systemd1/unit/x"));
        fake_systemd_announce(fixture->systemd, "UnitFilesChanged", NULL);
        settle(fixture);
        g_assert_cmpuint(fixture->n_news, ==, 1);

        /* What changes is told first; much at once is told once or twice, and none of it is lost. */
        fake_systemd_set_manner(fixture->systemd, FAKE_HOLDS);
        fake_systemd_announce_unit(fixture->systemd, SOCKET);
        for (guint i = 0; i < 20; i++)
                fake_systemd_announce_unit(fixture->systemd, "virtqemud.service");
        settle(fixture);
        g_assert_cmpuint(fixture->n_news, ==, 1);
        fake_systemd_set(fixture->systemd, SERVICE, "loaded", "active");
        fake_systemd_set_manner(fixture->systemd, FAKE_ANSWERS);
        fake_systemd_release(fixture->systemd);
        run_until(fixture, fixture->n_news == 2);
        g_assert_cmpint(fixture->states.activity[UNIT_LIBVIRTD_SERVICE], ==, UNIT_ACTIVITY_ACTIVE);
        g_assert_cmphex(fixture->announced, ==,
                        UINT32_C(1) << UNIT_LIBVIRTD_SERVICE | UINT32_C(1) << UNIT_LIBVIRTD_SOCKET |
                                UINT32_C(1) << UNIT_VIRTQEMUD_SERVICE);

        g_assert_false(fixture->absent);
        leave(fixture);
        run_until(fixture, fixture->absent);
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

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/unit-watch/answers", test_answers },
                { "/unit-watch/words", test_words },
                { "/unit-watch/changes", test_changes },
                { "/unit-watch/other-units", test_other_units },
                { "/unit-watch/news", test_news },
                { "/unit-watch/files", test_files },
                { "/unit-watch/restart", test_restart },
                { "/unit-watch/restart-while-asked", test_restart_while_asked },
                { "/unit-watch/absent-at-first", test_absent_at_first },
                { "/unit-watch/storm-while-asked", test_storm_while_asked },
                { "/unit-watch/storm", test_storm },
        };

        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(t, tests)
                g_test_add(t->path, Fixture, NULL, set_up, t->test, tear_down);

        return g_test_run();
}
