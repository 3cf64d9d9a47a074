/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what systemd says of a service and of its socket. */

#include "libvirt-service.h"

const LibvirtFlavour libvirt_qemu_flavours[LIBVIRT_FLAVOURS] = {
        { UNIT_VIRTQEMUD_SERVICE, UNIT_VIRTQEMUD_SOCKET, PROGRAM_VIRTQEMUD },
        { UNIT_LIBVIRTD_SERVICE, UNIT_LIBVIRTD_SOCKET, PROGRAM_LIBVIRTD },
};

const LibvirtFlavour libvirt_lxc_flavours[LIBVIRT_FLAVOURS] = {
        { UNIT_VIRTLXCD_SERVICE, UNIT_VIRTLXCD_SOCKET, PROGRAM_VIRTLXCD },
        { UNIT_LIBVIRTD_SERVICE, UNIT_LIBVIRTD_SOCKET, PROGRAM_LIBVIRTD },
};

static bool is_up(UnitActivity activity) {
        return activity == UNIT_ACTIVITY_ACTIVE || activity == UNIT_ACTIVITY_RELOADING ||
               activity == UNIT_ACTIVITY_REFRESHING;
}

bool libvirt_unit_is_masked(const UnitFacts *units, UnitId unit) {
        return units->masked[unit] == TRISTATE_YES || units->states.load[unit] == UNIT_LOAD_MASKED;
}

/* How well a flavour serves, from bad to good. */
typedef enum LibvirtActivity {
        LIBVIRT_ACTIVITY_NONE,
        LIBVIRT_ACTIVITY_STARTING,
        LIBVIRT_ACTIVITY_FAILED,
        LIBVIRT_ACTIVITY_DORMANT, /* its socket listens, and starts it for whoever connects */
        LIBVIRT_ACTIVITY_RUNNING,
} LibvirtActivity;

/* What systemd says of it, which must be known, and of which unit. A service that has failed is likely to
 * fail again for whoever connects, and one that is masked does not start for anybody. */
