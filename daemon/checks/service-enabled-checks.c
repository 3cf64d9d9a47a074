/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the services that manage virtual machines are there after the next start of the machine. */

#include "catalogue.h"
#include "libvirt-service.h"
#include "package.h"
#include "remedies.h"

/* What explains that it cannot be enabled: it is missing, or masked. */
#define CHECK_OF_LIBVIRT "service.libvirt"

static const Reason libvirt_enabled = {
        .id = "enabled",
        .state = CHECK_PASS,
        .detail = "{unit} is enabled.",
        .explanation = DOC("systemd starts it with the machine. A socket starts the service for whoever "
                           "connects first; guests that are to start with the machine do so when the "
                           "service starts, so that these need the service enabled, too."),
};

static const Reason libvirt_not_enabled = {
        .id = "not-enabled",
        .state = CHECK_FAIL,
        .detail = "Neither {service} nor its socket is enabled: libvirt will not be there after the next "
                  "start of the machine.",
        .explanation = DOC("Whether or not it runs now, somebody has to start it again then. Enable the "
                           "socket, which starts the service when it is needed, and the service as well if "
                           "guests are to start with the machine."),
        .remedies = REMEDIES({ .kind = REMEDY_ENABLE_UNIT,
                               .argument = "{enable_unit}",
                               .command = "systemctl enable {enable_unit}",
                               .privileged = true }),
};

static const Reason libvirt_masked = {
        .id = "masked",
        .state = CHECK_FAIL,
        .detail = "{unit} is masked, so that it cannot be enabled.",
        .explanation = DOC("A unit that is linked to /dev/null does not start with the machine either. "
                           "Unmask it first, as service.libvirt explains, and enable it then."),
        .cause = CHECK_OF_LIBVIRT,
        .remedies = REMEDIES(REMEDY_TO_UNMASK),
};

static const Reason libvirt_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "There is nothing to enable: libvirt's service for QEMU is not installed.",
        .explanation = DOC("Neither virtqemud nor libvirtd has a unit. Install the package of the daemon; "
                           "many distributions enable what they install."),
        .cause = CHECK_OF_LIBVIRT,
        .remedies = remedies_to_install,
};

static const Reason libvirt_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether libvirt's service for QEMU is enabled could not be read.",
        .explanation =
                DOC("The links are in /etc/systemd/system, which was not there to read, as were not the "
                    "units themselves, in /usr/lib/systemd/system; a snapshot must contain both. Or the "
                    "daemon is installed without units, as where the machine is not run by systemd."),
};

static const Reason *explain_not_enabled(const UnitFacts *units, const LibvirtFlavour *flavour,
                                         Finding *finding) {
        finding_add(finding, "service", unit_to_string(flavour->service));
        libvirt_add_units(finding, "enable_unit", units, libvirt_unit_to_start(units, flavour));
        return &libvirt_not_enabled;
}

static const Reason *explain_masked(const UnitFacts *units, const LibvirtFlavour *flavour,
                                    Finding *finding) {
        finding_add(finding, "unit", unit_to_string(flavour->service));
        libvirt_add_unmask_command(finding, units, flavour->service);
        return &libvirt_masked;
}

static const Reason *judge_enabled(const Facts *facts, const Check *check, Finding *finding) {
        const LibvirtFlavour *candidate = NULL, *masked = NULL;
        const UnitFacts *units = &facts->units;
        const LibvirtFlavour *serving = libvirt_service(facts, LIBVIRT_DRIVER_QEMU).flavour;
        bool unknown = false;

        (void) check;

        FOREACH_ELEMENT(flavour, libvirt_qemu_flavours) {
                UnitId unit;

                if (libvirt_unit_is_present(units, flavour->service) != TRISTATE_YES) {
                        unknown |= libvirt_is_installed(facts, flavour) != TRISTATE_NO;
                        continue;
                }
                if (libvirt_unit_is_masked(units, flavour->service)) {
                        masked = masked ? masked : flavour;
                        continue;
                }

                switch (libvirt_is_enabled(units, flavour, &unit)) {
                case TRISTATE_YES:
                        finding_add(finding, "unit", unit_to_string(unit));
                        return &libvirt_enabled;
                case TRISTATE_UNKNOWN:
                        unknown = true;
                        break;
                default:
                        /* The one that serves now is the one to be kept. */
                        if (!candidate || flavour == serving)
                                candidate = flavour;
                        break;
                }
        }

        if (unknown)
                return &libvirt_unknown;
        if (candidate)
                return explain_not_enabled(units, candidate, finding);
        if (masked)
                return explain_masked(units, masked, finding);

        finding_add_software(finding, facts, PACKAGE_LIBVIRT, "libvirt");
        return &libvirt_not_installed;
}

static const Check checks[] = {
        {
                .id = "service.libvirt_enabled",
                .title = "libvirt at the next start",
                .description = "libvirt's service for QEMU, or its socket, is enabled, so that it is there "
                               "after the next start of the machine.",
                .reads = DOC_LIST(
                        "/etc/systemd/system: the links in the directories NAME.wants and NAME.requires",
                        "the other directories of systemd.unit(5)", "/usr/sbin and /usr/bin",
                        "systemd's Manager on the system bus"),
                .references =
                        DOC_LIST("https://libvirt.org/daemons.html",
                                 "https://www.freedesktop.org/software/systemd/man/latest/systemctl.html"),
                .judge = judge_enabled,
                .reasons = (const Reason *const[]){ &libvirt_enabled, &libvirt_not_enabled, &libvirt_masked,
                                                    &libvirt_not_installed, &libvirt_unknown, NULL },
        },
};

const CheckTable service_enabled_checks = CHECK_TABLE(checks);
