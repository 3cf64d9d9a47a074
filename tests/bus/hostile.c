/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends what nobody answers, and is polite in between. */

#include "hostile.h"
#include "dbus/names.h"

/* Others wait no longer, on a machine that is busy with the flood itself, and under a sanitizer. Without
 * limits in the daemon a flood of this size takes it many times as long. */
#define PATIENCE_SECONDS 2.0

/* Yields how long it took. */
static double ask_politely(Daemon *daemon) {
        gint64 begin = g_get_monotonic_time();

        assert_property(daemon, "/check/kvm/vendor_module", BUS_INTERFACE_CHECK, "Id", "kvm.vendor_module");
        return (double) (g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
}

void assert_others_are_answered(Daemon *daemon) {
        double longest = 0;

        for (guint i = 0; i < 20; i++)
                longest = MAX(longest, ask_politely(daemon));
        g_test_message("the longest of 20 polite calls took %.3f s", longest);
        g_assert_cmpfloat(longest, <, PATIENCE_SECONDS);
}

void send_without_reply_to(GDBusConnection *client, const char *path, const char *interface,
                           const char *member, GVariant *arguments) {
        g_autoptr(GDBusMessage) message = g_dbus_message_new_method_call(BUS_NAME, path, interface, member);
        g_autoptr(GError) error = NULL;

        if (arguments)
                g_dbus_message_set_body(message, arguments);
        g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
        (void) g_dbus_connection_send_message(client, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error);
        g_assert_no_error(error);
}

void send_without_reply(GDBusConnection *client, const char *interface, const char *member,
                        GVariant *arguments) {
        send_without_reply_to(client, BUS_PATH_MANAGER, interface, member, arguments);
}

/* It handles the messages of a connection in their order. */
void wait_for_bus(GDBusConnection *client) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(client, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetId", NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}
