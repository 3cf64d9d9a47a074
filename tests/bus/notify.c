/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receives and remembers. */

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "notify.h"

void notify_up(NotifySocket *notify, const Bus *bus) {
        g_autofree char *path = g_build_filename(bus->directory, "notify", NULL);
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        g_autoptr(GError) error = NULL;

        *notify = (NotifySocket){
                .variable = g_strdup_printf("NOTIFY_SOCKET=%s", path),
                .heard = g_string_new(NULL),
        };
        notify->socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                      G_SOCKET_PROTOCOL_DEFAULT, &error);
        g_assert_no_error(error);
        g_socket_bind(notify->socket, address, FALSE, &error);
        g_assert_no_error(error);
        g_socket_set_blocking(notify->socket, FALSE);
}

void notify_down(NotifySocket *notify) {
        g_clear_object(&notify->socket);
        g_free(notify->variable);
        g_string_free(notify->heard, TRUE);
}

bool notify_has_heard(NotifySocket *notify, const char *text) {
        char buffer[4096];
        gssize n;

        while ((n = g_socket_receive(notify->socket, buffer, sizeof(buffer) - 1, NULL, NULL)) > 0) {
                buffer[n] = '\0';
                g_string_append_printf(notify->heard, "%s\n", buffer);
        }

        return strstr(notify->heard->str, text);
}

void notify_forget(NotifySocket *notify) {
        g_string_truncate(notify->heard, 0);
}
