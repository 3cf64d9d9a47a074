/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the Manager's methods that wait, and what becomes of them. */
#pragma once

#include "harness.h"

#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define INTERACTION_NEEDED "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
#define NO_REPLY "org.freedesktop.DBus.Error.NoReply"

/* In place of an error's name where the caller has left the bus, or the bus its callers. */
#define NO_ANSWER "no answer"

/* A call under way, and how it ended. */
typedef struct Call {
        bool done;
        char *error; /* the name of the error that answers it, NULL: there was none */
        char *message;
} Call;

/* Calls a method that has no results, and waits for nothing; ARGUMENTS may be floating. INTERACTIVE: polkit
 * may ask for a password. CALL must stay where it is until it is done. */
void call_start(Call *call, GDBusConnection *caller, const char *method, GVariant *arguments,
                bool interactive);

/* LoadModule of one module without interaction. */
void call_load(Call *call, GDBusConnection *caller, const char *module);

/* Makes sure that the call is answered, with that error (NULL: with none), and clears it. A WORD, if there
 * is one, has to be in the message. */
void call_end(Call *call, const char *error, const char *word);

/* Frees what a call has that is done. */
void call_clear(Call *call);
