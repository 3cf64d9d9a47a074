/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to /dev/kvm, step by step: its module, the device, and access to it. These explain what the probe
 * found. */

#include <errno.h>
#include <stdio.h>

#include "catalogue.h"
#include "module-reasons.h"
#include "other-hypervisor.h"

/* kvm.vendor_module */

static const Reason vendor_module_loaded = {
        .id = "loaded",
        .state = CHECK_PASS,
        .detail = "The kernel module {module} is loaded.",
};

static const Reason vendor_module_built_in = {
        .id = "built-in",
        .state = CHECK_PASS,
        .detail = "{module} is built into the kernel.",
};

static const Reason vendor_module_not_seen = {
        .id = "not-seen",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}; which module brought it cannot be seen.",
};

static const Reason vendor_module_none = {
        .id = "no-module",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "On {architecture} KVM is part of the kernel; no module brings it.",
};

static const Reason vendor_module_other_hypervisor = {
        .id = "another-hypervisor",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded, and {owner} ({owner_module}) is: only one of "
                  "them can "
                  "own the CPU's virtualization.",
        .remedies = { REMEDY_TO_STOP_OWNER,
                      { .kind = REMEDY_LOAD_MODULE,
                        .argument = "{module}",
                        .command = "modprobe {module}",
                        .privileged = true } },
};

static const Reason vendor_module_unknown_cpu = {
        .id = "unknown-cpu",
        .state = CHECK_UNKNOWN,
        .detail = "Which KVM module this CPU needs cannot be told.",
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

/* The one to load. Returns -EINVAL when the CPU does not tell. */
static int vendor_module_to_load(const Facts *facts) {
        CpuExtension extension;

        switch (facts->cpu.architecture) {
        case ARCHITECTURE_X86:
                extension = facts->cpu.extension;
                if (extension == CPU_EXTENSION_NONE)
                        extension = cpu_vendor_extension(&facts->cpu);
                return extension == CPU_EXTENSION_VMX   ? (int) MODULE_KVM_INTEL
                       : extension == CPU_EXTENSION_SVM ? (int) MODULE_KVM_AMD
                                                        : -EINVAL;
        case ARCHITECTURE_PPC64:
                return MODULE_KVM_HV;
        case ARCHITECTURE_S390X:
        case ARCHITECTURE_RISCV:
        case ARCHITECTURE_LOONGARCH:
                return MODULE_KVM;
        default:
                return -EINVAL;
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

        to_load = vendor_module_to_load(facts);
        reason = find_vendor_module(facts, to_load, finding);
        if (reason)
                return reason;
        if (to_load < 0)
                return &vendor_module_unknown_cpu;

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
};

static const Reason device_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail =
                "KVM is there, but {device} is not: the directory /dev does not show the kernel's devices.",
        .needs_met = true,
};

static const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{device} is there, but no driver serves it.",
};

static const Reason device_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: KVM did not register it.",
};

static const Reason device_arm_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was started with kvm-arm.mode=none.",
        .remedies = { { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "kvm-arm.mode=none",
                        .privileged = true } },
};

static const Reason device_arm_no_el2 = {
        .id = "no-el2",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was not started at exception level 2, which the "
                  "firmware or the "
                  "host of this virtual machine keeps to itself.",
        .remedies = { { .kind = REMEDY_OUTER_HOST, .argument = "nested virtualization (EL2)" } },
};

static const Reason device_not_in_kernel = {
        .id = "not-in-kernel",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel {release} was built without KVM.",
};

static const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Which devices the kernel serves could not be read.",
};

static const Reason *judge_device(const Facts *facts, const Check *check, Finding *finding) {
        const DeviceFacts *kvm = &facts->devices.devices[DEVICE_KVM];

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (kvm->registered == TRISTATE_UNKNOWN)
                return &device_unknown;
        if (kvm->registered == TRISTATE_YES)
                return kvm->has_node == TRISTATE_NO ? &device_no_node : &device_present;
        if (kvm->has_node == TRISTATE_YES)
                return &device_no_driver;
        if (facts->kernel.options[KERNEL_OPTION_KVM] == TRISTATE_NO) {
                finding_add(finding, "release", facts->kernel.release);
                return &device_not_in_kernel;
        }
        if (facts->cpu.architecture != ARCHITECTURE_ARM64)
                return &device_absent;

        return command_line_lists(facts->kernel.command_line, "kvm-arm.mode", "none") ? &device_arm_disabled
                                                                                      : &device_arm_no_el2;
}

/* kvm.access */

static const Reason access_everybody = {
        .id = "everybody",
        .state = CHECK_PASS,
        .detail = "Everybody may open {device} ({user}:{group}, mode {mode}).",
};

static const Reason access_owner = {
        .id = "owner",
        .state = CHECK_PASS,
        .detail = "{user} may open {device}, and nobody else but root ({user}:{group}, mode {mode}).",
};

static const Reason access_group = {
        .id = "group",
        .state = CHECK_PASS,
        .detail = "Members of the group {group} may open {device} ({user}:{group}, mode {mode}).",
};

