/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nested virtualization: whether KVM lets its guests run guests of their own. */
#pragma once

#include "root.h"
#include "tristate.h"

typedef struct NestedFacts {
        Tristate enabled;      /* the module's parameter "nested" */
        const char *parameter; /* of which module: "kvm_intel", …; NULL if none was found */
} NestedFacts;

/* Reads sys/module/NAME/parameters/nested of the modules that have it. Returns -ENOMEM, or 0: what cannot be
 * read is left unknown. */
int nested_facts_read(const Root *root, NestedFacts *facts);
