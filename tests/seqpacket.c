/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever fails ends the test. */

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "seqpacket.h"

int seqpacket_listen(const char *path, int backlog) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd;

        g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(bind(fd, (const struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fd, backlog), ==, 0);
        return fd;
}
