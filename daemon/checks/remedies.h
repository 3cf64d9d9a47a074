/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The remedies that more than one reason has. Their arguments are those of the finding. */
#pragma once

#include "check.h"

/* argument module */
#define REMEDY_TO_LOAD_MODULE                                                                       \
        {                                                                                           \
                .kind = REMEDY_LOAD_MODULE, .argument = "{module}", .command = "modprobe {module}", \
                .service_command = "virtreadyctl load {module}", .privileged = true                 \
        }
#define REMEDY_TO_RELOAD_MODULE                                                            \
        {                                                                                  \
                .kind = REMEDY_LOAD_MODULE, .argument = "{module}",                        \
                .command = "modprobe -r {module} && modprobe {module}", .privileged = true \
        }

/* argument owner_module: that of what is in the way */
#define REMEDY_TO_UNLOAD_OWNER                                              \
        {                                                                   \
                .kind = REMEDY_STOP_CONFLICT, .argument = "{owner_module}", \
                .command = "modprobe -r {owner_module}", .privileged = true \
        }

/* argument parameter, of the kernel's command line */
#define REMEDY_TO_ADD_PARAMETER \
        { .kind = REMEDY_KERNEL_PARAMETER, .action = "add", .argument = "{parameter}", .privileged = true }
#define REMEDY_TO_REMOVE_PARAMETER                                                              \
        {                                                                                       \
                .kind = REMEDY_KERNEL_PARAMETER, .action = "remove", .argument = "{parameter}", \
                .privileged = true                                                              \
        }

/* argument setting */
#define REMEDY_TO_ENABLE_SETTING \
        { .kind = REMEDY_FIRMWARE_SETTING, .argument = "{setting}", .privileged = true }

/* WHAT is a template for a person, "a kernel that has {module}". */
#define REMEDY_TO_BOOT(what) \
        { .kind = REMEDY_BOOT_KERNEL, .argument = (what), .privileged = true }

/* PATTERN is what grep(1) finds the lines by. */
#define REMEDY_TO_SEARCH_LOG(what, pattern)                                                         \
        {                                                                                           \
                .kind = REMEDY_READ_LOG, .argument = (what), .command = "dmesg | grep -i " pattern, \
                .privileged = true                                                                  \
        }

/* What udev should have done with a device; argument device. */
#define COMMAND_TO_GIVE_TO_KVM "groupadd --system --force kvm && chgrp kvm {device} && chmod 0660 {device}"

/* How it comes that a driver is there and its node is not, and what helps. */
#define EXPLANATION_OF_NO_NODE                                                                         \
        "The kernel keeps the nodes of its devices in a devtmpfs, which is mounted at /dev. Here "     \
        "another file system is: the machine is a container or a chroot, whose manager must pass the " \
        "node in, or devtmpfs must be mounted."

/* For a device whose driver is there and whose node is not, mostly in a container; argument device. No
 * command: in a container it would cover what is there. */
extern const Remedy remedies_for_node[];

/* arguments package and install_command (finding_add_package()); the first remedy of its reason, with
 * another for those of whom the package is not known */
#define REMEDY_TO_INSTALL                                                                                \
        {                                                                                                \
                .kind = REMEDY_INSTALL_PACKAGE, .argument = "{package}", .command = "{install_command}", \
                .privileged = true                                                                       \
        }

/* For software that is missing: its package or, where that is not known, the program; arguments of
 * finding_add_software(). */
extern const Remedy remedies_to_install[];

/* arguments unit and unmask_command (libvirt_add_unmask_command()) */
#define REMEDY_TO_UNMASK                                                                         \
        {                                                                                        \
                .kind = REMEDY_UNMASK_UNIT, .argument = "{unit}", .command = "{unmask_command}", \
                .privileged = true                                                               \
        }

/* What firmware setups usually call the switch for an x86 CPU's virtualization extension. */
const char *virtualization_setting(CpuExtension extension);
