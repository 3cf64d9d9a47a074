/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls, waits for the outcome, and plays those whom the daemon asks. */

#include <string.h>

#include "module-calls.h"

/* More than the daemon waits for a helper. */
#define CALL_SECONDS 60

void module_fixture_up(ModuleFixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->polkit = fake_polkit_new(&fixture->bus);
        fake_modprobe_up(&fixture->modprobe, &fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .modprobe_socket = fixture->modprobe.path });
}

void module_fixture_down(ModuleFixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        fake_modprobe_down(&fixture->modprobe);
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        bus_down(&fixture->bus);
}

static void on_replied(GObject *source, GAsyncResult *result, void *userdata) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        ModuleCall *call = userdata;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        call->done = true;
        if (error) {
                call->error = g_dbus_error_get_remote_error(error);
                (void) g_dbus_error_strip_remote_error(error);
                /* The bus has ended. */
                if (!call->error)
                        call->error = g_strdup("");
                call->message = g_strdup(error->message);
        } else
                g_assert_cmpstr(g_variant_get_type_string(reply), ==, "()");
}

void begin_call(GDBusConnection *connection, const char *method, GVariant *arguments, GDBusCallFlags flags,
                ModuleCall *call) {
        *call = (ModuleCall){};
        g_dbus_connection_call(connection, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, method,
                               arguments, NULL, flags, CALL_SECONDS * 1000, NULL, on_replied, call);
}

void begin_load(ModuleFixture *fixture, const char *module, ModuleCall *call) {
        begin_call(fixture->bus.connection, "LoadModule", g_variant_new("(s)", module),
                   G_DBUS_CALL_FLAGS_NONE, call);
}

void call_done(ModuleCall *call) {
        g_clear_pointer(&call->error, g_free);
        g_clear_pointer(&call->message, g_free);
}

void expect_error(ModuleCall *call, const char *name, const char *words) {
        wait_until(call->done);
        g_assert_cmpstr(call->error, ==, name);
        if (!strstr(call->message, words))
                g_error("'%s' is not in: %s", words, call->message);
        call_done(call);
}

void expect_success(ModuleCall *call) {
        wait_until(call->done);
        if (call->error)
                g_error("%s: %s", call->error, call->message);
}

void allow(ModuleFixture *fixture) {
        fake_polkit_answer(fake_polkit_next_question(fixture->polkit), true, false);
}

int load_until_helper(ModuleFixture *fixture, const char *module, ModuleCall *call) {
        g_autofree char *request = g_strdup_printf("load %s", module);

        begin_load(fixture, module, call);
        allow(fixture);
        return fake_modprobe_next(&fixture->modprobe, request);
}

void assert_nobody_was_asked(ModuleFixture *fixture) {
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        g_assert_false(fake_modprobe_is_asked(&fixture->modprobe));
}
