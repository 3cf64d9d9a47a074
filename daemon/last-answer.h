/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt has said last of a hypervisor, and how far that still counts. */
#pragma once

#include "checks/libvirt-service.h"
#include "libvirt-answer.h"
#include "packed-json.h"

/* Begins with zeroes: it has said nothing. */
typedef struct LastAnswer {
        PackedJson json;
        HypervisorState state;
        bool is_failure; /* libvirt itself has said nothing: of a service that runs this is what is known */
        bool is_current; /* no service has come or gone since */
        uint64_t usec;   /* when libvirt itself has answered last (CLOCK_REALTIME), or 0 */
} LastAnswer;

/* Puts a new one in its place (libvirt-answer.h), of which a reference is taken; NULL: there was none. */
void last_answer_set(LastAnswer *last, Json *answer, bool is_failure, bool is_current);
void last_answer_drop(LastAnswer *last);

/* Whether it decides on the hypervisor's state, and not its service. */
bool last_answer_decides(const LastAnswer *last, bool service_runs);

/* Drops it if it counts for nothing while the service is in this state. */
void last_answer_settle(LastAnswer *last, LibvirtServiceState service);
