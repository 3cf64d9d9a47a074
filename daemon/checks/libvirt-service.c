/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what systemd says of a service and of its socket. */

#include "libvirt-service.h"

const LibvirtFlavour libvirt_qemu_flavours[LIBVIRT_FLAVOURS] = {
        { UNIT_VIRTQEMUD_SERVICE, UNIT_VIRTQEMUD_SOCKET, PROGRAM_VIRTQEMUD },
        { UNIT_LIBVIRTD_SERVICE, UNIT_LIBVIRTD_SOCKET, PROGRAM_LIBVIRTD },
};

static bool is_up(UnitActivity activity) {
        return activity == UNIT_ACTIVITY_ACTIVE || activity == UNIT_ACTIVITY_RELOADING ||
               activity == UNIT_ACTIVITY_REFRESHING;
}

bool libvirt_unit_is_masked(const UnitFacts *units, UnitId unit) {
        return units->masked[unit] == TRISTATE_YES || units->states.load[unit] == UNIT_LOAD_MASKED;
}

/* A service that has failed is likely to fail again for whoever connects, and one that is masked does not
 * start for anybody. */
LibvirtActivity libvirt_activity(const UnitFacts *units, const LibvirtFlavour *flavour, UnitId *ret_unit) {
        const UnitId both[] = { flavour->service, flavour->socket };
        const UnitStates *states = &units->states;

        *ret_unit = flavour->service;
        if (is_up(states->activity[flavour->service]))
                return LIBVIRT_ACTIVITY_RUNNING;

        if (libvirt_unit_is_masked(units, flavour->service))
                return LIBVIRT_ACTIVITY_NONE;

        FOREACH_ELEMENT(unit, both)
                if (states->activity[*unit] == UNIT_ACTIVITY_FAILED) {
                        *ret_unit = *unit;
                        return LIBVIRT_ACTIVITY_FAILED;
                }

        if (is_up(states->activity[flavour->socket])) {
                *ret_unit = flavour->socket;
                return LIBVIRT_ACTIVITY_DORMANT;
        }

        FOREACH_ELEMENT(unit, both)
                if (states->activity[*unit] == UNIT_ACTIVITY_ACTIVATING) {
                        *ret_unit = *unit;
                        return LIBVIRT_ACTIVITY_STARTING;
                }

        return LIBVIRT_ACTIVITY_NONE;
}

Tristate libvirt_unit_is_present(const UnitFacts *units, UnitId unit) {
        return units->states.load[unit] == UNIT_LOAD_LOADED ? TRISTATE_YES : units->present[unit];
}

UnitId libvirt_unit_to_start(const UnitFacts *units, const LibvirtFlavour *flavour) {
        return libvirt_unit_is_present(units, flavour->socket) == TRISTATE_YES &&
                               !libvirt_unit_is_masked(units, flavour->socket)
                       ? flavour->socket
                       : flavour->service;
}

/* systemctl takes back what it has done itself, and each in its own directory. */
void libvirt_add_unmask_command(Finding *finding, const UnitFacts *units, UnitId unit) {
        if (units->mask[unit] == UNIT_MASK_ADMINISTRATOR)
                finding_add_format(finding, "unmask_command", "systemctl unmask %s", unit_to_string(unit));
        else if (units->mask[unit] == UNIT_MASK_RUNTIME)
                finding_add_format(finding, "unmask_command", "systemctl unmask --runtime %s",
                                   unit_to_string(unit));
}

Tristate libvirt_is_installed(const Facts *facts, const LibvirtFlavour *flavour) {
        Tristate present = libvirt_unit_is_present(&facts->units, flavour->service),
                 program = facts->programs.installed[flavour->program];

        if (present == TRISTATE_UNKNOWN)
                return program;
        if (present == TRISTATE_NO && program == TRISTATE_YES && !facts->units.states.known)
                return TRISTATE_YES;

        return present;
}
