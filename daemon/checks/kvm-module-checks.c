/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.vendor_module: whether the module is there that makes KVM work on this CPU, and if not, why. */

#include <errno.h>

#include "catalogue.h"
#include "module-reasons.h"
#include "other-hypervisor.h"
#include "remedies.h"

static const Reason vendor_module_loaded = {
        .id = "loaded",
        .state = CHECK_PASS,
        .detail = "The kernel module {module} is loaded.",
        .explanation = DOC("KVM's part for this CPU is in the kernel."),
};

static const Reason vendor_module_built_in = {
        .id = "built-in",
        .state = CHECK_PASS,
        .detail = "{module} is built into the kernel.",
        .explanation = DOC("KVM's part for this CPU is in the kernel, and cannot be missing or unloaded."),
};

static const Reason vendor_module_not_seen = {
        .id = "not-seen",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}; which module brought it cannot be seen.",
        .explanation = DOC("The device is there, so its module is, too. It is one that virtreadyd does not "
                           "know, or the lists of modules could not be read."),
};

static const Reason vendor_module_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "Opening {device} will load the kernel module {module}.",
        .explanation = DOC("On this architecture the device node is there from the start, and the first "
                           "program that opens it has the kernel load the module."),
};

static const Reason vendor_module_not_tried = {
        .id = "not-tried",
        .state = CHECK_UNKNOWN,
        .detail = "{module} is not loaded; whether opening {device} would load it, and KVM then work, "
                  "cannot be seen.",
        .explanation = DOC("On this architecture the first program that opens the device node has the "
                           "kernel load the module. A snapshot seldom shows the node; and in a partition or "
                           "a virtual machine on ppc64 the module loads only if what is below offers "
                           "nesting, which takes PowerVM's \"KVM mode\" or KVM's capability cap-nested-hv."),
};

