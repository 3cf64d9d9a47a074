/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of watched files. */

#include "path-rules.h"
#include "../basic/macro.h"

#define PROGRAMS \
        "@(qemu-system-*|qemu-kvm|kvm|libvirtd|virt*d|virt-install|virt-manager|*-viewer|ip|bridge|brctl)"
#define UNITS "@(libvirtd|virtqemud|virtlxcd)@(|-ro).*"

static const PathRule rules[] = {
        /* What modprobe is told (modprobe.d(5)), and which modules depmod has found. */
        { "etc/modprobe.d", false, "*.conf", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "run/modprobe.d", false, "*.conf", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "usr/local/lib/modprobe.d", false, "*.conf", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "usr/lib/modprobe.d", false, "*.conf", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "lib/modprobe.d", false, "*.conf", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "lib/modules", true, "modules.*", SOURCE_MASK(SOURCE_MODULE_TREE) },
        { "usr/lib/modules", true, "modules.*", SOURCE_MASK(SOURCE_MODULE_TREE) },

        /* Settings of the kernel: a write to them is one to a file, as long as nobody mounts a proc of his
           own. */
        { "proc/sys/kernel", false, "modules_disabled", SOURCE_MASK(SOURCE_MODULES) },
        { "sys/kernel/security", false, "lockdown", SOURCE_MASK(SOURCE_MODULES) },
        { "sys/module/module/parameters", false, "sig_enforce", SOURCE_MASK(SOURCE_MODULES) },
        { "proc/sys/kernel", false, "*_userns*", SOURCE_MASK(SOURCE_NAMESPACES) },
        { "proc/sys/user", false, "max_*_namespaces", SOURCE_MASK(SOURCE_NAMESPACES) },

        /* Programs of QEMU and libvirt and for bridges, where virt-install has its version, and the files of
           libvirt's units. */
        { "usr/bin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "usr/sbin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "usr/libexec", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "usr/local/bin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "usr/local/sbin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "run/current-system/sw/bin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "bin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "sbin", false, PROGRAMS, SOURCE_MASK(SOURCE_PROGRAMS) },
        { "usr/share/virt-manager/virtinst", false, "buildconfig.py", SOURCE_MASK(SOURCE_PROGRAMS) },
        { "etc/systemd/system", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "etc/systemd/system/multi-user.target.wants", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "etc/systemd/system/sockets.target.wants", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "run/systemd/system", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "usr/local/lib/systemd/system", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "usr/lib/systemd/system", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },
        { "lib/systemd/system", false, UNITS, SOURCE_MASK(SOURCE_UNITS) },

        /* Whom a node belongs to by name, and what the distribution is called. */
        { "etc", false, "passwd", SOURCE_MASK(SOURCE_DEVICES) },
        { "etc", false, "group", SOURCE_MASK(SOURCE_DEVICES) },
        { "usr/lib", false, "@(passwd|group)", SOURCE_MASK(SOURCE_DEVICES) },
        { "etc", false, "os-release", SOURCE_MASK(SOURCE_DISTRIBUTION) },
        { "usr/lib", false, "os-release", SOURCE_MASK(SOURCE_DISTRIBUTION) },
};

const PathRule *path_rules(size_t *ret_n) {
        *ret_n = ELEMENTSOF(rules);
        return rules;
}
