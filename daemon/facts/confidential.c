/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads which kinds of confidential guests this host can run. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "../basic/words.h"
#include "confidential.h"
#include "values.h"

static const char *const confidential_kind_table[_CONFIDENTIAL_KIND_MAX] = {
        [CONFIDENTIAL_SEV] = "SEV",
        [CONFIDENTIAL_SEV_ES] = "SEV-ES",
        [CONFIDENTIAL_SEV_SNP] = "SEV-SNP",
        [CONFIDENTIAL_TDX] = "TDX",
        [CONFIDENTIAL_S390_PV] = "Secure Execution",
};
DEFINE_STRING_TABLE(confidential_kind, ConfidentialKind);

static const struct {
        Architecture architecture;
        CpuExtension extension;
        ModuleId module;
        const char *parameter; /* the module's; on s390x the kernel's */
        const char *flag;      /* in cpuinfo */
        unsigned raw;          /* what CPUID says of the CPU, 0 where it does not tell */
        unsigned vm_type;      /* arch/x86/include/uapi/asm/kvm.h: KVM_X86_SEV_VM, … */
        unsigned since[2];     /* the first Linux that lists this type, if it can run it */
} kinds[_CONFIDENTIAL_KIND_MAX] = {
        [CONFIDENTIAL_SEV] = { ARCHITECTURE_X86,
                               CPU_EXTENSION_SVM,
                               MODULE_KVM_AMD,
                               "sev",
                               "sev",
                               CPU_ENCRYPTION_SEV,
                               2,
                               { 6, 10 } },
        [CONFIDENTIAL_SEV_ES] = { ARCHITECTURE_X86,
                                  CPU_EXTENSION_SVM,
                                  MODULE_KVM_AMD,
                                  "sev_es",
                                  "sev_es",
                                  CPU_ENCRYPTION_SEV_ES,
                                  3,
                                  { 6, 10 } },
        [CONFIDENTIAL_SEV_SNP] = { ARCHITECTURE_X86,
                                   CPU_EXTENSION_SVM,
                                   MODULE_KVM_AMD,
                                   "sev_snp",
                                   "sev_snp",
                                   CPU_ENCRYPTION_SEV_SNP,
                                   4,
                                   { 6, 11 } },
        /* CPUID has nothing on TDX itself. */
        [CONFIDENTIAL_TDX] = { ARCHITECTURE_X86,
                               CPU_EXTENSION_VMX,
                               MODULE_KVM_INTEL,
                               "tdx",
                               "tdx_host_platform",
                               0,
                               5,
                               { 6, 16 } },
        [CONFIDENTIAL_S390_PV] = { .architecture = ARCHITECTURE_S390X,
                                   .module = MODULE_KVM,
                                   .parameter = "prot_virt" },
};

Architecture confidential_architecture(ConfidentialKind kind) {
        return kinds[kind].architecture;
}

CpuExtension confidential_extension(ConfidentialKind kind) {
        return kinds[kind].extension;
}

ModuleId confidential_module(ConfidentialKind kind) {
        return kinds[kind].module;
}

const char *confidential_flag(ConfidentialKind kind) {
        return kinds[kind].flag;
}

const char *confidential_parameter(ConfidentialKind kind) {
        return kinds[kind].parameter;
}

/* AMD offers SEV with EPYC, and with no other processors (https://www.amd.com/en/developer/sev.html). */
static bool model_has_sev(const CpuFacts *cpu) {
        return cpu->model && strstr(cpu->model, "EPYC");
}

/* The kernel clears the flags of what firmware has not enabled: sev and all that builds on it without SMEE
 * or with unlocked SMM (arch/x86/kernel/cpu/amd.c: early_detect_mem_encrypt()), sev_snp also without memory
 * for its table of pages (bsp_determine_snp()). CPUID is not cleared. What it says in a virtual machine is
 * about the host's CPU or about being a confidential guest, and not about having any. */
static Tristate is_possible_x86(const CpuFacts *cpu, const HypervisorFacts *hypervisor,
                                ConfidentialKind kind) {
        CpuExtension vendor = cpu_vendor_extension(cpu);

        if (vendor != CPU_EXTENSION_NONE && vendor != kinds[kind].extension)
                return TRISTATE_NO;
        if (!cpu->flags)
                return TRISTATE_UNKNOWN;
        if (words_contain(cpu->flags, kinds[kind].flag))
                return TRISTATE_YES;
        if (hypervisor->guest == TRISTATE_YES)
                return TRISTATE_NO;

        /* TDX encrypts with the keys of TME. Firmware turns both on, and the kernel clears both flags. */
        if (kind == CONFIDENTIAL_TDX)
                return words_contain(cpu->flags, "tme") || (cpu->raw_encryption & CPU_ENCRYPTION_TME)
                               ? TRISTATE_UNKNOWN
                               : TRISTATE_NO;

        if (cpu->raw_known)
                return cpu->raw_encryption & kinds[kind].raw ? TRISTATE_YES : TRISTATE_NO;
        if (kind == CONFIDENTIAL_SEV)
                return model_has_sev(cpu) ? TRISTATE_YES : TRISTATE_NO;

        /* Not all that have SEV have what came later. */
        return words_contain(cpu->flags, "sev") || model_has_sev(cpu) ? TRISTATE_UNKNOWN : TRISTATE_NO;
}

/* Whether those parameters are there that nobody copies alone, as somebody may "nested". Every version has
 * one for nested paging. */
static bool shows_parameters(const Root *root, const char *module) {
        static const char *const parameters[] = { "npt", "ept", "sev" };

        FOREACH_ELEMENT(parameter, parameters) {
                char path[64];

                snprintf(path, sizeof(path), "sys/module/%s/parameters/%s", module, *parameter);
                if (root_exists(root, path) > 0)
                        return true;
        }

        return false;
}

