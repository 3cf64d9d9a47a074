/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of clients that mean harm have in common. */
#pragma once

#include "harness.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

/* Somebody else asks the daemon twenty things, one after the other, and each is answered soon. */
void assert_others_are_answered(Daemon *daemon);

/* Sends a call to the Manager's object that wants no answer. ARGUMENTS may be floating, or NULL. */
void send_without_reply(GDBusConnection *client, const char *interface, const char *member,
                        GVariant *arguments);

/* The same to another object. */
void send_without_reply_to(GDBusConnection *client, const char *path, const char *interface,
                           const char *member, GVariant *arguments);

/* Waits until the bus has passed on whatever the client has sent so far. */
void wait_for_bus(GDBusConnection *client);
