/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons that the checks of single kinds of confidential guests give. */
#pragma once

#include "check.h"

/* Arguments: kind, and those that the sentences name: architecture, base, module, release, parameter,
 * setting, kernel. */
extern const Reason confidential_enabled;
extern const Reason confidential_other_architecture;
extern const Reason confidential_unsupported;
extern const Reason confidential_no_kvm;
extern const Reason confidential_unknown;

/* x86 */
extern const Reason confidential_other_vendor;
extern const Reason confidential_not_shown_amd;
extern const Reason confidential_not_shown_intel;
extern const Reason confidential_other_module;
extern const Reason confidential_not_in_kernel;
extern const Reason confidential_sev_es_base_off;
extern const Reason confidential_sev_snp_base_off;
extern const Reason confidential_disabled_by_parameter;
extern const Reason confidential_disabled_by_host;
extern const Reason confidential_firmware_disabled;
extern const Reason confidential_sev_off;
extern const Reason confidential_sev_gave_up;
extern const Reason confidential_no_asids;
extern const Reason confidential_snp_off;
extern const Reason confidential_snp_without_iommu;
extern const Reason confidential_failed;
extern const Reason confidential_tdx_off;
extern const Reason confidential_tdx_without_virtualization;
extern const Reason confidential_tdx_without_virtualization_by_parameter;

/* s390x */
extern const Reason confidential_prot_virt_off;
extern const Reason confidential_prot_virt_failed;

/* All that a kind can come out with, NULL-terminated. */
extern const Reason *const confidential_sev_reasons[];
extern const Reason *const confidential_sev_es_reasons[];
extern const Reason *const confidential_sev_snp_reasons[];
extern const Reason *const confidential_tdx_reasons[];
extern const Reason *const confidential_s390_reasons[];
