/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon whose LoadModule and PersistModule work, with polkit and the helper played by the test. */
#pragma once

#include "call.h"
#include "dbus/names.h"
#include "fake-modprobe.h"
#include "fake-polkit.h"

typedef struct ModuleFixture {
        Bus bus;
        FakePolkit *polkit;
        FakeModprobe modprobe;
        Daemon daemon;
} ModuleFixture;

/* DATA is for the daemon's environment, as in DaemonOptions, or NULL. */
void module_fixture_up(ModuleFixture *fixture, const void *data);
void module_fixture_down(ModuleFixture *fixture, const void *data);

/* Has it load a module, and polkit say yes; yields the helper's connection. */
int load_until_helper(ModuleFixture *fixture, const char *module, Call *call);

/* Makes sure that neither polkit nor the helper has been asked anything more. */
void assert_nobody_was_asked(ModuleFixture *fixture);
