/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the services are there that manage virtual machines. */

#include "catalogue.h"
#include "libvirt-service.h"
#include "package.h"
#include "remedies.h"

/* argument start_unit */
#define REMEDY_TO_START(command_line)                                       \
        {                                                                   \
                .kind = REMEDY_START_UNIT, .argument = "{start_unit}",      \
                .command = command_line " {start_unit}", .privileged = true \
        }

static const Reason libvirt_running = {
        .id = "running",
        .state = CHECK_PASS,
        .detail = "{unit} runs.",
        .explanation = DOC("libvirt's daemon is up. Whether it will be after the next start of the machine "
                           "is what service.libvirt_enabled says."),
};

static const Reason libvirt_dormant = {
        .id = "dormant",
        .state = CHECK_PASS,
        .detail = "{unit} listens, and starts libvirt when somebody connects.",
        .explanation = DOC("systemd holds the socket, and starts the service for whoever connects to it. "
                           "Without guests the service ends by itself after two minutes. virtready does not "
                           "connect, and so does not wake it."),
};

static const Reason libvirt_stopped = {
        .id = "stopped",
        .state = CHECK_FAIL,
        .detail = "libvirt is installed, but neither {service} nor its socket is active.",
        .explanation = DOC("Nobody has started it, or somebody has stopped it. Start the socket, which "
                           "starts the service when it is needed."),
        .remedies = REMEDIES(REMEDY_TO_START("systemctl start")),
};

static const Reason libvirt_starting = {
        .id = "starting",
        .state = CHECK_UNKNOWN,
        .detail = "{unit} is starting.",
        .explanation = DOC("Whether it will run is known when systemd announces how that ended."),
};

static const Reason libvirt_failed = {
        .id = "failed",
        .state = CHECK_FAIL,
        .detail = "{unit} has failed.",
        .explanation =
                DOC("The daemon has ended with an error, or the socket could not be made or was asked for "
                    "too often. What the unit has logged says why: a mistake in a file below /etc/libvirt, "
                    "or a certificate that is missing. Correct that, and start it again."),
        .remedies = REMEDIES({ .kind = REMEDY_READ_UNIT_LOG,
                               .argument = "{unit}",
                               .command = "journalctl -b -u {unit}",
                               .privileged = true },
                             REMEDY_TO_START("systemctl restart")),
};

static const Reason libvirt_masked = {
        .id = "masked",
        .state = CHECK_FAIL,
        .detail = "{unit} is masked, so that nothing can start it.",
        .explanation = DOC("The administrator has linked the unit to /dev/null (\"systemctl mask\"), "
                           "perhaps until the next start of the machine (--runtime). If the reason for that "
                           "is gone, take it back with \"systemctl unmask\", and --runtime where the link "
                           "is in /run, and start the unit then. A unit that the distribution has masked "
                           "below /usr/lib needs a file of its own in /etc/systemd/system."),
        .remedies = REMEDIES(REMEDY_TO_UNMASK),
};

static const Reason libvirt_not_installed = {
        .id = "not-installed",
        .state = CHECK_FAIL,
        .detail = "libvirt's service for QEMU is not installed: there is no unit virtqemud or libvirtd.",
        .explanation = DOC("libvirt has one daemon for QEMU, virtqemud, and an older one for all its "
                           "drivers, libvirtd; distributions install the one or the other, with its units. "
                           "The library and virsh alone are clients. Install the package of the daemon."),
        .remedies = remedies_to_install,
};

static const Reason libvirt_not_told = {
        .id = "not-told",
        .state = CHECK_UNKNOWN,
        .detail =
                "libvirt is installed; systemd has not said whether {unit} runs. 'virtreadyctl hypervisor' "
                "shows whether libvirt answers.",
        .explanation = DOC("systemd is asked on the system bus, and tells of every change. It does not run "
                           "on this machine, or is not on the bus that the daemon is on, or has been asked "
                           "only just now; and \"virtreadyctl analyze\" does not ask."),
};

static const Reason libvirt_not_shown = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "libvirt is installed; files do not show whether {unit} runs.",
        .explanation = DOC("What runs is in no file, so that it cannot be told of another machine."),
};