static const Reason vendor_module_refused = {
        .id = "refused",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded and kvm, on which it builds, is: {module} was "
                  "probably refused when it was loaded.",
        .explanation = DOC("The module for this CPU brings kvm along, and when it cannot start, kvm is what "
                           "stays. Load it again to see the error: \"Operation not supported\" means that "
                           "the extension is not usable, \"Device or resource busy\" that another "
                           "hypervisor has it. The kernel's log says more."),
        .remedies = REMEDIES(REMEDY_TO_LOAD_MODULE, REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason vendor_module_refused_by_firmware = {
        .id = "refused-by-firmware",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded and kvm, on which it builds, is: {module} was "
                  "probably refused because the firmware has disabled {extension}.",
        .explanation = DOC("The module for this CPU brings kvm along, and when it cannot start, kvm is what "
                           "stays. Kernels before Linux 5.6 on Intel and 6.7 on AMD show the extension's "
                           "flag also when the firmware has disabled it; the kernel's log then says "
                           "\"disabled by bios\" or \"SVM disabled\"."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING, REMEDY_TO_SEARCH_LOG("KVM", "kvm"),
                             REMEDY_TO_LOAD_MODULE),
};

static const Reason vendor_module_none = {
        .id = "no-module",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "On {architecture} KVM is part of the kernel; no module brings it.",
        .explanation = DOC(
                "There is no module that could be missing; whether KVM is there is for kvm.device to say."),
};

static const Reason vendor_module_other_hypervisor = {
        .id = "another-hypervisor",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded, and {owner} ({owner_module}) is: only one of "
                  "them can own the CPU's virtualization.",
        .explanation =
                DOC("A CPU's virtualization has one owner at a time, and another product's module has it. "
                    "Shut that product's virtual machines down, unload its module and load KVM's. To use "
                    "both products in turn, load the module of the one that is needed."),
        .remedies = REMEDIES(REMEDY_TO_UNLOAD_OWNER, REMEDY_TO_LOAD_MODULE),
};

static const Reason vendor_module_unknown_cpu = {
        .id = "unknown-cpu",
        .state = CHECK_UNKNOWN,
        .detail = "Which KVM module this CPU needs cannot be told.",
        .explanation = DOC("/proc/cpuinfo has neither a flag nor a vendor that tells Intel's extension from "
                           "AMD's. It was not there to read, or a virtual machine's CPU hides them."),
};

static const Reason vendor_module_unknown_architecture = {
        .id = "unknown-architecture",
        .state = CHECK_UNKNOWN,
        .detail = "Which KVM module {architecture} needs is not known.",
        .explanation = DOC("The modules of x86, s390x, ppc64, riscv and loongarch are known, and on ARM "
                           "there is none. Linux has had KVM on few other architectures."),
};

/* The modules that register /dev/kvm; "kvm" alone does not do so on x86 and ppc64. */
static const ModuleId vendor_modules_x86[] = { MODULE_KVM_INTEL, MODULE_KVM_AMD, MODULE_KVM_PVM };
static const ModuleId vendor_modules_ppc64[] = { MODULE_KVM_HV, MODULE_KVM_PR };
static const ModuleId vendor_modules_generic[] = { MODULE_KVM };
static const ModuleId vendor_modules_any[] = { MODULE_KVM_INTEL, MODULE_KVM_AMD, MODULE_KVM_PVM,
                                               MODULE_KVM_HV, MODULE_KVM_PR };

typedef struct ModuleList {
        const ModuleId *ids;
        size_t n;
} ModuleList;

#define MODULE_LIST(array) ((ModuleList){ (array), ELEMENTSOF(array) })

static ModuleList vendor_modules(const CpuFacts *cpu) {
        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                return MODULE_LIST(vendor_modules_x86);
        case ARCHITECTURE_PPC64:
                return MODULE_LIST(vendor_modules_ppc64);
        case ARCHITECTURE_S390X:
        case ARCHITECTURE_RISCV:
        case ARCHITECTURE_LOONGARCH:
                return MODULE_LIST(vendor_modules_generic);
        case ARCHITECTURE_UNKNOWN:
                return MODULE_LIST(vendor_modules_any);
        default:
                return (ModuleList){};
        }
}

/* Where a kernel has the modules of both vendors built in, one of them does nothing. */
static bool suits_cpu(ModuleId id, int to_load) {
        return to_load < 0 || (int) id == to_load || (id != MODULE_KVM_INTEL && id != MODULE_KVM_AMD);
}

static const Reason *find_vendor_module(const Facts *facts, int to_load, Finding *finding) {
        ModuleList modules = vendor_modules(&facts->cpu);
        bool registered = facts->devices.devices[DEVICE_KVM].registered == TRISTATE_YES;

        FOREACH_ARRAY(id, modules.ids, modules.n) {
                ModuleState state = facts_module_state(facts, *id);

                if (!suits_cpu(*id, to_load))
                        continue;

                /* It has done its work once the device is there, though its initialisation may not have
                 * returned. */
                if (state == MODULE_STATE_LIVE || (state == MODULE_STATE_LOADING && registered)) {
                        finding_add(finding, "module", module_to_string(*id));
                        return &vendor_module_loaded;
                }
                if (state == MODULE_STATE_BUILT_IN) {
                        finding_add(finding, "module", module_to_string(*id));
                        return &vendor_module_built_in;
                }
        }

        return registered ? &vendor_module_not_seen : NULL;
}

static const Reason *explain_demand(const Facts *facts) {
        switch (facts_kvm_loads_on_demand(facts)) {
        case TRISTATE_YES:
                return &vendor_module_autoloadable;
        case TRISTATE_UNKNOWN:
                return &vendor_module_not_tried;
        default:
                return NULL;
        }
}

/* Whether this kernel shows the flag of an extension that firmware has disabled
 * (arch/x86/kernel/cpu/feat_ctl.c; amd.c: early_init_amd(), also in some stable versions before 6.7). */
static bool may_show_disabled_extension(const Facts *facts) {
        bool is_intel = facts->cpu.extension == CPU_EXTENSION_VMX;

        return facts->hypervisor.guest != TRISTATE_YES &&
               kernel_at_least(&facts->kernel, is_intel ? 5 : 6, is_intel ? 6 : 7, 0) == TRISTATE_NO;
}

/* It could be loaded, and is not. One that was loaded before has not been refused but unloaded, and what it
 * builds on may go a moment later. */
static const Reason *explain_not_loaded(const Facts *facts, int to_load, Finding *finding) {
        if (find_other_hypervisor(facts, finding))
                return &vendor_module_other_hypervisor;
        if (facts->cpu.architecture != ARCHITECTURE_X86 || facts->cpu.extension == CPU_EXTENSION_NONE ||
            facts_module_state(facts, MODULE_KVM) != MODULE_STATE_LIVE || facts->modules.was_live[to_load])
                return &module_not_loaded;
        if (!may_show_disabled_extension(facts))
                return &vendor_module_refused;

        finding_add(finding, "extension", cpu_extension_to_string(facts->cpu.extension));
        finding_add(finding, "setting", virtualization_setting(facts->cpu.extension));
        return &vendor_module_refused_by_firmware;
}

static const Reason *judge_vendor_module(const Facts *facts, const Check *check, Finding *finding) {
        const Reason *reason;
        int to_load;

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (facts->cpu.architecture == ARCHITECTURE_ARM64 || facts->cpu.architecture == ARCHITECTURE_ARM) {
                finding_add(finding, "architecture", facts->cpu.machine);
                return &vendor_module_none;
        }

        to_load = module_of_kvm(&facts->cpu);
        reason = find_vendor_module(facts, to_load, finding);
        if (reason)
                return reason;
        if (facts->cpu.architecture == ARCHITECTURE_OTHER) {
                finding_add(finding, "architecture", facts->cpu.machine);
                return &vendor_module_unknown_architecture;
        }
        if (to_load < 0)
                return &vendor_module_unknown_cpu;

        reason = explain_demand(facts);
        if (reason) {
                finding_add(finding, "module", module_to_string((ModuleId) to_load));
                return reason;
        }

        reason = explain_module(facts, (ModuleId) to_load, finding);
        if (reason != &module_not_loaded ||
            facts_module_state(facts, (ModuleId) to_load) == MODULE_STATE_LOADING)
                return reason;

        return explain_not_loaded(facts, to_load, finding);
}

static const Check checks[] = {
        {
                .id = "kvm.vendor_module",
                .title = "KVM module for this CPU",
                .description = "The kernel module that makes KVM work on this CPU is loaded or built in.",
                .reads = DOC_LIST("/proc/cpuinfo", "/proc/misc", READS_OF_MODULES, READS_OF_HYPERVISOR,
                                  "/proc/sys/kernel/osrelease"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/index.html",
                                       "https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                       REFERENCES_ON_MODULES),
                .needs = { "cpu.virtualization", "kernel.modules" },
                .judge = judge_vendor_module,
                .reasons =
                        (const Reason *const[]){ &vendor_module_loaded, &vendor_module_built_in,
                                                 &vendor_module_not_seen, &vendor_module_autoloadable,
                                                 &vendor_module_not_tried, &vendor_module_refused,
                                                 &vendor_module_refused_by_firmware, &vendor_module_none,
                                                 &vendor_module_other_hypervisor, &vendor_module_unknown_cpu,
                                                 &vendor_module_unknown_architecture, MODULE_REASONS, NULL },
        },
};

const CheckTable kvm_module_checks = CHECK_TABLE(checks);
