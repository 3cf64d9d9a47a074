/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a hypervisor is asked, and how long what it has answered is kept. */

#include "hypervisors-fixture.h"

static void change_kvm(Fixture *fixture) {
        ssize_t usable = catalogue_find("kvm.usable");

        fixture->verdict->checks[usable].state = CHECK_FAIL;
}

static void change_node(Fixture *fixture) {
        fixture->facts.devices.devices[DEVICE_KVM].mode ^= 0006;
}

static void change_program(Fixture *fixture) {
        fixture->facts.programs.identity[PROGRAM_QEMU].inode++;
}

static void (*const changes[])(Fixture *fixture) = { change_kvm, change_node, change_program };

/* Each change has it asked once, and nothing else does. */
static void test_changes(Fixture *fixture, const void *data) {
        guint n = 1;

        (void) data;

        start_running(fixture);
        tell(fixture, 0);
        fixture->facts.devices.devices[DEVICE_TUN].mode ^= 0006;
        tell(fixture, UINT32_C(1) << UNIT_LIBVIRTD_SOCKET | UINT32_C(1) << UNIT_VIRTQEMUD_SERVICE);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);

        FOREACH_ELEMENT(change, changes) {
                (*change)(fixture);
                tell(fixture, 0);
                run_until(fixture, fixture->answered == n + 1);
                tell(fixture, 0);
                settle(fixture);
                g_assert_cmpuint(asked(fixture), ==, ++n);
        }
}

/* What was learnt of one that sleeps is dropped when it may be wrong, and it is not woken for that. */
static void test_dormant(Fixture *fixture, const void *data) {
        void (*const *change)(Fixture * fixture) = data;

        start_dormant(fixture);
        tell(fixture, 0);
        assert_view(fixture, "dormant", 1);

        (*change)(fixture);
        tell(fixture, 0);
        assert_view(fixture, "dormant", 0);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);

        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        run_until(fixture, fixture->answered == 2);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
        assert_view(fixture, "running", 1);
}

/* That a service starts because it was asked is no reason to ask it, whenever systemd says so; that it
 * restarts later is. */
