/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the packages are called that remedies ask for, and how each distribution installs them. */
#pragma once

#include "check.h"

typedef enum Package {
        PACKAGE_BRIDGE,         /* iproute2, which makes bridges */
        PACKAGE_KERNEL,         /* a kernel that has KVM */
        PACKAGE_KERNEL_MODULES, /* the modules of the running kernel that its smallest package leaves out */
        PACKAGE_LIBVIRT,        /* libvirt's service for QEMU */
        PACKAGE_QEMU,           /* the system emulator for this architecture */
        PACKAGE_VIRT_INSTALL,
        PACKAGE_VIRT_MANAGER,
        PACKAGE_VIRT_VIEWER,
        _PACKAGE_MAX,
} Package;

/* Adds the arguments package and install_command. Where the distribution is not known, the running kernel is
 * none of its own, or nothing can be installed to an image of ostree, it adds none, and a remedy that names
 * them is left out. For what is no part of the kernel, the latter matters in a derivative alone. */
void finding_add_package(Finding *finding, const Facts *facts, Package package);

/* The same for a package that has PROGRAM: where it adds none it adds the argument missing_program instead.
 */
void finding_add_software(Finding *finding, const Facts *facts, Package package, const char *program);
