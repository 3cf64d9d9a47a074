/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why no IOMMU is effective: firmware, the host of a virtual machine, the kernel, or what it was told. */
#pragma once

#include "check.h"

extern const Reason iommu_no_pci;
extern const Reason iommu_by_xen;
extern const Reason iommu_no_groups;
extern const Reason iommu_disabled;
extern const Reason iommu_off_by_default;
extern const Reason iommu_not_switched_on;
extern const Reason iommu_firmware_disabled;
extern const Reason iommu_hidden;
extern const Reason iommu_not_in_kernel;
extern const Reason iommu_driver_failed;
extern const Reason iommu_only_no_iommu;
extern const Reason iommu_only_mediated;
extern const Reason iommu_not_found;

/* All of them, for a check's list of reasons. */
#define IOMMU_MISSING_REASONS                                                                          \
        &iommu_no_pci, &iommu_by_xen, &iommu_no_groups, &iommu_disabled, &iommu_off_by_default,        \
                &iommu_not_switched_on, &iommu_firmware_disabled, &iommu_hidden, &iommu_not_in_kernel, \
                &iommu_driver_failed, &iommu_only_no_iommu, &iommu_only_mediated, &iommu_not_found

/* Picks the reason where no IOMMU is effective, and adds the arguments of its sentences. */
const Reason *explain_missing_iommu(const Facts *facts, Finding *finding);
