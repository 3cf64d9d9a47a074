/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Confidential guests: whose memory the host itself cannot read. */
#pragma once

#include "../basic/string-table.h"
#include "cpu.h"
#include "hypervisor.h"
#include "kernel.h"
#include "kvm.h"
#include "module.h"
#include "root.h"
#include "tristate.h"

typedef enum ConfidentialKind {
        CONFIDENTIAL_SEV,
        CONFIDENTIAL_SEV_ES,
        CONFIDENTIAL_SEV_SNP,
        CONFIDENTIAL_TDX,
        CONFIDENTIAL_S390_PV, /* s390x: protected virtualization ("Secure Execution") */
        _CONFIDENTIAL_KIND_MAX,
} ConfidentialKind;

typedef struct ConfidentialFacts {
        Tristate possible[_CONFIDENTIAL_KIND_MAX]; /* the CPU could */
        Tristate enabled[_CONFIDENTIAL_KIND_MAX];  /* the host does: the effective state */
        bool missing[_CONFIDENTIAL_KIND_MAX];      /* this kernel's module does not know of it */
        Tristate ultravisor; /* ppc64: the firmware has an ultravisor, which protected guests need */
} ConfidentialFacts;

/* Reads KVM's types of virtual machine and, where the kernel does not tell, the parameters of its modules,
 * which hold the effective state; sys/firmware/uv on s390x, proc/device-tree on ppc64. Returns -ENOMEM, or
 * 0: what cannot be read is left unknown. */
int confidential_facts_read(const Root *root, const KernelFacts *kernel, const CpuFacts *cpu,
                            const HypervisorFacts *hypervisor, const KvmFacts *kvm,
                            ConfidentialFacts *facts);

/* The architecture that has this kind of guest. */
Architecture confidential_architecture(ConfidentialKind kind);

/* x86: the extension of the CPUs that can have this kind of guest, and the module that runs it. */
CpuExtension confidential_extension(ConfidentialKind kind);
ModuleId confidential_module(ConfidentialKind kind);

/* x86: its flag in cpuinfo, there where the firmware has enabled it ("tdx_host_platform"). */
const char *confidential_flag(ConfidentialKind kind);

/* The module's parameter of this kind ("sev_es"), or the kernel's own on s390x ("prot_virt"). */
const char *confidential_parameter(ConfidentialKind kind);

/* What to call it in a sentence: "SEV-ES". */
DECLARE_STRING_TABLE(confidential_kind, ConfidentialKind);
