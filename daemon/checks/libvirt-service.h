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

typedef enum LibvirtDriver {
        LIBVIRT_DRIVER_QEMU,
        LIBVIRT_DRIVER_LXC,
        _LIBVIRT_DRIVER_MAX,
} LibvirtDriver;

/* Those for QEMU and for LXC: the daemon that is for it alone comes before the one that has all drivers. */
#define LIBVIRT_FLAVOURS 2U
extern const LibvirtFlavour libvirt_qemu_flavours[LIBVIRT_FLAVOURS];
extern const LibvirtFlavour libvirt_lxc_flavours[LIBVIRT_FLAVOURS];

/* Whether a unit cannot be started, and whether there is one: systemd also knows units that are in none of
 * the directories that are read. */
bool libvirt_unit_is_masked(const UnitFacts *units, UnitId unit);
Tristate libvirt_unit_is_present(const UnitFacts *units, UnitId unit);

/* Whether a flavour is installed: a unit that systemd could start counts. Where systemd does not answer, or
 * its files are not there, the program does. */
Tristate libvirt_is_installed(const Facts *facts, const LibvirtFlavour *flavour);

/* Whether anything has a flavour started with the machine, and what. */
Tristate libvirt_is_enabled(const UnitFacts *units, const LibvirtFlavour *flavour, UnitId *ret_unit);

/* What becomes of somebody who connects. */
typedef enum LibvirtServiceState {
        LIBVIRT_SERVICE_NOT_TOLD,  /* it is installed, and systemd does not say what it does */
        LIBVIRT_SERVICE_NOT_SHOWN, /* or this is a snapshot */
        LIBVIRT_SERVICE_NOT_INSTALLED,
        LIBVIRT_SERVICE_MASKED,
        LIBVIRT_SERVICE_STOPPED,
        LIBVIRT_SERVICE_FAILED,
        LIBVIRT_SERVICE_STARTING,
        LIBVIRT_SERVICE_DORMANT,
        LIBVIRT_SERVICE_RUNNING,
        _LIBVIRT_SERVICE_STATE_MAX,
} LibvirtServiceState;

typedef struct LibvirtService {
        LibvirtServiceState state;
        const LibvirtFlavour
                *flavour; /* the one that it is about; NULL where none is known to be installed */
        UnitId unit;      /* and its unit */
} LibvirtService;

/* It has not failed, nor can a client start it: when it starts again, then because somebody has seen to
 * that. */
static inline bool libvirt_service_is_at_rest(LibvirtServiceState state) {
        return state == LIBVIRT_SERVICE_NOT_INSTALLED || state == LIBVIRT_SERVICE_MASKED ||
               state == LIBVIRT_SERVICE_STOPPED;
}

/* Who would answer a client. A client tries the socket of the daemon that has one driver first, and takes
 * the other daemon's only where there is none (libvirt, src/remote/remote_sockets.c: remoteGetUNIXSocket()):
 * so what listens there decides, however well the other one runs. The checks and the states of hypervisors
 * all come from here. */
LibvirtService libvirt_service(const Facts *facts, LibvirtDriver driver);

/* What would have to be started, or enabled, to have a flavour: the socket, unless there is none. */
UnitId libvirt_unit_to_start(const UnitFacts *units, const LibvirtFlavour *flavour);

/* Adds an argument KEY with what systemctl has to be told to start or enable a unit: with a socket its other
 * one that is for reading alone, which comes along with the service and, where the distribution has it so,
 * not with the socket. virtready itself comes there. */
void libvirt_add_units(Finding *finding, const char *key, const UnitFacts *units, UnitId unit);

/* Adds the argument unmask_command, if systemctl can take back what has masked a unit. */
void libvirt_add_unmask_command(Finding *finding, const UnitFacts *units, UnitId unit);
