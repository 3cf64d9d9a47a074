/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one packet, has done what it asks for, and sends one. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "../basic/clock.h"
#include "../basic/log.h"
#include "serve.h"

/* The values are small and positive. */
static int get_option(int connection, int option) {
        int value;

        return getsockopt(connection, SOL_SOCKET, option, &value, &(socklen_t){ sizeof(value) }) < 0 ? -errno
                                                                                                     : value;
}

int serve_check(int connection) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);
        int domain, type;

        domain = get_option(connection, SO_DOMAIN);
        if (domain < 0)
                return domain;

        type = get_option(connection, SO_TYPE);
        if (type < 0)
                return type;
        if (domain != AF_UNIX || type != SOCK_SEQPACKET)
                return -EPROTOTYPE;

        return getpeername(connection, (struct sockaddr *) &peer, &size) < 0 ? -errno : 0;
}

/* Returns the size of the packet, which is larger than the buffer when the rest of it is lost. Descriptors
 * that come with it are closed by the kernel, for there is no room for them. */
static ssize_t receive(int connection, uint64_t limit_usec, char packet[static MODPROBE_PACKET_MAX]) {
        const struct timespec limit = {
                .tv_sec = (time_t) (limit_usec / USEC_PER_SEC),
                .tv_nsec = (long) (limit_usec % USEC_PER_SEC * NSEC_PER_USEC),
        };
        struct pollfd pollfd = { .fd = connection, .events = POLLIN };
        ssize_t n;
        int r;

        r = ppoll(&pollfd, 1, &limit, NULL);
        if (r < 0)
                return -errno;
        if (r == 0)
                return -ETIMEDOUT;

        n = recv(connection, packet, MODPROBE_PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);
        return n < 0 ? -errno : n;
}

static int send_answer(int connection, const ModprobeAnswer *answer) {
        char packet[MODPROBE_PACKET_MAX + 1];
        size_t size = modprobe_answer_format(answer, packet);

        return send(connection, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static ServeStatus refuse(int connection, ModprobeOutcome outcome, const char *why) {
        int r;

        r = send_answer(connection, &(ModprobeAnswer){ .outcome = outcome });
        if (r < 0)
                (void) log_warning_errno(r, "%s Failed to say so: %m", why);
        else
                log_warning("%s", why);

        return SERVE_NO_REQUEST;
}

/* An empty packet looks like the end of the connection; but who has left cannot be answered. */
static ServeStatus refuse_empty(int connection) {
        int r;

        r = send_answer(connection, &(ModprobeAnswer){ .outcome = MODPROBE_BAD_REQUEST });
        if (r == -EPIPE) {
                log_debug("The peer has left without a request.");
                return SERVE_ANSWERED;
        }
        if (r < 0) {
                (void) log_error_errno(r, "Failed to answer an empty packet: %m");
                return SERVE_FAILED;
        }

        log_warning("The packet is empty.");
        return SERVE_NO_REQUEST;
}

/* Says what was done as the protocol has it: "load kvm_amd: refused: Operation not permitted". */
static void log_answer(const ModprobeRequest *request, const ModprobeAnswer *answer) {
        const char *act = modprobe_act_to_string(request->act);
        const char *outcome = modprobe_outcome_to_string(answer->outcome);

        if (answer->outcome == MODPROBE_DONE)
                log_info("%s %s: %s", act, request->module, outcome);
        else if (answer->error == 0)
                log_warning("%s %s: %s", act, request->module, outcome);
        else
                (void) log_warning_errno(-answer->error, "%s %s: %s: %m", act, request->module, outcome);
}

ServeStatus serve(int connection, uint64_t limit_usec, ServeAct act, void *userdata) {
        char packet[MODPROBE_PACKET_MAX];
        ModprobeRequest request;
        ModprobeAnswer answer;
        ssize_t n;
        int r;

        n = receive(connection, limit_usec, packet);
        if (n == -ETIMEDOUT)
                return refuse(connection, MODPROBE_BAD_REQUEST, "No request has come in time.");
        if (n < 0) {
                (void) log_error_errno((int) n, "Failed to read the request: %m");
                return SERVE_FAILED;
        }
        if (n == 0)
                return refuse_empty(connection);
        if (n > (ssize_t) sizeof(packet))
                return refuse(connection, MODPROBE_BAD_REQUEST, "The packet is too large for a request.");

        r = modprobe_request_parse(packet, (size_t) n, &request);
        if (r == -EPERM)
                return refuse(connection, MODPROBE_NOT_ALLOWED,
                              "The request is for a module that is not allowed.");
        if (r < 0)
                return refuse(connection, MODPROBE_BAD_REQUEST, "The packet is no request.");

        answer = act(&request, userdata);
        log_answer(&request, &answer);

        r = send_answer(connection, &answer);
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to send the answer: %m");
                return SERVE_FAILED;
        }

        return SERVE_ANSWERED;
}
