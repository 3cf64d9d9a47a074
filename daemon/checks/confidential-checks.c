/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confidential.*: guests whose memory the host itself cannot read. */

#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "confidential-kinds.h"
#include "confidential-reasons.h"
#include "reads.h"

static const Reason *judge_kind(const Facts *facts, const Check *check, Finding *finding) {
        ConfidentialKind kind = (ConfidentialKind) check->subject;
        const Reason *reason = confidential_reason(facts, kind);

        confidential_arguments(facts, kind, reason, finding);
        return reason;
}

/* confidential.guests */

static const Reason guests_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "KVM can run confidential guests: {kinds}.",
        .explanation = DOC("At least one kind of confidential guest is enabled. Which of them a guest can "
                           "use depends on what it was made for."),
};

static const Reason guests_off = {
        .id = "off",
        .state = CHECK_FAIL,
        .detail = "KVM can run no confidential guests, though the CPU could: {kinds}.",
        .explanation = DOC("The CPU has a kind of confidential guest that the host keeps from being used. "
                           "The checks of the single kinds say why, and what helps."),
};

static const Reason guests_unsupported = {
        .id = "unsupported",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "This CPU offers no kind of confidential guest.",
        .explanation = DOC("Most processors have none: it takes AMD's EPYC, one of Intel's newer Xeons, or "
                           "IBM's z15 or LinuxONE III and later."),
};

static const Reason guests_no_kind = {
        .id = "no-kind",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "KVM has no kind of confidential guest on {architecture}.",
        .explanation = DOC("The kernel as it is released has none for this architecture. Realms on 64-bit "
                           "ARM (RME, CCA) need a kernel with patches, which virtreadyd does not know."),
};

static const Reason guests_protected_mode = {
        .id = "protected-mode",
        .state = CHECK_UNKNOWN,
        .detail = "KVM was started in protected mode; whether this kernel can run protected guests cannot "
                  "be seen.",
        .explanation = DOC("With kvm-arm.mode=protected KVM is kept apart from the host's kernel, so that "
                           "guests can be protected from it. Support for such guests is young, and KVM has "
                           "nothing that tells of it without creating one."),
};

static const Reason guests_no_ultravisor = {
        .id = "no-ultravisor",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "The firmware has no ultravisor, which protected guests need on {architecture}.",
        .explanation = DOC("The Protected Execution Facility is a part of some POWER9 processors, and works "
                           "only with firmware that has an ultravisor."),
};

static const Reason guests_ultravisor = {
        .id = "ultravisor",
        .state = CHECK_UNKNOWN,
        .detail = "Whether KVM can run protected guests on {architecture} cannot be seen.",
        .explanation = DOC("The firmware's ultravisor protects them. It has one, or the device tree was not "
                           "there to tell; what KVM makes of it virtreadyd does not ask."),
};

static const Reason guests_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether KVM can run confidential guests could not be told.",
        .explanation = DOC("None is known to be enabled, and of at least one kind it could not be read. The "
                           "checks of the single kinds say what is missing."),
};

/* The kinds whose checks come out in a state, with commas between them; none leaves the string empty.
 * Returns their number. */
static unsigned list_kinds(const Facts *facts, CheckState state, char *buffer, size_t size) {
        unsigned n = 0;

        buffer[0] = '\0';
        for (ConfidentialKind kind = 0; kind < _CONFIDENTIAL_KIND_MAX; kind++) {
                size_t length = strlen(buffer);

                if (confidential_reason(facts, kind)->state != state)
                        continue;

                snprintf(buffer + length, size - length, "%s%s", n > 0 ? ", " : "",
                         confidential_kind_to_string(kind));
                n++;
        }

        return n;
}

/* Other architectures have no checks of single kinds. Linux up to 7.0 has none for arm64: neither realms
 * nor, beyond experiments, protected guests (arch/arm64/kvm/arm.c: kvm_vm_ioctl_check_extension()). */
static const Reason *judge_others(const Facts *facts, Finding *finding) {
        finding_add(finding, "architecture", facts->cpu.machine);

        switch (facts->cpu.architecture) {
        case ARCHITECTURE_PPC64:
                return facts->confidential.ultravisor == TRISTATE_NO ? &guests_no_ultravisor
                                                                     : &guests_ultravisor;
        case ARCHITECTURE_ARM64:
                return command_line_lists(facts->kernel.command_line, "kvm-arm.mode", "protected")
                               ? &guests_protected_mode
                               : &guests_no_kind;
        default:
                return &guests_no_kind;
        }
}

static const Reason *judge_guests(const Facts *facts, const Check *check, Finding *finding) {
        char kinds[64];

        (void) check;

        switch (facts->cpu.architecture) {
        case ARCHITECTURE_UNKNOWN:
                return &guests_unknown;
        case ARCHITECTURE_X86:
        case ARCHITECTURE_S390X:
                break;
        default:
                return judge_others(facts, finding);
        }

        if (list_kinds(facts, CHECK_PASS, kinds, sizeof(kinds)) > 0) {
                finding_add(finding, "kinds", kinds);
                return &guests_available;
        }
        if (list_kinds(facts, CHECK_FAIL, kinds, sizeof(kinds)) > 0) {
                finding_add(finding, "kinds", kinds);
                return &guests_off;
        }

        return list_kinds(facts, CHECK_UNKNOWN, kinds, sizeof(kinds)) > 0 ? &guests_unknown
                                                                          : &guests_unsupported;
}