static void test_woken(Fixture *fixture, const void *data) {
        bool late = data;

        tell(fixture, 0);
        make_wait(fixture);
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, asked(fixture) == 1);

        set_activity(fixture, UNIT_ACTIVITY_ACTIVATING, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        if (!late)
                for (guint i = 0; i < 3; i++)
                        tell(fixture, SERVICE_BIT);
        let_go(fixture);
        run_until(fixture, fixture->answered == 1);
        if (late)
                tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
        assert_view(fixture, "running", 1);

        tell(fixture, SERVICE_BIT);
        run_until(fixture, fixture->answered == 2);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

static void refresh_once(Fixture *fixture, UnitActivity service) {
        set_activity(fixture, service, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, fixture->answered == 1);
        settle(fixture);
}

static void start_service(Fixture *fixture) {
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
}

/* One that has failed is started by its socket as well. */
static void test_failed_is_woken(Fixture *fixture, const void *data) {
        (void) data;

        refresh_once(fixture, UNIT_ACTIVITY_FAILED);
        start_service(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
}

/* systemd says of the service that it was stopped, and never has said that it had started: the next start is
 * another one. */
static void test_woken_and_stopped(Fixture *fixture, const void *data) {
        (void) data;

        refresh_once(fixture, UNIT_ACTIVITY_INACTIVE);
        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_INACTIVE);
        tell(fixture, SERVICE_BIT);
        start_service(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

/* It was woken, has answered, and has ended again before systemd was heard, which then announces that it
 * sleeps. */
static void test_woken_and_gone(Fixture *fixture, const void *data) {
        (void) data;

        refresh_once(fixture, UNIT_ACTIVITY_INACTIVE);
        assert_view(fixture, "running", 1);
        tell(fixture, SERVICE_BIT);
        assert_view(fixture, "dormant", 1);

        start_service(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

/* Who was refused has woken nobody that would not be asked later. */
static void test_refused_is_not_woken(Fixture *fixture, const void *data) {
        (void) data;

        tree_file(fixture->directory, "answer", "{\"state\":\"denied\",\"detail\":\"Not you\"}");
        refresh_once(fixture, UNIT_ACTIVITY_INACTIVE);
        start_service(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

/* An answer of a service that has been restarted or stopped meanwhile is not the last word. */
static void test_outdated(Fixture *fixture, const void *data) {
        (void) data;

        start_running(fixture);
        make_wait(fixture);
        hypervisors_recheck(fixture->list);
        run_until(fixture, asked(fixture) == 2);
        for (guint i = 0; i < 3; i++)
                tell(fixture, SERVICE_BIT);
        change_kvm(fixture);
        tell(fixture, 0);
        let_go(fixture);
        run_until(fixture, fixture->answered == 3);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 3);

        make_wait(fixture);
        hypervisors_recheck(fixture->list);
        run_until(fixture, asked(fixture) == 4);
        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_INACTIVE);
        tell(fixture, SERVICE_BIT);
        let_go(fixture);
        run_until(fixture, fixture->answered == 4);
        assert_view(fixture, "stopped", 0);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 4);
}

/* While systemd is not heard, what is known is kept; then it is asked again, for much may have happened. */
static void test_systemd_lost(Fixture *fixture, const void *data) {
        (void) data;

        start_running(fixture);
        fixture->facts.units.states.known = false;
        tell(fixture, 0);
        assert_view(fixture, "unknown", 1);
        hypervisors_recheck(fixture->list);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);

        fixture->facts.units.states.known = true;
        tell(fixture, 0);
        run_until(fixture, fixture->answered == 2);
        assert_view(fixture, "running", 1);
}

/* Where there is no systemd nobody is woken. */
static void test_without_systemd(Fixture *fixture, const void *data) {
        HypervisorsNews news = { .facts = &fixture->facts,
                                 .verdict = fixture->verdict,
                                 .systemd_is_absent = true };

        (void) data;

        fixture->facts.units.states.known = false;
        tree_file(fixture->directory, "answer", "{\"state\":\"stopped\",\"detail\":\"No such socket\"}");
        hypervisors_update(fixture->list, &news);
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "stopped", 0);
        hypervisors_update(fixture->list, &news);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);

        tree_file(fixture->directory, "answer", answer_of_helper);
        hypervisors_recheck(fixture->list);
        run_until(fixture, fixture->answered == 2);
        assert_view(fixture, "running", 1);
}

/* A service that is stopped is not started by being asked, and one that refuses is believed. */
static void test_refresh_of_stopped(Fixture *fixture, const void *data) {
        (void) data;

        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_INACTIVE);
        tell(fixture, 0);
        assert_view(fixture, "stopped", 0);
        tree_file(fixture->directory, "answer", "{\"state\":\"stopped\",\"detail\":\"No such socket\"}");
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "stopped", 0);
        g_assert_cmpstr(json_object_get_string(member(fixture, "detail")), ==, "No such socket");

        tree_file(fixture->directory, "answer", "{\"state\":\"denied\",\"detail\":\"Not you\"}");
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        assert_view(fixture, "running", 0);
        run_until(fixture, fixture->answered == 2);
        assert_view(fixture, "denied", 0);
}

/* What is under way may have been told before somebody changed what he wants to know, so all who ask
 * meanwhile wait for the next one. */
static void test_shared(Fixture *fixture, const void *data) {
        Hypervisor *qemu;

        (void) data;

        tell(fixture, 0);
        qemu = hypervisors_find(fixture->list, "qemu");
        make_wait(fixture);
        g_assert_cmpuint(hypervisor_refresh(qemu), ==, 1);
        g_assert_cmpuint(hypervisor_refresh(qemu), ==, 1);
        run_until(fixture, asked(fixture) == 1);
        g_assert_cmpuint(hypervisor_refresh(qemu), ==, 2);
        g_assert_cmpuint(hypervisor_refresh(qemu), ==, 2);
        let_go(fixture);
        run_until(fixture, fixture->answered == 1);
        run_until(fixture, fixture->answered == 2);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 2);
}

