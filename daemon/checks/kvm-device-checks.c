/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.device: whether KVM serves /dev/kvm, and if not, why. */

#include "catalogue.h"
#include "package.h"
#include "reads.h"
#include "remedies.h"

static const Reason device_present = {
        .id = "present",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}.",
        .explanation = DOC("KVM is loaded and has registered its device."),
};

static const Reason device_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "{device} is there; opening it will load KVM.",
        .explanation = DOC("On this architecture the device node is there from the start, and the first "
                           "program that opens it has the kernel load the module."),
};

static const Reason device_not_tried = {
        .id = "not-tried",
        .state = CHECK_UNKNOWN,
        .detail = "KVM is not loaded; whether opening {device} would load it cannot be seen.",
        .explanation =
                DOC("On this architecture the first program that opens the device node has the kernel load "
                    "the module, which was not tried, for looking at a machine must not change it."),
};

static const Reason device_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail =
                "KVM is there, but {device} is not: the directory /dev does not show the kernel's devices.",
        .explanation = DOC(EXPLANATION_OF_NO_NODE),
        .needs_met = true,
        .remedies = remedies_for_node,
};

static const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{device} is there, but no driver serves it.",
        .explanation = DOC("A node can be there before its driver is: it was made from modules.devname, or "
                           "comes with an image. Opening it fails. If kvm.vendor_module passes, KVM gave up "
                           "when it started, and the kernel's log has its message."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason device_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: KVM did not register it.",
        .explanation =
                DOC("KVM registers the device when it starts and finds an extension that it can use. It did "
                    "not start, or gave up; in the latter case the kernel's log has its message."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason device_arm_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was started with kvm-arm.mode=none.",
        .explanation = DOC("The parameter turns KVM off on 64-bit ARM. Take it out of the boot loader's "
                           "configuration and restart."),
        .remedies = REMEDIES({ .kind = REMEDY_KERNEL_PARAMETER,
                               .action = "remove",
                               .argument = "kvm-arm.mode=none",
                               .privileged = true }),
};

static const Reason device_arm_owned_by_xen = {
        .id = "owned-by-xen",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: Xen runs below this Linux and keeps exception level 2 (EL2) to "
                  "itself.",
        .explanation = DOC("On 64-bit ARM KVM needs a kernel that was started at exception level 2. There "
                           "Xen runs, and starts its control domain and its guests one level below. Run "
                           "guests with Xen's own tools, or have the boot loader start Linux without Xen."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("Linux without Xen")),
};

static const Reason device_arm_no_el2 = {
        .id = "no-el2",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was not started at exception level 2 (EL2), which the "
                  "firmware keeps to itself.",
        .explanation = DOC("On 64-bit ARM KVM needs a kernel that was started at exception level 2. "
                           "Firmware and boot loader decide that: look for a setting of theirs, or for an "
                           "update. The kernel's log says at which level it was started."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason device_arm_hidden = {
        .id = "hidden-by-host",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: this is a virtual machine, and its host does not give it exception "
                  "level 2 (EL2).",
        .explanation =
                DOC("On 64-bit ARM KVM needs a kernel that was started at exception level 2. A virtual "
                    "machine's kernel gets that level where its host offers nested virtualization, which "
                    "takes a processor that supports it and Linux 6.16 or another hypervisor that does."),
        .remedies = REMEDIES({ .kind = REMEDY_OUTER_HOST, .argument = "nested virtualization (EL2)" }),
};

static const Reason device_arm_absent = {
        .id = "absent-on-arm",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel was built without KVM, or was not started at exception "
                  "level 2 (EL2).",
        .explanation =
                DOC("On 64-bit ARM KVM is part of the kernel, and needs one that was started at exception "
                    "level 2. The kernel's log tells which of the two is missing. That level is for the "
                    "firmware and the boot loader to give and, in a virtual machine, for its host."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason device_arm32 = {
        .id = "no-32-bit-arm",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: Linux {release} has no KVM on 32-bit ARM.",
        .explanation = DOC("KVM on 32-bit ARM was removed in Linux 5.7. Many processors that run 32-bit "
                           "systems have 64 bits, on which a 64-bit kernel has KVM."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("a 64-bit kernel")),
};

static const Reason device_not_in_kernel = {
        .id = "not-in-kernel",
        .state = CHECK_FAIL,
        .detail = "There is no {device}: the kernel {release} was built without KVM.",
        .explanation = DOC("The kernel was configured without CONFIG_KVM, as kernels for clouds and small "
                           "devices sometimes are. Start another kernel: distributions have one with KVM."),
        .remedies = REMEDIES(REMEDY_TO_INSTALL, REMEDY_TO_BOOT("a kernel that was built with KVM")),
};

static const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Which devices the kernel serves could not be read.",
        .explanation = DOC(EXPLANATION_OF_NO_MISC),
};

static const Reason *explain_missing_arm64(const Facts *facts) {
        if (command_line_lists(facts->kernel.command_line, "kvm-arm.mode", "none"))
                return &device_arm_disabled;
        if (facts->hypervisor.xen_owns_cpu)
                return &device_arm_owned_by_xen;
        if (facts->hypervisor.guest == TRISTATE_YES)
                return &device_arm_hidden;

        return facts->hypervisor.guest == TRISTATE_NO &&
                               facts->kernel.options[KERNEL_OPTION_KVM] == TRISTATE_YES
                       ? &device_arm_no_el2
                       : &device_arm_absent;
}

static const Reason *explain_absent(const Facts *facts, Finding *finding) {
        finding_add(finding, "release", facts->kernel.release);

        if (facts->cpu.architecture == ARCHITECTURE_ARM &&
            kernel_at_least(&facts->kernel, 5, 7, 0) == TRISTATE_YES)
                return &device_arm32;
        if (facts->kernel.options[KERNEL_OPTION_KVM] == TRISTATE_NO) {
                finding_add_package(finding, facts, PACKAGE_KERNEL);
                return &device_not_in_kernel;
        }

        return facts->cpu.architecture == ARCHITECTURE_ARM64 ? explain_missing_arm64(facts) : &device_absent;
}

static const Reason *judge_device(const Facts *facts, const Check *check, Finding *finding) {
        const DeviceFacts *kvm = &facts->devices.devices[DEVICE_KVM];

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (kvm->registered == TRISTATE_UNKNOWN)
                return &device_unknown;
        if (kvm->registered == TRISTATE_YES)
                return kvm->has_node == TRISTATE_NO ? &device_no_node : &device_present;

        switch (facts_kvm_loads_on_demand(facts)) {
        case TRISTATE_YES:
                return &device_autoloadable;
        case TRISTATE_UNKNOWN:
                return &device_not_tried;
        default:
                return kvm->has_node == TRISTATE_YES ? &device_no_driver : explain_absent(facts, finding);
        }
}

static const Check checks[] = {
        {
                .id = "kvm.device",
                .title = "KVM device",
                .description = "/dev/kvm is there, and KVM serves it.",
                .reads = DOC_LIST("/proc/misc", "/sys/class/misc", "/dev/kvm", READS_OF_MODULES,
                                  READS_OF_CONFIGURATION, READS_OF_HYPERVISOR, "/proc/sys/kernel/osrelease"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/api.html",
                                       "https://docs.kernel.org/admin-guide/devices.html",
                                       "https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                       "https://docs.kernel.org/arch/arm64/booting.html"),
                /* A module that is built in is there though the CPU gives it nothing to work with. */
                .needs = { "kvm.vendor_module", "cpu.virtualization" },
                .judge = judge_device,
                .reasons = (const Reason *const[]){ &device_present, &device_autoloadable, &device_not_tried,
                                                    &device_no_node, &device_no_driver, &device_absent,
                                                    &device_arm_disabled, &device_arm_owned_by_xen,
                                                    &device_arm_no_el2, &device_arm_hidden,
                                                    &device_arm_absent, &device_arm32, &device_not_in_kernel,
                                                    &device_unknown, NULL },
        },
};

const CheckTable kvm_device_checks = CHECK_TABLE(checks);
