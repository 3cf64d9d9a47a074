/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hypervisor that does not answer: what is shown of it, and how long it is left alone. */

#include "hypervisors-fixture.h"

/* Runs the event loop for so long. */
static void run_for(Fixture *fixture, int64_t usec) {
        int64_t end = g_get_monotonic_time() + usec;

        run_until(fixture, g_get_monotonic_time() > end);
}

static void start_unreachable(Fixture *fixture) {
        tree_file(fixture->directory, "answer", "{\"state\":\"unreachable\",\"detail\":\"It broke\"}");
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "unreachable", 0);
}

/* One that could not be reached is asked again, after one pause and after another that is twice as long,
 * also if it restarts meanwhile: it may do so because it was asked. */
static void test_retry(Fixture *fixture, const void *data) {
        int64_t begin = g_get_monotonic_time();

        (void) data;

        start_unreachable(fixture);
        for (guint i = 0; i < 3; i++)
                tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
        assert_view(fixture, "unreachable", 0);
        run_until(fixture, fixture->answered == 2);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, RETRY_USEC);

        begin = g_get_monotonic_time();
        tree_file(fixture->directory, "answer", answer_of_helper);
        run_until(fixture, fixture->answered == 3);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, RETRY_USEC * 3 / 2);
        assert_view(fixture, "running", 1);

        run_for(fixture, RETRY_USEC * 5 / 2);
        g_assert_cmpuint(asked(fixture), ==, 3);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 4);
}

/* Nobody is woken for that, nor asked again who refuses. */
static void test_retry_ends(Fixture *fixture, const void *data) {
        (void) data;

        start_unreachable(fixture);

        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        run_for(fixture, RETRY_USEC * 5 / 2);
        g_assert_cmpuint(asked(fixture), ==, 1);

        tree_file(fixture->directory, "answer", "{\"state\":\"denied\",\"detail\":\"Not you\"}");
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
        run_for(fixture, RETRY_USEC * 5 / 2);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

/* Who has stopped and started it has done something about it; that it has failed and been started again may
 * come of having been asked. */
static void test_retry_after_stop(Fixture *fixture, const void *data) {
        UnitActivity ended = *(const UnitActivity *) data;

        start_unreachable(fixture);
        set_activity(fixture, ended, ended);
        tell(fixture, SERVICE_BIT);
        tree_file(fixture->directory, "answer", answer_of_helper);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, ended == UNIT_ACTIVITY_FAILED ? 1 : 2);
}

/* Who is asked on purpose does not wait, and that makes no pause longer. */
static void test_on_purpose(Fixture *fixture, const void *data) {
        int64_t begin = g_get_monotonic_time();

        (void) data;

        start_unreachable(fixture);
        hypervisors_recheck(fixture->list);
        run_until(fixture, fixture->answered == 2);
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, fixture->answered == 3);

        /* The pause that was on goes on. */
        run_until(fixture, fixture->answered == 4);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, RETRY_USEC);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, RETRY_USEC * 2);
}

/* It dies of being asked, and systemd starts it again, whether or not that shows as a state of its own: it
 * is unreachable, and not running, for that is what is known. */
static void test_crashes(Fixture *fixture, const void *data) {
        UnitActivity between = *(const UnitActivity *) data;

        start_unreachable(fixture);
        for (guint i = 0; i < 3; i++) {
                set_activity(fixture, between, UNIT_ACTIVITY_ACTIVE);
                tell(fixture, SERVICE_BIT);
                set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
                tell(fixture, SERVICE_BIT);
                assert_view(fixture, "unreachable", 0);
                g_assert_cmpstr(json_object_get_string(member(fixture, "detail")), ==, "It broke");
        }
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
}

/* The same, and systemd is heard before the helper has noticed. */
static void test_crashes_unnoticed(Fixture *fixture, const void *data) {
        (void) data;

        make_wait(fixture);
        for (guint i = 0; i < 5; i++) {
                set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
                tell(fixture, SERVICE_BIT);
                run_until(fixture, asked(fixture) >= 1);
                set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_ACTIVE);
                tell(fixture, SERVICE_BIT);
        }
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
        run_until(fixture, asked(fixture) == 2);
        let_go(fixture);
}

/* After some pauses, of which each was twice as long, it has been started again: it is asked sooner than it
 * would have been, and not at once. */
