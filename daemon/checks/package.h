/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the packages are called that remedies ask for, and how each distribution installs them. */
#pragma once

#include "check.h"

typedef enum Package {
        PACKAGE_KERNEL,         /* a kernel that has KVM */
        PACKAGE_KERNEL_MODULES, /* the modules of the running kernel that its smallest package leaves out */
        _PACKAGE_MAX,
} Package;

/* Adds the arguments package and install_command. Where the distribution is not known, or the running kernel
 * is none of its own, it adds none, and a remedy that names them is left out. */
void finding_add_package(Finding *finding, const Facts *facts, Package package);
