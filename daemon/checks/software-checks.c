/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the programs are installed that run virtual machines, and those that people manage them with. */

#include "catalogue.h"
#include "package.h"
#include "remedies.h"

/* arguments program, a path, and version, if it is known */
#define INSTALLED "{program}[, version {version},] is installed."

/* The subjects of the checks that are judged alike. */
typedef enum Software {
        SOFTWARE_VIRT_INSTALL,
        SOFTWARE_VIEWER,
        SOFTWARE_VIRT_MANAGER,
        SOFTWARE_BRIDGE,
} Software;

static const Reason qemu_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = INSTALLED,
        .explanation =
                DOC("The emulator is there under its own name, or under the one that the distribution has "
                    "for it. On the running system it is asked for its version, and not run otherwise."),
};

static const Reason qemu_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "{program} is not installed.",
        .explanation = DOC("QEMU has a program for each architecture that it can emulate, and only the one "
                           "for this machine's own can use KVM. Install the package that has it."),
        .remedies = remedies_to_install,
};

static const Reason qemu_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether QEMU is installed could not be read.",
        .explanation =
                DOC("The directory /usr/bin was not there to read, on RHEL /usr/libexec, or the program is "
                    "a link to what was not there; a snapshot must contain all of these. Or the "
                    "architecture of the machine is not known, and with it the name of the program."),
};

static const Reason virt_install_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = INSTALLED,
        .explanation = DOC("Its version is the one that its file buildconfig.py has. It is not run."),
};

static const Reason virt_install_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "virt-install is not installed.",
        .explanation = DOC("Guests can be made without it, from a description in XML that \"virsh define\" "
                           "takes, or by another program. Install the package that has it, which on some "
                           "distributions is not called like it."),
        .remedies = remedies_to_install,
};

static const Reason viewer_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = INSTALLED,
        .explanation = DOC("On the running system virt-viewer and remote-viewer are asked for their "
                           "version, and not run otherwise. virt-manager is not run."),
};

static const Reason viewer_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "None of virt-viewer, remote-viewer and virt-manager is installed.",
        .explanation = DOC("A server need not have one: any of them can connect to it from elsewhere, and "
                           "\"virsh console\" shows a guest's serial console without. Where guests' screens "
                           "are to be seen, install virt-viewer."),
        .remedies = remedies_to_install,
};

static const Reason virt_manager_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = INSTALLED,
        .explanation = DOC("Its version is the one that its file buildconfig.py has. It is not run."),
};

static const Reason virt_manager_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "virt-manager is not installed.",
        .explanation = DOC("It is a convenience: whatever it does, virsh, virt-install and others do as "
                           "well, and it can manage this machine from another one. No profile asks for it."),
        .remedies = remedies_to_install,
};

static const Reason bridge_installed = {
        .id = "installed",
        .state = CHECK_PASS,
        .detail = INSTALLED,
        .explanation = DOC(
                "On the running system ip and brctl are asked for their version, and not run otherwise."),
};

static const Reason bridge_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "None of ip, bridge and brctl is installed.",
        .explanation =
                DOC("libvirt makes its own bridges without them, and so do daemons that configure networks. "
                    "To make one by hand, install iproute2; brctl, of bridge-utils, is its predecessor."),
        .remedies = remedies_to_install,
};

static const Reason software_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether {missing} is installed could not be read.",
        .explanation =
                DOC("The directories that programs are in were not there to read, or the program is a link "
                    "to what was not there. A snapshot must contain all of these: /usr/bin and, for the "
                    "tools of administrators, /usr/sbin, /bin and /sbin, be it as links."),
};

/* Any of the programs will do; the first that is there is the one that is named. */
static const struct {
        Program programs[3];
        size_t n_programs;
        const char *missing; /* what to install in their stead */
        Package package;
        const Reason *installed, *not_installed;
} kinds[] = {
        [SOFTWARE_VIRT_INSTALL] = { { PROGRAM_VIRT_INSTALL },
                                    1,
                                    "virt-install",
                                    PACKAGE_VIRT_INSTALL,
                                    &virt_install_installed,
                                    &virt_install_not_installed },
        [SOFTWARE_VIEWER] = { { PROGRAM_VIRT_VIEWER, PROGRAM_REMOTE_VIEWER, PROGRAM_VIRT_MANAGER },
                              3,
                              "virt-viewer",
                              PACKAGE_VIRT_VIEWER,
                              &viewer_installed,
                              &viewer_not_installed },
        [SOFTWARE_VIRT_MANAGER] = { { PROGRAM_VIRT_MANAGER },
                                    1,
                                    "virt-manager",
                                    PACKAGE_VIRT_MANAGER,
                                    &virt_manager_installed,
                                    &virt_manager_not_installed },
        [SOFTWARE_BRIDGE] = { { PROGRAM_IP, PROGRAM_BRIDGE, PROGRAM_BRCTL },
                              3,
                              "iproute2",
                              PACKAGE_BRIDGE,
                              &bridge_installed,
                              &bridge_not_installed },
};

static void add_program(Finding *finding, const ProgramFacts *programs, Program program) {
        finding_add(finding, "program", programs->path[program]);
        if (!isempty(programs->version[program]))
                finding_add(finding, "version", programs->version[program]);
}

