/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of packages. */

#include <stdio.h>

#include "package.h"

/* What the name of a package ends in. */
typedef enum Suffix {
        SUFFIX_NONE,
        SUFFIX_RELEASE, /* the kernel's, as uname -r prints it */
        SUFFIX_FLAVOUR, /* Debian's word for the architecture */
} Suffix;

typedef struct PackageName {
        const char *name;
        Suffix suffix;
} PackageName;

static const struct {
        const char *install_command;
        PackageName packages[_PACKAGE_MAX];
} distributions[_DISTRIBUTION_MAX] = {
        [DISTRIBUTION_ALPINE] = { "apk add", { { "linux-lts" }, { "linux-lts" } } },
        [DISTRIBUTION_ARCH] = { "pacman -S", { { "linux" }, { "linux" } } },
        [DISTRIBUTION_DEBIAN] = { "apt-get install",
                                  { { "linux-image-", SUFFIX_FLAVOUR },
                                    { "linux-image-", SUFFIX_FLAVOUR } } },
        [DISTRIBUTION_FEDORA] = { "dnf install", { { "kernel" }, { "kernel-modules-", SUFFIX_RELEASE } } },
        [DISTRIBUTION_RHEL] = { "dnf install", { { "kernel" }, { "kernel-modules-", SUFFIX_RELEASE } } },
        [DISTRIBUTION_SUSE] = { "zypper install", { { "kernel-default" }, { "kernel-default" } } },
        [DISTRIBUTION_UBUNTU] = { "apt-get install",
                                  { { "linux-image-generic" },
                                    { "linux-modules-extra-", SUFFIX_RELEASE } } },
};

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

void finding_add_package(Finding *finding, const Facts *facts, Package package) {
        Distribution id = facts->distribution.id;
        const PackageName *name = &distributions[id].packages[package];
        const char *suffixes[] = {
                [SUFFIX_NONE] = "",
                [SUFFIX_RELEASE] = facts->kernel.release,
                [SUFFIX_FLAVOUR] = debian_flavour(facts->cpu.machine),
        };
        const char *suffix = suffixes[name->suffix];
        char text[256], command[300];

        if (!name->name || !suffix)
                return;

        snprintf(text, sizeof(text), "%s%s", name->name, suffix);
        snprintf(command, sizeof(command), "%s %s", distributions[id].install_command, text);
        finding_add(finding, "package", text);
        finding_add(finding, "install_command", command);
}
