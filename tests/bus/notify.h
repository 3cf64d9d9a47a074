/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd would listen on: the socket that a service tells of itself by (sd_notify(3)). */
#pragma once

#include "harness.h"

typedef struct NotifySocket {
        GSocket *socket;
        char *variable; /* "NOTIFY_SOCKET=PATH", for the daemon's environment */
        GString *heard; /* what has been received, a newline after each message */
} NotifySocket;

/* Makes one in the bus's directory. */
void notify_up(NotifySocket *notify, const Bus *bus);
void notify_down(NotifySocket *notify);

/* Adds what has arrived since, and tells whether TEXT is in all of it. */
bool notify_has_heard(NotifySocket *notify, const char *text);

/* Forgets what has been received so far. */
void notify_forget(NotifySocket *notify);
