/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes over the socket of virtready-modprobe, in both directions. */

#include <errno.h>
#include <sys/socket.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/modprobe/serve.h"
#include "fuzz.h"

/* What is in the buffer behind a packet, which has no end of its own, must not count. */
static char *copy_with_neighbour(const uint8_t *data, size_t size) {
        char *copy;

        copy = malloc(size + 2);
        fuzz_assert(copy);
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = 'm';
        copy[size + 1] = '\0';
        return copy;
}

static void run_request(const char *packet, size_t size) {
        ModprobeRequest request = { .act = _MODPROBE_ACT_MAX }, again = {};
        char text[MODPROBE_PACKET_MAX + 1];
        int r;

        r = modprobe_request_parse(packet, size, &request);
        if (r < 0) {
                fuzz_assert(r == -EBADMSG || r == -EPERM);
                fuzz_assert(request.act == _MODPROBE_ACT_MAX && !request.module);
                return;
        }

        /* A module is one of the list itself, and the packet's but for its dashes. */
        fuzz_assert(modprobe_allowed(request.module) == request.module);
        fuzz_assert(modprobe_request_format(&request, text) == size);
        fuzz_assert(memchr(packet, '-', size) || memcmp(packet, text, size) == 0);
        fuzz_assert(modprobe_request_parse(text, size, &again) == 0);
        fuzz_assert(again.act == request.act && again.module == request.module);
}

static void run_answer(const char *packet, size_t size) {
        ModprobeAnswer answer = { .outcome = _MODPROBE_OUTCOME_MAX }, again = {};
        char text[MODPROBE_PACKET_MAX + 1];
        size_t written;

        if (modprobe_answer_parse(packet, size, &answer) < 0) {
                fuzz_assert(answer.outcome == _MODPROBE_OUTCOME_MAX && answer.error == 0);
                return;
        }

        fuzz_assert(answer.error >= 0 && answer.error <= 4095);
        written = modprobe_answer_format(&answer, text);
        fuzz_assert(written <= size); /* zeros may be before a number */
        fuzz_assert(modprobe_answer_parse(text, written, &again) == 0);
        fuzz_assert(again.outcome == answer.outcome && again.error == answer.error);
}

static void run_name(const char *text) {
        const char *module = modprobe_allowed(text);

        fuzz_assert(!module || modprobe_name_is_valid(text));
        fuzz_assert(!module || strlen(module) == strlen(text));
}

static ModprobeAnswer answer_act(const ModprobeRequest *request, void *userdata) {
        ModprobeRequest *asked = userdata;

        *asked = *request;
        return (ModprobeAnswer){ .outcome = MODPROBE_REFUSED, .error = (int) request->act + 1 };
}

/* The answer that the parser alone would have led to comes, and the connection is left as it is. */
static void run_serve(const char *packet, size_t size) {
        _cleanup_close_ int peer = -EBADF, connection = -EBADF;
        ModprobeRequest expected = {}, asked = {};
        char text[MODPROBE_PACKET_MAX];
        ModprobeAnswer answer;
        ServeStatus status;
        int ends[2], r;
        ssize_t n;

        fuzz_assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) >= 0);
        peer = ends[0];
        connection = ends[1];
        fuzz_assert(send(peer, packet, size, 0) == (ssize_t) size);

        r = modprobe_request_parse(packet, size, &expected);
        status = serve(connection, 5 * USEC_PER_SEC, answer_act, &asked);
        n = recv(peer, text, sizeof(text), MSG_DONTWAIT);
        fuzz_assert(n > 0);
        fuzz_assert(modprobe_answer_parse(text, (size_t) n, &answer) == 0);

        fuzz_assert(status == (r < 0 ? SERVE_NO_REQUEST : SERVE_ANSWERED));
        fuzz_assert(asked.act == expected.act && asked.module == expected.module);
        fuzz_assert(answer.outcome == (r == 0        ? MODPROBE_REFUSED
                                       : r == -EPERM ? MODPROBE_NOT_ALLOWED
                                                     : MODPROBE_BAD_REQUEST));
        fuzz_assert(answer.error == (r == 0 ? (int) expected.act + 1 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *packet = copy_with_neighbour(data, size);
        _cleanup_free_ char *text = fuzz_copy(data, size);

        run_request(packet, size);
        run_answer(packet, size);
        run_name(text);
        run_serve(packet, size);

        return 0;
}
