/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: finds out what is in use, with the helper's help where that may block, and answers. */

#include <errno.h>
#include <string.h>

#include "bus-capacity-guests.h"
#include "bus-capacity-question.h"
#include "bus-capacity.h"
#include "bus-objects.h"
#include "bus-waiting.h"
#include "names.h"

/* So many helpers run for calls that wait: of one caller, and in all. The same question is asked once, and
 * the one about guests, of which there is one, is always asked. */
#define QUESTIONS_MAX 16U
#define QUESTIONS_PER_CALLER_MAX 4U

/* One call that waits. */
typedef struct CapacityCall {
        WaitingCall waiting;
        CapacityRequest request;
        CapacityQuestion *guests, *storage; /* that it waits for */
        Usage usage;                        /* as far as it has been answered; its detail is not used */
        char *guests_detail, *storage_detail;
} CapacityCall;

static void capacity_call_done(WaitingCall *waiting);

static const WaitingKind capacity_calls = {
        .size = sizeof(CapacityCall),
        .max = 256,
        .per_caller_max = 16,
        .too_many = "Too many calls of EstimateCapacity wait for an answer already; try again later.",
        .done = capacity_call_done,
};

static bool is_waited_for(const CapacityQuestion *question) {
        FOREACH_WAITING_CALL(const CapacityCall, call, question->manager, &capacity_calls)
                if (call->guests == question || call->storage == question)
                        return true;

        return false;
}

static void forget_question(CapacityQuestion *question) {
        if (question && !is_waited_for(question))
                capacity_question_drop(question);
}

static void capacity_call_done(WaitingCall *waiting) {
        CapacityCall *call = (CapacityCall *) waiting;

        forget_question(call->guests);
        forget_question(call->storage);
        usage_done(&call->usage);
        free(call->guests_detail);
        free(call->storage_detail);
}

static int answer(const CapacityCall *call) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *guests_detail = NULL;
        CapacityKnown known = {
                .manager = call->waiting.manager,
                .request = &call->request,
                .usage = &call->usage,
                .storage_detail = call->storage_detail,
        };
        int r;

        r = bus_capacity_explain_guests(&call->usage.guests, &call->waiting.manager->vms,
                                        call->guests_detail, &guests_detail);
        if (r < 0)
                return r;
        known.guests_detail = guests_detail;

        r = sd_bus_message_new_method_return(call->waiting.message, &reply);
        if (r < 0)
                return r;

        r = bus_capacity_append(reply, &known);
        if (r < 0)
                return r;

        return sd_bus_send(NULL, reply, NULL);
}

static void answer_and_free(CapacityCall *call) {
        int r;

        r = answer(call);
        if (r < 0)
                (void) sd_bus_reply_method_errno(call->waiting.message, r, NULL);
        (void) waiting_call_free(&call->waiting);
}

/* Without memory for the sentence there is none. */
static char *detail_of(const Usage *usage, bool known) {
        if (known)
                return NULL;

        return strdup(usage->detail ? usage->detail : "virtready-libvirt does not tell why.");
}

/* Whatever libvirt has to say, or has not. */
static bool kernel_counts_none(const Manager *manager) {
        return manager->vms.known && manager->vms.active == 0;
}

static GuestUsage no_guests(void) {
        return (GuestUsage){ .known = true, .resident_known = true };
}

static void take_answer(CapacityCall *call, const CapacityQuestion *question, const Usage *usage) {
        if (call->guests == question) {
                call->guests = NULL;
                call->usage.guests = usage->guests;
                call->guests_detail = detail_of(usage, usage->guests.known);
                if (!usage->guests.known && kernel_counts_none(call->waiting.manager))
                        call->usage.guests = no_guests();
        }

        if (call->storage == question) {
                call->storage = NULL;
                call->usage.storage = usage->storage;
                call->usage.storage_path = usage->storage_path ? strdup(usage->storage_path) : NULL;
                call->storage_detail = detail_of(usage, usage->storage.known);
        }
}

static CapacityCall *find_complete(const Manager *manager) {
        FOREACH_WAITING_CALL(CapacityCall, call, manager, &capacity_calls)
                if (!call->guests && !call->storage)
                        return call;

        return NULL;
}

static void on_usage(CapacityQuestion *question, const Usage *usage) {
        Manager *manager = question->manager;
        CapacityCall *complete;

        FOREACH_WAITING_CALL(CapacityCall, call, manager, &capacity_calls)
                take_answer(call, question, usage);
        capacity_question_drop(question);

        while ((complete = find_complete(manager)))
                answer_and_free(complete);
}

static bool calls_of(const CapacityCall *call, const char *sender) {
        return waiting_call_is_of(&call->waiting, sender);
}

/* How many storages are asked for calls of SENDER. */
static unsigned count_questions_of(const Manager *manager, const char *sender) {
        unsigned n = 0;

        for (const CapacityQuestion *q = manager->capacity_questions; q; q = q->next)
                FOREACH_WAITING_CALL(const CapacityCall, call, manager, &capacity_calls)
                        if (calls_of(call, sender) && call->storage == q) {
                                n++;
                                break;
                        }

        return n;
}

