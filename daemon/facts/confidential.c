/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads which kinds of confidential guests this host can run. */

#include "confidential.h"

static const char *const confidential_kind_table[_CONFIDENTIAL_KIND_MAX] = {
        [CONFIDENTIAL_SEV] = "SEV",
        [CONFIDENTIAL_SEV_ES] = "SEV-ES",
        [CONFIDENTIAL_SEV_SNP] = "SEV-SNP",
        [CONFIDENTIAL_TDX] = "TDX",
        [CONFIDENTIAL_S390_PV] = "Secure Execution",
};
DEFINE_STRING_TABLE(confidential_kind, ConfidentialKind);

int confidential_facts_read(const Root *root, const CpuFacts *cpu, const KvmFacts *kvm,
                            ConfidentialFacts *facts) {
        ConfidentialFacts confidential;

        (void) root, (void) cpu, (void) kvm;
        for (size_t i = 0; i < _CONFIDENTIAL_KIND_MAX; i++)
                confidential.possible[i] = confidential.enabled[i] = TRISTATE_UNKNOWN;

        *facts = confidential;
        return 0;
}
