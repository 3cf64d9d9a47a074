/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.usable: the verdict on KVM, from the probe that used it. */

#include <errno.h>

#include "catalogue.h"
#include "reads.h"
#include "remedies.h"

static const Reason usable_guest_ran = {
        .id = "guest-ran",
        .state = CHECK_PASS,
        .detail = "A guest ran: KVM executed an instruction in a virtual machine. A guest can have up to "
                  "{max_vcpus} vCPUs.",
        .explanation = DOC("This is the proof: everything that a virtual machine needs of KVM was tried and "
                           "has worked. Its arguments also have the kernel's limits: recommended_vcpus, "
                           "max_vcpu_id and memory_slots."),
};

static const Reason usable_vcpu_created = {
        .id = "vcpu-created",
        .state = CHECK_PASS,
        .detail = "KVM created a virtual machine with a vCPU. A guest can have up to {max_vcpus} vCPUs.",
        .explanation =
                DOC("On this architecture a guest needs more than one instruction to stop, so that none was "
                    "run; everything before that was tried and has worked. Its arguments also have the "
                    "kernel's limits: recommended_vcpus, max_vcpu_id and memory_slots."),
};

static const Reason usable_registered = {
        .id = "driver-registered",
        .state = CHECK_PASS,
        .detail = "KVM serves {device}, so guests should run; none was tried.",
        .explanation = DOC("KVM registers its device once it has found what it needs. Only the machine "
                           "itself can try more than that, not a snapshot of its files."),
};

static const Reason usable_autoloadable = {
        .id = "autoloadable",
        .state = CHECK_PASS,
        .detail = "Opening {device} will load KVM, so guests should run then; none was tried.",
        .explanation = DOC("On this architecture the device node is there before KVM is, and the first "
                           "program that opens it has the kernel load the module. It was not opened, for "
                           "looking at a machine must not change it."),
};

static const Reason usable_not_tried = {
        .id = "not-tried",
        .state = CHECK_UNKNOWN,
        .detail = "Whether opening {device} would load KVM, and KVM then work, cannot be seen.",
        .explanation =
                DOC("On this architecture the first program that opens the device node has the kernel load "
                    "the module, which was not tried, for looking at a machine must not change it."),
};

static const Reason usable_no_device = {
        .id = "no-device",
        .state = CHECK_FAIL,
        .detail = "There is no KVM device to create a virtual machine with.",
        .explanation = DOC("Without /dev/kvm no program can use KVM. The checks kvm.device, "
                           "kvm.vendor_module and cpu.virtualization tell what keeps it from being there."),
};

static const Reason usable_permission_denied = {
        .id = "permission-denied",
        .state = CHECK_FAIL,
        .detail = "{prober} may not open {device}: {error}.",
        .explanation = DOC("The user who tried, which is the one whom virtreadyd runs as, may not open the "
                           "device. The check kvm.access tells who may and what to do."),
};