static const Reason access_acl = {
        .id = "acl",
        .state = CHECK_PASS,
        .detail =
                "The access control list of {device} lets some users open it ({user}:{group}, mode {mode}).",
};

static const Reason access_root_only = {
        .id = "root-only",
        .state = CHECK_FAIL,
        .detail = "Only root may open {device} ({user}:{group}, mode {mode}).",
        .needs_met = true,
        .remedies = { { .kind = REMEDY_SET_PERMISSIONS,
                        .argument = "{device}",
                        .command =
                                "groupadd --system --force kvm && chgrp kvm {device} && chmod 0660 {device}",
                        .privileged = true } },
};

static const Reason access_denied = {
        .id = "permission-denied",
        .state = CHECK_FAIL,
        .detail = "The user {prober} may not open {device} ({user}:{group}, mode {mode}).",
        .needs_met = true,
        .remedies = { { .kind = REMEDY_ADD_TO_GROUP,
                        .argument = "{group}",
                        .command = "usermod --append --groups {group} {prober}",
                        .privileged = true } },
};

static const Reason access_refused = {
        .id = "refused",
        .state = CHECK_FAIL,
        .detail = "The kernel refuses to open {device} for {prober}, whatever its mode: a control group's "
                  "device "
                  "rules or a security module forbid it.",
        .needs_met = true,
};

static const Reason access_no_device = {
        .id = "no-device",
        .state = CHECK_FAIL,
        .detail = "There is no {device} with a driver behind it.",
};

static const Reason access_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Who may open {device} is not known.",
};

static bool acl_admits_somebody(const DeviceFacts *device) {
        FOREACH_ARRAY(entry, device->acl, device->n_acl)
                if (entry->read_write && entry->id != 0)
                        return true;

        return false;
}

/* Root is not asked: it may open everything, and would hide that nobody else may. */
static const Reason *judge_permissions(const DeviceFacts *device) {
        if ((device->mode & 0006) == 0006)
                return &access_everybody;
        if (device->group_read_write && device->gid != 0)
                return &access_group;
        if (acl_admits_somebody(device))
                return &access_acl;
        if (device->acl_unknown)
                return &access_unknown;

        return device->uid != 0 && (device->mode & 0600) == 0600 ? &access_owner : &access_root_only;
}

static const Reason *judge_access(const Facts *facts, const Check *check, Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[DEVICE_KVM];
        const Reason *permissions;
        char mode[8];

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (device->registered == TRISTATE_NO || device->has_node == TRISTATE_NO)
                return &access_no_device;
        if (device->registered == TRISTATE_UNKNOWN || device->has_node == TRISTATE_UNKNOWN)
                return &access_unknown;

        snprintf(mode, sizeof(mode), "%04o", (unsigned) device->mode);
        finding_add(finding, "user", device->user);
        finding_add(finding, "group", device->group);
        finding_add(finding, "mode", mode);

        permissions = judge_permissions(device);
        if (facts->kvm.stage != KVM_STAGE_OPEN || permissions == &access_root_only)
                return permissions;

        finding_add(finding, "prober", facts->kvm.user);
        finding->evidence = EVIDENCE_PROBED;
        switch (facts->kvm.error) {
        case -EACCES:
                return permissions == &access_everybody ? &access_refused : &access_denied;
        case -EPERM:
                return &access_refused;
        default:
                return permissions;
        }
}

static const Check checks[] = {
        {
                .id = "kvm.access",
                .title = "Access to /dev/kvm",
                .description =
                        "Users other than root may open /dev/kvm, and the one who checks is not refused.",
                .needs = { "kvm.device" },
                .judge = judge_access,
                .reasons =
                        (const Reason *const[]){ &access_everybody, &access_owner, &access_group,
                                                 &access_acl, &access_root_only, &access_denied,
                                                 &access_refused, &access_no_device, &access_unknown, NULL },
        },
        {
                .id = "kvm.device",
                .title = "KVM device",
                .description = "/dev/kvm is there, and KVM serves it.",
                /* A module that is built in is there though the CPU gives it nothing to work with. */
                .needs = { "kvm.vendor_module", "cpu.virtualization" },
                .judge = judge_device,
                .reasons = (const Reason *const[]){ &device_present, &device_no_node, &device_no_driver,
                                                    &device_absent, &device_arm_disabled, &device_arm_no_el2,
                                                    &device_not_in_kernel, &device_unknown, NULL },
        },
        {
                .id = "kvm.vendor_module",
                .title = "KVM module for this CPU",
                .description = "The kernel module that makes KVM work on this CPU is loaded or built in.",
                .needs = { "cpu.virtualization" },
                .judge = judge_vendor_module,
                .reasons = (const Reason *const[]){ &vendor_module_loaded, &vendor_module_built_in,
                                                    &vendor_module_not_seen, &vendor_module_none,
                                                    &vendor_module_other_hypervisor,
                                                    &vendor_module_unknown_cpu, MODULE_REASONS, NULL },
        },
};

const CheckTable kvm_device_checks = CHECK_TABLE(checks);
