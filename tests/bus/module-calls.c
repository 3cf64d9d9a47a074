/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts all, and plays those whom the daemon asks. */

#include "module-calls.h"

void module_fixture_up(ModuleFixture *fixture, const void *data) {
        bus_up(&fixture->bus);
        fixture->polkit = fake_polkit_new(&fixture->bus);
        fake_modprobe_up(&fixture->modprobe, &fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .modprobe_socket = fixture->modprobe.path, .env = data });
}

void module_fixture_down(ModuleFixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        fake_modprobe_down(&fixture->modprobe);
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        bus_down(&fixture->bus);
}

int load_until_helper(ModuleFixture *fixture, const char *module, Call *call) {
        g_autofree char *request = g_strdup_printf("load %s", module);

        call_load(call, fixture->bus.connection, module);
        fake_polkit_allow_next(fixture->polkit);
        return fake_modprobe_next(&fixture->modprobe, request);
}

void assert_nobody_was_asked(ModuleFixture *fixture) {
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        g_assert_false(fake_modprobe_is_asked(&fixture->modprobe));
}
