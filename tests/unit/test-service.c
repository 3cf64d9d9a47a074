/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is made of the states of libvirt's units: every combination of them. */

#include <glib.h>

#include "daemon/checks/catalogue.h"
#include "daemon/hypervisor-view.h"

/* Those that matter to the check come first. */
#define UNITS_FOR_QEMU UNIT_VIRTLXCD_SERVICE

static const Tristate tristates[] = { TRISTATE_UNKNOWN, TRISTATE_NO, TRISTATE_YES };

/* Judges, and makes sure that the outcome is one of the check's own and complete. */
static const Reason *judge_check(const char *id, const Facts *facts, Finding *finding) {
        const Check *check = catalogue_get((size_t) catalogue_find(id));
        const Reason *reason = check->judge(facts, check, finding);
        bool listed = false;

        for (const Reason *const *r = check->reasons; *r; r++)
                listed |= *r == reason;
        g_assert_true(listed);
        g_assert_false(finding->out_of_memory);
        g_assert_true(finding_knows(finding, reason->detail));
        FOREACH_REMEDY(remedy, reason)
                if (remedy->kind != REMEDY_INSTALL_PACKAGE && remedy->kind != REMEDY_INSTALL_PROGRAM) {
                        g_assert_true(finding_knows(finding, remedy->argument));
                        g_assert_true(finding_knows(finding, finding_command(finding, remedy)));
                }

        return reason;
}

static const Reason *judge(const Facts *facts, Finding *finding) {
        return judge_check("service.libvirt", facts, finding);
}

static bool is_up(UnitActivity activity) {
        return activity == UNIT_ACTIVITY_ACTIVE || activity == UNIT_ACTIVITY_RELOADING ||
               activity == UNIT_ACTIVITY_REFRESHING;
}

/* What is to be said of one daemon alone, whose service and socket do this. */
static const char *expect_of_daemon(UnitActivity service, UnitActivity socket) {
        if (is_up(service))
                return "running";
        if (service == UNIT_ACTIVITY_FAILED || socket == UNIT_ACTIVITY_FAILED)
                return "failed";
        if (is_up(socket))
                return "dormant";
        if (service == UNIT_ACTIVITY_ACTIVATING || socket == UNIT_ACTIVITY_ACTIVATING)
                return "starting";

        return "stopped";
}

/* What listens or runs at virtqemud's socket answers a client, then libvirtd's; what is left is told of the
 * one that is further on. */
static const char *expect_of_activities(const UnitFacts *units) {
        static const UnitId services[] = { UNIT_VIRTQEMUD_SERVICE, UNIT_LIBVIRTD_SERVICE };
        static const char *const best_first[] = { "failed", "starting" };
        const UnitActivity *activity = units->states.activity;
        const char *own[ELEMENTSOF(services)];
        bool all_masked = true;

        for (size_t i = 0; i < ELEMENTSOF(services); i++) {
                UnitId service = services[i], socket = service + 1;
                bool masked = units->masked[service] == TRISTATE_YES;

                own[i] = masked && !is_up(activity[service])
                                 ? "masked"
                                 : expect_of_daemon(activity[service], activity[socket]);
                if (is_up(activity[service]) || is_up(activity[socket]))
                        return own[i];
                all_masked &= masked;
        }

        FOREACH_ELEMENT(reason, best_first)
                if (streq(*reason, own[0]) || streq(*reason, own[1]))
                        return *reason;

        return all_masked ? "masked" : "stopped";
}

static const char *argument_of(const Finding *finding, const char *name) {
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                if (streq(argument->name, name))
                        return argument->value;

        return NULL;
}

