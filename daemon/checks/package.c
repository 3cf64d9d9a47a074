/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of packages. */

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "package.h"

/* What the name of a package ends in. */
typedef enum Suffix {
        SUFFIX_NONE,
        SUFFIX_RELEASE, /* the kernel's, as uname -r prints it */
        SUFFIX_FLAVOUR, /* Debian's word for the architecture */
        SUFFIX_TARGET,  /* QEMU's word for it */
        SUFFIX_FAMILY,  /* the word for all emulators of its kind */
} Suffix;

typedef struct PackageName {
        const char *name;
        Suffix suffix;
} PackageName;

/* Only a distribution's own kernels have the packages that are named here, so their releases are told from
 * those of others by a POSIX extended regular expression. Debian's and Ubuntu's end in the flavour (Debian,
 * linux: debian/config/ARCHITECTURE; Ubuntu, linux: debian.master/rules.d/, and the kernels for clouds),
 * while Proxmox VE and Raspberry Pi OS, which are Debian otherwise, have kernels of their own. Fedora's and
 * RHEL's have the release of the distribution and the architecture; RHEL before 8 has no package
 * kernel-modules, and what follows a "+" has packages of another name. */
#define RELEASE_OF_RPM "\\.(fc[0-9]+|el([89]|[1-9][0-9])(_[0-9]+)?)\\.[a-z0-9_]+$"

