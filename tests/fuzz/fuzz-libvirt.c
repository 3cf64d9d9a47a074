/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt prints: whatever counts as an answer can be judged, published and sent. */

#include <sys/socket.h>

#include "../../daemon/hypervisor-view.h"
#include "../../dbus/bus-append-json.h"
#include "fuzz.h"

/* A connection that nothing is ever sent over, for messages to belong to. */
static sd_bus *open_bus(int *ret_peer) {
        sd_bus *bus;
        int fds[2];

        fuzz_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
        fuzz_assert(sd_bus_new(&bus) >= 0);
        fuzz_assert(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
        fuzz_assert(sd_bus_start(bus) >= 0);
        *ret_peer = fds[1];
        return bus;
}

static void assert_can_be_sent(Json *view) {
        _cleanup_close_ int peer = -EBADF;
        sd_bus *bus = open_bus(&peer);
        sd_bus_message *message;

        fuzz_assert(sd_bus_message_new_signal(bus, &message, "/a", "a.a", "A") >= 0);
        for (const HypervisorField *field = hypervisor_fields; field->property; field++)
                fuzz_assert(bus_append_json(message, libvirt_answer_get(view, field->field.key),
                                            &field->field) >= 0);
        fuzz_assert(sd_bus_message_seal(message, 1, 0) >= 0);

        sd_bus_message_unref(message);
        sd_bus_close(bus);
        sd_bus_unref(bus);
}

/* All checks fail, so that whatever can be blocked is. */
static Verdict *failing_verdict(void) {
        Verdict *verdict = calloc(1, sizeof(Verdict));

        fuzz_assert(verdict);
        verdict->n_checks = catalogue_size();
        for (size_t i = 0; i < verdict->n_checks; i++)
                verdict->checks[i].state = CHECK_FAIL;

        return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(json_object_putp) Json *answer = NULL, *view = NULL, *again = NULL;
        _cleanup_free_ Verdict *verdict = NULL;
        const Facts facts = {};
        const char *text;

        if (libvirt_answer_parse((const char *) data, size, &answer) < 0)
                return 0;

        fuzz_assert(libvirt_answer_state(answer) < HYPERVISOR_DORMANT);
        verdict = failing_verdict();
        fuzz_assert(hypervisor_view_new(&(HypervisorParts){ .uri = "qemu:///system",
                                                            .answer = answer,
                                                            .answer_is_current = true },
                                        &facts, verdict, &view) == 0);
        assert_can_be_sent(view);

        /* What was printed is an answer once more, and the same one. */
        text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);
        fuzz_assert(strlen(text) > LIBVIRT_ANSWER_SIZE_MAX ||
                    libvirt_answer_parse(text, strlen(text), &again) == 0);
        fuzz_assert(!again || json_object_equal(answer, again));
        return 0;
}
