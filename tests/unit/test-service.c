/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is made of the states of libvirt's units: every combination of them. */

#include <glib.h>

#include "daemon/checks/catalogue.h"

static const Tristate tristates[] = { TRISTATE_UNKNOWN, TRISTATE_NO, TRISTATE_YES };

/* Judges, and makes sure that the outcome is one of the check's own and complete. */
static const Reason *judge(const Facts *facts, Finding *finding) {
        const Check *check = catalogue_get((size_t) catalogue_find("service.libvirt"));
        const Reason *reason = check->judge(facts, check, finding);
        bool listed = false;

        for (const Reason *const *r = check->reasons; *r; r++)
                listed |= *r == reason;
        g_assert_true(listed);
        g_assert_false(finding->out_of_memory);
        g_assert_true(finding_knows(finding, reason->detail));
        FOREACH_ELEMENT(remedy, reason->remedies)
                if (remedy->kind != REMEDY_NONE && remedy->kind != REMEDY_INSTALL_PACKAGE) {
                        g_assert_true(finding_knows(finding, remedy->argument));
                        g_assert_true(finding_knows(finding, finding_command(finding, remedy)));
                }

        return reason;
}

static CheckState judge_state(const Facts *facts) {
        Finding finding = {};
        CheckState state = judge(facts, &finding)->state;

        finding_done(&finding);
        return state;
}

static bool is_up(UnitActivity activity) {
        return activity == UNIT_ACTIVITY_ACTIVE || activity == UNIT_ACTIVITY_RELOADING ||
               activity == UNIT_ACTIVITY_REFRESHING;
}

/* Either daemon that runs will do, whatever else is the case; and where none runs or listens, it fails or is
 * not known. */
static void check_activities(Facts *facts) {
        UnitActivity *activity = facts->units.states.activity;
        bool service = is_up(activity[UNIT_VIRTQEMUD_SERVICE]) || is_up(activity[UNIT_LIBVIRTD_SERVICE]),
             socket = is_up(activity[UNIT_VIRTQEMUD_SOCKET]) || is_up(activity[UNIT_LIBVIRTD_SOCKET]);
        CheckState state = judge_state(facts);

        if (service)
                g_assert_cmpint(state, ==, CHECK_PASS);
        if (!service && !socket)
                g_assert_cmpint(state, !=, CHECK_PASS);
}

static void test_activities(void) {
        Facts facts = { .live = true, .units.states.known = true };
        UnitActivity *activity = facts.units.states.activity;
        unsigned n = 1;

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                facts.units.present[id] = TRISTATE_YES;
                n *= _UNIT_ACTIVITY_MAX;
        }

        for (unsigned i = 0; i < n; i++) {
                unsigned rest = i;

                for (UnitId id = 0; id < _UNIT_MAX; id++) {
                        activity[id] = (UnitActivity) (rest % _UNIT_ACTIVITY_MAX);
                        rest /= _UNIT_ACTIVITY_MAX;
                }
                check_activities(&facts);
        }
}

/* Nothing that files say makes it pass, and without files nothing fails. */
static void check_files(Facts *facts, Tristate present) {
        CheckState state = judge_state(facts);

        g_assert_cmpint(state, !=, CHECK_PASS);
        if (present == TRISTATE_UNKNOWN && facts->programs.installed[PROGRAM_LIBVIRTD] == TRISTATE_UNKNOWN)
                g_assert_cmpint(state, ==, CHECK_UNKNOWN);
}

static void set_files(Facts *facts, Tristate present, Tristate masked, Tristate enabled) {
        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                facts->units.present[id] = present;
                facts->units.masked[id] = masked;
                facts->units.enabled[id] = enabled;
        }
}

static void test_files(void) {
        FOREACH_ELEMENT(present, tristates)
                FOREACH_ELEMENT(masked, tristates)
                        FOREACH_ELEMENT(enabled, tristates)
                                FOREACH_ELEMENT(program, tristates)
                                        for (unsigned i = 0; i < 4; i++) {
                                                Facts facts = { .live = i & 1 };

                                                facts.units.states.known = i & 2;
                                                set_files(&facts, *present, *masked, *enabled);
                                                FOREACH_ELEMENT(installed, facts.programs.installed)
                                                        *installed = *program;
                                                check_files(&facts, *present);
                                        }
}

static void assert_judged(const Facts *facts, const char *reason, const char *name, const char *value) {
        Finding finding = {};

        g_assert_cmpstr(judge(facts, &finding)->id, ==, reason);
        FOREACH_ARRAY(argument, finding.arguments, finding.n_arguments)
                if (streq(argument->name, name)) {
                        g_assert_cmpstr(argument->value, ==, value);
                        finding_done(&finding);
                        return;
                }

        g_error("%s has no argument %s.", reason, name);
}

/* A machine on which systemd has loaded all four units. */
static Facts loaded(void) {
        Facts facts = { .live = true, .units.states.known = true };

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                facts.units.states.load[id] = UNIT_LOAD_LOADED;
                facts.units.states.activity[id] = UNIT_ACTIVITY_INACTIVE;
        }
        return facts;
}

