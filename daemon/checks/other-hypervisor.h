/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hypervisors beside KVM that own the CPU's virtualization while they run guests. */
#pragma once

#include "check.h"

/* Tells whether the module of another hypervisor is loaded, and adds which: arguments owner (the product)
 * and owner_module. */
bool find_other_hypervisor(const Facts *facts, Finding *finding);
