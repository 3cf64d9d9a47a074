/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.nested: guests that run guests of their own. */

#include <stdio.h>

#include "catalogue.h"
#include "remedies.h"

static const Reason nested_enabled = {
        .id = "enabled",
        .state = CHECK_PASS,
        .detail = "KVM lets its guests run guests of their own.",
        .explanation = DOC("Nesting is turned on, and KVM itself says that it has what it takes."),
};

static const Reason nested_parameter_on = {
        .id = "parameter-on",
        .state = CHECK_PASS,
        .detail = "{module} has nesting on; KVM itself was not asked.",
        .explanation =
                DOC("The module's parameter is on. Whether KVM can also save and restore guests that have "
                    "guests of their own is known once it was asked, which cannot be done in a snapshot."),
};

static const Reason nested_off = {
        .id = "off",
        .state = CHECK_FAIL,
        .detail = "{module} has nesting off.",
        .explanation = DOC("Nesting is off by default on s390x, on Intel before Linux 4.20, and where an "
                           "administrator turned it off. Put a line such as \"options kvm_intel nested=1\" "
                           "into a file below /etc/modprobe.d, shut all virtual machines down and load the "
                           "module again. On s390x this excludes huge pages for guests (hpage)."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_CONFIGURATION_FILE,
                               .argument = "{file}",
                               .command = "echo \"options {module} nested=1\" > {file}",
                               .privileged = true },
                             REMEDY_TO_RELOAD_MODULE),
};

static const Reason nested_off_by_file = {
        .id = "disabled-by-file",
        .state = CHECK_FAIL,
        .detail = "{module} has nesting off, as {file} says.",
        .explanation =
                DOC("Of all files below /etc/modprobe.d that set the parameter, the last one counts. Change "
                    "nested=0 to nested=1 there, shut all virtual machines down and load the module again."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_CONFIGURATION_FILE, .argument = "{file}", .privileged = true },
                             REMEDY_TO_RELOAD_MODULE),
};

static const Reason nested_off_built_in = {
        .id = "off-built-in",
        .state = CHECK_FAIL,
        .detail = "{module}, which is built into the kernel, has nesting off.",
        .explanation = DOC("A module that is built in takes its parameters from the kernel's command line "
                           "only. Add it to the boot loader's configuration and restart."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER),
};

static const Reason nested_off_by_parameter = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "{module} has nesting off: the kernel was started with {parameter}.",
        .explanation = DOC("The parameter on the kernel's command line counts, also when the module is "
                           "loaded later. Take it out of the boot loader's configuration and restart."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_REMOVE_PARAMETER),
};

static const Reason nested_no_state = {
        .id = "no-nested-state",
        .state = CHECK_FAIL,
        .detail = "{module} has nesting on, but KVM cannot save the state of guests that use it.",
        .explanation = DOC("Without KVM_CAP_NESTED_STATE such a guest is lost when it is migrated, saved or "
                           "moved to a new version of its virtual machine monitor. The kernel is too old: "
                           "Intel needs Linux 4.19, AMD 5.8."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_BOOT("Linux 5.8 or later")),
};

static const Reason nested_not_capable = {
        .id = "not-capable",
        .state = CHECK_FAIL,
        .detail = "{module} has nesting on, but KVM does not offer it on this machine.",
        .explanation = DOC(
                "On ppc64 it takes POWER9 or later with the radix MMU, and a kernel that is not itself a "
                "guest of PowerVM. Remove disable_radix from the kernel's command line if it is there."),
        .needs_met = true,
};

static const Reason nested_arm_mode = {
        .id = "mode-not-nested",
        .state = CHECK_FAIL,
        .detail = "KVM was not started in the mode that has nesting (kvm-arm.mode=nested).",
        .explanation =
                DOC("On 64-bit ARM nesting must be asked for when the kernel starts. It takes Linux 6.16 "
                    "and a CPU with the extension FEAT_NV2; on others the parameter changes nothing."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_KERNEL_PARAMETER,
                               .action = "add",
                               .argument = "kvm-arm.mode=nested",
                               .privileged = true }),
};

static const Reason nested_arm_not_capable = {
        .id = "cpu-not-capable",
        .state = CHECK_FAIL,
        .detail = "The kernel was started with kvm-arm.mode=nested, but KVM does not offer nesting on this "
                  "CPU.",
        .explanation = DOC("Nesting on 64-bit ARM takes a CPU with the extension FEAT_NV2, which is part of "
                           "Armv8.4 and left out by many. No setting adds it."),
        .needs_met = true,
};

static const Reason nested_no_kvm = {
        .id = "no-kvm",
        .state = CHECK_FAIL,
        .detail = "KVM is not there, so no guests can be run, let alone guests in guests.",
        .explanation = DOC("Once kvm.device passes, its module's parameter tells whether nesting is on."),
};

static const Reason nested_unsupported = {
        .id = "unsupported",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "What serves KVM on this machine has no nesting.",
        .explanation = DOC("Nesting is a feature of kvm_intel, kvm_amd and kvm_hv. Another module serves "
                           "/dev/kvm, such as kvm_pvm or kvm_pr, and KVM says that it has none."),
};

static const Reason nested_other_architecture = {
        .id = "other-architecture",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "KVM has no nesting on {architecture} with this kernel.",
        .explanation = DOC("KVM can nest on x86, ppc64, s390x and, since Linux 6.16, on 64-bit ARM."),
};

static const Reason nested_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether KVM lets its guests run guests of their own could not be read.",
        .explanation = DOC("Neither the module's parameter below /sys/module nor, on 64-bit ARM, KVM itself "
                           "told. A snapshot must contain that parameter and /proc/cpuinfo."),
};

