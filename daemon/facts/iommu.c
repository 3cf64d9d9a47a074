/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the IOMMU class and its groups. */

#include "iommu.h"

int iommu_facts_read(const Root *root, IommuFacts *facts) {
        (void) root;
        *facts = (IommuFacts){ .present = TRISTATE_UNKNOWN, .has_groups = TRISTATE_UNKNOWN };
        return 0;
}
