/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd's units that serve libvirt's drivers for QEMU and LXC: what their files say, and whether they run.
 */
#pragma once

#include "../basic/string-table.h"
#include "root.h"
#include "tristate.h"

/* A service and its socket each, of the daemon that is for QEMU alone, of the one that has all drivers, and
 * of the one that is for LXC alone. Of two that have a driver either will do: a client finds whichever is
 * there (libvirt, docs/daemons.rst). The sockets that are read-only, for administration or remote come along
 * with these. */
typedef enum UnitId {
        UNIT_VIRTQEMUD_SERVICE,
        UNIT_VIRTQEMUD_SOCKET,
        UNIT_LIBVIRTD_SERVICE,
        UNIT_LIBVIRTD_SOCKET,
        UNIT_VIRTLXCD_SERVICE,
        UNIT_VIRTLXCD_SOCKET,
        _UNIT_MAX,
} UnitId;

/* systemd's ActiveState of a unit (org.freedesktop.systemd1(5)). */
typedef enum UnitActivity {
        UNIT_ACTIVITY_UNKNOWN,
        UNIT_ACTIVITY_ACTIVATING,
        UNIT_ACTIVITY_ACTIVE,
        UNIT_ACTIVITY_DEACTIVATING,
        UNIT_ACTIVITY_FAILED,
        UNIT_ACTIVITY_INACTIVE,
        UNIT_ACTIVITY_MAINTENANCE,
        UNIT_ACTIVITY_REFRESHING,
        UNIT_ACTIVITY_RELOADING,
        _UNIT_ACTIVITY_MAX,
} UnitActivity;

/* systemd's LoadState of a unit, as far as it matters here. */
typedef enum UnitLoad {
        UNIT_LOAD_NONE, /* it is not loaded: nobody needs it now */
        UNIT_LOAD_LOADED,
        UNIT_LOAD_MASKED,
        UNIT_LOAD_BAD, /* its file is missing or makes no sense */
        _UNIT_LOAD_MAX,
} UnitLoad;

/* Who has masked a unit, by the directory of the file that counts. */
typedef enum UnitMask {
        UNIT_MASK_NONE,          /* nobody, or no file shows it */
        UNIT_MASK_ADMINISTRATOR, /* etc/systemd/system: "systemctl mask" */
        UNIT_MASK_RUNTIME,       /* run/systemd/system: "systemctl mask --runtime", until the next start */
        UNIT_MASK_VENDOR,        /* any other: the unit came masked */
        _UNIT_MASK_MAX,
} UnitMask;

/* What systemd has said of the units. */
typedef struct UnitStates {
        bool known; /* it has; otherwise nothing below is */
        UnitActivity activity[_UNIT_MAX];
        UnitLoad load[_UNIT_MAX];
        unsigned file_changes; /* how often it has said that files of units changed */
} UnitStates;

/* The name of the socket beside one of these sockets, "libvirtd-ro.socket", where clients come that only
 * read; NULL for a service. */
const char *unit_read_only_socket(UnitId id);

typedef struct UnitFacts {
        Tristate present[_UNIT_MAX]; /* it has a file that makes it a unit, whether or not that is overridden
                                      */
        Tristate masked[_UNIT_MAX];  /* the file that counts is a link to /dev/null, or empty */
        UnitMask mask[_UNIT_MAX];    /* and then who has made it that */
        Tristate
                enabled[_UNIT_MAX]; /* another unit wants or requires it because the administrator said so */
        bool has_read_only[_UNIT_MAX]; /* a socket: the one for clients that only read has a file that counts
                                        */
        UnitStates states;
} UnitFacts;

/* Reads what the files under ROOT say: those in the directories of systemd.unit(5), and the links in
 * etc/systemd/system/NAME.wants and NAME.requires. What systemd has said is left as it is, for that is not
 * read but told (watch/unit-watch.h). In a snapshot a unit has no file only if the directory is there that
 * packages install to. */
void unit_facts_read(const Root *root, UnitFacts *facts);

bool unit_states_equal(const UnitStates *a, const UnitStates *b);

/* From systemd's words; one that is not known stands for UNIT_ACTIVITY_UNKNOWN or UNIT_LOAD_BAD. */
UnitActivity unit_activity_from_string(const char *word);
UnitLoad unit_load_from_string(const char *word);

DECLARE_STRING_TABLE(unit, UnitId);
DECLARE_STRING_TABLE(unit_activity, UnitActivity);