static LibvirtActivity find_activity(const UnitFacts *units, const LibvirtFlavour *flavour,
                                     UnitId *ret_unit) {
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

Tristate libvirt_is_installed(const Facts *facts, const LibvirtFlavour *flavour) {
        Tristate present = libvirt_unit_is_present(&facts->units, flavour->service),
                 program = facts->programs.installed[flavour->program];

        if (present == TRISTATE_UNKNOWN)
                return program;
        if (present == TRISTATE_NO && program == TRISTATE_YES && !facts->units.states.known)
                return TRISTATE_YES;

        return present;
}

Tristate libvirt_is_enabled(const UnitFacts *units, const LibvirtFlavour *flavour, UnitId *ret_unit) {
        const UnitId both[] = { flavour->service, flavour->socket };
        Tristate enabled = TRISTATE_NO;

        FOREACH_ELEMENT(unit, both) {
                /* A link may be left of a unit that is gone. */
                if (libvirt_unit_is_masked(units, *unit) ||
                    libvirt_unit_is_present(units, *unit) == TRISTATE_NO)
                        continue;
                if (units->enabled[*unit] == TRISTATE_YES) {
                        *ret_unit = *unit;
                        return TRISTATE_YES;
                }
                if (units->enabled[*unit] == TRISTATE_UNKNOWN)
                        enabled = TRISTATE_UNKNOWN;
        }

        return enabled;
}

static LibvirtServiceState state_of_activity(const UnitFacts *units, const LibvirtFlavour *flavour,
                                             LibvirtActivity activity) {
        switch (activity) {
        case LIBVIRT_ACTIVITY_RUNNING:
                return LIBVIRT_SERVICE_RUNNING;
        case LIBVIRT_ACTIVITY_DORMANT:
                return LIBVIRT_SERVICE_DORMANT;
        case LIBVIRT_ACTIVITY_FAILED:
                return LIBVIRT_SERVICE_FAILED;
        case LIBVIRT_ACTIVITY_STARTING:
                return LIBVIRT_SERVICE_STARTING;
        default:
                /* Its socket may listen nevertheless, and a client gets no further than that. */
                return libvirt_unit_is_masked(units, flavour->service) ? LIBVIRT_SERVICE_MASKED
                                                                       : LIBVIRT_SERVICE_STOPPED;
        }
}

/* Whether a client that connects to this one gets as far as to its socket. */
static bool takes_connections(const UnitFacts *units, const LibvirtFlavour *flavour,
                              LibvirtActivity activity) {
        return activity >= LIBVIRT_ACTIVITY_DORMANT || is_up(units->states.activity[flavour->socket]);
}

/* Yields NULL when nothing is active, nor about to be, nor has failed. */
static const LibvirtFlavour *find_active(const UnitFacts *units, const LibvirtFlavour *flavours,
                                         LibvirtActivity *ret_activity, UnitId *ret_unit) {
        const LibvirtFlavour *best = NULL;
        LibvirtActivity best_activity = LIBVIRT_ACTIVITY_NONE;
        UnitId best_unit = flavours[0].service;

        FOREACH_ARRAY(flavour, flavours, LIBVIRT_FLAVOURS) {
                UnitId unit;
                LibvirtActivity activity = find_activity(units, flavour, &unit);
                bool decides = takes_connections(units, flavour, activity);

                if (!decides && activity <= best_activity)
                        continue;
                best = flavour;
                best_activity = activity;
                best_unit = unit;
                if (decides)
                        break;
        }

        *ret_activity = best_activity;
        *ret_unit = best_unit;
        return best;
}

static LibvirtServiceState state_of_installed(const Facts *facts, const LibvirtFlavour *flavour) {
        if (libvirt_unit_is_masked(&facts->units, flavour->service))
                return LIBVIRT_SERVICE_MASKED;
        if (facts->units.states.known)
                return LIBVIRT_SERVICE_STOPPED;

        return facts->live ? LIBVIRT_SERVICE_NOT_TOLD : LIBVIRT_SERVICE_NOT_SHOWN;
}

/* Which an administrator would start: one that is enabled rather than one that is not, and anything rather
 * than one that is masked. */
static int rank(const UnitFacts *units, const LibvirtFlavour *flavour) {
        UnitId unit;

        if (libvirt_unit_is_masked(units, flavour->service))
                return 0;

        return libvirt_is_enabled(units, flavour, &unit) == TRISTATE_YES ? 2 : 1;
}

static LibvirtService find_installed(const Facts *facts, const LibvirtFlavour *flavours) {
        LibvirtService service = { .state = LIBVIRT_SERVICE_NOT_INSTALLED };
        int best = -1;

        FOREACH_ARRAY(flavour, flavours, LIBVIRT_FLAVOURS) {
                Tristate installed = libvirt_is_installed(facts, flavour);
                int own = rank(&facts->units, flavour);

                if (installed == TRISTATE_UNKNOWN && !service.flavour)
                        service.state = facts->live ? LIBVIRT_SERVICE_NOT_TOLD : LIBVIRT_SERVICE_NOT_SHOWN;
                if (installed != TRISTATE_YES || own <= best)
                        continue;
                best = own;
                service = (LibvirtService){ .state = state_of_installed(facts, flavour),
                                            .flavour = flavour,
                                            .unit = flavour->service };
        }

        return service;
}

LibvirtService libvirt_service(const Facts *facts, LibvirtDriver driver) {
        const LibvirtFlavour *flavours =
                driver == LIBVIRT_DRIVER_LXC ? libvirt_lxc_flavours : libvirt_qemu_flavours;
        const LibvirtFlavour *flavour = NULL;
        LibvirtActivity activity;
        UnitId unit;

        if (facts->units.states.known)
                flavour = find_active(&facts->units, flavours, &activity, &unit);
        if (!flavour)
                return find_installed(facts, flavours);

        return (LibvirtService){ .state = state_of_activity(&facts->units, flavour, activity),
                                 .flavour = flavour,
                                 .unit = unit };
}

UnitId libvirt_unit_to_start(const UnitFacts *units, const LibvirtFlavour *flavour) {
        return libvirt_unit_is_present(units, flavour->socket) == TRISTATE_YES &&
                               !libvirt_unit_is_masked(units, flavour->socket)
                       ? flavour->socket
                       : flavour->service;
}

void libvirt_add_units(Finding *finding, const char *key, const UnitFacts *units, UnitId unit) {
        if (units->has_read_only[unit])
                finding_add_format(finding, key, "%s %s", unit_to_string(unit), unit_read_only_socket(unit));
        else
                finding_add(finding, key, unit_to_string(unit));
}

/* systemctl takes back what it has done itself, and each in its own directory. */
void libvirt_add_unmask_command(Finding *finding, const UnitFacts *units, UnitId unit) {
        if (units->mask[unit] == UNIT_MASK_ADMINISTRATOR)
                finding_add_format(finding, "unmask_command", "systemctl unmask %s", unit_to_string(unit));
        else if (units->mask[unit] == UNIT_MASK_RUNTIME)
                finding_add_format(finding, "unmask_command", "systemctl unmask --runtime %s",
                                   unit_to_string(unit));
}