static const Reason libvirt_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether libvirt's service for QEMU is installed could not be read.",
        .explanation = DOC("The directories of systemd's units were not there to read. A snapshot must "
                           "contain /usr/lib/systemd/system and /etc/systemd/system."),
};

static const Reason *explain_active(const Reason *reason, const LibvirtService *service, Finding *finding) {
        finding_add(finding, "unit", unit_to_string(service->unit));
        return reason;
}

static const Reason *explain_failed(const UnitFacts *units, const LibvirtService *service,
                                    Finding *finding) {
        finding_add(finding, "unit", unit_to_string(service->unit));
        libvirt_add_units(finding, "start_unit", units, service->unit);
        return &libvirt_failed;
}

static const Reason *explain_masked(const UnitFacts *units, const LibvirtService *service,
                                    Finding *finding) {
        finding_add(finding, "unit", unit_to_string(service->unit));
        libvirt_add_unmask_command(finding, units, service->unit);
        return &libvirt_masked;
}

static const Reason *explain_stopped(const UnitFacts *units, const LibvirtService *service,
                                     Finding *finding) {
        finding_add(finding, "service", unit_to_string(service->flavour->service));
        libvirt_add_units(finding, "start_unit", units, libvirt_unit_to_start(units, service->flavour));
        return &libvirt_stopped;
}

/* What is not known may be whether there is anything at all. */
static const Reason *explain_unknown(const Reason *reason, const LibvirtService *service, Finding *finding) {
        return service->flavour ? explain_active(reason, service, finding) : &libvirt_unknown;
}

static const Reason *judge_libvirt(const Facts *facts, const Check *check, Finding *finding) {
        LibvirtService service = libvirt_service(facts, LIBVIRT_DRIVER_QEMU);

        (void) check;

        switch (service.state) {
        case LIBVIRT_SERVICE_RUNNING:
                return explain_active(&libvirt_running, &service, finding);
        case LIBVIRT_SERVICE_DORMANT:
                return explain_active(&libvirt_dormant, &service, finding);
        case LIBVIRT_SERVICE_STARTING:
                return explain_active(&libvirt_starting, &service, finding);
        case LIBVIRT_SERVICE_FAILED:
                return explain_failed(&facts->units, &service, finding);
        case LIBVIRT_SERVICE_MASKED:
                return explain_masked(&facts->units, &service, finding);
        case LIBVIRT_SERVICE_STOPPED:
                return explain_stopped(&facts->units, &service, finding);
        case LIBVIRT_SERVICE_NOT_TOLD:
                return explain_unknown(&libvirt_not_told, &service, finding);
        case LIBVIRT_SERVICE_NOT_SHOWN:
                return explain_unknown(&libvirt_not_shown, &service, finding);
        default:
                finding_add_software(finding, facts, PACKAGE_LIBVIRT, "libvirt");
                return &libvirt_not_installed;
        }
}

static const Check checks[] = {
        {
                .id = "service.libvirt",
                .title = "libvirt for QEMU",
                .description = "libvirt's service for QEMU runs, or starts when somebody connects to it.",
                .reads = DOC_LIST("systemd's Manager on the system bus: the state of virtqemud and "
                                  "libvirtd, services and sockets",
                                  "/etc/systemd/system and the other directories of systemd.unit(5)",
                                  "/usr/sbin and /usr/bin"),
                .references = DOC_LIST(
                        "https://libvirt.org/daemons.html",
                        "https://www.freedesktop.org/software/systemd/man/latest/"
                        "org.freedesktop.systemd1.html",
                        "https://www.freedesktop.org/software/systemd/man/latest/systemd.socket.html"),
                .judge = judge_libvirt,
                .reasons = (const Reason *const[]){ &libvirt_running, &libvirt_dormant, &libvirt_stopped,
                                                    &libvirt_starting, &libvirt_failed, &libvirt_masked,
                                                    &libvirt_not_installed, &libvirt_not_told,
                                                    &libvirt_not_shown, &libvirt_unknown, NULL },
        },
};

const CheckTable service_checks = CHECK_TABLE(checks);
