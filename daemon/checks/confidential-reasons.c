/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kind of confidential guest can come out as: the CPU could or not, the host does or not, and why. */

#include "confidential-reasons.h"
#include "remedies.h"

const Reason confidential_enabled = {
        .id = "enabled",
        .state = CHECK_PASS,
        .detail = "KVM can run {kind} guests.",
        .explanation = DOC("KVM lists this type of virtual machine, or the kernel shows that it is on after "
                           "looking at CPU and firmware."),
};

const Reason confidential_other_architecture = {
        .id = "other-architecture",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "There is no {kind} on {architecture}.",
        .explanation = DOC("Each architecture has its own kinds of confidential guests."),
};

const Reason confidential_unsupported = {
        .id = "unsupported",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "This CPU offers no {kind}.",
        .explanation = DOC("Most processors have none. A virtual machine has what its host passes on, and "
                           "hardly any host passes this on."),
};

const Reason confidential_no_kvm = {
        .id = "no-kvm",
        .state = CHECK_FAIL,
        .detail = "KVM is not there, and only with it can {kind} guests run.",
        .explanation = DOC("The CPU could have such guests, but nothing can run any guest. Once kvm.device "
                           "passes, KVM tells which kinds it can run."),
};

const Reason confidential_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether KVM can run {kind} guests could not be read.",
        .explanation = DOC("KVM was not asked for the types of its virtual machines, and neither its "
                           "parameters below /sys/module nor, on s390x, /sys/firmware/uv told. A snapshot "
                           "must contain these, and /proc/cpuinfo."),
};

const Reason confidential_other_vendor = {
        .id = "other-vendor",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "{kind} is not a feature of this vendor's CPUs.",
        .explanation = DOC("AMD's processors have SEV and what builds on it, Intel's have TDX."),
};

const Reason confidential_not_shown_amd = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "{module} has {kind} off, and whether this CPU has it at all cannot be seen.",
        .explanation = DOC("The kernel shows the feature only where the firmware has enabled it, and a "
                           "snapshot does not hold what the CPU itself says. SEV-ES came with the second "
                           "generation of EPYC, SEV-SNP with the third."),
};

const Reason confidential_not_shown_intel = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "{module} has {kind} off, and whether this CPU has it at all cannot be seen.",
        .explanation = DOC("The CPU can encrypt memory, as TDX needs, and does not say whether it has TDX. "
                           "If its data sheet does, enable it in the firmware: \"Memory Encryption (TME)\", "
                           "\"Total Memory Encryption Multi-Tenant (TME-MT)\", \"Trust Domain Extension "
                           "(TDX)\" and \"SEAM Loader\" are the usual names. The kernel needs "
                           "CONFIG_INTEL_TDX_HOST, and some versions nohibernate on their command line."),
};

const Reason confidential_other_module = {
        .id = "other-module",
        .state = CHECK_FAIL,
        .detail = "{kind} guests run with {module} only, and KVM runs here without it.",
        .explanation = DOC(
                "Another module serves /dev/kvm and has no confidential guests, though the CPU could. That "
                "of the CPU's vendor needs the virtualization extension, which the firmware keeps off."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING),
};

const Reason confidential_not_in_kernel = {
        .id = "not-in-kernel",
        .state = CHECK_FAIL,
        .detail = "The module {module} of the kernel {release} knows no {kind}.",
        .explanation = DOC("The kernel is too old or was built without it. SEV needs Linux 4.16, SEV-ES "
                           "5.11 and SEV-SNP 6.11, each with CONFIG_KVM_AMD_SEV; TDX needs 6.16 with "
                           "CONFIG_KVM_INTEL_TDX. Some distributions have added these to older kernels."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_BOOT("{kernel}")),
};

/* The same for each that builds on another. */
#define BASE_OFF(base)                                                                                     \
        {                                                                                                  \
                .id = "base-off", .state = CHECK_FAIL, .detail = "{kind} builds on {base}, which is off.", \
                .explanation = DOC("SEV-SNP builds on SEV-ES, and that on SEV. Once the one below is on, " \
                                   "this check says whether anything else is in the way."),                \
                .cause = (base)                                                                            \
        }

const Reason confidential_sev_es_base_off = BASE_OFF("confidential.sev");
const Reason confidential_sev_snp_base_off = BASE_OFF("confidential.sev_es");

const Reason confidential_disabled_by_parameter = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The kernel was started with {parameter}, which turns {kind} off.",
        .explanation = DOC("Take the parameter out of the boot loader's configuration and restart."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_REMOVE_PARAMETER),
};