static const Reason *const guests_reasons[] = {
        &guests_available,
        &guests_off,
        &guests_unsupported,
        &guests_no_kind,
        &guests_protected_mode,
        &guests_no_ultravisor,
        &guests_ultravisor,
        &guests_unknown,
        NULL,
};

#define REFERENCES_OF_KVM                            \
        "https://docs.kernel.org/virt/kvm/api.html", \
                "https://docs.kernel.org/admin-guide/kernel-parameters.html"
#define REFERENCES_OF_SEV                                                      \
        "https://docs.kernel.org/virt/kvm/x86/amd-memory-encryption.html",     \
                "https://docs.kernel.org/arch/x86/amd-memory-encryption.html", \
                "https://libvirt.org/kbase/launch_security_sev.html", REFERENCES_OF_KVM

#define READS_OF_X86(parameter)                                                                            \
        "/dev/kvm (KVM_CAP_VM_TYPES)", parameter, "/proc/cpuinfo", "CPUID", "/proc/cmdline", "/proc/misc", \
                READS_OF_HYPERVISOR

static const Check checks[] = {
        {
                .id = "confidential.guests",
                .title = "Confidential guests",
                .description = "KVM can run guests of some kind whose memory the host cannot read: SEV, "
                               "SEV-ES, SEV-SNP, TDX or Secure Execution.",
                .reads = DOC_LIST("what the checks of the single kinds read",
                                  "/proc/device-tree/ibm,ultravisor", "/proc/cmdline"),
                .references =
                        DOC_LIST("https://libvirt.org/manpages/virt-host-validate.html",
                                 "https://docs.kernel.org/arch/powerpc/ultravisor.html", REFERENCES_OF_KVM),
                .needs = { "confidential.sev", "confidential.sev_es", "confidential.sev_snp",
                           "confidential.tdx", "confidential.secure_execution" },
                .judge = judge_guests,
                .reasons = guests_reasons,
        },
        {
                .id = "confidential.sev",
                .title = "Encrypted memory (AMD SEV)",
                .description = "KVM can run guests whose memory the CPU encrypts with a key of their own.",
                .reads = DOC_LIST(READS_OF_X86("/sys/module/kvm_amd/parameters/sev")),
                .references = DOC_LIST(REFERENCES_OF_SEV),
                .needs = { "kvm.device" },
                .judge = judge_kind,
                .subject = CONFIDENTIAL_SEV,
                .reasons = confidential_sev_reasons,
        },
        {
                .id = "confidential.sev_es",
                .title = "Encrypted registers (SEV-ES)",
                .description =
                        "KVM can run guests whose registers are encrypted, too, whenever the host runs.",
                .reads = DOC_LIST(READS_OF_X86("/sys/module/kvm_amd/parameters/sev_es")),
                .references = DOC_LIST(REFERENCES_OF_SEV),
                .needs = { "confidential.sev" },
                .judge = judge_kind,
                .subject = CONFIDENTIAL_SEV_ES,
                .reasons = confidential_sev_es_reasons,
        },
        {
                .id = "confidential.sev_snp",
                .title = "Tamper-proof memory (SEV-SNP)",
                .description = "KVM can run guests whose memory the host can neither read nor replace, and "
                               "that can prove it to others.",
                .reads = DOC_LIST(READS_OF_X86("/sys/module/kvm_amd/parameters/sev_snp")),
                .references = DOC_LIST(REFERENCES_OF_SEV),
                .needs = { "confidential.sev_es" },
                .judge = judge_kind,
                .subject = CONFIDENTIAL_SEV_SNP,
                .reasons = confidential_sev_snp_reasons,
        },
        {
                .id = "confidential.tdx",
                .title = "Trust domains (Intel TDX)",
                .description =
                        "KVM can run trust domains: guests that the host can neither read nor tamper with.",
                .reads = DOC_LIST(READS_OF_X86("/sys/module/kvm_intel/parameters/tdx"),
                                  "/sys/module/kvm/parameters/enable_virt_at_load"),
                .references = DOC_LIST("https://docs.kernel.org/virt/kvm/x86/intel-tdx.html",
                                       "https://docs.kernel.org/arch/x86/tdx.html", REFERENCES_OF_KVM),
                .needs = { "kvm.device" },
                .judge = judge_kind,
                .subject = CONFIDENTIAL_TDX,
                .reasons = confidential_tdx_reasons,
        },
        {
                .id = "confidential.secure_execution",
                .title = "Secure Execution (IBM Z)",
                .description =
                        "KVM can run guests that the ultravisor of the machine protects from the host.",
                .reads = DOC_LIST("/sys/firmware/uv/prot_virt_host and prot_virt_guest", "/proc/cpuinfo",
                                  "/proc/cmdline", "/proc/misc"),
                .references =
                        DOC_LIST("https://docs.kernel.org/virt/kvm/s390/s390-pv.html",
                                 "https://libvirt.org/kbase/s390_protected_virt.html", REFERENCES_OF_KVM),
                .needs = { "kvm.device" },
                .judge = judge_kind,
                .subject = CONFIDENTIAL_S390_PV,
                .reasons = confidential_s390_reasons,
        },
};

const CheckTable confidential_checks = CHECK_TABLE(checks);
