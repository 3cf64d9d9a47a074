/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the parameter "nested" in each module's spelling. */

#include "nested.h"

int nested_facts_read(const Root *root, NestedFacts *facts) {
        (void) root;
        *facts = (NestedFacts){ .enabled = TRISTATE_UNKNOWN };
        return 0;
}