/* The parameters hold the effective state: they are written when the module starts (arch/x86/kvm/svm/sev.c:
 * sev_hardware_setup(), arch/x86/kvm/vmx/tdx.c: tdx_bringup()). One that is built in and found nothing to
 * work with never came to that, and shows its default. */
static int read_parameter(const Root *root, const CpuFacts *cpu, ConfidentialKind kind,
                          ConfidentialFacts *facts) {
        const char *module = module_to_string(kinds[kind].module);
        int r;

        if (cpu->extension != kinds[kind].extension) {
                facts->enabled[kind] = cpu->flags ? TRISTATE_NO : TRISTATE_UNKNOWN;
                return 0;
        }

        r = read_switch_at(root, "sys/module/%s/parameters/%s", module, kinds[kind].parameter);
        if (r == -ENOMEM)
                return r;
        facts->enabled[kind] = tristate_from_result(r);

        if (r == -ENOENT && shows_parameters(root, module)) {
                facts->missing[kind] = true;
                facts->enabled[kind] = TRISTATE_NO;
        }

        return 0;
}

/* KVM_CAP_VM_TYPES came with Linux 6.8, and the types one by one after that
 * (Documentation/virt/kvm/api.rst). So a type that is listed is there, while one that is not says something
 * only of a kernel that would list it. Of others, some distributions' among them, the parameter tells. */
static int read_enabled_x86(const Root *root, const KernelFacts *kernel, const CpuFacts *cpu,
                            const KvmFacts *kvm, ConfidentialKind kind, ConfidentialFacts *facts) {
        int r;

        r = read_parameter(root, cpu, kind, facts);
        if (r < 0 || kvm->vm_types == 0)
                return r;

        if (kvm->vm_types & (1U << kinds[kind].vm_type))
                facts->enabled[kind] = TRISTATE_YES;
        else if (kernel_at_least(kernel, kinds[kind].since[0], kinds[kind].since[1], 0) == TRISTATE_YES)
                facts->enabled[kind] = TRISTATE_NO;

        return 0;
}

/* It takes the ultravisor call facility (158). cpuinfo lists the facilities (arch/s390/kernel/processor.c),
 * and the directory is there with this one (arch/s390/kernel/uv.c: uv_info_init()), in a protected guest,
 * too. prot_virt_host says what became of the parameter prot_virt (prot_virt_setup(), setup_uv()). Linux has
 * the directory since 5.7, the two files since 5.13. */
static int read_s390(const Root *root, const CpuFacts *cpu, ConfidentialFacts *facts) {
        int r;

        r = read_switch_at(root, "sys/firmware/uv/prot_virt_host");
        if (r == -ENOMEM)
                return r;
        facts->enabled[CONFIDENTIAL_S390_PV] = tristate_from_result(r);

        r = read_switch_at(root, "sys/firmware/uv/prot_virt_guest");
        if (r == -ENOMEM)
                return r;
        if (r == 1) {
                facts->possible[CONFIDENTIAL_S390_PV] = TRISTATE_NO;
                return 0;
        }

        r = root_exists(root, "sys/firmware/uv");
        if (r > 0)
                facts->possible[CONFIDENTIAL_S390_PV] = TRISTATE_YES;
        else if (cpu->facilities)
                facts->possible[CONFIDENTIAL_S390_PV] =
                        words_contain(cpu->facilities, "158") ? TRISTATE_YES : TRISTATE_NO;

        return 0;
}

/* It came with POWER9, and shows in the device tree (Documentation/arch/powerpc/ultravisor.rst,
 * arch/powerpc/platforms/powernv/ultravisor.c). */
static Tristate find_ultravisor(const Root *root, const CpuFacts *cpu) {
        const char *generation = cpu->model ? startswith(cpu->model, "POWER") : NULL;
        int r;

        if (generation && generation[0] >= '4' && generation[0] <= '8')
                return TRISTATE_NO;

        r = root_exists(root, "proc/device-tree/ibm,ultravisor");
        if (r == 0 && root_exists(root, "proc/device-tree/compatible") <= 0)
                return TRISTATE_UNKNOWN;

        return tristate_from_result(r);
}

int confidential_facts_read(const Root *root, const KernelFacts *kernel, const CpuFacts *cpu,
                            const HypervisorFacts *hypervisor, const KvmFacts *kvm,
                            ConfidentialFacts *facts) {
        ConfidentialFacts confidential = { .ultravisor = TRISTATE_UNKNOWN };
        int r = 0;

        for (ConfidentialKind kind = 0; kind < _CONFIDENTIAL_KIND_MAX && r >= 0; kind++) {
                bool elsewhere = cpu->architecture != kinds[kind].architecture;

                confidential.possible[kind] = confidential.enabled[kind] =
                        elsewhere && cpu->architecture != ARCHITECTURE_UNKNOWN ? TRISTATE_NO
                                                                               : TRISTATE_UNKNOWN;
                if (elsewhere)
                        continue;

                if (kind == CONFIDENTIAL_S390_PV)
                        r = read_s390(root, cpu, &confidential);
                else {
                        confidential.possible[kind] = is_possible_x86(cpu, hypervisor, kind);
                        r = read_enabled_x86(root, kernel, cpu, kvm, kind, &confidential);
                }
        }
        if (r < 0)
                return r;

        if (cpu->architecture == ARCHITECTURE_PPC64)
                confidential.ultravisor = find_ultravisor(root, cpu);

        *facts = confidential;
        return 0;
}
