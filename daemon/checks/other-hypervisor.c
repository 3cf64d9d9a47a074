/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds who else may own the CPU's virtualization. */

#include "other-hypervisor.h"

static const struct {
        ModuleId module;
        const char *product;
} other_hypervisors[] = {
        { MODULE_VBOXDRV, "VirtualBox" },
        { MODULE_VMMON, "VMware" },
};

bool find_other_hypervisor(const Facts *facts, Finding *finding) {
        FOREACH_ELEMENT(other, other_hypervisors)
                if (facts_module_state(facts, other->module) == MODULE_STATE_LIVE) {
                        finding_add(finding, "owner", other->product);
                        finding_add(finding, "owner_module", module_to_string(other->module));
                        return true;
                }

        return false;
}
