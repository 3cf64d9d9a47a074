/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpu.*: what the processor offers. These checks explain; whether guests run, only KVM itself can tell. */

#include "catalogue.h"
#include "reads.h"
#include "remedies.h"

static const Reason virtualization_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The CPU offers {extension}.",
        .explanation =
                DOC("The kernel knows the extension. Current ones show its flag only where the firmware "
                    "lets it be used; before Linux 5.6 on Intel, and 6.7 on AMD, the flag is there also "
                    "when the firmware has disabled the extension, and loading KVM then fails."),
};

static const Reason virtualization_not_needed = {
        .id = "not-needed",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "The CPU shows no virtualization extension, and KVM serves /dev/kvm without one.",
        .explanation =
                DOC("There are ways to run guests without the extension, such as KVM's module kvm_pvm in a "
                    "virtual machine. That KVM has registered its device shows that one of them is in use."),
};

static const Reason virtualization_no_flag = {
        .id = "no-flag",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "On {architecture} no CPU flag tells whether virtualization is there.",
        .explanation = DOC("Processors of this kind have no flag in /proc/cpuinfo for it. Whether KVM found "
                           "what it needs is for kvm.device to say."),
};

static const Reason virtualization_firmware_disabled = {
        .id = "firmware-disabled",
        .state = CHECK_FAIL,
        .detail = "The CPU has {extension}, but the firmware has disabled it.",
        .explanation = DOC("CPUID shows that the processor has the extension, and the kernel has cleared "
                           "its flag because firmware has locked it off. Turn it on in the firmware's "
                           "setup, usually among the settings of the CPU or under \"advanced\"; some "
                           "machines have to be switched off and on again for the change to count."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING),
};

static const Reason virtualization_hidden = {
        .id = "hidden-by-host",
        .state = CHECK_FAIL,
        .detail = "This is a virtual machine, and its host does not give it {extension}.",
        .explanation = DOC("A virtual machine has the extension only if its host offers nested "
                           "virtualization and passes the CPU's flag on. Both are settings of the host and "
                           "of the virtual machine there; in a cloud, certain types of machine have it. "
                           "Nothing inside the virtual machine can change that."),
        .remedies =
                REMEDIES({ .kind = REMEDY_OUTER_HOST, .argument = "nested virtualization ({extension})" }),
};

static const Reason virtualization_disabled_by_host = {
        .id = "disabled-by-host",
        .state = CHECK_FAIL,
        .detail = "This virtual machine is given a CPU with {extension}, but its host, or the firmware that "
                  "the host gave it, keeps that disabled.",
        .explanation = DOC(
                "The CPU that the host shows has the extension, but the virtual machine's firmware, or the "
                "host, keeps it locked off. The setting is one of the virtual machine, on its host."),
        .remedies =
                REMEDIES({ .kind = REMEDY_OUTER_HOST, .argument = "nested virtualization ({extension})" }),
};

static const Reason virtualization_owned_by_xen = {
        .id = "owned-by-xen",
        .state = CHECK_FAIL,
        .detail = "Xen runs below this Linux and keeps the CPU's virtualization ({extension}) to itself.",
        .explanation = DOC("The control domain and paravirtualized guests of Xen may see the flag of the "
                           "extension, but Xen uses it and gives it to nobody. Run guests with Xen's own "
                           "tools, or choose an entry without Xen in the boot menu."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("Linux without Xen")),
};

static const Reason virtualization_locked_by_kernel = {
        .id = "locked-by-kernel",
        .state = CHECK_UNKNOWN,
        .detail = "A kernel without kvm_intel keeps {extension} locked and hidden: whether the CPU has it, "
                  "and the firmware allows it, cannot be seen.",
        .explanation = DOC("A kernel without KVM for Intel's processors locks the extension until the next "
                           "start, so that nobody else can turn it on, and clears the flag. Start a kernel "
                           "that has kvm_intel, and this check can tell."),
};

static const Reason virtualization_unsupported = {
        .id = "unsupported",
        .state = CHECK_FAIL,
        .detail = "The CPU has no hardware virtualization ({extension}).",
        .explanation = DOC("The processor was made without the extension. Guests can be emulated, which is "
                           "many times slower, or run on another machine."),
};

static const Reason virtualization_not_offered = {
        .id = "not-offered",
        .state = CHECK_FAIL,
        .detail = "The CPU offers no hardware virtualization ({extension}).",
        .explanation = DOC("Either the processor was made without the extension, or this is a virtual "
                           "machine whose host does not pass it on; nothing tells which. Guests can be "
                           "emulated, which is many times slower, or run on another machine."),
};