static const Reason usable_open_failed = {
        .id = "open-failed",
        .state = CHECK_FAIL,
        .detail = "{device} cannot be opened: {error}.",
        .explanation = DOC("Opening the device has failed in an unusual way, which the error names. The "
                           "kernel's log may have more."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason usable_wrong_api = {
        .id = "wrong-api-version",
        .state = CHECK_FAIL,
        .detail = "KVM has API version {api_version}; every virtual machine monitor expects 12.",
        .explanation = DOC("The interface has been at version 12 since Linux 2.6.22, and will stay there. "
                           "Something else than Linux' KVM serves the device: remove the module that was "
                           "built from other sources, and load the kernel's own."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_BOOT("a kernel with the KVM that belongs to it")),
};

static const Reason usable_busy = {
        .id = "busy",
        .state = CHECK_FAIL,
        .detail = "KVM cannot {stage}: {error}. Another hypervisor owns the CPU's virtualization, or the "
                  "host is shutting down.",
        .explanation = DOC("A CPU's virtualization has one owner at a time. The module of another "
                           "hypervisor has it, which kvm.exclusive names if it is a known one, or the "
                           "machine is going down. Shut the other product's virtual machines down."),
        .cause = "kvm.exclusive",
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason usable_failed = {
        .id = "kvm-failed",
        .state = CHECK_FAIL,
        .detail = "KVM cannot {stage}: {error}.",
        .explanation = DOC("KVM is there and has refused a step that every virtual machine takes. The error "
                           "and the kernel's log tell more; too little memory, a security module or a bug "
                           "are possible causes."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason usable_hangs = {
        .id = "guest-hangs",
        .state = CHECK_FAIL,
        .detail = "KVM entered a guest that should stop at its first instruction, and did not come back in "
                  "time.",
        .explanation = DOC("The guest has one instruction, after which it should come back at once. It did "
                           "not within two seconds: the hypervisor below this machine has a fault, or "
                           "emulates the extension very slowly."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason usable_wrong_exit = {
        .id = "guest-failed",
        .state = CHECK_FAIL,
        .detail = "KVM entered a guest, which stopped in another way than it should (exit reason "
                  "{exit_reason}).",
        .explanation = DOC("The guest has one instruction, an output to a port, and KVM said that it "
                           "stopped for another reason. That points to a fault in KVM or in the hypervisor "
                           "below it; numbers of exit reasons are in linux/kvm.h."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("KVM", "kvm")),
};

static const Reason usable_no_resources = {
        .id = "no-resources",
        .state = CHECK_UNKNOWN,
        .detail = "KVM could not be tried, because of a shortage or a signal: {error}.",
        .explanation = DOC("The system was short of memory or file descriptors, or a signal came in "
                           "between. The next pass tries again."),
};

static const Reason usable_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel serves {device} could not be read.",
        .explanation = DOC(EXPLANATION_OF_NO_MISC),
};

static const Reason *judge_unprobed(const Facts *facts, Finding *finding) {
        Tristate on_demand = facts_kvm_loads_on_demand(facts);
        Tristate registered = facts->devices.devices[DEVICE_KVM].registered;

        /* Trying would load the module. */
        if (on_demand != TRISTATE_NO && registered == TRISTATE_NO) {
                finding->evidence = EVIDENCE_INFERRED;
                return on_demand == TRISTATE_YES ? &usable_autoloadable : &usable_not_tried;
        }
        if (registered == TRISTATE_UNKNOWN)
                return &usable_unknown;

        return facts_device_state(facts, DEVICE_KVM) == DEVICE_STATE_LIVE ? &usable_registered
                                                                          : &usable_no_device;
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

static const Reason *judge_failed_stage(const KvmFacts *kvm, Finding *finding) {
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
        return kvm->error == -EBUSY ? &usable_busy : &usable_failed;
}

/* Kernels that do not tell have a rule instead (Documentation/virt/kvm/api.rst, 4.7 KVM_CREATE_VCPU). */
static unsigned most_vcpus(const KvmLimits *limits) {
        if (limits->max_vcpus > 0)
                return limits->max_vcpus;

        return limits->recommended_vcpus > 0 ? limits->recommended_vcpus : 4;
}

/* What the kernel does not tell is left out, as an argument that no sentence needs. */
static void add_limits(const KvmLimits *limits, Finding *finding) {
        const struct {
                const char *name;
                unsigned value;
        } values[] = {
                { "max_vcpus", most_vcpus(limits) },
                { "recommended_vcpus", limits->recommended_vcpus },
                { "max_vcpu_id", limits->max_vcpu_id },
                { "memory_slots", limits->memory_slots },
        };

        FOREACH_ELEMENT(v, values)
                if (v->value > 0)
                        finding_add_unsigned(finding, v->name, v->value);
}

static const Reason *judge_usable(const Facts *facts, const Check *check, Finding *finding) {
        const KvmFacts *kvm = &facts->kvm;

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (kvm->stage == KVM_STAGE_NONE)
                return judge_unprobed(facts, finding);

        finding->evidence = EVIDENCE_PROBED;
        if (kvm->stage == KVM_STAGE_DONE) {
                add_limits(&kvm->limits, finding);
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

        return judge_failed_stage(kvm, finding);
}

static const Check checks[] = {
        {
                .id = "kvm.usable",
                .title = "KVM runs guests",
                .description = "KVM was used: the device opened, a virtual machine with one vCPU created "
                               "and, on x86, one instruction run in it.",
                .reads = DOC_LIST("/dev/kvm, with KVM_GET_API_VERSION, KVM_CHECK_EXTENSION, KVM_CREATE_VM, "
                                  "KVM_CREATE_VCPU and KVM_RUN",
                                  "/proc/misc, in a snapshot"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/api.html",
                                       "https://docs.kernel.org/virt/kvm/index.html"),
                .needs = { "kvm.device", "kvm.access" },
                .judge = judge_usable,
                .reasons =
                        (const Reason *const[]){ &usable_guest_ran, &usable_vcpu_created, &usable_registered,
                                                 &usable_autoloadable, &usable_not_tried, &usable_no_device,
                                                 &usable_permission_denied, &usable_open_failed,
                                                 &usable_wrong_api, &usable_busy, &usable_failed,
                                                 &usable_hangs, &usable_wrong_exit, &usable_no_resources,
                                                 &usable_unknown, NULL },
        },
};

const CheckTable kvm_usable_checks = CHECK_TABLE(checks);
