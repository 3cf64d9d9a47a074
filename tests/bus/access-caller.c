/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Becomes another user with other groups, calls CheckAccess, and prints the answer as GVariant has it.
 * Usage: access-caller ADDRESS UID GROUPS [LATER-GROUPS]. GROUPS are numbers, with commas between them; the
 * first is the process's own. Those that it changes to once it is connected come last. */

#include <gio/gio.h>
#include <grp.h>
#include <unistd.h>

#include "dbus/names.h"

/* Stays able to become root again, which nobody sees. */
static void become(uid_t uid, const char *list) {
        g_auto(GStrv) words = g_strsplit(list, ",", -1);
        guint n = g_strv_length(words);
        g_autofree gid_t *groups = g_new0(gid_t, n);

        for (guint i = 0; i < n; i++)
                groups[i] = (gid_t) g_ascii_strtoull(words[i], NULL, 10);

        if (seteuid(0) < 0 || setgroups(n - 1, groups + 1) < 0 || setresgid(groups[0], groups[0], 0) < 0 ||
            setresuid(uid, uid, 0) < 0)
                g_error("Failed to become user %u: %m", uid);
}

int main(int argc, char *argv[]) {
        g_autoptr(GDBusConnection) connection = NULL;
        g_autoptr(GVariant) reply = NULL, devices = NULL;
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        uid_t uid;

        g_assert_cmpint(argc, >=, 4);
        uid = (uid_t) g_ascii_strtoull(argv[2], NULL, 10);
        become(uid, argv[3]);

        connection = g_dbus_connection_new_for_address_sync(
                argv[1],
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        if (argc > 4)
                become(uid, argv[4]);

        reply = g_dbus_connection_call_sync(connection, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                            "CheckAccess", NULL, G_VARIANT_TYPE("(aa{sv})"),
                                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        g_assert_no_error(error);
        devices = g_variant_get_child_value(reply, 0);
        text = g_variant_print(devices, TRUE);
        g_print("%s", text);

        /* A leak checker needs to look at this process. */
        become(0, "0");
        return 0;
}
