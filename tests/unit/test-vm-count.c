/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The number of virtual machines, from the kernel's events. */

#include <glib.h>

#include "daemon/watch/vm-count.h"

#define OWN_PID 10
#define OTHER_PID 20

static void assert_update(VmCount *count, bool created, pid_t pid, uint32_t total, bool changed,
                          uint32_t active) {
        const VmEvent event = { .created = created,
                                .pid = pid,
                                .created_total = count->created_total + created,
                                .count = total };

        g_assert_cmpint(vm_count_update(count, &event), ==, changed);
        g_assert_cmpuint(count->active, ==, active);
}

static void test_others(void) {
        VmCount count = { .own_pid = OWN_PID };

        assert_update(&count, true, OTHER_PID, 1, true, 1);
        assert_update(&count, true, OTHER_PID + 1, 2, true, 2);
        assert_update(&count, false, OTHER_PID, 1, true, 1);
        assert_update(&count, false, OTHER_PID + 1, 0, true, 0);
}

/* The probe's own virtual machine never counts. */
static void test_own(void) {
        VmCount count = { .own_pid = OWN_PID };

        /* The first event is news in any case: from then on the number is known. */
        g_assert_false(count.known);
        assert_update(&count, true, OWN_PID, 1, true, 0);
        g_assert_true(count.known);
        assert_update(&count, false, OWN_PID, 0, false, 0);
}

/* Its first event tells how many there were before the daemon was. */
static void test_own_reveals_others(void) {
        VmCount count = { .own_pid = OWN_PID };

        assert_update(&count, true, OWN_PID, 4, true, 3);
        assert_update(&count, false, OWN_PID, 3, false, 3);
}

static void test_own_among_others(void) {
        VmCount count = { .own_pid = OWN_PID };

        assert_update(&count, true, OTHER_PID, 1, true, 1);
        assert_update(&count, true, OWN_PID, 2, false, 1);
        assert_update(&count, true, OTHER_PID, 3, true, 2);
        assert_update(&count, false, OTHER_PID, 2, true, 1);
        assert_update(&count, false, OWN_PID, 1, false, 1);
}

/* An event was lost, or its numbers are nonsense: the count does not wrap around. */
static void test_does_not_wrap(void) {
        VmCount count = { .own_pid = OWN_PID, .known = true };

        assert_update(&count, true, OWN_PID, 0, false, 0);
        assert_update(&count, false, OTHER_PID, 0, false, 0);
}

/* udevd sends its copies of events later; they are old by then. */
static void test_copies(void) {
        VmCount count = { .own_pid = OWN_PID };
        const VmEvent create = { .created = true, .pid = OTHER_PID, .created_total = 7, .count = 1 };
        const VmEvent destroy = { .pid = OTHER_PID, .created_total = 7, .count = 0 };
        const VmEvent next = { .created = true, .pid = OTHER_PID, .created_total = 8, .count = 1 };

        g_assert_true(vm_count_update(&count, &create));
        g_assert_true(vm_count_update(&count, &destroy));
        g_assert_false(vm_count_update(&count, &create));
        g_assert_false(vm_count_update(&count, &destroy));
        g_assert_cmpuint(count.active, ==, 0);
        g_assert_true(vm_count_update(&count, &next));
        g_assert_cmpuint(count.active, ==, 1);
}

/* Two are created at once, and the later event comes first. */
static void test_overtaken(void) {
        VmCount count = { .own_pid = OWN_PID };
        const VmEvent first = { .created = true, .pid = OTHER_PID, .created_total = 1, .count = 1 };
        const VmEvent second = { .created = true, .pid = OTHER_PID + 1, .created_total = 2, .count = 2 };
        const VmEvent last = { .pid = OTHER_PID, .created_total = 2, .count = 0 };
        const VmEvent before_last = { .pid = OTHER_PID + 1, .created_total = 2, .count = 1 };

        g_assert_true(vm_count_update(&count, &second));
        g_assert_false(vm_count_update(&count, &first));
        g_assert_cmpuint(count.active, ==, 2);
        g_assert_true(vm_count_update(&count, &last));
        g_assert_false(vm_count_update(&count, &before_last));
        g_assert_cmpuint(count.active, ==, 0);
}

/* The end of our own is the older event, and yet the only one that tells of it. */
static void test_own_overtaken(void) {
        VmCount count = { .own_pid = OWN_PID };
        const VmEvent own = { .created = true, .pid = OWN_PID, .created_total = 10, .count = 1 };
        const VmEvent other = { .created = true, .pid = OTHER_PID, .created_total = 11, .count = 1 };
        const VmEvent end = { .pid = OWN_PID, .created_total = 10, .count = 0 };

        g_assert_true(vm_count_update(&count, &own));
        g_assert_cmpuint(count.active, ==, 0);
        (void) vm_count_update(&count, &other);
        (void) vm_count_update(&count, &end);
        g_assert_cmpuint(count.active, ==, 1);

        /* Their copies come late, and change nothing. */
        g_assert_false(vm_count_update(&count, &own));
        g_assert_false(vm_count_update(&count, &other));
        g_assert_false(vm_count_update(&count, &end));
        g_assert_cmpuint(count.active, ==, 1);
}

/* KVM may have begun to count anew, and nobody has heard of it. */
static void test_lost_events(void) {
        VmCount count = { .own_pid = OWN_PID };
        const VmEvent before = { .created = true, .pid = OTHER_PID, .created_total = 70, .count = 3 };
        const VmEvent after = { .created = true, .pid = OTHER_PID, .created_total = 1, .count = 1 };

        g_assert_true(vm_count_update(&count, &before));
        vm_count_lose_order(&count);
        g_assert_true(vm_count_update(&count, &after));
        g_assert_cmpuint(count.active, ==, 1);
}

static void test_reset(void) {
        VmCount count = { .own_pid = OWN_PID };

        assert_update(&count, true, OWN_PID, 3, true, 2);
        g_assert_true(vm_count_reset(&count));
        g_assert_cmpuint(count.active, ==, 0);
        g_assert_false(vm_count_reset(&count));

        /* What lived before does not count any more, either. */
        assert_update(&count, true, OTHER_PID, 1, true, 1);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/vm-count/others", test_others);
        g_test_add_func("/vm-count/own", test_own);
        g_test_add_func("/vm-count/own-reveals-others", test_own_reveals_others);
        g_test_add_func("/vm-count/own-among-others", test_own_among_others);
        g_test_add_func("/vm-count/does-not-wrap", test_does_not_wrap);
        g_test_add_func("/vm-count/copies", test_copies);
        g_test_add_func("/vm-count/overtaken", test_overtaken);
        g_test_add_func("/vm-count/own-overtaken", test_own_overtaken);
        g_test_add_func("/vm-count/lost-events", test_lost_events);
        g_test_add_func("/vm-count/reset", test_reset);

        return g_test_run();
}
