/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Causes, profiles and times: what is concluded from the checks. */

#include <errno.h>

#include "machine.h"

static const CheckResult *result_of(const Verdict *verdict, const char *id) {
        ssize_t i = catalogue_find(id);

        g_assert_cmpint(i, >=, 0);
        return &verdict->checks[i];
}

static const ProfileResult *profile_of(const Verdict *verdict, const char *id) {
        FOREACH_ARRAY(profile, verdict->profiles, verdict->n_profiles)
                if (streq(profile->profile->id, id))
                        return profile;

        g_assert_not_reached();
}

/* Writes a set as its members' ids, in the order of the catalogue. */
static char *write_set(const CheckSet *set) {
        g_autoptr(GString) text = g_string_new(NULL);

        FOREACH_CHECK(i, set)
                g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", catalogue_get(i)->id);

        return g_strdup(text->str);
}

static void assert_set(const CheckSet *set, const char *expected) {
        g_autofree char *text = write_set(set);

        g_assert_cmpstr(text, ==, expected);
}

static Verdict *judge(const Facts *facts, const Verdict *previous, uint64_t now) {
        Verdict *verdict;

        g_assert_cmpint(verdict_new(facts, previous, now, &verdict), ==, 0);
        return verdict;
}

static void test_check_set(void) {
        CheckSet a = {}, b = {};

        g_assert_true(check_set_is_empty(&a));
        check_set_add(&a, 0);
        check_set_add(&a, 63);
        check_set_add(&a, 64);
        check_set_add(&a, CATALOGUE_MAX - 1);
        g_assert_true(check_set_has(&a, 0) && check_set_has(&a, 63) && check_set_has(&a, 64));
        g_assert_true(check_set_has(&a, CATALOGUE_MAX - 1));
        g_assert_false(check_set_has(&a, 1) || check_set_has(&a, 65));
        g_assert_false(check_set_equal(&a, &b));

        check_set_add(&b, 5);
        check_set_add_all(&b, &a);
        g_assert_true(check_set_has(&b, 5) && check_set_has(&b, 64));
        g_assert_false(check_set_equal(&a, &b));
        check_set_add(&a, 5);
        g_assert_true(check_set_equal(&a, &b));
}

/* usable needs access needs device needs the module needs the CPU: one fails, the rest are blocked by it. */
static void test_chain(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("bios-disabled");
        static const char *const blocked[] = { "kvm.usable", "kvm.access", "kvm.device",
                                               "kvm.vendor_module" };
        const CheckResult *cause = result_of(machine->verdict, "cpu.virtualization");
        size_t n;

        FOREACH_ELEMENT(id, blocked) {
                const CheckResult *result = result_of(machine->verdict, *id);

                g_assert_cmpint(result->state, ==, CHECK_BLOCKED);
                assert_set(&result->blocked_by, "cpu.virtualization");
                (void) check_result_remedies(result, &n);
                g_assert_cmpuint(n, ==, 0);
        }

        g_assert_cmpint(cause->state, ==, CHECK_FAIL);
        assert_set(&cause->blocked_by, "");
        g_assert_cmpint(check_result_remedies(cause, &n)[0].kind, ==, REMEDY_FIRMWARE_SETTING);
        g_assert_cmpuint(n, ==, 1);
}

/* The device is served, so that whatever the module's check says cannot be why nobody may open it. */
static void test_needs_met(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("root-only");
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        Facts facts = machine->facts;

        facts.devices.devices[DEVICE_KVM].has_node = TRISTATE_YES;
        facts.cpu.extension = CPU_EXTENSION_NONE;
        verdict = judge(&facts, NULL, 0);
        g_assert_cmpint(result_of(verdict, "kvm.access")->state, ==, CHECK_FAIL);
        assert_set(&result_of(verdict, "kvm.usable")->blocked_by, "kvm.access");
        assert_set(&profile_of(verdict, "qemu")->root_causes, "kvm.access");
}

/* What fails only with all that it needs in place is its own cause, though something of that fails. */
static void test_needs_met_beside_failing_need(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("root-only");
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        Facts facts = machine->facts;

        facts.kvm.stage = KVM_STAGE_CREATE_VM;
        facts.kvm.error = -EIO;
        verdict = judge(&facts, NULL, 0);
        g_assert_cmpint(result_of(verdict, "kvm.access")->state, ==, CHECK_FAIL);
        g_assert_cmpint(result_of(verdict, "kvm.usable")->state, ==, CHECK_FAIL);
        assert_set(&result_of(verdict, "kvm.usable")->blocked_by, "");
        assert_set(&profile_of(verdict, "qemu")->root_causes, "kvm.usable");
}

