/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program polkit-asker, which has the daemon's name, and polkit decide on its callers. */
#pragma once

#include "harness.h"

typedef struct Asker {
        const Bus *bus;
        GSubprocess *process;
        char *log;
} Asker;

/* Starts it; ENV is NAME=VALUE for it alone, or NULL. */
void asker_up(Asker *asker, const Bus *bus, const char *env);

/* Starts it as that user; we must be root. */
void asker_up_as(Asker *asker, const Bus *bus, uid_t user);

/* Ends it and requires a clean exit. */
void asker_down(Asker *asker);

/* How often it has done what was asked for. */
guint asker_acts(const Asker *asker);

/* Whether a call waits for Release to be dispatched. */
bool asker_has_late_call(const Asker *asker);

/* Calls one of its methods without arguments, from the bus's connection. It has handled whatever the bus has
 * given it before. */
void asker_call(const Asker *asker, const char *method);

/* How often it has warned. */
guint asker_warnings(const Asker *asker);