const Reason confidential_disabled_by_host = {
        .id = "disabled-by-host",
        .state = CHECK_FAIL,
        .detail = "This virtual machine is given a CPU with {kind}, but KVM cannot use it in here.",
        .explanation = DOC("To run confidential guests inside a virtual machine its host must pass the "
                           "feature on whole, which few can. Run them on a physical machine, or ask for a "
                           "host that has support for that."),
        .remedies = REMEDIES({ .kind = REMEDY_OUTER_HOST, .argument = "{kind} for guests of its own" }),
};

const Reason confidential_firmware_disabled = {
        .id = "firmware-disabled",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind}, but the firmware has not enabled it.",
        .explanation = DOC(
                "The kernel hides from /proc/cpuinfo what firmware has not prepared. SEV and all that "
                "builds on it need memory encryption, which many machines come without: \"SMEE\" or "
                "\"Secure Memory Encryption\", and \"SEV Control\" where there is one. SEV-SNP needs "
                "\"SEV-SNP Support\" too, and memory for its table: \"SNP Memory (RMP Table) Coverage\"."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING),
};

const Reason confidential_sev_off = {
        .id = "off",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind} and the firmware has enabled it, but {module} has it off.",
        .explanation = DOC("Before Linux 5.13 SEV is off unless the parameter turns it on. If it does, "
                           "kvm_amd gave up, and the kernel's log says why."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER, REMEDY_TO_SEARCH_LOG("SEV", "-e sev -e ccp")),
};

const Reason confidential_sev_gave_up = {
        .id = "turned-off-or-failed",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind} and the firmware has enabled it, but {module} has it off: it was told "
                  "to, or gave up.",
        .explanation =
                DOC("Since Linux 5.13 SEV is on unless a file in /etc/modprobe.d turns it off (\"options "
                    "kvm_amd sev=0\"). If none does, kvm_amd gave up: it needs nested paging (npt) and the "
                    "driver ccp with the processor's firmware, and the kernel's log says what is missing."),
        .needs_met = true,
        .remedies = REMEDIES(
                REMEDY_TO_SEARCH_LOG("SEV", "-e sev -e ccp"),
                { .kind = REMEDY_CONFIGURATION_FILE, .argument = "/etc/modprobe.d", .privileged = true }),
};

const Reason confidential_no_asids = {
        .id = "off-or-no-asids",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind}, but {module} has it off: the firmware has set no guests aside for "
                  "it, or a parameter turns it off.",
        .explanation =
                DOC("The numbers (ASIDs) that encrypted guests can have are shared out by the firmware, and "
                    "as long as \"SEV-ES ASID Space Limit\" is 1 none is for SEV-ES and SEV-SNP. Set the "
                    "limit to one more than the number of such guests. Before Linux 5.13, and with sev_es=0 "
                    "in a file in /etc/modprobe.d, it is the parameter."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_FIRMWARE_SETTING,
                               .action = "raise",
                               .argument = "{setting}",
                               .privileged = true },
                             REMEDY_TO_SEARCH_LOG("SEV-ES", "sev")),
};

const Reason confidential_snp_off = {
        .id = "off-or-not-initialized",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind}, but {module} has it off: firmware, IOMMU or a parameter stands in "
                  "its way.",
        .explanation = DOC("SEV-SNP needs firmware with \"SEV-SNP Support\" on and memory for its table "
                           "(\"SNP Memory (RMP Table) Coverage\"), an IOMMU that is on, and recent firmware "
                           "of the processor's own (PSP). The kernel's log names what is missing. Also look "
                           "for sev_snp=0 in /etc/modprobe.d."),
        .needs_met = true,
        .remedies =
                REMEDIES(REMEDY_TO_ENABLE_SETTING, REMEDY_TO_SEARCH_LOG("SEV-SNP", "-e sev -e snp -e rmp")),
};

const Reason confidential_snp_without_iommu = {
        .id = "iommu-not-translating",
        .state = CHECK_FAIL,
        .detail = "{kind} needs an IOMMU that translates, and the kernel was started with {parameter}.",
        .explanation = DOC("Devices must not reach the memory of such guests, so the kernel leaves SEV-SNP "
                           "off where the IOMMU is off or passes everything through. Take the parameter out "
                           "of the boot loader's configuration and restart."),
        .cause = "iommu.enabled",
        .remedies = REMEDIES(REMEDY_TO_REMOVE_PARAMETER),
};

const Reason confidential_failed = {
        .id = "failed",
        .state = CHECK_FAIL,
        .detail = "The kernel was started with {parameter}, but {module} has {kind} off: it gave up.",
        .explanation =
                DOC("The module was told to turn the feature on, and could not. The kernel's log says what "
                    "is missing: most often firmware, of the machine or of the processor's own."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("{kind}", "-e sev -e ccp -e tdx")),
};