static const Reason *judge_software(const Facts *facts, const Check *check, Finding *finding) {
        const typeof(kinds[0]) *kind = &kinds[check->subject];
        Tristate found = TRISTATE_NO;

        FOREACH_ARRAY(program, kind->programs, kind->n_programs) {
                switch (facts->programs.installed[*program]) {
                case TRISTATE_YES:
                        add_program(finding, &facts->programs, *program);
                        return kind->installed;
                case TRISTATE_UNKNOWN:
                        found = TRISTATE_UNKNOWN;
                        break;
                default:
                        break;
                }
        }

        if (found == TRISTATE_UNKNOWN) {
                finding_add(finding, "missing", kind->missing);
                return &software_unknown;
        }

        finding_add_software(finding, facts, kind->package, kind->missing);
        return kind->not_installed;
}

static const Reason *judge_qemu(const Facts *facts, const Check *check, Finding *finding) {
        const ProgramFacts *programs = &facts->programs;

        (void) check;

        switch (programs->installed[PROGRAM_QEMU]) {
        case TRISTATE_YES:
                add_program(finding, programs, PROGRAM_QEMU);
                return &qemu_installed;
        case TRISTATE_NO:
                finding_add(finding, "program", programs->emulator);
                finding_add_software(finding, facts, PACKAGE_QEMU, programs->emulator);
                return &qemu_not_installed;
        default:
                return &qemu_unknown;
        }
}

#define PLACES "/usr/bin, /usr/local/bin and, on NixOS, /run/current-system/sw/bin"
#define VERSION_FILE "/usr/share/virt-manager/virtinst/buildconfig.py, or virtcli/cliconfig.py"

static const Check checks[] = {
        {
                .id = "software.qemu",
                .title = "QEMU for this machine",
                .description = "QEMU's emulator for the architecture of this machine is installed. Others "
                               "can emulate it, but only this one can run its guests with KVM.",
                .reads = DOC_LIST(PLACES, "/usr/libexec/qemu-kvm and, on x86, /usr/bin/kvm",
                                  "/etc/os-release", "/proc/sys/kernel/arch",
                                  "what the emulator prints for --version"),
                .references = DOC_LIST("https://www.qemu.org/docs/master/system/introduction.html"),
                .judge = judge_qemu,
                .reasons =
                        (const Reason *const[]){ &qemu_installed, &qemu_not_installed, &qemu_unknown, NULL },
        },
        {
                .id = "software.virt_install",
                .title = "virt-install",
                .description = "virt-install is there, which makes guests of libvirt from the command line.",
                .reads = DOC_LIST(PLACES, VERSION_FILE, "/etc/os-release"),
                .references = DOC_LIST("https://github.com/virt-manager/virt-manager"),
                .judge = judge_software,
                .subject = SOFTWARE_VIRT_INSTALL,
                .reasons = (const Reason *const[]){ &virt_install_installed, &virt_install_not_installed,
                                                    &software_unknown, NULL },
        },
        {
                .id = "software.viewer",
                .title = "Viewer for guests",
                .description = "A program is there that shows the screens of guests: virt-viewer, "
                               "remote-viewer, or virt-manager, which has a viewer of its own.",
                .reads = DOC_LIST(PLACES, VERSION_FILE, "/etc/os-release",
                                  "what virt-viewer and remote-viewer print for --version"),
                .references = DOC_LIST("https://gitlab.com/virt-viewer/virt-viewer"),
                .judge = judge_software,
                .subject = SOFTWARE_VIEWER,
                .reasons = (const Reason *const[]){ &viewer_installed, &viewer_not_installed,
                                                    &software_unknown, NULL },
        },
        {
                .id = "software.virt_manager",
                .title = "virt-manager",
                .description = "virt-manager is there, the desktop program that manages guests of libvirt.",
                .reads = DOC_LIST(PLACES, VERSION_FILE, "/etc/os-release"),
                .references = DOC_LIST("https://github.com/virt-manager/virt-manager"),
                .judge = judge_software,
                .subject = SOFTWARE_VIRT_MANAGER,
                .reasons = (const Reason *const[]){ &virt_manager_installed, &virt_manager_not_installed,
                                                    &software_unknown, NULL },
        },
        {
                .id = "software.bridge",
                .title = "Tools for bridges",
                .description = "A tool is there that makes network bridges, by which guests are on the "
                               "network of the host: ip and bridge of iproute2, or brctl of bridge-utils.",
                .reads = DOC_LIST(PLACES, "/usr/sbin, /usr/local/sbin, /sbin and /bin", "/etc/os-release",
                                  "what ip prints for -V, and brctl for --version"),
                .references = DOC_LIST("https://docs.kernel.org/networking/bridge.html",
                                       "https://libvirt.org/formatdomain.html#bridge-to-lan"),
                .judge = judge_software,
                .subject = SOFTWARE_BRIDGE,
                .reasons = (const Reason *const[]){ &bridge_installed, &bridge_not_installed,
                                                    &software_unknown, NULL },
        },
};

const CheckTable software_checks = CHECK_TABLE(checks);
