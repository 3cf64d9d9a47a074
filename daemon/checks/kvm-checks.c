/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.usable: the verdict on KVM, from the probe that used it. */

#include <errno.h>

#include "catalogue.h"
#include "other-hypervisor.h"

static const Reason usable_guest_ran = {
        .id = "guest-ran",
        .state = CHECK_PASS,
        .detail = "A guest ran: KVM executed an instruction in a virtual machine. A guest can have up to "
                  "{max_vcpus} vCPUs.",
};

static const Reason usable_vcpu_created = {
        .id = "vcpu-created",
        .state = CHECK_PASS,
        .detail = "KVM created a virtual machine with a vCPU. A guest can have up to {max_vcpus} vCPUs.",
};

static const Reason usable_registered = {
        .id = "driver-registered",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}, so guests should run; none was tried.",
};

static const Reason usable_no_device = {
        .id = "no-device",
        .state = CHECK_FAIL,
        .detail = "There is no KVM device to create a virtual machine with.",
};

static const Reason usable_permission_denied = {
        .id = "permission-denied",
        .state = CHECK_FAIL,
        .detail = "{prober} may not open {device}: {error}.",
};

static const Reason usable_open_failed = {
        .id = "open-failed",
        .state = CHECK_FAIL,
        .detail = "{device} cannot be opened: {error}.",
};

static const Reason usable_wrong_api = {
        .id = "wrong-api-version",
        .state = CHECK_FAIL,
        .detail = "KVM has API version {api_version}; every virtual machine monitor expects 12.",
        .needs_met = true,
};

static const Reason usable_other_hypervisor = {
        .id = "another-hypervisor",
        .state = CHECK_FAIL,
        .detail = "KVM cannot {stage}, because {owner} ({owner_module}) owns the CPU's virtualization: "
                  "{error}.",
        .needs_met = true,
        .remedies = { REMEDY_TO_STOP_OWNER },
};

static const Reason usable_busy = {
        .id = "busy",
        .state = CHECK_FAIL,
        .detail = "KVM cannot {stage}: {error}. Another hypervisor owns the CPU's virtualization, or the "
                  "host is "
                  "shutting down.",
        .needs_met = true,
};

static const Reason usable_failed = {
        .id = "kvm-failed",
        .state = CHECK_FAIL,
        .detail = "KVM cannot {stage}: {error}.",
        .needs_met = true,
};

static const Reason usable_hangs = {
        .id = "guest-hangs",
        .state = CHECK_FAIL,
        .detail = "KVM entered a guest that should stop at its first instruction, and did not come back in "
                  "time.",
        .needs_met = true,
};

static const Reason usable_wrong_exit = {
        .id = "guest-failed",
        .state = CHECK_FAIL,
        .detail = "KVM entered a guest, which stopped in another way than it should (exit reason "
                  "{exit_reason}).",
        .needs_met = true,
};

static const Reason usable_no_resources = {
        .id = "no-resources",
        .state = CHECK_UNKNOWN,
        .detail = "KVM could not be tried, because of a shortage or a signal: {error}.",
};

static const Reason usable_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel serves {device} could not be read.",
};

static const Reason *judge_unprobed(const Facts *facts) {
        switch (facts->devices.devices[DEVICE_KVM].registered) {
        case TRISTATE_YES:
                return &usable_registered;
        case TRISTATE_NO:
                return &usable_no_device;
        default:
                return &usable_unknown;
        }
}

static bool is_shortage(int error) {
        return error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -EAGAIN ||
               error == -EINTR;
}

static const Reason *judge_open_error(int error) {
        switch (error) {
        case -ENOENT:
        case -ENODEV:
        case -ENXIO:
                return &usable_no_device;
        case -EACCES:
        case -EPERM:
                return &usable_permission_denied;
        default:
                return &usable_open_failed;
        }
}

static const char *stage_in_words(KvmStage stage) {
        switch (stage) {
        case KVM_STAGE_API_VERSION:
                return "tell its version";
        case KVM_STAGE_CREATE_VM:
                return "create a virtual machine";
        case KVM_STAGE_CREATE_VCPU:
                return "create a vCPU";
        default:
                return "run a guest";
        }
}

static const Reason *judge_failed_stage(const Facts *facts, Finding *finding) {
        const KvmFacts *kvm = &facts->kvm;

        if (kvm->stage == KVM_STAGE_API_VERSION && kvm->error == 0) {
                finding_add_unsigned(finding, "api_version", (unsigned) kvm->api_version);
                return &usable_wrong_api;
        }
        if (kvm->stage == KVM_STAGE_RUN && kvm->error == 0) {
                finding_add_unsigned(finding, "exit_reason", kvm->exit_reason);
                return &usable_wrong_exit;
        }
        if (kvm->error == -ETIMEDOUT)
                return &usable_hangs;

        finding_add(finding, "stage", stage_in_words(kvm->stage));
        if (kvm->error != -EBUSY)
                return &usable_failed;

        return find_other_hypervisor(facts, finding) ? &usable_other_hypervisor : &usable_busy;
}

/* Kernels that do not tell have a rule instead (Documentation/virt/kvm/api.rst, 4.7 KVM_CREATE_VCPU). */
static unsigned most_vcpus(const KvmLimits *limits) {
        if (limits->max_vcpus > 0)
                return limits->max_vcpus;

        return limits->recommended_vcpus > 0 ? limits->recommended_vcpus : 4;
}

static const Reason *judge_usable(const Facts *facts, const Check *check, Finding *finding) {
        const KvmFacts *kvm = &facts->kvm;

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (kvm->stage == KVM_STAGE_NONE)
                return judge_unprobed(facts);

        finding->evidence = EVIDENCE_PROBED;
        if (kvm->stage == KVM_STAGE_DONE) {
                finding_add_unsigned(finding, "max_vcpus", most_vcpus(&kvm->limits));
                return facts->cpu.architecture == ARCHITECTURE_X86 ? &usable_guest_ran
                                                                   : &usable_vcpu_created;
        }

        if (kvm->error < 0)
                finding_add_error(finding, "error", kvm->error);
        if (is_shortage(kvm->error))
                return &usable_no_resources;
        if (kvm->stage == KVM_STAGE_OPEN) {
                finding_add(finding, "prober", kvm->user);
                return judge_open_error(kvm->error);
        }

        return judge_failed_stage(facts, finding);
}

static const Check checks[] = {
        {
                .id = "kvm.usable",
                .title = "KVM runs guests",
                .description = "KVM was used: the device opened, a virtual machine with one vCPU created "
                               "and, on x86, "
                               "one instruction run in it.",
                .needs = { "kvm.device", "kvm.access" },
                .judge = judge_usable,
                .reasons =
                        (const Reason *const[]){ &usable_guest_ran, &usable_vcpu_created, &usable_registered,
                                                 &usable_no_device, &usable_permission_denied,
                                                 &usable_open_failed, &usable_wrong_api,
                                                 &usable_other_hypervisor, &usable_busy, &usable_failed,
                                                 &usable_hangs, &usable_wrong_exit, &usable_no_resources,
                                                 &usable_unknown, NULL },
        },
};

const CheckTable kvm_checks = CHECK_TABLE(checks);
