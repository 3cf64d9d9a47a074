/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the Manager's methods that wait, and what becomes of them; and a program that has polkit decide
 * on them. */
#pragma once

#include "harness.h"

/* A call that waits for its answer. */
typedef struct Call {
        bool done;
        char *error; /* the name of the error that answers it, NULL: there was none */
        char *message;
} Call;

/* Calls a method; ARGUMENTS may be floating. INTERACTIVE: polkit may ask for a password. */
void call_start(Call *call, GDBusConnection *caller, const char *method, GVariant *arguments,
                bool interactive);

/* Makes sure that the call is answered, with that error (NULL: with none), and clears it. A WORD, if there
 * is one, has to be in the message. */
void call_end(Call *call, const char *error, const char *word);

/* LoadModule of one module without interaction. */
void call_load(Call *call, GDBusConnection *caller, const char *module);

/* The program polkit-asker, which has the daemon's name. */
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