/* Not every release of RHEL need have virt-manager, which Red Hat has declared deprecated since RHEL 8. */
static const struct {
        const char *release; /* what the releases of its own kernels look like */
        const char *install_command;
        PackageName packages[_PACKAGE_MAX];
} distributions[_DISTRIBUTION_MAX] = {
        [DISTRIBUTION_ALPINE] = { "-[0-9]+-(lts|virt)$",
                                  "apk add",
                                  { [PACKAGE_KERNEL] = { "linux-lts" },
                                    [PACKAGE_KERNEL_MODULES] = { "linux-lts" },
                                    [PACKAGE_LIBVIRT] = { "libvirt-daemon" },
                                    [PACKAGE_QEMU] = { "qemu-system-", SUFFIX_TARGET },
                                    [PACKAGE_BRIDGE] = { "iproute2" },
                                    [PACKAGE_VIRT_INSTALL] = { "virt-install" },
                                    [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                    [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_ARCH] = { "-arch[0-9.]+-[0-9]+$|-[0-9]+-(hardened|lts|zen)$",
                                "pacman -S",
                                { [PACKAGE_KERNEL] = { "linux" },
                                  [PACKAGE_KERNEL_MODULES] = { "linux" },
                                  [PACKAGE_LIBVIRT] = { "libvirt" },
                                  [PACKAGE_QEMU] = { "qemu-base" },
                                  [PACKAGE_BRIDGE] = { "iproute2" },
                                  [PACKAGE_VIRT_INSTALL] = { "virt-install" },
                                  [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                  [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_DEBIAN] = { "^[0-9.]+(\\+[a-z0-9.]+)?(-[0-9][a-z0-9.]*)?-((cloud|rt)-)?"
                                  "(686(-pae)?|amd64|arm64(-16k)?|armmp(-lpae)?|loong64|powerpc64le(-64k)?|"
                                  "riscv64|s390x)$",
                                  "apt-get install",
                                  { [PACKAGE_KERNEL] = { "linux-image-", SUFFIX_FLAVOUR },
                                    [PACKAGE_KERNEL_MODULES] = { "linux-image-", SUFFIX_FLAVOUR },
                                    [PACKAGE_LIBVIRT] = { "libvirt-daemon-system" },
                                    [PACKAGE_QEMU] = { "qemu-system-", SUFFIX_FAMILY },
                                    [PACKAGE_BRIDGE] = { "iproute2" },
                                    [PACKAGE_VIRT_INSTALL] = { "virtinst" },
                                    [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                    [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_FEDORA] = { RELEASE_OF_RPM,
                                  "dnf install",
                                  { [PACKAGE_KERNEL] = { "kernel" },
                                    [PACKAGE_KERNEL_MODULES] = { "kernel-modules-", SUFFIX_RELEASE },
                                    [PACKAGE_LIBVIRT] = { "libvirt-daemon-kvm" },
                                    [PACKAGE_QEMU] = { "qemu-kvm" },
                                    [PACKAGE_BRIDGE] = { "iproute" },
                                    [PACKAGE_VIRT_INSTALL] = { "virt-install" },
                                    [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                    [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_RHEL] = { RELEASE_OF_RPM,
                                "dnf install",
                                { [PACKAGE_KERNEL] = { "kernel" },
                                  [PACKAGE_KERNEL_MODULES] = { "kernel-modules-", SUFFIX_RELEASE },
                                  [PACKAGE_LIBVIRT] = { "libvirt-daemon-kvm" },
                                  [PACKAGE_QEMU] = { "qemu-kvm" },
                                  [PACKAGE_BRIDGE] = { "iproute" },
                                  [PACKAGE_VIRT_INSTALL] = { "virt-install" },
                                  [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_SUSE] = { "-[0-9.]+-default$",
                                "zypper install",
                                { [PACKAGE_KERNEL] = { "kernel-default" },
                                  [PACKAGE_KERNEL_MODULES] = { "kernel-default" },
                                  [PACKAGE_LIBVIRT] = { "libvirt-daemon-qemu" },
                                  [PACKAGE_QEMU] = { "qemu-", SUFFIX_FAMILY },
                                  [PACKAGE_BRIDGE] = { "iproute2" },
                                  [PACKAGE_VIRT_INSTALL] = { "virt-install" },
                                  [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                  [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
        [DISTRIBUTION_UBUNTU] = { "^[0-9.]+-[1-9][0-9]{0,3}-"
                                  "(aws|azure|gcp|generic|gke|ibm|kvm|lowlatency|oem|oracle)(-64k|-lpae)?$",
                                  "apt-get install",
                                  { [PACKAGE_KERNEL] = { "linux-image-generic" },
                                    [PACKAGE_KERNEL_MODULES] = { "linux-modules-extra-", SUFFIX_RELEASE },
                                    [PACKAGE_LIBVIRT] = { "libvirt-daemon-system" },
                                    [PACKAGE_QEMU] = { "qemu-system-", SUFFIX_FAMILY },
                                    [PACKAGE_BRIDGE] = { "iproute2" },
                                    [PACKAGE_VIRT_INSTALL] = { "virtinst" },
                                    [PACKAGE_VIRT_MANAGER] = { "virt-manager" },
                                    [PACKAGE_VIRT_VIEWER] = { "virt-viewer" } } },
};

/* Returns -ENOMEM where that cannot be found out. */
static int is_own_release(Distribution id, const char *release) {
        const char *form = distributions[id].release;
        regex_t expression;
        bool matches;

        if (!form || !release)
                return false;
        if (regcomp(&expression, form, REG_EXTENDED | REG_NOSUB) != 0)
                return -ENOMEM;

        matches = regexec(&expression, release, 0, NULL, 0) == 0;
        regfree(&expression);
        return matches;
}

/* What is no part of the kernel is the same whichever kernel runs. A derivative may lack it, unless it is so
 * close that it has the distribution's kernel, too. Proxmox VE calls itself Debian, and what it has in place
 * of QEMU and libvirt does not go with Debian's packages. Returns -ENOMEM where that cannot be found out. */
static int has_software(const DistributionFacts *distribution, const char *release) {
        if (!distribution->derived)
                return !release || !strstr(release, "-pve");

        return is_own_release(distribution->id, release);
}

/* Names that have been the same in all releases of the last years; what is newer than that, or goes with
 * many others in a package, is left out. */
static const char *qemu_family(const Facts *facts) {
        switch (facts->cpu.architecture) {
        case ARCHITECTURE_X86:
                return "x86";
        case ARCHITECTURE_ARM:
        case ARCHITECTURE_ARM64:
                return "arm";
        case ARCHITECTURE_PPC64:
                return "ppc";
        case ARCHITECTURE_S390X:
                return facts->distribution.id == DISTRIBUTION_UBUNTU ? "s390x" : NULL;
        default:
                return NULL;
        }
}

/* The packages of the kernel end in the name of its flavour (Debian, package linux). */
static const char *debian_flavour(const char *machine) {
        static const struct {
                const char *machine, *flavour;
        } flavours[] = {
                { "aarch64", "arm64" },       { "armv7l", "armmp" },        { "i686", "686-pae" },
                { "loongarch64", "loong64" }, { "ppc64le", "powerpc64le" }, { "riscv64", "riscv64" },
                { "s390x", "s390x" },         { "x86_64", "amd64" },
        };

        if (machine)
                FOREACH_ELEMENT(f, flavours)
                        if (streq(f->machine, machine))
                                return f->flavour;

        return NULL;
}

static const char *qemu_target(const ProgramFacts *programs) {
        return programs->emulator ? startswith(programs->emulator, "qemu-system-") : NULL;
}

/* How a package is installed; NULL where it cannot be. An image brings its kernel along, and other packages
 * are put on top of it by rpm-ostree, where there is that. */
static const char *install_command(const DistributionFacts *distribution, bool of_kernel) {
        if (!distribution->ostree)
                return distributions[distribution->id].install_command;

        return distribution->rpm_ostree && !of_kernel ? "rpm-ostree install" : NULL;
}

void finding_add_package(Finding *finding, const Facts *facts, Package package) {
        Distribution id = facts->distribution.id;
        const PackageName *name = &distributions[id].packages[package];
        const char *suffixes[] = {
                [SUFFIX_NONE] = "",
                [SUFFIX_RELEASE] = facts->kernel.release,
                [SUFFIX_FLAVOUR] = debian_flavour(facts->cpu.machine),
                [SUFFIX_TARGET] = qemu_target(&facts->programs),
                [SUFFIX_FAMILY] = qemu_family(facts),
        };
        const char *suffix = suffixes[name->suffix];
        bool of_kernel = package == PACKAGE_KERNEL || package == PACKAGE_KERNEL_MODULES;
        const char *install = install_command(&facts->distribution, of_kernel);
        int has = of_kernel ? is_own_release(id, facts->kernel.release)
                            : has_software(&facts->distribution, facts->kernel.release);
        char text[256], command[300];

        if (has < 0)
                finding->out_of_memory = true;
        if (has <= 0 || !name->name || !suffix || !install)
                return;

        snprintf(text, sizeof(text), "%s%s", name->name, suffix);
        snprintf(command, sizeof(command), "%s %s", install, text);
        finding_add(finding, "package", text);
        finding_add(finding, "install_command", command);
}

void finding_add_software(Finding *finding, const Facts *facts, Package package, const char *program) {
        size_t n = finding->n_arguments;

        finding_add_package(finding, facts, package);
        if (finding->n_arguments == n)
                finding_add(finding, "missing_program", program);
}
