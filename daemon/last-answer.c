/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps what libvirt has told beyond the end of its service, unless that is known to be gone. */

#include "last-answer.h"
#include "basic/clock.h"

void last_answer_drop(LastAnswer *last) {
        packed_json_set(&last->json, NULL);
        last->is_current = last->is_failure = false;
}

void last_answer_set(LastAnswer *last, Json *answer, bool is_failure, bool is_current) {
        packed_json_set(&last->json, answer);
        last->is_current = answer && is_current;
        last->is_failure = is_failure;
        last->state = libvirt_answer_state(answer);
        if (last->state == HYPERVISOR_RUNNING)
                last->usec = now_usec(CLOCK_REALTIME);
}

bool last_answer_decides(const LastAnswer *last, bool service_runs) {
        return last->is_current || (last->is_failure && service_runs);
}

/* The daemon may have been asked before its service was ready, so the last word of one that has refused is
 * not kept beyond that. */
static bool is_over(const LastAnswer *last, LibvirtServiceState service) {
        if (libvirt_service_is_at_rest(service))
                return true;

        return last->state == HYPERVISOR_RUNNING ? service == LIBVIRT_SERVICE_FAILED : !last->is_failure;
}

void last_answer_settle(LastAnswer *last, LibvirtServiceState service) {
        if (!last->is_current && is_over(last, service))
                last_answer_drop(last);
}
