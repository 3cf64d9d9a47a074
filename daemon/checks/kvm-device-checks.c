/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to /dev/kvm: the module and the device. These explain what the probe found. */

#include <errno.h>

#include "catalogue.h"
#include "module-reasons.h"
#include "other-hypervisor.h"
#include "package.h"
#include "remedies.h"

/* kvm.vendor_module */

static const Reason vendor_module_loaded = {
        .id = "loaded",
        .state = CHECK_PASS,
        .detail = "The kernel module {module} is loaded.",
        .explanation = "KVM's part for this CPU is in the kernel.",
};

static const Reason vendor_module_built_in = {
        .id = "built-in",
        .state = CHECK_PASS,
        .detail = "{module} is built into the kernel.",
        .explanation = "KVM's part for this CPU is in the kernel, and cannot be missing or unloaded.",
};

static const Reason vendor_module_not_seen = {
        .id = "not-seen",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}; which module brought it cannot be seen.",
        .explanation = "The device is there, so its module is, too. It is one that virtreadyd does not "
                       "know, or the lists of modules could not be read.",
};

static const Reason vendor_module_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "Opening {device} will load the kernel module {module}.",
        .explanation =
                "On this architecture the device node is there from the start, and the first program that "
                "opens it has the kernel load the module.",
};

static const Reason vendor_module_none = {
        .id = "no-module",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "On {architecture} KVM is part of the kernel; no module brings it.",
        .explanation =
                "There is no module that could be missing; whether KVM is there is for kvm.device to say.",
};

static const Reason vendor_module_other_hypervisor = {
        .id = "another-hypervisor",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded, and {owner} ({owner_module}) is: only one of "
                  "them can own the CPU's virtualization.",
        .explanation = "A CPU's virtualization has one owner at a time, and another product's module has "
                       "it. Shut that product's virtual machines down, unload its module and load KVM's. To "
                       "use both products in turn, load the module of the one that is needed.",
        .remedies = { REMEDY_TO_UNLOAD_OWNER, REMEDY_TO_LOAD_MODULE },
};

static const Reason vendor_module_unknown_cpu = {
        .id = "unknown-cpu",
        .state = CHECK_UNKNOWN,
        .detail = "Which KVM module this CPU needs cannot be told.",
        .explanation = "/proc/cpuinfo has neither a flag nor a vendor that tells Intel's extension from "
                       "AMD's. It was not there to read, or a virtual machine's CPU hides them.",
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
        if (to_load < 0)
                return &vendor_module_unknown_cpu;
        if (facts_kvm_loads_on_demand(facts)) {
                finding_add(finding, "module", module_to_string((ModuleId) to_load));
                return &vendor_module_autoloadable;
        }

        reason = explain_module(facts, (ModuleId) to_load, finding);
        if (reason == &module_not_loaded && find_other_hypervisor(facts, finding))
                return &vendor_module_other_hypervisor;

        return reason;
}

/* kvm.device */

static const Reason device_present = {
        .id = "present",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}.",
        .explanation = "KVM is loaded and has registered its device.",
};

static const Reason device_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "{device} is there; opening it will load KVM.",
        .explanation =
                "On this architecture the device node is there from the start, and the first program that "
                "opens it has the kernel load the module.",
};

static const Reason device_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail =
                "KVM is there, but {device} is not: the directory /dev does not show the kernel's devices.",
        .explanation = "The kernel keeps the nodes of its devices in a devtmpfs, which is mounted at /dev. "
                       "Here another file system is: the machine is a container or a chroot, whose manager "
                       "must pass /dev/kvm in, or devtmpfs must be mounted.",
        .needs_met = true,
        .remedies = { REMEDY_TO_MOUNT_DEV },
};

static const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{device} is there, but no driver serves it.",
        .explanation = "A node can be there before its driver is: it was made from modules.devname, or "
                       "comes with an image. Opening it fails. If kvm.vendor_module passes, KVM gave up "
                       "when it started, and the kernel's log has its message.",
        .remedies = { REMEDY_TO_SEARCH_LOG("KVM", "kvm") },
};

static const Reason device_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: KVM did not register it.",
        .explanation = "KVM registers the device when it starts and finds an extension that it can use. It "
                       "did not start, or gave up; in the latter case the kernel's log has its message.",
        .remedies = { REMEDY_TO_SEARCH_LOG("KVM", "kvm") },
};

static const Reason device_arm_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was started with kvm-arm.mode=none.",
        .explanation = "The parameter turns KVM off on 64-bit ARM. Take it out of the boot loader's "
                       "configuration and restart.",
        .remedies = { { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "kvm-arm.mode=none",
                        .privileged = true } },
};

