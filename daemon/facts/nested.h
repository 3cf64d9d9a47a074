/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nested virtualization: whether KVM lets its guests run guests of their own. */
#pragma once

#include "cpu.h"
#include "module.h"
#include "root.h"
#include "tristate.h"

typedef struct NestedFacts {
        bool has_module;  /* there is a module that has the parameter on CPUs such as this one */
        ModuleId module;  /* which one; valid if has_module */
        Tristate enabled; /* its parameter "nested" */
} NestedFacts;

/* Reads sys/module/NAME/parameters/nested of the module that makes KVM work on this CPU. Returns -ENOMEM, or
 * 0: what cannot be read is left unknown. */
int nested_facts_read(const Root *root, const CpuFacts *cpu, NestedFacts *facts);
