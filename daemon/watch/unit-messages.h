/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said to systemd and the bus about units, and what systemd says (org.freedesktop.systemd1(5)). */
#pragma once

#include <systemd/sd-bus.h>

#include "../facts/units.h"

#define BUS_DRIVER "org.freedesktop.DBus"
#define BUS_DRIVER_PATH "/org/freedesktop/DBus"
#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

/* That systemd comes to the bus or leaves it. */
#define UNIT_MATCH_OWNER                                                                          \
        "type='signal',sender='" BUS_DRIVER "',path='" BUS_DRIVER_PATH "',interface='" BUS_DRIVER \
        "',member='NameOwnerChanged',arg0='" SYSTEMD "'"

/* That it reads all unit files again, and that links to them were made or removed at its hands. */
#define UNIT_MATCH_OF_MANAGER \
        "type='signal',sender='" SYSTEMD "',path='" SYSTEMD_PATH "',interface='" SYSTEMD_MANAGER "',"
#define UNIT_MATCH_RELOADING UNIT_MATCH_OF_MANAGER "member='Reloading'"
#define UNIT_MATCH_FILES UNIT_MATCH_OF_MANAGER "member='UnitFilesChanged'"

/* Yields two matches: that the unit is loaded or unloaded (UnitNew, UnitRemoved), and that one of its
 * properties changes, those of its type aside. Returns -ENOMEM or 0. */
int unit_match_new(const char *unit, char **ret_lists, char **ret_properties);

/* The unit whose properties the signal says have changed, as a bit; 0 if it says something else. */
uint32_t unit_signal_about(sd_bus_message *signal);

/* Each makes a call that does not start what it is addressed to. Returns 0, or an error of sd-bus.
 *
 * The first asks the bus for the connection that has systemd's name, and the second systemd for its signals.
 * The third asks it for the units that are loaded: ListUnitsByPatterns() goes through those, whereas
 * ListUnitsByNames() would load those that are not, which is announced (UnitNew) and undone (UnitRemoved)
 * each time, so that every answer would be followed by the next question (systemd,
 * src/core/dbus-manager.c). */
int unit_owner_question_new(sd_bus *bus, sd_bus_message **ret);
int unit_subscription_new(sd_bus *bus, sd_bus_message **ret);
int unit_question_new(sd_bus *bus, sd_bus_message **ret);

/* Fills in what the answer to the last one says. A unit that it does not list is inactive, for systemd keeps
 * all others. Errors: -ENXIO and others of sd_bus_message_read(3) when it makes no sense; then STATES must
 * not be used. */
int unit_answer_parse(sd_bus_message *answer, UnitStates *states);
