/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.exclusive: whether another hypervisor's module is there, which wants the same of the CPU. */

#include "catalogue.h"
#include "other-hypervisor.h"
#include "remedies.h"

static const Reason exclusive_alone = {
        .id = "alone",
        .state = CHECK_PASS,
        .detail = "No module of another hypervisor is loaded.",
        .explanation = DOC("Nobody else wants the CPU's virtualization. The modules of VirtualBox and of "
                           "VMware are looked for."),
};

static const Reason exclusive_kvm_first = {
        .id = "kvm-holds-cpu",
        .state = CHECK_FAIL,
        .detail = "KVM and {owner} ({owner_module}) are both loaded, and KVM has held the CPU's "
                  "virtualization since it was loaded (kvm.enable_virt_at_load=Y): {owner} may be unable to "
                  "run guests.",
        .explanation = DOC("Since Linux 6.12 KVM takes the CPU's virtualization when it is loaded, unless "
                           "kvm.enable_virt_at_load is N; then it takes it with the first guest. Older "
                           "versions of the other product start no guest while it is Y, and newer ones may "
                           "need it to be Y: see the product's documentation before changing it. Using one "
                           "product at a time, with the other's module unloaded, always works."),
        .remedies = REMEDIES(REMEDY_TO_UNLOAD_OWNER),
};

static const Reason exclusive_first_guest = {
        .id = "first-guest-holds-cpu",
        .state = CHECK_FAIL,
        .detail = "KVM and {owner} ({owner_module}) are both loaded: whichever runs a guest first keeps the "
                  "other from it.",
        .explanation =
                DOC("A CPU's virtualization has one owner at a time, and both products take it with their "
                    "first guest. While one runs guests, those of the other fail to start. Shut the other "
                    "product's virtual machines down; unloading its module keeps them from coming back."),
        .remedies = REMEDIES(REMEDY_TO_UNLOAD_OWNER),
};

static const Reason exclusive_without_kvm = {
        .id = "kvm-not-loaded",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "{owner} ({owner_module}) is loaded and KVM is not.",
        .explanation = DOC("There is nothing to share as long as KVM is not loaded; what keeps KVM away is "
                           "for kvm.vendor_module to say."),
};

static const Reason exclusive_not_x86 = {
        .id = "not-x86",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "On {architecture} no other hypervisor shares the CPU with KVM.",
        .explanation = DOC("The products that come with a kernel module of their own are for x86."),
};

static const Reason exclusive_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether another hypervisor's module is loaded could not be read.",
        .explanation = DOC("It takes /proc/modules or /sys/module to know which modules there are. A "
                           "snapshot must contain one of them."),
};

static bool kvm_is_loaded(const Facts *facts) {
        Tristate registered = facts->devices.devices[DEVICE_KVM].registered;
        int module = module_of_kvm(&facts->cpu);

        if (registered != TRISTATE_UNKNOWN)
                return registered == TRISTATE_YES;

        return module_is_ready(&facts->modules, &facts->module_tree,
                               module >= 0 ? (ModuleId) module : MODULE_KVM);
}

static const Reason *judge_exclusive(const Facts *facts, const Check *check, Finding *finding) {
        (void) check;

        if (facts->cpu.architecture != ARCHITECTURE_X86 && facts->cpu.architecture != ARCHITECTURE_UNKNOWN) {
                finding_add(finding, "architecture", facts->cpu.machine);
                return &exclusive_not_x86;
        }
        if (facts_module_state(facts, MODULE_VBOXDRV) == MODULE_STATE_UNKNOWN)
                return &exclusive_unknown;
        if (!find_other_hypervisor(facts, finding))
                return &exclusive_alone;
        if (!kvm_is_loaded(facts))
                return &exclusive_without_kvm;

        return facts->modules.kvm_holds_cpu == TRISTATE_YES ? &exclusive_kvm_first : &exclusive_first_guest;
}

static const Check checks[] = {
        {
                .id = "kvm.exclusive",
                .title = "KVM alone on the CPU",
                .description = "No other hypervisor's kernel module competes with KVM for the CPU's "
                               "virtualization.",
                .reads = DOC_LIST("/proc/modules", "/sys/module",
                                  "/sys/module/kvm/parameters/enable_virt_at_load", "/proc/misc"),
                .references = DOC_LIST("https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                       "https://www.virtualbox.org/manual/"),
                .judge = judge_exclusive,
                .reasons = (const Reason *const[]){ &exclusive_alone, &exclusive_kvm_first,
                                                    &exclusive_first_guest, &exclusive_without_kvm,
                                                    &exclusive_not_x86, &exclusive_unknown, NULL },
        },
};

const CheckTable kvm_exclusive_checks = CHECK_TABLE(checks);
