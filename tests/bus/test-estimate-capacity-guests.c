/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: of whom it learns which guests run, and what it says where nobody tells. */

#include <string.h>

#include "capacity-fixture.h"
#include "dbus/names.h"

#define SMALL "'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>"

/* What is said of the guests where libvirt was not asked: there are none if the kernel counts none. */
static void assert_unasked(Fixture *fixture, const char *word) {
        g_autofree char *unknown = NULL, *detail = NULL;
        g_autoptr(GVariant) answer = NULL, cpu = NULL, memory = NULL;
        gboolean none = knows_of_no_vms(fixture);

        answer = estimate(fixture, "{" SMALL "}");
        unknown = names_of(answer, "unknown");
        detail = detail_of(answer, "guests");
        cpu = resource_of(answer, "cpu");
        memory = resource_of(answer, "memory");
        g_test_message("'%s' unknown: %s; %s", none ? "none" : "perhaps", unknown, detail);
        g_assert_true(flag_of(cpu, "known") && flag_of(memory, "known"));
        g_assert_cmpuint(number_of(cpu, "used"), ==, 0);
        g_assert_true(flag_of(answer, "guests_known") == none);
        g_assert_true(has_key(answer, "guests_running") == none);
        g_assert_true(g_str_has_prefix(unknown, "cpu memory") == !none);
        if (none)
                g_assert_cmpstr(detail, ==, "");
        else if (!strstr(detail, word))
                g_error("'%s' is not in: %s", word, detail);
        if (!none && active_vms(&fixture->daemon) > 0)
                g_assert_nonnull(strstr(detail, ". The kernel counts "));
        g_assert_cmpuint(helper_runs(fixture), ==, 0);
}

/* Nobody is asked who would be woken by that; guests can outlive the service. */
static void test_dormant(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        start(fixture, "inactive", "active");
        assert_unasked(fixture, "for libvirt sleeps and is not woken.");
}

static void test_stopped(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        start(fixture, "inactive", "inactive");
        assert_unasked(fixture, "for libvirt is stopped.");
}

/* Whoever connects reaches virtqemud, which sleeps, though libvirtd runs. */
static void test_virtqemud_first(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        fake_systemd_set(fixture->systemd, "virtqemud.service", "loaded", "inactive");
        fake_systemd_set(fixture->systemd, "virtqemud.socket", "loaded", "active");
        start_until(fixture, "active", "active", "dormant");
        assert_unasked(fixture, "for libvirt sleeps and is not woken.");
}

/* systemd is there, and says nothing. */
static void test_not_told(Fixture *fixture, const void *data) {
        if (data)
                hold_vm(fixture);
        fake_systemd_set_manner(fixture->systemd, FAKE_REFUSES);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .libvirt_helper = fixture->helper });
        assert_unasked(fixture, "Which guests run is not known: systemd has not said whether libvirt runs.");
}

/* The kernel sends its events to the initial user namespace alone (lib/kobject_uevent.c:
 * uevent_net_broadcast_untagged()). */
static gboolean kernel_events_reach_us(void) {
        g_autofree char *map = NULL;

        return g_file_get_contents("/proc/self/uid_map", &map, NULL, NULL) && strstr(map, " 4294967295");
}

/* Somebody else has started one. */
static void test_others(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *detail = NULL, *unknown = NULL;

        (void) data;

        hold_vm(fixture);
        if (fixture->vm < 0)
                skip_without("no usable /dev/kvm");
        if (!kernel_events_reach_us())
                skip_because("the kernel's events do not reach this environment");

        helper_write(fixture, "echo '{\"guests\": {\"count\": 0, \"vcpus\": 0, \"memory_bytes\": 0}}'\n");
        start(fixture, "active", "active");
        wait_until(active_vms(&fixture->daemon) > 0);
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        detail = detail_of(answer, "guests");
        unknown = names_of(answer, "unknown");
        g_assert_true(g_str_has_prefix(detail, "The kernel counts "));
        g_assert_nonnull(strstr(detail, ", and libvirt knows of 0: "));
        g_assert_true(g_str_has_prefix(unknown, "cpu memory"));
}

/* What guests have in memory already is part of what is promised to them, and counts twice where QEMU does
 * not say how much that is. */
static void test_resident_unknown(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *detail = NULL;

        (void) data;

        helper_write(fixture,
                     "echo '{\"guests\": {\"count\": 99, \"vcpus\": 99, \"memory_bytes\": 4096}}'\n");
        start(fixture, "active", "active");
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        detail = detail_of(answer, "guests");
        g_assert_nonnull(strstr(detail, "QEMU does not say"));
}

/* A URI that the administrator gives is asked whatever systemd says. */
static void test_uri(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *asked = NULL;

        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .libvirt = "test:///default", .libvirt_helper = fixture->helper });
        answer = estimate(fixture, "{" SMALL "}");
        g_assert_true(flag_of(answer, "guests_known"));
        asked = helper_asked(fixture);
        g_assert_cmpstr(asked, ==, "--uri=test:///default\n");
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                const char *vm; /* beside one that the kernel counts */
                void (*test)(Fixture *fixture, const void *data);
        } tests[] = {
                { "/estimate-capacity-guests/dormant", NULL, test_dormant },
                { "/estimate-capacity-guests/dormant-beside-a-vm", "", test_dormant },
                { "/estimate-capacity-guests/stopped", NULL, test_stopped },
                { "/estimate-capacity-guests/stopped-beside-a-vm", "", test_stopped },
                { "/estimate-capacity-guests/virtqemud-first", NULL, test_virtqemud_first },
                { "/estimate-capacity-guests/virtqemud-first-beside-a-vm", "", test_virtqemud_first },
                { "/estimate-capacity-guests/not-told", NULL, test_not_told },
                { "/estimate-capacity-guests/not-told-beside-a-vm", "", test_not_told },
                { "/estimate-capacity-guests/others", NULL, test_others },
                { "/estimate-capacity-guests/resident-unknown", NULL, test_resident_unknown },
                { "/estimate-capacity-guests/uri", NULL, test_uri },
        };

        g_test_init(&argc, &argv, NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, tests[i].vm, set_up, tests[i].test, tear_down);

        return g_test_run();
}