/* What the object of the hypervisor says, whom nobody has asked, is the same as the check. */
static void assert_view_agrees(const Facts *facts, const char *reason, const char *unit) {
        static const struct {
                const char *reason, *state;
        } states[] = {
                { "running", "running" },  { "dormant", "dormant" },
                { "failed", "stopped" },   { "masked", "stopped" },
                { "stopped", "stopped" },  { "starting", "unknown" },
                { "not-told", "unknown" }, { "not-shown", "unknown" },
                { "unknown", "unknown" },  { "not-installed", "not-installed" },
        };
        _cleanup_(json_object_putp) Json *object = json_object_new_object();
        Json *view;

        g_assert_cmpint(hypervisors_describe_unasked(facts, NULL, object), ==, 0);
        view = libvirt_answer_get(object, "qemu");
        FOREACH_ELEMENT(state, states)
                if (streq(state->reason, reason)) {
                        const char *detail = json_object_get_string(libvirt_answer_get(view, "detail"));

                        g_assert_cmpstr(json_object_get_string(libvirt_answer_get(view, "state")), ==,
                                        state->state);
                        if (unit && !streq(reason, "running") && !startswith(reason, "not-"))
                                g_assert_nonnull(strstr(detail, unit));
                        return;
                }

        g_assert_not_reached();
}

static void assert_told(const Facts *facts, const char *expected) {
        Finding finding = {};
        const char *unit;

        g_assert_cmpstr(judge(facts, &finding)->id, ==, expected);
        unit = argument_of(&finding, "unit");
        assert_view_agrees(facts, expected, unit ? unit : argument_of(&finding, "service"));
        finding_done(&finding);
}

static void test_activities(void) {
        Facts facts = { .live = true, .units.states.known = true };
        UnitActivity *activity = facts.units.states.activity;
        unsigned n = 1;

        for (UnitId id = 0; id < UNITS_FOR_QEMU; id++) {
                facts.units.present[id] = TRISTATE_YES;
                facts.units.masked[id] = TRISTATE_NO;
                facts.units.enabled[id] = TRISTATE_NO;
                n *= _UNIT_ACTIVITY_MAX;
        }

        for (unsigned i = 0; i < n; i++) {
                unsigned rest = i;

                for (UnitId id = 0; id < UNITS_FOR_QEMU; id++) {
                        activity[id] = (UnitActivity) (rest % _UNIT_ACTIVITY_MAX);
                        rest /= _UNIT_ACTIVITY_MAX;
                }
                for (unsigned masks = 0; masks < 4; masks++) {
                        facts.units.masked[UNIT_VIRTQEMUD_SERVICE] = masks & 1 ? TRISTATE_YES : TRISTATE_NO;
                        facts.units.masked[UNIT_LIBVIRTD_SERVICE] = masks & 2 ? TRISTATE_YES : TRISTATE_NO;
                        assert_told(&facts, expect_of_activities(&facts.units));
                }
        }
}

/* Where the units' files are not known, or systemd does not say otherwise, the program tells. */
static Tristate expect_installed(Tristate present, Tristate program, bool known) {
        if (present == TRISTATE_UNKNOWN || (present == TRISTATE_NO && program == TRISTATE_YES && !known))
                return program;

        return present;
}

/* What files and programs alone amount to: nothing runs, or it is not known whether anything does. */
static const char *expect_of_files(const Facts *facts, Tristate present, Tristate masked, Tristate program) {
        bool known = facts->units.states.known;

        switch (expect_installed(present, program, known)) {
        case TRISTATE_UNKNOWN:
                return "unknown";
        case TRISTATE_NO:
                return "not-installed";
        default:
                return masked == TRISTATE_YES ? "masked"
                       : known                ? "stopped"
                       : facts->live          ? "not-told"
                                              : "not-shown";
        }
}

static void set_files(Facts *facts, Tristate present, Tristate masked, Tristate enabled) {
        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                facts->units.present[id] = present;
                facts->units.masked[id] = masked;
                facts->units.enabled[id] = enabled;
        }
}

/* While systemd does not answer, what it said before counts for nothing, and when it does, nothing runs. */
static void check_files(Tristate present, Tristate masked, Tristate enabled, Tristate program) {
        for (unsigned i = 0; i < 4; i++) {
                Facts facts = { .live = i & 1 };

                facts.units.states.known = i & 2;
                FOREACH_ELEMENT(activity, facts.units.states.activity)
                        *activity = facts.units.states.known ? UNIT_ACTIVITY_INACTIVE : UNIT_ACTIVITY_ACTIVE;
                set_files(&facts, present, masked, enabled);
                FOREACH_ELEMENT(installed, facts.programs.installed)
                        *installed = program;
                assert_told(&facts, expect_of_files(&facts, present, masked, program));
        }
}

