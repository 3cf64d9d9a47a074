/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges a kind of confidential guest. */

#include <stdio.h>
#include <string.h>

#include "../basic/words.h"
#include "confidential-kinds.h"
#include "confidential-reasons.h"
#include "remedies.h"

#define PARAMETER_MAX 32U

/* The kind that this one is an extension of; itself for one that is none. */
static ConfidentialKind base_of(ConfidentialKind kind) {
        switch (kind) {
        case CONFIDENTIAL_SEV_SNP:
                return CONFIDENTIAL_SEV_ES;
        case CONFIDENTIAL_SEV_ES:
                return CONFIDENTIAL_SEV;
        default:
                return kind;
        }
}

/* Yields the kernel parameter that turns the kind on or off ("kvm_amd.sev"). */
static const char *parameter_of(ConfidentialKind kind, char buffer[static PARAMETER_MAX]) {
        if (kind == CONFIDENTIAL_S390_PV)
                return confidential_parameter(kind);

        snprintf(buffer, PARAMETER_MAX, "%s.%s", module_to_string(confidential_module(kind)),
                 confidential_parameter(kind));
        return buffer;
}

/* What the kernel command line says of the kind, and in which word. */
static Tristate find_word(const Facts *facts, ConfidentialKind kind, char word[static PARAMETER_MAX]) {
        char parameter[PARAMETER_MAX];

        return command_line_bool(facts->kernel.command_line, parameter_of(kind, parameter), PARAMETER_MAX,
                                 word);
}

/* With these the kernel leaves SEV-SNP alone (drivers/iommu/amd/init.c: iommu_snp_enable()). Of iommu=pt,
 * iommu=nopt and iommu.passthrough= the last holds (arch/x86/kernel/pci-dma.c: iommu_setup(); iommu.c:
 * iommu_set_def_domain_type()). */
static bool find_iommu_obstacle(const Facts *facts, char word[static PARAMETER_MAX]) {
        const char *command_line = facts->kernel.command_line;
        Tristate pt = command_line_switch(command_line, "iommu", "pt", "nopt");
        Tristate passthrough;
        const char *obstacle;

        passthrough = command_line_bool(command_line, "iommu.passthrough", PARAMETER_MAX, word);
        if (passthrough == TRISTATE_YES && pt != TRISTATE_NO)
                return true;

        if (command_line_lists(command_line, "amd_iommu", "off"))
                obstacle = "amd_iommu=off";
        else if (command_line_lists(command_line, "iommu", "off"))
                obstacle = "iommu=off";
        else if (pt == TRISTATE_YES && passthrough != TRISTATE_NO)
                obstacle = "iommu=pt";
        else
                return false;

        snprintf(word, PARAMETER_MAX, "%s", obstacle);
        return true;
}

#define PARAMETER_OF_HOLDING "kvm.enable_virt_at_load"

static const Reason *explain_sev_off(const Facts *facts) {
        char word[PARAMETER_MAX];

        if (find_word(facts, CONFIDENTIAL_SEV, word) == TRISTATE_YES)
                return &confidential_failed;

        return kernel_at_least(&facts->kernel, 5, 13, 0) == TRISTATE_NO ? &confidential_sev_off
                                                                        : &confidential_sev_gave_up;
}

/* arch/x86/kvm/vmx/tdx.c: tdx_bringup() */
static const Reason *explain_tdx_off(const Facts *facts) {
        char word[PARAMETER_MAX];

        if (facts->modules.kvm_holds_cpu == TRISTATE_NO)
                return command_line_bool(facts->kernel.command_line, PARAMETER_OF_HOLDING, sizeof(word),
                                         word) == TRISTATE_NO
                               ? &confidential_tdx_without_virtualization_by_parameter
                               : &confidential_tdx_without_virtualization;

        return find_word(facts, CONFIDENTIAL_TDX, word) == TRISTATE_YES ? &confidential_failed
                                                                        : &confidential_tdx_off;
}

/* The CPU could, its vendor's module serves KVM, and has it off. */
static const Reason *explain_off(const Facts *facts, ConfidentialKind kind) {
        char word[PARAMETER_MAX];

        if (base_of(kind) != kind && facts->confidential.enabled[base_of(kind)] == TRISTATE_NO)
                return kind == CONFIDENTIAL_SEV_ES ? &confidential_sev_es_base_off
                                                   : &confidential_sev_snp_base_off;
        if (facts->confidential.missing[kind])
                return &confidential_not_in_kernel;
        if (kind != CONFIDENTIAL_TDX && !words_contain(facts->cpu.flags, confidential_flag(kind)))
                return &confidential_firmware_disabled;
        if (find_word(facts, kind, word) == TRISTATE_NO)
                return &confidential_disabled_by_parameter;

        switch (kind) {
        case CONFIDENTIAL_SEV_ES:
                return &confidential_no_asids;
        case CONFIDENTIAL_SEV_SNP:
                return find_iommu_obstacle(facts, word) ? &confidential_snp_without_iommu
                                                        : &confidential_snp_off;
        case CONFIDENTIAL_TDX:
                return explain_tdx_off(facts);
        default:
                return explain_sev_off(facts);
        }
}

static const Reason *explain_x86(const Facts *facts, ConfidentialKind kind) {
        if (facts->confidential.possible[kind] != TRISTATE_YES)
                return kind == CONFIDENTIAL_TDX ? &confidential_not_shown_intel
                                                : &confidential_not_shown_amd;
        if (facts->hypervisor.guest == TRISTATE_YES)
                return &confidential_disabled_by_host;
        if (facts->cpu.extension == confidential_extension(kind))
                return explain_off(facts, kind);

        return facts->devices.devices[DEVICE_KVM].registered == TRISTATE_YES ? &confidential_other_module
                                                                             : &confidential_unknown;
}

