/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads lines, and sends a line and a text for each. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../basic/cleanup.h"
#include "../basic/log.h"
#include "serve.h"

bool serve_can(int connection) {
        struct sockaddr_storage peer;
        int type;

        return getsockopt(connection, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) }) >= 0 &&
               type == SOCK_STREAM &&
               getpeername(connection, (struct sockaddr *) &peer, &(socklen_t){ sizeof(peer) }) >= 0;
}

static int send_all(int connection, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = send(connection, data, size, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t) n;
        }

        return 0;
}

static int send_answer(int connection, DomcapabilitiesOutcome outcome, const char *text) {
        const DomcapabilitiesAnswer answer = { .outcome = outcome, .size = text ? strlen(text) : 0 };
        char line[DOMCAPABILITIES_LINE_MAX];
        int r;

        r = send_all(connection, line, (size_t) domcapabilities_answer_format(&answer, line));
        return r < 0 ? r : send_all(connection, text, answer.size);
}

/* Nothing follows a request before its answer. */
static bool has_left(int connection) {
        char c;

        return recv(connection, &c, sizeof(c), MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int answer(int connection, const DomcapabilitiesRequest *request, const char *uri, ServeFind find,
                  void *userdata) {
        DomcapabilitiesOutcome outcome = DOMCAPABILITIES_OTHER_URI;
        _cleanup_free_ char *text = NULL;

        if (streq(request->uri, uri))
                outcome = find(request, &text, userdata);
        if (text && strlen(text) > DOMCAPABILITIES_TEXT_MAX)
                return send_answer(connection, DOMCAPABILITIES_FAILED, "libvirt's answer is too long.");

        return send_answer(connection, outcome, text);
}

/* Takes the end off a line. What has none is too long, or was cut off. */
static bool take_line(char *line) {
        size_t length = strlen(line);

        if (length == 0 || line[length - 1] != '\n')
                return false;

        line[length - 1] = '\0';
        return true;
}

static ServeStatus refuse(int connection) {
        log_warning("What has come is no request.");
        (void) send_answer(connection, DOMCAPABILITIES_BAD_REQUEST, NULL);
        return SERVE_NO_REQUEST;
}

static ServeStatus serve_lines(FILE *lines, int connection, const char *uri, ServeFind find,
                               void *userdata) {
        char line[DOMCAPABILITIES_LINE_MAX];
        int r;

        r = send_answer(connection, DOMCAPABILITIES_READY, NULL);
        if (r < 0)
                return SERVE_ANSWERED;

        for (unsigned i = 0; i < DOMCAPABILITIES_REQUESTS_MAX; i++) {
                DomcapabilitiesRequest request;

                if (!fgets(line, sizeof(line), lines))
                        break;
                /* Nobody would hear the answer, and asking may start libvirt. */
                if (has_left(connection))
                        break;
                if (!take_line(line) || domcapabilities_request_parse(line, &request) < 0)
                        return refuse(connection);

                r = answer(connection, &request, uri, find, userdata);
                if (r < 0) {
                        (void) log_warning_errno(r, "Failed to send the answer: %m");
                        return SERVE_FAILED;
                }
        }

        if (ferror(lines)) {
                (void) log_warning_errno(-errno, "Failed to read a request: %m");
                return SERVE_FAILED;
        }

        return SERVE_ANSWERED;
}

ServeStatus serve(int connection, const char *uri, ServeFind find, void *userdata) {
        _cleanup_close_ int copy = -EBADF;
        _cleanup_(fclosep) FILE *lines = NULL;

        copy = dup(connection);
        if (copy >= 0)
                lines = fdopen(copy, "re");
        if (!lines) {
                (void) log_error_errno(-errno, "Failed to read from the connection: %m");
                return SERVE_FAILED;
        }
        TAKE_FD(copy);

        return serve_lines(lines, connection, uri, find, userdata);
}