const Reason confidential_tdx_without_virtualization_by_parameter = {
        .id = "virtualization-not-held-by-parameter",
        .state = CHECK_FAIL,
        .detail = "{kind} needs KVM to hold the CPU's virtualization from its start, and the kernel was "
                  "started with {parameter}.",
        .explanation = DOC(
                "The module for TDX is set up when KVM starts, on CPUs that are in the state for running "
                "guests already. Take the parameter out of the boot loader's configuration and restart. The "
                "modules of other hypervisors, which it may be there for, cannot be used beside."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_REMOVE_PARAMETER),
};

const Reason confidential_tdx_without_virtualization = {
        .id = "virtualization-not-held",
        .state = CHECK_FAIL,
        .detail = "{kind} needs KVM to hold the CPU's virtualization from its start, and "
                  "kvm.enable_virt_at_load is N.",
        .explanation = DOC("The module for TDX is set up when KVM starts, on CPUs that are in the state for "
                           "running guests already. The parameter is Y unless somebody says otherwise, here "
                           "not on the kernel command line: look in the files in /etc/modprobe.d. What the "
                           "command line says counts more than these. The modules of other hypervisors, "
                           "which the N may be there for, cannot be used beside."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_KERNEL_PARAMETER,
                               .action = "add",
                               .argument = "kvm.enable_virt_at_load=1",
                               .privileged = true }),
};

const Reason confidential_tdx_off = {
        .id = "off",
        .state = CHECK_FAIL,
        .detail = "The CPU has {kind} and the firmware has enabled it, but {module} has it off.",
        .explanation = DOC("The module uses TDX where its parameter asks for it. If that is there already, "
                           "it gave up: it needs the TDX module, which the firmware loads, and some kernels "
                           "also nohibernate on their command line. The kernel's log says what is missing."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER, REMEDY_TO_SEARCH_LOG("TDX", "tdx")),
};

const Reason confidential_prot_virt_off = {
        .id = "off",
        .state = CHECK_FAIL,
        .detail = "The machine offers {kind}, but the kernel was started without {parameter}.",
        .explanation =
                DOC("The parameter reserves memory for the ultravisor at boot, so it is off by default. Add "
                    "it to the boot loader's configuration, write the boot record (zipl) and restart."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER),
};

const Reason confidential_prot_virt_failed = {
        .id = "setup-failed",
        .state = CHECK_FAIL,
        .detail = "The kernel was started with {parameter}, but could not set {kind} up.",
        .explanation = DOC("The ultravisor refused, or the memory that it needs could not be reserved. The "
                           "kernel's log of the boot has the reason."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("prot_virt", "prot_virt")),
};

#define REASONS_OF_ALL                                                                      \
        &confidential_enabled, &confidential_other_architecture, &confidential_unsupported, \
                &confidential_no_kvm, &confidential_unknown
#define REASONS_OF_X86                                                                       \
        &confidential_other_vendor, &confidential_other_module, &confidential_not_in_kernel, \
                &confidential_disabled_by_parameter, &confidential_disabled_by_host

const Reason *const confidential_sev_reasons[] = {
        REASONS_OF_ALL,
        REASONS_OF_X86,
        &confidential_not_shown_amd,
        &confidential_firmware_disabled,
        &confidential_sev_off,
        &confidential_sev_gave_up,
        &confidential_failed,
        NULL,
};

const Reason *const confidential_sev_es_reasons[] = {
        REASONS_OF_ALL,
        REASONS_OF_X86,
        &confidential_not_shown_amd,
        &confidential_firmware_disabled,
        &confidential_sev_es_base_off,
        &confidential_no_asids,
        NULL,
};

const Reason *const confidential_sev_snp_reasons[] = {
        REASONS_OF_ALL,
        REASONS_OF_X86,
        &confidential_not_shown_amd,
        &confidential_firmware_disabled,
        &confidential_sev_snp_base_off,
        &confidential_snp_without_iommu,
        &confidential_snp_off,
        NULL,
};

const Reason *const confidential_tdx_reasons[] = {
        REASONS_OF_ALL,
        REASONS_OF_X86,
        &confidential_not_shown_intel,
        &confidential_tdx_off,
        &confidential_tdx_without_virtualization,
        &confidential_tdx_without_virtualization_by_parameter,
        &confidential_failed,
        NULL,
};

const Reason *const confidential_s390_reasons[] = {
        REASONS_OF_ALL,
        &confidential_prot_virt_off,
        &confidential_prot_virt_failed,
        NULL,
};
