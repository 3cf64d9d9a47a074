/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads os-release. */

#include <stdlib.h>

#include "distribution.h"

int distribution_facts_read(const Root *root, DistributionFacts *facts) {
        (void) root;
        distribution_facts_done(facts);
        return 0;
}

void distribution_facts_done(DistributionFacts *distribution) {
        free(distribution->name);
        *distribution = (DistributionFacts){};
}