static const Reason *explain_off(const Facts *facts, const char *module, Finding *finding) {
        char key[64], word[64], text[128];

        snprintf(key, sizeof(key), "%s.nested", module);
        if (command_line_bool(facts->kernel.command_line, key, sizeof(word), word) == TRISTATE_NO) {
                finding_add(finding, "parameter", word);
                return &nested_off_by_parameter;
        }

        if (facts_module_state(facts, facts->nested.module) == MODULE_STATE_BUILT_IN) {
                snprintf(text, sizeof(text), "%s=1", key);
                finding_add(finding, "parameter", text);
                return &nested_off_built_in;
        }
        if (facts->module_tree.nested_off[facts->nested.module]) {
                finding_add(finding, "file", facts->module_tree.nested_source[facts->nested.module]);
                return &nested_off_by_file;
        }

        snprintf(text, sizeof(text), "/etc/modprobe.d/%s-nested.conf", module);
        finding_add(finding, "file", text);
        return &nested_off;
}

/* The mode has to be asked for (arch/arm64/kvm/arm.c: early_kvm_mode_cfg()). Other modes know of no nesting,
 * whatever the CPU has (arch/arm64/kernel/cpufeature.c: has_nested_virt_support()). */
static const Reason *judge_arm64(const Facts *facts, Finding *finding) {
        bool asked_for = command_line_lists(facts->kernel.command_line, "kvm-arm.mode", "nested");

        if (facts->kvm.nested == TRISTATE_YES)
                return &nested_enabled;
        if (kernel_at_least(&facts->kernel, 6, 16, 0) == TRISTATE_NO) {
                finding_add(finding, "architecture", facts->cpu.machine);
                return &nested_other_architecture;
        }
        if (facts->kvm.nested == TRISTATE_NO)
                return asked_for ? &nested_arm_not_capable : &nested_arm_mode;

        return facts->kernel.command_line && !asked_for ? &nested_arm_mode : &nested_unknown;
}

/* With a parameter; what KVM says goes beyond it (facts/kvm.c: check_nested()). */
static const Reason *judge_module(const Facts *facts, Finding *finding) {
        const char *module = module_to_string(facts->nested.module);

        finding_add(finding, "module", module);

        if (facts->nested.enabled == TRISTATE_NO)
                return explain_off(facts, module, finding);

        switch (facts->kvm.nested) {
        case TRISTATE_YES:
                return &nested_enabled;
        case TRISTATE_NO:
                return facts->cpu.architecture == ARCHITECTURE_X86 ? &nested_no_state : &nested_not_capable;
        default:
                return &nested_parameter_on;
        }
}

/* The capability of ppc64 says it all. That of x86 says something only of a module that has nesting, so
 * where none serves this CPU, it can but deny. */
static const Reason *judge_without_parameter(const Facts *facts) {
        bool says_all = facts->cpu.architecture == ARCHITECTURE_PPC64;

        if (facts->kvm.nested == TRISTATE_NO && (says_all || !facts->nested.has_module))
                return &nested_unsupported;

        return facts->kvm.nested == TRISTATE_YES && says_all ? &nested_enabled : &nested_unknown;
}

static const Reason *judge_nested(const Facts *facts, const Check *check, Finding *finding) {
        (void) check;

        switch (facts->cpu.architecture) {
        case ARCHITECTURE_UNKNOWN:
                return &nested_unknown;
        case ARCHITECTURE_X86:
        case ARCHITECTURE_PPC64:
        case ARCHITECTURE_S390X:
        case ARCHITECTURE_ARM64:
                break;
        default:
                finding_add(finding, "architecture", facts->cpu.machine);
                return &nested_other_architecture;
        }

        if (facts_kvm_is_missing(facts))
                return &nested_no_kvm;
        if (facts->cpu.architecture == ARCHITECTURE_ARM64)
                return judge_arm64(facts, finding);
        if (facts->nested.enabled != TRISTATE_UNKNOWN)
                return judge_module(facts, finding);

        return judge_without_parameter(facts);
}

static const Check checks[] = {
        {
                .id = "kvm.nested",
                .title = "Guests within guests",
                .description =
                        "KVM lets a guest use virtualization itself, so that it can run guests in turn.",
                .reads = DOC_LIST(
                        "/sys/module/kvm_intel/parameters/nested, or that of kvm_amd, kvm_hv or kvm",
                        "/dev/kvm (KVM_CAP_NESTED_STATE, KVM_CAP_PPC_NESTED_HV, KVM_CAP_ARM_EL2)",
                        "/etc/modprobe.d and the other directories of modprobe.d(5)", "/proc/cpuinfo",
                        "/proc/cmdline", "/proc/misc"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/x86/running-nested-guests.html",
                                       "https://docs.kernel.org/virt/kvm/api.html",
                                       "https://docs.kernel.org/admin-guide/kernel-parameters.html"),
                .needs = { "kvm.device" },
                .judge = judge_nested,
                .reasons = (const Reason *const[]){ &nested_enabled, &nested_parameter_on, &nested_off,
                                                    &nested_off_by_file, &nested_off_built_in,
                                                    &nested_off_by_parameter, &nested_no_state,
                                                    &nested_not_capable, &nested_arm_mode,
                                                    &nested_arm_not_capable, &nested_no_kvm,
                                                    &nested_unsupported, &nested_other_architecture,
                                                    &nested_unknown, NULL },
        },
};

const CheckTable kvm_nested_checks = CHECK_TABLE(checks);
