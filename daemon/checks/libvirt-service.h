/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether libvirt's service is there and how well it serves, from what units, programs and systemd tell. */
#pragma once

#include "../basic/macro.h"
#include "check.h"

/* One of the ways to have one of libvirt's drivers. */
typedef struct LibvirtFlavour {
        UnitId service, socket;
        Program program;
} LibvirtFlavour;

/* Those for QEMU: the daemon that is for it alone comes before the one that has all drivers. */
#define LIBVIRT_FLAVOURS 2U
extern const LibvirtFlavour libvirt_qemu_flavours[LIBVIRT_FLAVOURS];

/* How well a flavour serves, from bad to good. */
typedef enum LibvirtActivity {
        LIBVIRT_ACTIVITY_NONE,
        LIBVIRT_ACTIVITY_STARTING,
        LIBVIRT_ACTIVITY_FAILED,
        LIBVIRT_ACTIVITY_DORMANT, /* its socket listens, and starts it for whoever connects */
        LIBVIRT_ACTIVITY_RUNNING,
} LibvirtActivity;

/* What systemd says of it, which must be known, and of which unit. */
LibvirtActivity libvirt_activity(const UnitFacts *units, const LibvirtFlavour *flavour, UnitId *ret_unit);

/* Whether a unit cannot be started, and whether there is one: systemd also knows units that are in none of
 * the directories that are read. */
bool libvirt_unit_is_masked(const UnitFacts *units, UnitId unit);
Tristate libvirt_unit_is_present(const UnitFacts *units, UnitId unit);

/* What would have to be started, or enabled, to have a flavour: the socket, unless there is none. */
UnitId libvirt_unit_to_start(const UnitFacts *units, const LibvirtFlavour *flavour);

/* Adds the argument unmask_command, if systemctl can take back what has masked a unit. */
void libvirt_add_unmask_command(Finding *finding, const UnitFacts *units, UnitId unit);

/* Whether a flavour is installed: a unit that systemd could start counts. Where systemd does not answer, or
 * its files are not there, the program does. */
Tristate libvirt_is_installed(const Facts *facts, const LibvirtFlavour *flavour);
