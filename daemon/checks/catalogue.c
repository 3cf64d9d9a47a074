/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every check there is, area by area. */

#include <errno.h>

#include "../basic/macro.h"
#include "catalogue.h"

static const CheckTable *const tables[] = {
        &kvm_usable_checks,      &kvm_access_checks, &kvm_device_checks,   &kvm_module_checks,
        &kvm_exclusive_checks,   &kvm_nested_checks, &confidential_checks, &cpu_checks,
        &device_checks,          &cgroup_checks,     &iommu_checks,        &vfio_checks,
        &namespace_checks,       &kernel_checks,     &software_checks,     &service_checks,
        &service_enabled_checks,
};

size_t catalogue_size(void) {
        size_t n = 0;

        FOREACH_ELEMENT(table, tables)
                n += (*table)->n_checks;

        return n;
}

const Check *catalogue_get(size_t index) {
        FOREACH_ELEMENT(table, tables) {
                if (index < (*table)->n_checks)
                        return &(*table)->checks[index];
                index -= (*table)->n_checks;
        }

        return NULL;
}

ssize_t catalogue_find(const char *id) {
        size_t index = 0;

        FOREACH_ELEMENT(table, tables)
                FOREACH_ARRAY(check, (*table)->checks, (*table)->n_checks) {
                        if (streq(check->id, id))
                                return (ssize_t) index;
                        index++;
                }

        return -ENOENT;
}
