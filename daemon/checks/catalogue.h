/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of all checks. */
#pragma once

#include <sys/types.h>

#include "check.h"

/* There is room for this many checks where a result is kept for each. */
#define CATALOGUE_MAX 128U

/* One table per file. */
extern const CheckTable cgroup_checks;
extern const CheckTable confidential_checks;
extern const CheckTable cpu_checks;
extern const CheckTable device_checks;
extern const CheckTable iommu_checks;
extern const CheckTable kernel_checks;
extern const CheckTable kvm_access_checks;
extern const CheckTable kvm_device_checks;
extern const CheckTable kvm_exclusive_checks;
extern const CheckTable kvm_module_checks;
extern const CheckTable kvm_nested_checks;
extern const CheckTable kvm_usable_checks;
extern const CheckTable namespace_checks;
extern const CheckTable service_checks;
extern const CheckTable service_enabled_checks;
extern const CheckTable software_checks;
extern const CheckTable vfio_checks;

/* The number of checks, and the one at INDEX; the order is fixed while the program runs. */
size_t catalogue_size(void);
const Check *catalogue_get(size_t index);

/* The index of the check with this id, or -ENOENT. */
ssize_t catalogue_find(const char *id);