/* Calls that come in quick succession are bounded, and the last is worked on. */
static void test_storm(Fixture *fixture, const void *data) {
        int64_t begin = g_get_monotonic_time();
        uint64_t number = 0;

        (void) data;

        tell(fixture, 0);
        while (g_get_monotonic_time() < begin + G_USEC_PER_SEC) {
                number = hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
                g_assert_cmpint(sd_event_run(fixture->event, 1000), >=, 0);
        }
        run_until(fixture, fixture->answered >= number);
        g_assert_cmpuint(asked(fixture), >=, 2);
        g_assert_cmpuint(asked(fixture), <=, 10);
}

static void test_ended(Fixture *fixture, const void *data) {
        (void) data;

        make_wait(fixture);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        run_until(fixture, asked(fixture) == 1);
}

/* The service ends while it is asked: the helper, which may not have connected yet, would start it again. If
 * somebody has called for it meanwhile, it is asked anew. */
static void test_service_ends(Fixture *fixture, const void *data) {
        bool called = data;

        make_wait(fixture);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        run_until(fixture, asked(fixture) == 1);
        if (called)
                g_assert_cmpuint(hypervisor_refresh(hypervisors_find(fixture->list, "qemu")), ==, 2);

        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        g_assert_cmpuint(fixture->answered, ==, 1);
        let_go(fixture);
        run_until(fixture, fixture->answered == (called ? 2 : 1));
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, called ? 2 : 1);
        g_assert_true((json_object_get_uint64(member(fixture, "answered_usec")) > 0) == called);
}

/* Who calls for it has it woken, and that query is not given up. */
static void test_called_goes_on(Fixture *fixture, const void *data) {
        (void) data;

        tell(fixture, 0);
        make_wait(fixture);
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, asked(fixture) == 1);
        tell(fixture, SERVICE_BIT);
        g_assert_cmpuint(fixture->answered, ==, 0);
        let_go(fixture);
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "running", 1);
}

/* A service that was started by hand beside a stopped unit has been asked; that the unit is started later is
 * nobody's doing here. */
static void test_not_woken(Fixture *fixture, const void *data) {
        (void) data;

        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_INACTIVE);
        tell(fixture, 0);
        hypervisor_refresh(hypervisors_find(fixture->list, "qemu"));
        run_until(fixture, fixture->answered == 1);
        assert_view(fixture, "running", 1);
        settle(fixture);

        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        run_until(fixture, fixture->answered == 2);
        assert_view(fixture, "running", 1);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*run)(Fixture *fixture, const void *data);
                const void *data;
        } tests[] = {
                { "/hypervisors/changes", test_changes, NULL },
                { "/hypervisors/dormant/kvm", test_dormant, &changes[0] },
                { "/hypervisors/dormant/node", test_dormant, &changes[1] },
                { "/hypervisors/dormant/program", test_dormant, &changes[2] },
                { "/hypervisors/woken", test_woken, NULL },
                { "/hypervisors/woken-late", test_woken, "late" },
                { "/hypervisors/failed-is-woken", test_failed_is_woken, NULL },
                { "/hypervisors/woken-and-stopped", test_woken_and_stopped, NULL },
                { "/hypervisors/woken-and-gone", test_woken_and_gone, NULL },
                { "/hypervisors/refused-is-not-woken", test_refused_is_not_woken, NULL },
                { "/hypervisors/outdated", test_outdated, NULL },
                { "/hypervisors/systemd-lost", test_systemd_lost, NULL },
                { "/hypervisors/without-systemd", test_without_systemd, NULL },
                { "/hypervisors/refresh-of-stopped", test_refresh_of_stopped, NULL },
                { "/hypervisors/shared", test_shared, NULL },
                { "/hypervisors/storm", test_storm, NULL },
                { "/hypervisors/called-goes-on", test_called_goes_on, NULL },
                { "/hypervisors/not-woken", test_not_woken, NULL },
                { "/hypervisors/service-ends", test_service_ends, NULL },
                { "/hypervisors/service-ends-called", test_service_ends, "called" },
                { "/hypervisors/ended", test_ended, NULL },
        };

        g_test_init(&argc, &argv, NULL);
        FOREACH_ELEMENT(test, tests)
                g_test_add(test->name, Fixture, test->data, set_up, test->run, tear_down);

        return g_test_run();
}