static void test_files(void) {
        FOREACH_ELEMENT(present, tristates)
                FOREACH_ELEMENT(masked, tristates)
                        FOREACH_ELEMENT(enabled, tristates)
                                FOREACH_ELEMENT(program, tristates)
                                        check_files(*present, *masked, *enabled, *program);
}

static void assert_judged(const Facts *facts, const char *reason, const char *name, const char *value) {
        Finding finding = {};

        g_assert_cmpstr(judge(facts, &finding)->id, ==, reason);
        g_assert_cmpstr(argument_of(&finding, name), ==, value);
        finding_done(&finding);
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

/* A client gets to the socket of virtqemud, if it listens, however well libvirtd does. */
static void test_who_answers(void) {
        Facts facts = loaded();
        UnitActivity *activity = facts.units.states.activity;

        activity[UNIT_VIRTQEMUD_SERVICE] = UNIT_ACTIVITY_ACTIVATING;
        assert_judged(&facts, "starting", "unit", "virtqemud.service");
        activity[UNIT_LIBVIRTD_SOCKET] = UNIT_ACTIVITY_FAILED;
        assert_judged(&facts, "failed", "unit", "libvirtd.socket");
        activity[UNIT_LIBVIRTD_SERVICE] = UNIT_ACTIVITY_RELOADING;
        assert_judged(&facts, "running", "unit", "libvirtd.service");
        activity[UNIT_VIRTQEMUD_SOCKET] = UNIT_ACTIVITY_ACTIVE;
        assert_judged(&facts, "dormant", "unit", "virtqemud.socket");
        activity[UNIT_VIRTQEMUD_SERVICE] = UNIT_ACTIVITY_FAILED;
        assert_judged(&facts, "failed", "unit", "virtqemud.service");
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

static void assert_enabled(const Facts *facts, const char *reason, const char *name, const char *value) {
        Finding finding = {};
        bool found = !name;

        g_assert_cmpstr(judge_check("service.libvirt_enabled", facts, &finding)->id, ==, reason);
        FOREACH_ARRAY(argument, finding.arguments, finding.n_arguments)
                if (name && streq(argument->name, name)) {
                        g_assert_cmpstr(argument->value, ==, value);
                        found = true;
                }
        g_assert_true(found);
        finding_done(&finding);
}

/* The socket for clients that only read is named as well, where it is installed. */
static void test_read_only_socket(void) {
        Facts facts = loaded();

        facts.units.has_read_only[UNIT_VIRTQEMUD_SOCKET] = true;
        assert_judged(&facts, "stopped", "start_unit", "virtqemud.socket virtqemud-ro.socket");
        set_files(&facts, TRISTATE_YES, TRISTATE_NO, TRISTATE_NO);
        assert_enabled(&facts, "not-enabled", "enable_unit", "virtqemud.socket virtqemud-ro.socket");
        facts.units.states.activity[UNIT_VIRTQEMUD_SOCKET] = UNIT_ACTIVITY_FAILED;
        assert_judged(&facts, "failed", "start_unit", "virtqemud.socket virtqemud-ro.socket");
        facts.units.states.activity[UNIT_VIRTQEMUD_SERVICE] = UNIT_ACTIVITY_FAILED;
        assert_judged(&facts, "failed", "start_unit", "virtqemud.service");
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
        assert_judged(&facts, "running", "unit", "libvirtd.service");
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

/* What one daemon amounts to whose service and socket have files like this. */
static const char *expect_enabled(const UnitFacts *units, UnitId service, UnitId socket, Tristate program) {
        Tristate present = units->present[service];

        if (present != TRISTATE_YES)
                return present == TRISTATE_UNKNOWN ? program == TRISTATE_NO ? "not-installed" : "unknown"
                       : program == TRISTATE_YES && !units->states.known ? "unknown"
                                                                         : "not-installed";
        if (units->masked[service] == TRISTATE_YES)
                return "masked";
        if (units->enabled[service] == TRISTATE_YES)
                return "enabled";
        if (units->present[socket] == TRISTATE_NO || units->masked[socket] == TRISTATE_YES)
                return units->enabled[service] == TRISTATE_NO ? "not-enabled" : "unknown";
        if (units->enabled[socket] == TRISTATE_YES)
                return "enabled";

        return units->enabled[service] == TRISTATE_NO && units->enabled[socket] == TRISTATE_NO
                       ? "not-enabled"
                       : "unknown";
}

/* Every combination of what files say, with the other daemon missing. */
static void test_enabled(void) {
        for (unsigned i = 0; i < 4 * 3 * 3 * 3 * 3 * 3 * 3 * 3; i++) {
                Facts facts = { .live = i & 1, .units.states.known = i & 2 };
                UnitFacts *units = &facts.units;
                unsigned rest = i / 4;
                Tristate *const parts[] = {
                        &units->present[UNIT_LIBVIRTD_SERVICE],      &units->present[UNIT_LIBVIRTD_SOCKET],
                        &units->masked[UNIT_LIBVIRTD_SERVICE],       &units->masked[UNIT_LIBVIRTD_SOCKET],
                        &units->enabled[UNIT_LIBVIRTD_SERVICE],      &units->enabled[UNIT_LIBVIRTD_SOCKET],
                        &facts.programs.installed[PROGRAM_LIBVIRTD],
                };

                set_files(&facts, TRISTATE_NO, TRISTATE_NO, TRISTATE_NO);
                facts.programs.installed[PROGRAM_VIRTQEMUD] = TRISTATE_NO;
                FOREACH_ELEMENT(part, parts) {
                        **part = tristates[rest % 3];
                        rest /= 3;
                }
                assert_enabled(&facts,
                               expect_enabled(units, UNIT_LIBVIRTD_SERVICE, UNIT_LIBVIRTD_SOCKET,
                                              facts.programs.installed[PROGRAM_LIBVIRTD]),
                               NULL, NULL);
        }
}

/* One of the two will do. Where none is, it is the one that runs, and its socket where it has one. */
static void test_what_to_enable(void) {
        Facts facts = loaded();
        UnitFacts *units = &facts.units;

        set_files(&facts, TRISTATE_YES, TRISTATE_NO, TRISTATE_NO);
        assert_enabled(&facts, "not-enabled", "enable_unit", "virtqemud.socket");
        units->states.activity[UNIT_LIBVIRTD_SERVICE] = UNIT_ACTIVITY_ACTIVE;
        assert_enabled(&facts, "not-enabled", "enable_unit", "libvirtd.socket");
        assert_enabled(&facts, "not-enabled", "service", "libvirtd.service");
        units->masked[UNIT_LIBVIRTD_SOCKET] = TRISTATE_YES;
        assert_enabled(&facts, "not-enabled", "enable_unit", "libvirtd.service");

        units->enabled[UNIT_LIBVIRTD_SOCKET] = TRISTATE_YES;
        assert_enabled(&facts, "not-enabled", NULL, NULL);
        units->masked[UNIT_LIBVIRTD_SOCKET] = TRISTATE_NO;
        assert_enabled(&facts, "enabled", "unit", "libvirtd.socket");
        units->enabled[UNIT_VIRTQEMUD_SERVICE] = TRISTATE_YES;
        assert_enabled(&facts, "enabled", "unit", "virtqemud.service");
        units->masked[UNIT_VIRTQEMUD_SERVICE] = TRISTATE_YES;
        assert_enabled(&facts, "enabled", "unit", "libvirtd.socket");
        units->masked[UNIT_LIBVIRTD_SERVICE] = TRISTATE_YES;
        assert_enabled(&facts, "masked", "unit", "virtqemud.service");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/service/activities", test_activities);
        g_test_add_func("/service/files", test_files);
        g_test_add_func("/service/who-answers", test_who_answers);
        g_test_add_func("/service/what-to-start", test_what_to_start);
        g_test_add_func("/service/read-only-socket", test_read_only_socket);
        g_test_add_func("/service/masked-behind-socket", test_masked_behind_socket);

        g_test_add_func("/service/unmask", test_unmask);
        g_test_add_func("/service/enabled", test_enabled);
        g_test_add_func("/service/what-to-enable", test_what_to_enable);

        return g_test_run();
}
