/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends a line, and reads a line and a text. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../basic/cleanup.h"
#include "../basic/clock.h"
#include "ask.h"

static int set_timeout(int connection, int option, uint64_t usec) {
        /* Zero would be none. */
        const struct timeval timeout = {
                .tv_sec = (time_t) (usec / USEC_PER_SEC),
                .tv_usec = usec > 0 ? (suseconds_t) (usec % USEC_PER_SEC) : 1,
        };

        return setsockopt(connection, SOL_SOCKET, option, &timeout, sizeof(timeout)) < 0 ? -errno : 0;
}

int domcapabilities_connect(const char *path, uint64_t timeout_usec, int *ret) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;
        size_t size = strlen(path) + 1;
        int r;

        if (size > sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, size);

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;

        r = set_timeout(fd, SO_SNDTIMEO, timeout_usec);
        if (r < 0)
                return r;
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        *ret = TAKE_FD(fd);
        return 0;
}

static int receive(int connection, char *data, size_t size) {
        while (size > 0) {
                ssize_t n = recv(connection, data, size, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -ECONNRESET;
                data += n;
                size -= (size_t) n;
        }

        return 0;
}

/* One character at a time, for what follows the line is of the length that it says. */
static int receive_line(int connection, char ret[static DOMCAPABILITIES_LINE_MAX]) {
        for (size_t i = 0; i < DOMCAPABILITIES_LINE_MAX; i++) {
                int r;

                r = receive(connection, &ret[i], 1);
                if (r < 0)
                        return r;
                if (ret[i] == '\0')
                        return -EBADMSG;
                if (ret[i] == '\n') {
                        ret[i] = '\0';
                        return 0;
                }
        }

        return -EBADMSG;
}

static int receive_text(int connection, size_t size, char **ret) {
        _cleanup_free_ char *text = NULL;
        int r;

        text = calloc(size + 1, 1);
        if (!text)
                return -ENOMEM;

        r = receive(connection, text, size);
        if (r < 0)
                return r;
        if (memchr(text, '\0', size))
                return -EBADMSG;

        *ret = TAKE_PTR(text);
        return 0;
}

static int receive_answer(int connection, uint64_t timeout_usec, DomcapabilitiesAnswer *ret) {
        char line[DOMCAPABILITIES_LINE_MAX];
        int r;

        r = set_timeout(connection, SO_RCVTIMEO, timeout_usec);
        if (r < 0)
                return r;

        r = receive_line(connection, line);
        return r < 0 ? r : domcapabilities_answer_parse(line, ret);
}

int domcapabilities_wait(int connection, uint64_t timeout_usec) {
        DomcapabilitiesAnswer answer;
        int r;

        r = receive_answer(connection, timeout_usec, &answer);
        if (r < 0)
                return r;

        return answer.outcome == DOMCAPABILITIES_READY && answer.size == 0 ? 0 : -EBADMSG;
}

int domcapabilities_ask(int connection, uint64_t timeout_usec, const DomcapabilitiesRequest *request,
                        DomcapabilitiesOutcome *ret_outcome, char **ret_text) {
        char line[DOMCAPABILITIES_LINE_MAX];
        DomcapabilitiesAnswer answer;
        int n, r;

        n = domcapabilities_request_format(request, line);
        if (n < 0)
                return n;

        /* A line is no longer than what a socket takes at once. */
        if (send(connection, line, (size_t) n, MSG_NOSIGNAL) < 0)
                return -errno;

        r = receive_answer(connection, timeout_usec, &answer);
        if (r < 0)
                return r;

        r = receive_text(connection, answer.size, ret_text);
        if (r < 0)
                return r;

        *ret_outcome = answer.outcome;
        return 0;
}
