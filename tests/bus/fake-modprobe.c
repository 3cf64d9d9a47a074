/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One packet in, one out, as the test says. */

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../seqpacket.h"
#include "fake-modprobe.h"

void fake_modprobe_up(FakeModprobe *fake, const Bus *bus) {
        fake->path = g_build_filename(bus->directory, "modprobe", NULL);
        fake->listener = seqpacket_listen(fake->path, 64);
}

void fake_modprobe_down(FakeModprobe *fake) {
        if (fake->listener >= 0)
                close(fake->listener);
        (void) g_remove(fake->path);
        g_free(fake->path);
}

bool fake_modprobe_is_asked(const FakeModprobe *fake) {
        struct pollfd p = { .fd = fake->listener, .events = POLLIN };

        return poll(&p, 1, 0) > 0;
}

int fake_modprobe_next(FakeModprobe *fake, const char *request) {
        char packet[256];
        int connection;
        ssize_t n;

        wait_until(fake_modprobe_is_asked(fake));
        connection = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(connection, >=, 0);
        n = recv(connection, packet, sizeof(packet), 0);
        g_assert_cmpmem(packet, n, request, strlen(request));
        return connection;
}

void fake_modprobe_answer(int connection, const char *answer) {
        if (answer)
                g_assert_cmpint(send(connection, answer, strlen(answer), MSG_NOSIGNAL), ==, strlen(answer));
        close(connection);
}