static const Reason virtualization_not_told = {
        .id = "not-told",
        .state = CHECK_UNKNOWN,
        .detail = "The kernel does not say that the CPU offers {extension}, and not every kernel would.",
        .explanation = DOC("A logical partition has interpretive execution, but older kernels do not list "
                           "it in /proc/cpuinfo. Whether KVM works is for kvm.device to say."),
};

static const Reason virtualization_not_shown = {
        .id = "not-shown",
        .state = CHECK_FAIL,
        .detail = "The CPU shows no {extension}: either it has none, or the firmware has disabled it.",
        .explanation =
                DOC("The flag is not in /proc/cpuinfo, and the processor could not be asked. Look for the "
                    "setting in the firmware's setup; if there is none, the processor lacks the extension."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING),
};

static const Reason flags_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "The flags of the CPU could not be read.",
        .explanation = DOC(
                "/proc/cpuinfo was not there to read, or has no list of flags. A snapshot must contain it."),
};

/* The extension that this CPU would have, as the kernel prints it. */
static const char *extension_to_expect(const CpuFacts *cpu) {
        switch (cpu->architecture) {
        case ARCHITECTURE_S390X:
                return cpu_extension_to_string(CPU_EXTENSION_SIE);
        case ARCHITECTURE_RISCV:
                return cpu_extension_to_string(CPU_EXTENSION_H);
        case ARCHITECTURE_LOONGARCH:
                return cpu_extension_to_string(CPU_EXTENSION_LVZ);
        default:
                break;
        }

        if (cpu->raw != CPU_EXTENSION_NONE)
                return cpu_extension_to_string(cpu->raw);
        if (cpu_vendor_extension(cpu) != CPU_EXTENSION_NONE)
                return cpu_extension_to_string(cpu_vendor_extension(cpu));

        return "vmx or svm";
}

static bool lacks_kvm_intel(const Facts *facts) {
        const ModuleTreeFacts *tree = &facts->module_tree;

        switch (facts_module_state(facts, MODULE_KVM_INTEL)) {
        case MODULE_STATE_ABSENT:
                return true;
        case MODULE_STATE_IMPOSSIBLE:
                return facts->modules.supported == TRISTATE_NO ||
                       (tree->has_index && !tree->available[MODULE_KVM_INTEL]);
        default:
                return facts->kernel.options[KERNEL_OPTION_KVM] == TRISTATE_NO;
        }
}

/* A kernel since Linux 5.6 that is built without kvm_intel locks VMX off at boot
 * (arch/x86/kernel/cpu/feat_ctl.c: init_ia32_feat_ctl()), so that nothing shows what the firmware did. */
static bool kernel_locks_vmx(const Facts *facts) {
        bool may_have_vmx = facts->cpu.raw_known ? facts->cpu.raw == CPU_EXTENSION_VMX
                                                 : cpu_vendor_extension(&facts->cpu) == CPU_EXTENSION_VMX &&
                                                           facts->hypervisor.guest != TRISTATE_YES;

        return may_have_vmx && lacks_kvm_intel(facts) &&
               kernel_at_least(&facts->kernel, 5, 6, 0) != TRISTATE_NO;
}

static const Reason *explain_missing_x86(const Facts *facts, Finding *finding) {
        const CpuFacts *cpu = &facts->cpu;
        bool has_it = cpu->raw_known && cpu->raw != CPU_EXTENSION_NONE;

        if (facts->hypervisor.xen_owns_cpu)
                return &virtualization_owned_by_xen;
        if (kernel_locks_vmx(facts))
                return &virtualization_locked_by_kernel;
        if (facts->hypervisor.guest == TRISTATE_YES)
                return has_it ? &virtualization_disabled_by_host : &virtualization_hidden;
        if (cpu->raw_known && !has_it)
                return &virtualization_unsupported;

        finding_add(finding, "setting", virtualization_setting(cpu_vendor_extension(cpu)));
        return has_it ? &virtualization_firmware_disabled : &virtualization_not_shown;
}

/* "sie" became a word of cpuinfo long after the first KVM on s390x, and a logical partition always has it
 * (arch/s390/kernel/processor.c: int_hwcap_str[]). */
static const Reason *explain_missing_elsewhere(const Facts *facts) {
        if (facts->hypervisor.guest == TRISTATE_YES)
                return &virtualization_hidden;
        if (facts->cpu.architecture == ARCHITECTURE_S390X)
                return &virtualization_not_told;

        return facts->hypervisor.guest == TRISTATE_NO ? &virtualization_unsupported
                                                      : &virtualization_not_offered;
}