static int too_many(sd_bus_error *error) {
        return sd_bus_error_set(error, BUS_ERROR_RATE_LIMITED, capacity_calls.too_many);
}

static int give_reason(const char *reason, char **ret_detail) {
        *ret_detail = strdup(reason);
        return *ret_detail ? 0 : -ENOMEM;
}

/* Returns whether one more storage may be asked. Where only what hangs is in the way the rest is answered.
 */
static int make_way(const Manager *manager, const char *sender, char **ret_detail, sd_bus_error *error) {
        unsigned n, n_hanging;

        capacity_questions_count(manager, &n, &n_hanging);
        if (n_hanging >= QUESTIONS_MAX)
                return give_reason("Too many earlier questions about file systems still hang in the kernel, "
                                   "so that no other is asked; see whether their servers answer.",
                                   ret_detail);
        if (n >= QUESTIONS_MAX || count_questions_of(manager, sender) >= QUESTIONS_PER_CALLER_MAX)
                return too_many(error);

        return 1;
}

/* Asks what nobody has asked yet. A helper that cannot be started, or does not end, is a reason, too. */
static int ask(CapacityCall *call, const CapacityQuestion *like, CapacityQuestion **ret, char **ret_detail,
               sd_bus_error *error) {
        Manager *manager = call->waiting.manager;
        CapacityQuestion *found;
        int r;

        found = capacity_question_find(manager, like);
        if (found && found->hangs)
                return give_reason(CAPACITY_QUESTION_HANGS, ret_detail);
        if (found) {
                found->wanted = true;
                *ret = found;
                return 0;
        }

        r = like->is_storage
                    ? make_way(manager, sd_bus_message_get_sender(call->waiting.message), ret_detail, error)
                    : 1;
        if (r <= 0)
                return r;

        r = capacity_question_new(manager, like, on_usage, ret);
        if (r >= 0 || r == -ENOMEM)
                return r;

        *ret_detail = usage_explain(manager->libvirt_helper, r);
        return *ret_detail ? 0 : -ENOMEM;
}

/* Only a libvirt that runs is asked: to connect to its socket would start it. One that cannot be asked may
 * have guests all the same: they outlive its service, which ends alone (libvirt,
 * src/remote/libvirtd.service.in: KillMode=process). Where the kernel counts no virtual machine there is
 * none. */
static int learn_guests(CapacityCall *call, sd_bus_error *error) {
        const Manager *manager = call->waiting.manager;
        Hypervisor *hypervisor = bus_capacity_hypervisor(manager);
        _cleanup_(json_object_putp) Json *view = NULL;
        const CapacityQuestion like = { .text = (char *) (hypervisor ? hypervisor_uri(hypervisor) : NULL) };
        int r;

        if (hypervisor && hypervisor_is_askable(hypervisor))
                return ask(call, &like, &call->guests, &call->guests_detail, error);

        if (kernel_counts_none(manager)) {
                call->usage.guests = no_guests();
                return 0;
        }

        r = hypervisor ? hypervisor_view(hypervisor, &view) : 0;
        if (r < 0)
                return r;

        return bus_capacity_explain_unasked(view, &call->guests_detail);
}

static int learn_storage(CapacityCall *call, sd_bus_error *error) {
        const CapacityQuestion like = {
                .text = (char *) call->request.storage,
                .is_storage = true,
                .or_above = !call->request.storage_given,
        };

        if (call->request.guest.disk == 0)
                return 0;

        return ask(call, &like, &call->storage, &call->storage_detail, error);
}

/* The guests and the storage of a snapshot's machine are elsewhere. */
static int explain_snapshot(CapacityCall *call) {
        call->guests_detail = strdup("Files of another machine do not tell which guests run there.");
        if (!call->guests_detail)
                return -ENOMEM;
        if (call->request.guest.disk == 0)
                return 0;

        call->storage_detail = strdup("Files of another machine do not tell how much space is left there.");
        return call->storage_detail ? 0 : -ENOMEM;
}

static int learn(CapacityCall *call, sd_bus_error *error) {
        int r;

        if (!call->waiting.manager->root->live)
                return explain_snapshot(call);

        r = learn_guests(call, error);
        return r < 0 ? r : learn_storage(call, error);
}

int bus_estimate_capacity(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(waiting_call_freep) CapacityCall *call = NULL;
        Manager *manager = userdata;
        CapacityRequest request;
        int r;

        if (!sd_bus_message_get_sender(message))
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "Only callers on a message bus are answered.");

        r = bus_capacity_read(message, manager->verdict, &request, error);
        if (r < 0)
                return r;

        r = waiting_check_room(manager, &capacity_calls, message, error);
        if (r < 0)
                return r;

        call = waiting_call_new(manager, &capacity_calls, message);
        if (!call)
                return -ENOMEM;

        call->request = request;
        r = learn(call, error);
        if (r < 0)
                return r;

        if (!call->guests && !call->storage) {
                answer_and_free(TAKE_PTR(call));
                return 1;
        }

        r = waiting_call_end_with_caller(&call->waiting);
        if (r < 0)
                return r;

        TAKE_PTR(call);
        return 1;
}
