/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Confidential guests: whose memory the host itself cannot read. */
#pragma once

#include "../basic/string-table.h"
#include "cpu.h"
#include "kvm.h"
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
} ConfidentialFacts;

/* Reads KVM's types of virtual machine and, on kernels that do not tell, the parameters of its modules,
 * which hold the effective state; sys/firmware/uv/prot_virt_host on s390x. Returns -ENOMEM, or 0: what
 * cannot be read is left unknown. */
int confidential_facts_read(const Root *root, const CpuFacts *cpu, const KvmFacts *kvm,
                            ConfidentialFacts *facts);

DECLARE_STRING_TABLE(confidential_kind, ConfidentialKind);