static const Reason device_arm_no_el2 = {
        .id = "no-el2",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was not started at exception level 2 (EL2), which the "
                  "firmware keeps to itself.",
        .explanation =
                "On 64-bit ARM KVM needs a kernel that was started at exception level 2. Firmware and boot "
                "loader decide that: look for a setting of theirs, or for an update. The kernel's log "
                "says at which level it was started.",
        .remedies = { REMEDY_TO_SEARCH_LOG("KVM", "kvm") },
};

static const Reason device_arm_hidden = {
        .id = "hidden-by-host",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: this is a virtual machine, and its host does not give it exception "
                  "level 2 (EL2).",
        .explanation = "On 64-bit ARM KVM needs a kernel that was started at exception level 2. A virtual "
                       "machine's kernel gets that level where its host offers nested virtualization, which "
                       "takes a processor that supports it and Linux 6.16 or another hypervisor that does.",
        .remedies = { { .kind = REMEDY_OUTER_HOST, .argument = "nested virtualization (EL2)" } },
};

static const Reason device_not_in_kernel = {
        .id = "not-in-kernel",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel {release} was built without KVM.",
        .explanation = "The kernel was configured without CONFIG_KVM, as kernels for clouds and small "
                       "devices sometimes are. Start another kernel: distributions have one with KVM.",
        .remedies = { REMEDY_TO_INSTALL, REMEDY_TO_BOOT("a kernel that was built with KVM") },
};

static const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Which devices the kernel serves could not be read.",
        .explanation = "Neither /proc/misc nor /sys/class/misc was there to read. A snapshot must contain "
                       "one of them.",
};

static const Reason *explain_missing_arm(const Facts *facts) {
        if (command_line_lists(facts->kernel.command_line, "kvm-arm.mode", "none"))
                return &device_arm_disabled;

        return facts->hypervisor.guest == TRISTATE_YES ? &device_arm_hidden : &device_arm_no_el2;
}

static const Reason *judge_device(const Facts *facts, const Check *check, Finding *finding) {
        const DeviceFacts *kvm = &facts->devices.devices[DEVICE_KVM];

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (kvm->registered == TRISTATE_UNKNOWN)
                return &device_unknown;
        if (kvm->registered == TRISTATE_YES)
                return kvm->has_node == TRISTATE_NO ? &device_no_node : &device_present;
        if (facts_kvm_loads_on_demand(facts))
                return &device_autoloadable;
        if (kvm->has_node == TRISTATE_YES)
                return &device_no_driver;
        if (facts->kernel.options[KERNEL_OPTION_KVM] == TRISTATE_NO) {
                finding_add(finding, "release", facts->kernel.release);
                finding_add_package(finding, facts, PACKAGE_KERNEL);
                return &device_not_in_kernel;
        }

        return facts->cpu.architecture == ARCHITECTURE_ARM64 ? explain_missing_arm(facts) : &device_absent;
}

static const Check checks[] = {
        {
                .id = "kvm.device",
                .title = "KVM device",
                .description = "/dev/kvm is there, and KVM serves it.",
                .reads = CHECK_LIST("/proc/misc", "/sys/class/misc", "/dev/kvm", "/proc/cmdline",
                                    "/boot/config-RELEASE, /lib/modules/RELEASE/config or /proc/config.gz"),
                .references = CHECK_LIST("https://docs.kernel.org/virt/kvm/api.html",
                                         "https://docs.kernel.org/admin-guide/devices.html",
                                         "https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                         "https://docs.kernel.org/arch/arm64/booting.html"),
                /* A module that is built in is there though the CPU gives it nothing to work with. */
                .needs = { "kvm.vendor_module", "cpu.virtualization" },
                .judge = judge_device,
                .reasons = (const Reason *const[]){ &device_present, &device_autoloadable, &device_no_node,
                                                    &device_no_driver, &device_absent, &device_arm_disabled,
                                                    &device_arm_no_el2, &device_arm_hidden,
                                                    &device_not_in_kernel, &device_unknown, NULL },
        },
        {
                .id = "kvm.vendor_module",
                .title = "KVM module for this CPU",
                .description = "The kernel module that makes KVM work on this CPU is loaded or built in.",
                .reads = CHECK_LIST("/proc/cpuinfo", "/proc/misc", READS_OF_MODULES),
                .references = CHECK_LIST("https://docs.kernel.org/virt/kvm/index.html",
                                         "https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                         REFERENCES_ON_MODULES),
                .needs = { "cpu.virtualization", "kernel.modules" },
                .judge = judge_vendor_module,
                .reasons = (const Reason *const[]){ &vendor_module_loaded, &vendor_module_built_in,
                                                    &vendor_module_not_seen, &vendor_module_autoloadable,
                                                    &vendor_module_none, &vendor_module_other_hypervisor,
                                                    &vendor_module_unknown_cpu, MODULE_REASONS, NULL },
        },
};

const CheckTable kvm_device_checks = CHECK_TABLE(checks);
