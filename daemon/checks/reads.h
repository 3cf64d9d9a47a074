/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the facts are read from that many checks judge by, for their lists of what they read. */
#pragma once

#define READS_OF_CONFIGURATION "/proc/config.gz, /boot/config-RELEASE or /lib/modules/RELEASE/config"

#define READS_OF_HYPERVISOR                                                                   \
        "/sys/class/dmi/id and, as root, /sys/firmware/dmi/entries", "/proc/bus/pci/devices", \
                "/sys/bus/vmbus", "/proc/device-tree, on architectures other than x86",       \
                "/proc/sysinfo, on s390x", "/sys/hypervisor and /proc/xen/capabilities"

/* Of which neither was there. */
#define EXPLANATION_OF_NO_MISC \
        "Neither /proc/misc nor /sys/class/misc was there to read. A snapshot must contain one of them."

#define READS_OF_MODULES                                                                       \
        "/proc/modules", "/sys/module",                                                        \
                "/lib/modules/RELEASE/modules.dep, modules.builtin and modules.devname",       \
                "/etc/modprobe.d and the other directories of modprobe.d(5)", "/proc/cmdline", \
                "/proc/sys/kernel/modules_disabled"
