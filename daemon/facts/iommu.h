/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The IOMMU: whether devices can be given to guests without the guests reaching the host's memory. */
#pragma once

#include "root.h"
#include "tristate.h"

typedef struct IommuFacts {
        Tristate present;    /* the kernel drives one: there is something in sys/class/iommu */
        Tristate has_groups; /* there is a group of real devices behind it */
        unsigned n_groups;   /* such groups */
} IommuFacts;

/* Reads sys/class/iommu, sys/kernel/iommu_groups and, to explain what is missing, which tables are in
 * sys/firmware/acpi/tables. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int iommu_facts_read(const Root *root, IommuFacts *facts);