/* What passes is not blocked, whatever it needs: root may open a device that is for root alone. */
static void test_pass_beside_failing_need(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("root-only");
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        Facts facts = machine->facts;

        facts.kvm.stage = KVM_STAGE_DONE;
        facts.kvm.error = 0;
        verdict = judge(&facts, NULL, 0);
        g_assert_cmpint(result_of(verdict, "kvm.access")->state, ==, CHECK_FAIL);
        g_assert_cmpint(result_of(verdict, "kvm.usable")->state, ==, CHECK_PASS);
        g_assert_cmpint(profile_of(verdict, "qemu")->state, ==, PROFILE_READY);
}

static void test_profile_states(void) {
        static const struct {
                const char *machine, *failing, *root_causes;
                ProfileState state;
        } cases[] = {
                { "intel-ready", "", "", PROFILE_READY },
                { "no-proc-modules", "net.vhost_net", "net.vhost_net", PROFILE_DEGRADED },
                { "amd-module-not-loaded", "kvm.usable", "kvm.vendor_module", PROFILE_NOT_READY },
                { "empty", "", "", PROFILE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_(machine_freep) Machine *machine = machine_load(c->machine);
                const ProfileResult *qemu = verdict_default_profile(machine->verdict);

                g_assert_cmpstr(qemu->profile->id, ==, "qemu");
                g_assert_cmpstr(profile_state_to_string(qemu->state), ==, profile_state_to_string(c->state));
                assert_set(&qemu->failing, c->failing);
                assert_set(&qemu->root_causes, c->root_causes);
        }
}

/* A recommended check fails beside a required one: both fail, and the required one's cause is the cause. */
static void test_required_goes_first(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("amd-module-not-loaded");
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        Facts facts = machine->facts;

        facts.cgroup.controllers[CGROUP_MEMORY] = CGROUP_STATE_ABSENT;
        verdict = judge(&facts, NULL, 0);
        g_assert_cmpint(profile_of(verdict, "qemu")->state, ==, PROFILE_NOT_READY);
        assert_set(&profile_of(verdict, "qemu")->failing, "kvm.usable cgroup.memory");
        assert_set(&profile_of(verdict, "qemu")->root_causes, "kvm.vendor_module");
}

/* A required check that fails outweighs an unknown one, and that outweighs a recommended one that fails. */
static void test_unknown(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("intel-ready");
        Facts facts = machine->facts;
        _cleanup_(verdict_freep) Verdict *unknown = NULL, *failing = NULL;

        facts.devices.devices[DEVICE_TUN].registered = TRISTATE_UNKNOWN;
        facts.cgroup.controllers[CGROUP_MEMORY] = CGROUP_STATE_ABSENT;
        unknown = judge(&facts, NULL, 0);
        g_assert_cmpint(profile_of(unknown, "qemu")->state, ==, PROFILE_UNKNOWN);
        assert_set(&profile_of(unknown, "qemu")->root_causes, "");

        facts.kvm.stage = KVM_STAGE_CREATE_VM;
        facts.kvm.error = -EIO;
        failing = judge(&facts, NULL, 0);
        g_assert_cmpint(profile_of(failing, "qemu")->state, ==, PROFILE_NOT_READY);
}

static void test_times(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("intel-ready");
        _cleanup_(verdict_freep) Verdict *first = NULL, *same = NULL, *changed = NULL;
        Facts facts = machine->facts;

        first = judge(&facts, NULL, 100);
        g_assert_cmpuint(result_of(first, "net.tun")->since_usec, ==, 100);
        g_assert_cmpuint(profile_of(first, "qemu")->since_usec, ==, 100);

        same = judge(&facts, first, 200);
        g_assert_cmpuint(result_of(same, "net.tun")->since_usec, ==, 100);
        g_assert_cmpuint(profile_of(same, "qemu")->since_usec, ==, 100);
        g_assert_true(verdict_equal(first, same));

        facts.devices.devices[DEVICE_TUN].registered = TRISTATE_UNKNOWN;
        changed = judge(&facts, same, 300);
        g_assert_cmpuint(result_of(changed, "net.tun")->since_usec, ==, 300);
        g_assert_cmpuint(result_of(changed, "kvm.usable")->since_usec, ==, 100);
        g_assert_cmpuint(profile_of(changed, "qemu")->since_usec, ==, 300);
        g_assert_cmpuint(profile_of(changed, "lxc")->since_usec, ==, 100);
        g_assert_false(verdict_equal(same, changed));
        g_assert_false(check_result_equal(result_of(same, "net.tun"), result_of(changed, "net.tun")));
        g_assert_true(check_result_equal(result_of(same, "kvm.usable"), result_of(changed, "kvm.usable")));
        g_assert_false(profile_result_equal(profile_of(same, "qemu"), profile_of(changed, "qemu")));
}

/* Another reason for the same state is a difference, and begins a new time of the reason alone; so is
 * another value in the same reason. */
static void test_other_reason(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("intel-ready");
        _cleanup_(verdict_freep) Verdict *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
        Facts facts = machine->facts;

        first = judge(&facts, NULL, 100);
        g_assert_cmpuint(result_of(first, "kvm.access")->reason_since_usec, ==, 100);
        facts.devices.devices[DEVICE_KVM].mode = 0666;
        second = judge(&facts, first, 200);
        g_assert_cmpuint(result_of(second, "kvm.access")->since_usec, ==, 100);
        g_assert_cmpuint(result_of(second, "kvm.access")->reason_since_usec, ==, 200);
        g_assert_cmpuint(result_of(second, "net.tun")->reason_since_usec, ==, 100);
        g_assert_false(verdict_equal(first, second));

        facts.devices.devices[DEVICE_KVM].mode = 0667;
        third = judge(&facts, second, 300);
        g_assert_true(result_of(third, "kvm.access")->finding.reason ==
                      result_of(second, "kvm.access")->finding.reason);
        g_assert_cmpuint(result_of(third, "kvm.access")->since_usec, ==, 100);
        g_assert_cmpuint(result_of(third, "kvm.access")->reason_since_usec, ==, 300);

        fourth = judge(&facts, third, 400);
        g_assert_cmpuint(result_of(fourth, "kvm.access")->reason_since_usec, ==, 300);
        g_assert_true(verdict_equal(third, fourth));
}

static void test_equal_without_verdict(void) {
        _cleanup_(machine_freep) Machine *machine = machine_load("empty");

        g_assert_false(verdict_equal(NULL, machine->verdict));
        g_assert_false(verdict_equal(machine->verdict, NULL));
        g_assert_true(verdict_equal(machine->verdict, machine->verdict));
        g_assert_null(verdict_free(NULL));
}

static void assert_words(const char *name, const char *expected) {
        _cleanup_(machine_freep) Machine *machine = machine_load(name);
        _cleanup_free_ char *words = NULL;

        g_assert_cmpint(verdict_in_words(machine->verdict, &words), ==, 0);
        g_assert_cmpstr(words, ==, expected);
}

static void test_in_words(void) {
        assert_words("intel-ready", "Ready: A guest ran: KVM executed an instruction in a virtual machine. "
                                    "A guest can have up to 4 vCPUs.");
        assert_words("amd-module-not-loaded", "Not ready: The kernel module kvm_amd is not loaded.");
        assert_words(
                "cgroup-disabled-memory",
                "Degraded: The control group controller memory is disabled on the kernel command line.");
        assert_words("empty", "Unknown: Whether the kernel serves /dev/kvm could not be read.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/verdict/check-set", test_check_set);
        g_test_add_func("/verdict/chain", test_chain);
        g_test_add_func("/verdict/needs-met", test_needs_met);
        g_test_add_func("/verdict/needs-met-beside-failing-need", test_needs_met_beside_failing_need);
        g_test_add_func("/verdict/pass-beside-failing-need", test_pass_beside_failing_need);
        g_test_add_func("/verdict/profile-states", test_profile_states);
        g_test_add_func("/verdict/required-goes-first", test_required_goes_first);
        g_test_add_func("/verdict/unknown", test_unknown);
        g_test_add_func("/verdict/times", test_times);
        g_test_add_func("/verdict/other-reason", test_other_reason);
        g_test_add_func("/verdict/equal-without-verdict", test_equal_without_verdict);
        g_test_add_func("/verdict/in-words", test_in_words);

        return g_test_run();
}
