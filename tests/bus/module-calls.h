/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of LoadModule and PersistModule, with polkit and the helper played by the test. */
#pragma once

#include "dbus/names.h"
#include "fake-modprobe.h"
#include "fake-polkit.h"

#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define INTERACTION_NEEDED "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

typedef struct ModuleFixture {
        Bus bus;
        FakePolkit *polkit;
        FakeModprobe modprobe;
        Daemon daemon;
} ModuleFixture;

void module_fixture_up(ModuleFixture *fixture, const void *data);
void module_fixture_down(ModuleFixture *fixture, const void *data);

/* A call under way, and how it ended. */
typedef struct Call {
        bool done;
        char *error; /* its name, NULL: it succeeded */
        char *message;
} ModuleCall;

/* Each calls, and waits for nothing. CALL must stay where it is until it is done. */
void begin_call(GDBusConnection *connection, const char *method, GVariant *arguments, GDBusCallFlags flags,
                ModuleCall *call);
void begin_load(ModuleFixture *fixture, const char *module, ModuleCall *call);
void call_done(ModuleCall *call);

/* Each waits for the end of a call. WORDS have to be in the message. */
void expect_success(ModuleCall *call);
void expect_error(ModuleCall *call, const char *name, const char *words);

/* Waits for the next question to polkit, and allows it. */
void allow(ModuleFixture *fixture);

/* Calls, has polkit allow it, and yields the connection of the helper, who has got the request. */
int load_until_helper(ModuleFixture *fixture, const char *module, ModuleCall *call);

/* Neither polkit nor the helper has heard anything. */
void assert_nobody_was_asked(ModuleFixture *fixture);
