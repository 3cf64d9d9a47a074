/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that wait for what somebody else has to say: how many may, and what becomes of those whose caller
 * leaves. */
#pragma once

#include "../daemon/manager.h"

typedef struct WaitingCall WaitingCall;

/* What all calls of a method have in common. */
typedef struct WaitingKind {
        size_t size; /* of the struct of one, whose first member is a WaitingCall "waiting" */
        unsigned max, per_caller_max; /* so many may wait at a time: in all, and of one caller */
        const char *too_many;         /* the message for one more */

        /* Both may be NULL. The first is called when the bus is lost or the daemon ends, before the second,
         * which frees what the struct has beside the WaitingCall. */
        void (*dropped)(WaitingCall *call);
        void (*done)(WaitingCall *call);
} WaitingKind;

struct WaitingCall {
        const WaitingKind *kind;
        Manager *manager;
        sd_bus_message *message;
        bool ends_with_caller;
        WaitingCall *next; /* of all kinds; the latest come first */
};

/* Returns 0 if one more call of the kind may wait, which MESSAGE is. Otherwise sets ERROR to RateLimited and
 * returns a negative errno. */
int waiting_check_room(const Manager *manager, const WaitingKind *kind, sd_bus_message *message,
                       sd_bus_error *error);

/* Has the call wait, and returns its struct, which is zero beside the WaitingCall. Returns NULL without
 * memory. */
void *waiting_call_new(Manager *manager, const WaitingKind *kind, sd_bus_message *message);

/* From now on the call is freed when its caller leaves the bus; one that has left before is noticed. Where
 * the bus tells nobody who leaves, the call waits on. Errors: those of sd_bus_add_match_async(3). */
int waiting_call_end_with_caller(WaitingCall *call);

/* Whether SENDER, a unique name on the bus or NULL, has called. */
bool waiting_call_is_of(const WaitingCall *call, const char *sender);

WaitingCall *waiting_call_free(WaitingCall *call);

/* For a variable that points to the struct of any kind. */
static inline void waiting_call_freep(void *p) {
        if (*(void **) p)
                (void) waiting_call_free(*(void **) p);
}

/* Ends all of every kind without an answer. */
void waiting_drop_calls(Manager *manager);

/* Returns the first call of the kind, CALL itself or after it, or NULL. */
void *waiting_call_find(WaitingCall *call, const WaitingKind *kind);

/* Iterates over the structs of a kind, of which only the current one may be freed. */
#define FOREACH_WAITING_CALL(type, call, manager, kind)                                      \
        for (type *call = waiting_call_find((manager)->waiting_calls, (kind)), *call##_next; \
             call && (call##_next = waiting_call_find(call->waiting.next, (kind)), true);    \
             call = call##_next)
