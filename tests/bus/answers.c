/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts answers. */

#include "answers.h"

#include "dbus/names.h"
#include "harness.h"

static void on_answer(GObject *source, GAsyncResult *result, void *userdata) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        Answers *answers = userdata;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        if (reply)
                answers->done++;
        else {
                g_autofree char *name = g_dbus_error_get_remote_error(error);

                g_assert_cmpstr(name, ==, BUS_ERROR_RATE_LIMITED);
                answers->limited++;
        }
}

void call_without_waiting(GDBusConnection *connection, const char *method, Answers *answers) {
        g_dbus_connection_call(connection, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, method, NULL,
                               NULL, G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL,
                               answers ? on_answer : NULL, answers);
}
