/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callers are connections of the test's own. */

#include <string.h>

#include "call.h"
#include "dbus/names.h"

/* More than the daemon waits for a helper, and than any test waits for an answer. */
#define CALL_SECONDS 90

static void on_answer(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        Call *call = data;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        call->done = true;
        if (reply) {
                g_assert_cmpstr(g_variant_get_type_string(reply), ==, "()");
                return;
        }

        call->error = g_dbus_error_get_remote_error(error);
        if (!call->error)
                call->error = g_strdup(NO_ANSWER);
        g_dbus_error_strip_remote_error(error);
        call->message = g_strdup(error->message);
}

void call_start(Call *call, GDBusConnection *caller, const char *method, GVariant *arguments,
                bool interactive) {
        *call = (Call){};
        g_dbus_connection_call(
                caller, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, method, arguments, NULL,
                interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION : G_DBUS_CALL_FLAGS_NONE,
                CALL_SECONDS * 1000, NULL, on_answer, call);
}

void call_load(Call *call, GDBusConnection *caller, const char *module) {
        call_start(call, caller, "LoadModule", g_variant_new("(s)", module), /* interactive= */ false);
}

void call_end(Call *call, const char *error, const char *word) {
        wait_until(call->done);
        if (call->message)
                g_test_message("%s: %s", call->error, call->message);
        g_assert_cmpstr(call->error, ==, error);
        if (word && !(call->message && strstr(call->message, word)))
                g_error("'%s' is not in: %s", word, call->message);
        call_clear(call);
}

void call_clear(Call *call) {
        g_clear_pointer(&call->error, g_free);
        g_clear_pointer(&call->message, g_free);
}
