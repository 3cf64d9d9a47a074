/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the programs are installed that run virtual machines. */

#include "catalogue.h"
#include "package.h"
#include "remedies.h"

static const Reason qemu_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = "{program} is installed.",
        .explanation =
                "The emulator is there under its own name, or under the one that the distribution has "
                "for it. It was not run.",
};

static const Reason qemu_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "{program} is not installed.",
        .explanation = "QEMU has a program for each architecture that it can emulate, and only the one for "
                       "this machine's own can use KVM. Install the package that has it.",
        .remedies = { REMEDY_TO_INSTALL, REMEDY_TO_INSTALL_PROGRAM },
};

static const Reason qemu_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether QEMU is installed could not be read.",
        .explanation =
                "The directory /usr/bin was not there to read, on RHEL /usr/libexec, or the program is "
                "a link to what was not there; a snapshot must contain all of these. Or the "
                "architecture of the machine is not known, and with it the name of the program.",
};

static const Reason *judge_qemu(const Facts *facts, const Check *check, Finding *finding) {
        const ProgramFacts *programs = &facts->programs;

        (void) check;

        switch (programs->installed[PROGRAM_QEMU]) {
        case TRISTATE_YES:
                finding_add(finding, "program", programs->path[PROGRAM_QEMU]);
                return &qemu_installed;
        case TRISTATE_NO:
                finding_add(finding, "program", programs->emulator);
                finding_add_software(finding, facts, PACKAGE_QEMU, programs->emulator);
                return &qemu_not_installed;
        default:
                return &qemu_unknown;
        }
}

static const Check checks[] = {
        {
                .id = "software.qemu",
                .title = "QEMU for this machine",
                .description =
                        "QEMU's emulator for the architecture of this machine is installed. Others can "
                        "emulate it, but only this one can run its guests with KVM.",
                .reads = CHECK_LIST("/usr/bin, /usr/local/bin and, on NixOS, /run/current-system/sw/bin",
                                    "/usr/libexec/qemu-kvm and, on x86, /usr/bin/kvm", "/etc/os-release",
                                    "/proc/sys/kernel/arch"),
                .references = CHECK_LIST("https://www.qemu.org/docs/master/system/introduction.html"),
                .judge = judge_qemu,
                .reasons =
                        (const Reason *const[]){ &qemu_installed, &qemu_not_installed, &qemu_unknown, NULL },
        },
};

const CheckTable software_checks = CHECK_TABLE(checks);