static void test_started_again(Fixture *fixture, const void *data) {
        int64_t begin;

        (void) data;

        start_unreachable(fixture);
        run_until(fixture, fixture->answered == 4);
        begin = g_get_monotonic_time();
        tree_file(fixture->directory, "answer", answer_of_helper);
        tell(fixture, SERVICE_BIT);
        run_until(fixture, fixture->answered == 5);
        g_assert_cmpint(g_get_monotonic_time() - begin, >, RETRY_USEC * 3);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, RETRY_USEC * 7);
        assert_view(fixture, "running", 1);
}

/* Who stops it while it is asked does so himself, and starts it again. */
static void test_stopped_meanwhile(Fixture *fixture, const void *data) {
        (void) data;

        make_wait(fixture);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        run_until(fixture, asked(fixture) == 1);
        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_INACTIVE);
        tell(fixture, SERVICE_BIT);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
        let_go(fixture);
        run_until(fixture, fixture->answered == 2);
}

/* Its service runs, and nobody listens. */
static void test_not_listening(Fixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->directory, "answer", "{\"state\":\"stopped\",\"detail\":\"No such socket\"}");
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "unreachable", 0);
        g_assert_cmpstr(json_object_get_string(member(fixture, "detail")), ==, "No such socket");
        tree_file(fixture->directory, "answer", answer_of_helper);
        run_until(fixture, fixture->answered == 2);
        assert_view(fixture, "running", 1);
}

/* Who has called during a query that was in vain for long has no time for another one (hypervisor.c). */
static void test_waited_long(Fixture *fixture, const void *data) {
        bool is_long = data, succeeds = data && streq(data, "succeeds");

        tell(fixture, 0);
        tree_file(fixture->directory, "answer", "{\"state\":\"unreachable\",\"detail\":\"It hangs\"}");
        make_wait(fixture);
        g_assert_cmpuint(hypervisor_refresh(hypervisors_find(fixture->list, "qemu")), ==, 1);
        run_until(fixture, asked(fixture) == 1);
        g_assert_cmpuint(hypervisor_refresh(hypervisors_find(fixture->list, "qemu")), ==, 2);
        if (is_long)
                run_for(fixture, 5 * G_USEC_PER_SEC);
        if (succeeds)
                tree_file(fixture->directory, "answer", answer_of_helper);
        let_go(fixture);
        run_until(fixture, fixture->answered == 2);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, is_long && !succeeds ? 1 : 2);

        g_assert_cmpuint(hypervisor_refresh(hypervisors_find(fixture->list, "qemu")), ==, 3);
        run_until(fixture, fixture->answered == 3);
}

int main(int argc, char *argv[]) {
        static const UnitActivity active = UNIT_ACTIVITY_ACTIVE, inactive = UNIT_ACTIVITY_INACTIVE,
                                  failed = UNIT_ACTIVITY_FAILED;
        static const struct {
                const char *name;
                void (*run)(Fixture *fixture, const void *data);
                const void *data;
        } tests[] = {
                { "/hypervisors/failures/retry", test_retry, NULL },
                { "/hypervisors/failures/ends", test_retry_ends, NULL },
                { "/hypervisors/failures/stopped", test_retry_after_stop, &inactive },
                { "/hypervisors/failures/failed", test_retry_after_stop, &failed },
                { "/hypervisors/failures/on-purpose", test_on_purpose, NULL },
                { "/hypervisors/failures/crashes", test_crashes, &active },
                { "/hypervisors/failures/crashes-seen", test_crashes, &inactive },
                { "/hypervisors/failures/crashes-failed", test_crashes, &failed },
                { "/hypervisors/failures/crashes-unnoticed", test_crashes_unnoticed, NULL },
                { "/hypervisors/failures/not-listening", test_not_listening, NULL },
                { "/hypervisors/failures/waited-short", test_waited_long, NULL },
                { "/hypervisors/failures/waited-long", test_waited_long, "long" },
                { "/hypervisors/failures/waited-long-succeeds", test_waited_long, "succeeds" },
                { "/hypervisors/failures/started-again", test_started_again, NULL },
                { "/hypervisors/failures/stopped-meanwhile", test_stopped_meanwhile, NULL },
        };

        g_test_init(&argc, &argv, NULL);
        FOREACH_ELEMENT(test, tests)
                g_test_add(test->name, Fixture, test->data, set_up, test->run, tear_down);

        return g_test_run();
}