static const Reason *explain_s390(const Facts *facts) {
        char word[PARAMETER_MAX];

        if (facts->confidential.possible[CONFIDENTIAL_S390_PV] != TRISTATE_YES)
                return &confidential_unknown;

        return find_word(facts, CONFIDENTIAL_S390_PV, word) == TRISTATE_YES ? &confidential_prot_virt_failed
                                                                            : &confidential_prot_virt_off;
}

/* Without its module KVM has no parameters to read, and nobody knows what it would make of the CPU. So a CPU
 * that could have such guests has none because there is no KVM, which is for kvm.device, and what that
 * needs, to explain. A parameter that a built-in module shows all the same says nothing. */
const Reason *confidential_reason(const Facts *facts, ConfidentialKind kind) {
        const ConfidentialFacts *confidential = &facts->confidential;
        CpuExtension vendor = cpu_vendor_extension(&facts->cpu);
        bool no_kvm = facts_kvm_is_missing(facts);

        if (facts->cpu.architecture == ARCHITECTURE_UNKNOWN)
                return &confidential_unknown;
        if (facts->cpu.architecture != confidential_architecture(kind))
                return &confidential_other_architecture;
        if (confidential->enabled[kind] == TRISTATE_YES && !no_kvm)
                return &confidential_enabled;
        if (kind != CONFIDENTIAL_S390_PV && vendor != CPU_EXTENSION_NONE &&
            vendor != confidential_extension(kind))
                return &confidential_other_vendor;
        if (confidential->possible[kind] == TRISTATE_NO)
                return &confidential_unsupported;
        if (no_kvm)
                return confidential->possible[kind] == TRISTATE_YES ? &confidential_no_kvm
                                                                    : &confidential_unknown;
        if (confidential->enabled[kind] != TRISTATE_NO)
                return &confidential_unknown;

        return kind == CONFIDENTIAL_S390_PV ? explain_s390(facts) : explain_x86(facts, kind);
}

static bool asks_for(const Reason *reason, const char *placeholder) {
        if (strstr(reason->detail, placeholder))
                return true;

        FOREACH_REMEDY(remedy, reason)
                if (strstr(remedy->argument, placeholder))
                        return true;

        return false;
}

/* As it stands on the kernel command line, or as it should. */
static void add_parameter(const Facts *facts, ConfidentialKind kind, const Reason *reason,
                          Finding *finding) {
        char parameter[PARAMETER_MAX], word[PARAMETER_MAX + 2];

        if (reason == &confidential_snp_without_iommu)
                (void) find_iommu_obstacle(facts, word);
        else if (reason == &confidential_tdx_without_virtualization_by_parameter)
                (void) command_line_bool(facts->kernel.command_line, PARAMETER_OF_HOLDING, sizeof(word),
                                         word);
        else if (reason == &confidential_disabled_by_parameter || reason == &confidential_failed ||
                 reason == &confidential_prot_virt_failed)
                (void) find_word(facts, kind, word);
        else
                snprintf(word, sizeof(word), "%s=1", parameter_of(kind, parameter));

        finding_add(finding, "parameter", word);
}

/* As AMD's reference firmware and the boards made with it name them. */
static const char *firmware_setting(ConfidentialKind kind, const Reason *reason) {
        if (reason == &confidential_other_module)
                return virtualization_setting(confidential_extension(kind));

        switch (kind) {
        case CONFIDENTIAL_SEV_ES:
                return "SEV-ES ASID Space Limit";
        case CONFIDENTIAL_SEV_SNP:
                return "SEV-SNP Support, SNP Memory (RMP Table) Coverage";
        default:
                return "SMEE (Secure Memory Encryption)";
        }
}

static const char *kernel_to_boot(ConfidentialKind kind) {
        switch (kind) {
        case CONFIDENTIAL_SEV:
                return "Linux 4.16 or later, built with CONFIG_KVM_AMD_SEV";
        case CONFIDENTIAL_SEV_ES:
                return "Linux 5.11 or later, built with CONFIG_KVM_AMD_SEV";
        case CONFIDENTIAL_SEV_SNP:
                return "Linux 6.11 or later, built with CONFIG_KVM_AMD_SEV";
        default:
                return "Linux 6.16 or later, built with CONFIG_KVM_INTEL_TDX";
        }
}

void confidential_arguments(const Facts *facts, ConfidentialKind kind, const Reason *reason,
                            Finding *finding) {
        finding_add(finding, "kind", confidential_kind_to_string(kind));

        if (asks_for(reason, "{base}"))
                finding_add(finding, "base", confidential_kind_to_string(base_of(kind)));
        if (asks_for(reason, "{architecture}"))
                finding_add(finding, "architecture", facts->cpu.machine);
        if (asks_for(reason, "{module}"))
                finding_add(finding, "module", module_to_string(confidential_module(kind)));
        if (asks_for(reason, "{release}"))
                finding_add(finding, "release", facts->kernel.release);
        if (asks_for(reason, "{parameter}"))
                add_parameter(facts, kind, reason, finding);
        if (asks_for(reason, "{setting}"))
                finding_add(finding, "setting", firmware_setting(kind, reason));
        if (asks_for(reason, "{kernel}"))
                finding_add(finding, "kernel", kernel_to_boot(kind));
}
