/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes up facts and a verdict, and counts what the script notes. */

#include <glib/gstdio.h>
#include <string.h>

#include "children.h"
#include "hypervisors-fixture.h"

/* It leaves a mark for each question, and answers when it may. It ends with the test, also where a case has
 * failed: it has the same standard error output, whose reader waits until nobody has that any more. */
static const char script[] = "#!/bin/sh\n"
                             "directory=${0%/*}\n"
                             "echo \"$2\" >>\"$directory/asked\"\n"
                             "while [ -e \"$directory/wait\" ] && kill -0 $PPID 2>/dev/null; do\n"
                             "        sleep 0.01\n"
                             "done\n"
                             "cat \"$directory/answer\"\n";

const char answer_of_helper[] = "{\"state\":\"running\",\"daemon_version\":\"9.0.1\",\"domains\":"
                                "[{\"arch\":\"x86_64\",\"virt_type\":\"kvm\"}]}";

static void on_changed(const Hypervisor *hypervisor, Json *old, Json *fresh, void *userdata) {
        (void) hypervisor, (void) old, (void) fresh, (void) userdata;
}

static void on_answered(const Hypervisor *hypervisor, uint64_t number, void *userdata) {
        Fixture *fixture = userdata;

        if (streq(hypervisor_id(hypervisor), "qemu"))
                fixture->answered = number;
}

void set_activity(Fixture *fixture, UnitActivity service, UnitActivity socket) {
        fixture->facts.units.states.known = true;
        fixture->facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = service;
        fixture->facts.units.states.activity[UNIT_LIBVIRTD_SOCKET] = socket;
}

void set_up(Fixture *fixture, const void *data) {
        const HypervisorsHandlers handlers = { .changed = on_changed, .answered = on_answered };
        HypervisorsOptions options = { .live = true, .retry_usec = RETRY_USEC };

        (void) data;

        children_block_signal();

        *fixture = (Fixture){ .directory = tree_new(), .facts.live = true };
        tree_file(fixture->directory, "answer", answer_of_helper);
        tree_file(fixture->directory, "helper", script);
        fixture->helper = g_build_filename(fixture->directory, "helper", NULL);
        g_assert_cmpint(g_chmod(fixture->helper, 0755), ==, 0);

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                bool installed = id == UNIT_LIBVIRTD_SERVICE || id == UNIT_LIBVIRTD_SOCKET;

                fixture->facts.units.present[id] = installed ? TRISTATE_YES : TRISTATE_NO;
                fixture->facts.units.states.activity[id] = UNIT_ACTIVITY_INACTIVE;
        }
        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_ACTIVE);

        fixture->verdict = calloc(1, sizeof(Verdict));
        fixture->verdict->n_checks = catalogue_size();
        for (size_t i = 0; i < fixture->verdict->n_checks; i++)
                fixture->verdict->checks[i].state = CHECK_PASS;

        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        options.helper = fixture->helper;
        g_assert_cmpint(hypervisors_new(fixture->event, &options, &handlers, fixture, &fixture->list), ==,
                        0);
}

/* Whatever still ran is waited for. */
void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        hypervisors_free(fixture->list);
        wait_for_children(fixture->event);
        sd_event_unref(fixture->event);
        free(fixture->verdict);
        tree_free(fixture->directory);
        g_free(fixture->helper);
}

void tell(Fixture *fixture, uint32_t announced) {
        const HypervisorsNews news = { .facts = &fixture->facts,
                                       .verdict = fixture->verdict,
                                       .announced = announced };

        /* In the daemon that happens whenever nothing else does. */
        hypervisors_pack(fixture->list);
        hypervisors_update(fixture->list, &news);
}

guint asked(const Fixture *fixture) {
        g_autofree char *path = g_build_filename(fixture->directory, "asked", NULL), *text = NULL;
        guint n = 0;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return 0;
        for (const char *p = text; (p = strstr(p, "qemu:///")); p++)
                n++;

        return n;
}

/* Longer than the rate limit keeps anything back. */
void settle(Fixture *fixture) {
        int64_t limit = g_get_monotonic_time() + G_USEC_PER_SEC * 11 / 20;

        run_until(fixture, g_get_monotonic_time() > limit);
}

void make_wait(Fixture *fixture) {
        tree_file(fixture->directory, "wait", "");
}

void let_go(Fixture *fixture) {
        g_autofree char *path = g_build_filename(fixture->directory, "wait", NULL);

        g_assert_cmpint(g_unlink(path), ==, 0);
}

/* The list keeps it until it is told something. */
Json *member(const Fixture *fixture, const char *key) {
        Hypervisor *qemu = hypervisors_find(fixture->list, "qemu");
        _cleanup_(json_object_putp) Json *view = NULL;

        g_assert_nonnull(qemu);
        g_assert_cmpint(hypervisor_view(qemu, &view), ==, 0);
        return libvirt_answer_get(view, key);
}

void assert_view(const Fixture *fixture, const char *state, size_t n_domains) {
        g_assert_cmpstr(json_object_get_string(member(fixture, "state")), ==, state);
        g_assert_cmpuint(json_object_array_length(member(fixture, "domains")), ==, n_domains);
}

void start_running(Fixture *fixture) {
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, 0);
        run_until(fixture, fixture->answered == 1);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
        assert_view(fixture, "running", 1);
}

void start_dormant(Fixture *fixture) {
        tell(fixture, 0);
        g_assert_cmpuint(hypervisor_refresh(hypervisors_find(fixture->list, "qemu")), ==, 1);
        run_until(fixture, fixture->answered == 1);
        set_activity(fixture, UNIT_ACTIVITY_ACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        set_activity(fixture, UNIT_ACTIVITY_INACTIVE, UNIT_ACTIVITY_ACTIVE);
        tell(fixture, SERVICE_BIT);
        settle(fixture);
        g_assert_cmpuint(asked(fixture), ==, 1);
        assert_view(fixture, "dormant", 1);
}