static void test_better_one_counts(void) {
        Facts facts = loaded();
        UnitActivity *activity = facts.units.states.activity;

        activity[UNIT_VIRTQEMUD_SERVICE] = UNIT_ACTIVITY_ACTIVATING;
        assert_judged(&facts, "starting", "unit", "virtqemud.service");
        activity[UNIT_LIBVIRTD_SOCKET] = UNIT_ACTIVITY_FAILED;
        assert_judged(&facts, "failed", "unit", "libvirtd.socket");
        activity[UNIT_VIRTQEMUD_SOCKET] = UNIT_ACTIVITY_ACTIVE;
        assert_judged(&facts, "dormant", "unit", "virtqemud.socket");
        activity[UNIT_LIBVIRTD_SOCKET] = UNIT_ACTIVITY_INACTIVE;
        activity[UNIT_LIBVIRTD_SERVICE] = UNIT_ACTIVITY_RELOADING;
        assert_judged(&facts, "running-not-enabled", "unit", "libvirtd.service");
}

/* The newer one, unless the other is enabled; the socket, unless it is masked or missing. */
static void test_what_to_start(void) {
        Facts facts = loaded();

        assert_judged(&facts, "stopped", "start_unit", "virtqemud.socket");
        facts.units.masked[UNIT_VIRTQEMUD_SOCKET] = TRISTATE_YES;
        assert_judged(&facts, "stopped", "start_unit", "virtqemud.service");
        facts.units.enabled[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
        assert_judged(&facts, "stopped", "start_unit", "libvirtd.socket");
        facts.units.states.load[UNIT_LIBVIRTD_SOCKET] = UNIT_LOAD_BAD;
        assert_judged(&facts, "stopped", "start_unit", "libvirtd.service");
        facts.units.states.load[UNIT_LIBVIRTD_SERVICE] = UNIT_LOAD_MASKED;
        facts.units.present[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
        assert_judged(&facts, "stopped", "start_unit", "virtqemud.service");
        facts.units.masked[UNIT_VIRTQEMUD_SERVICE] = TRISTATE_YES;
        assert_judged(&facts, "masked", "unit", "virtqemud.service");
}

/* A socket that listens for it is of no use. */
static void test_masked_behind_socket(void) {
        Facts facts = loaded();

        facts.units.states.load[UNIT_VIRTQEMUD_SERVICE] = UNIT_LOAD_NONE;
        facts.units.present[UNIT_VIRTQEMUD_SERVICE] = TRISTATE_NO;
        facts.units.states.activity[UNIT_LIBVIRTD_SOCKET] = UNIT_ACTIVITY_ACTIVE;
        assert_judged(&facts, "dormant", "unit", "libvirtd.socket");
        facts.units.states.load[UNIT_LIBVIRTD_SERVICE] = UNIT_LOAD_MASKED;
        facts.units.present[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
        assert_judged(&facts, "masked", "unit", "libvirtd.service");
        facts.units.states.activity[UNIT_LIBVIRTD_SERVICE] = UNIT_ACTIVITY_ACTIVE;
        assert_judged(&facts, "running-not-enabled", "unit", "libvirtd.service");
}

/* Each mask is taken back in its own way; the distribution's, and one that no file shows, are not to be. */
static void test_unmask(void) {
        static const struct {
                UnitMask mask;
                const char *command;
        } cases[] = {
                { UNIT_MASK_NONE, "" },
                { UNIT_MASK_ADMINISTRATOR, "systemctl unmask libvirtd.service" },
                { UNIT_MASK_RUNTIME, "systemctl unmask --runtime libvirtd.service" },
                { UNIT_MASK_VENDOR, "" },
        };

        FOREACH_ELEMENT(c, cases) {
                Facts facts = { .live = true, .units.states.known = true };
                _cleanup_free_ char *command = NULL;
                Finding finding = {};
                const Remedy *remedy;

                facts.units.present[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
                facts.units.states.load[UNIT_LIBVIRTD_SERVICE] = UNIT_LOAD_MASKED;
                facts.units.mask[UNIT_LIBVIRTD_SERVICE] = c->mask;
                remedy = judge(&facts, &finding)->remedies;
                g_assert_cmpint(remedy->kind, ==, REMEDY_UNMASK_UNIT);
                g_assert_cmpint(finding_expand(&finding, finding_command(&finding, remedy), &command), ==,
                                0);
                g_assert_cmpstr(command, ==, c->command);
                finding_done(&finding);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/service/activities", test_activities);
        g_test_add_func("/service/files", test_files);
        g_test_add_func("/service/better-one-counts", test_better_one_counts);
        g_test_add_func("/service/what-to-start", test_what_to_start);
        g_test_add_func("/service/masked-behind-socket", test_masked_behind_socket);

        g_test_add_func("/service/unmask", test_unmask);

        return g_test_run();
}
