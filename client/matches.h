/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signals that a follower listens to, as match rules (D-Bus Specification, "Match Rules"). */
#pragma once

#include "../dbus/names.h"

#define MATCH_PROPERTIES                               \
        "type='signal',sender='" BUS_NAME "',"         \
        "path_namespace='" BUS_PATH_MANAGER "',"       \
        "interface='org.freedesktop.DBus.Properties'," \
        "member='PropertiesChanged'"

/* One for each pass that changed something, after all else that the pass has to say. */
#define MATCH_CHANGED                            \
        "type='signal',sender='" BUS_NAME "',"   \
        "path='" BUS_PATH_MANAGER "',"           \
        "interface='" BUS_INTERFACE_MANAGER "'," \
        "member='Changed'"

#define MATCH_ACCESS                             \
        "type='signal',sender='" BUS_NAME "',"   \
        "path='" BUS_PATH_MANAGER "',"           \
        "interface='" BUS_INTERFACE_MANAGER "'," \
        "member='AccessChanged'"

/* Devices and hypervisors come and go. */
#define MATCH_OBJECTS                          \
        "type='signal',sender='" BUS_NAME "'," \
        "path='" BUS_PATH_MANAGER "',"         \
        "interface='org.freedesktop.DBus.ObjectManager'"

#define MATCH_OWNER                                    \
        "type='signal',sender='org.freedesktop.DBus'," \
        "path='/org/freedesktop/DBus',"                \
        "interface='org.freedesktop.DBus',"            \
        "member='NameOwnerChanged',arg0='" BUS_NAME "'"

#define MATCH_DISCONNECTED                                   \
        "type='signal',sender='org.freedesktop.DBus.Local'," \
        "path='/org/freedesktop/DBus/Local',"                \
        "interface='org.freedesktop.DBus.Local',"            \
        "member='Disconnected'"