static bool has_no_flag(Architecture architecture) {
        return architecture == ARCHITECTURE_ARM || architecture == ARCHITECTURE_ARM64 ||
               architecture == ARCHITECTURE_PPC64 || architecture == ARCHITECTURE_OTHER;
}

static const Reason *judge_virtualization(const Facts *facts, const Check *check, Finding *finding) {
        bool has_kvm = facts->devices.devices[DEVICE_KVM].registered == TRISTATE_YES;
        const CpuFacts *cpu = &facts->cpu;

        (void) check;

        if (has_no_flag(cpu->architecture)) {
                finding_add(finding, "architecture", cpu->machine);
                return &virtualization_no_flag;
        }

        if (cpu->error < 0 || cpu->architecture == ARCHITECTURE_UNKNOWN)
                return &flags_unknown;

        if (cpu->extension != CPU_EXTENSION_NONE) {
                finding_add(finding, "extension", cpu_extension_to_string(cpu->extension));
                return facts->hypervisor.xen_owns_cpu && !has_kvm ? &virtualization_owned_by_xen
                                                                  : &virtualization_available;
        }

        if (has_kvm)
                return &virtualization_not_needed;

        finding_add(finding, "extension", extension_to_expect(cpu));
        return cpu->architecture == ARCHITECTURE_X86 ? explain_missing_x86(facts, finding)
                                                     : explain_missing_elsewhere(facts);
}

static const Reason long_mode_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The CPU runs 64-bit code (lm).",
        .explanation = DOC("Guests can be 64-bit systems."),
};

static const Reason long_mode_missing = {
        .id = "missing",
        .state = CHECK_FAIL,
        .detail = "The CPU runs no 64-bit code (lm is missing): guests are limited to 32 bit.",
        .explanation = DOC("The processor has 32 bits, or is shown to this virtual machine as one that has. "
                           "Only 32-bit systems can run as guests with KVM."),
};

static const Reason long_mode_not_x86 = {
        .id = "not-x86",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "Only x86 CPUs can lack 64-bit guests this way; this is {architecture}.",
        .explanation = DOC("The distinction is one of x86, whose processors came in both kinds. On other "
                           "architectures the kernel's own width tells."),
};

static const Reason *judge_long_mode(const Facts *facts, const Check *check, Finding *finding) {
        const CpuFacts *cpu = &facts->cpu;

        (void) check;

        if (cpu->architecture != ARCHITECTURE_X86 && cpu->architecture != ARCHITECTURE_UNKNOWN) {
                finding_add(finding, "architecture", cpu->machine);
                return &long_mode_not_x86;
        }

        switch (cpu->long_mode) {
        case TRISTATE_YES:
                return &long_mode_available;
        case TRISTATE_NO:
                return &long_mode_missing;
        default:
                return &flags_unknown;
        }
}

static const Check checks[] = {
        {
                .id = "cpu.virtualization",
                .title = "CPU virtualization extension",
                .description = "The CPU has a hardware virtualization extension, and the kernel may use it.",
                .reads = DOC_LIST("/proc/cpuinfo", "CPUID, on x86", "/proc/misc", READS_OF_HYPERVISOR,
                                  READS_OF_MODULES, READS_OF_CONFIGURATION, "/proc/sys/kernel/osrelease"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/index.html",
                                       "https://docs.kernel.org/virt/kvm/x86/nested-vmx.html",
                                       "https://wiki.xenproject.org/wiki/Dom0"),
                .judge = judge_virtualization,
                .reasons =
                        (const Reason *const[]){
                                &virtualization_available, &virtualization_not_needed,
                                &virtualization_no_flag, &virtualization_firmware_disabled,
                                &virtualization_hidden, &virtualization_disabled_by_host,
                                &virtualization_owned_by_xen, &virtualization_locked_by_kernel,
                                &virtualization_unsupported, &virtualization_not_offered,
                                &virtualization_not_told, &virtualization_not_shown, &flags_unknown, NULL },
        },
        {
                .id = "cpu.long_mode",
                .title = "64-bit guests",
                .description = "The CPU runs 64-bit code, so that 64-bit guests are possible.",
                .reads = DOC_LIST("/proc/cpuinfo"),
                .references = DOC_LIST("https://docs.kernel.org/arch/x86/cpuinfo.html"),
                .judge = judge_long_mode,
                .reasons = (const Reason *const[]){ &long_mode_available, &long_mode_missing,
                                                    &long_mode_not_x86, &flags_unknown, NULL },
        },
};

const CheckTable cpu_checks = CHECK_TABLE(checks);
