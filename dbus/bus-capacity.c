/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: finds out what is in use, with the helper's help where that may block, and answers. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/log.h"
#include "../daemon/usage-query.h"
#include "bus-capacity.h"
#include "bus-objects.h"
#include "names.h"

/* So many calls may wait for the helper at a time, and so many helpers run for them: of one caller, and in
 * all. The same question is asked once. */
#define CALLS_MAX 256U
#define CALLS_PER_CALLER_MAX 16U
#define QUESTIONS_MAX 16U
#define QUESTIONS_PER_CALLER_MAX 4U

#define URI_DEFAULT "qemu:///system"
#define CHECK_OF_LIBVIRT "service.libvirt"

/* One question to the helper, for all calls that have it. */
typedef struct CapacityQuestion {
        Manager *manager;
        UsageQuery *query;
        char *text; /* the URI or the path */
        bool is_storage;
        bool or_above;
        struct CapacityQuestion *next;
} CapacityQuestion;

/* One call that waits. */
typedef struct CapacityCall {
        Manager *manager;
        sd_bus_message *message;
        CapacityRequest request;
        sd_bus_track *caller;
        CapacityQuestion *guests, *storage; /* that it waits for */
        Usage usage;                        /* as far as it has been answered; its detail is not used */
        char *guests_detail, *storage_detail;
        struct CapacityCall *next;
} CapacityCall;

static void question_free(CapacityQuestion *question) {
        for (CapacityQuestion **p = &question->manager->capacity_questions; *p; p = &(*p)->next)
                if (*p == question) {
                        *p = question->next;
                        break;
                }

        usage_query_free(question->query);
        free(question->text);
        free(question);
}

static bool is_waited_for(const CapacityQuestion *question) {
        for (const CapacityCall *call = question->manager->capacity_calls; call; call = call->next)
                if (call->guests == question || call->storage == question)
                        return true;

        return false;
}

static void forget_question(CapacityQuestion *question) {
        if (question && !is_waited_for(question))
                question_free(question);
}

static CapacityCall *capacity_call_free(CapacityCall *call) {
        for (CapacityCall **p = &call->manager->capacity_calls; *p; p = &(*p)->next)
                if (*p == call) {
                        *p = call->next;
                        break;
                }

        forget_question(call->guests);
        forget_question(call->storage);
        sd_bus_track_unref(call->caller);
        usage_done(&call->usage);
        free(call->guests_detail);
        free(call->storage_detail);
        sd_bus_message_unref(call->message);
        free(call);
        return NULL;
}
DEFINE_POINTER_CLEANUP(CapacityCall *, capacity_call_free);

void bus_drop_capacity_calls(Manager *manager) {
        while (manager->capacity_calls)
                (void) capacity_call_free(manager->capacity_calls);
}

static int on_caller_left(sd_bus_track *track, void *userdata) {
        (void) track;

        (void) capacity_call_free(userdata);
        return 0;
}

/* Virtual machines that somebody else has started take vCPUs that nobody counts. */
static int explain_others(const CapacityCall *call, char **ret) {
        const VmCount *vms = &call->manager->vms;

        if (!call->usage.guests.known || !vms->known || vms->active <= call->usage.guests.count)
                return 0;

        return asprintf(ret,
                        "%u virtual machines run, and libvirt knows of %" PRIu64
                        ": the vCPUs of the others are not counted, and their memory as the host's.",
                        vms->active, call->usage.guests.count) < 0
                       ? -ENOMEM
                       : 0;
}

static int explain(const CapacityCall *call, char **ret) {
        _cleanup_free_ char *others = NULL;
        const char *parts[3];
        size_t n = 0;
        int r;

        r = explain_others(call, &others);
        if (r < 0)
                return r;

        if (call->guests_detail)
                parts[n++] = call->guests_detail;
        if (others)
                parts[n++] = others;
        if (call->storage_detail)
                parts[n++] = call->storage_detail;
        if (n == 0)
                return 0;

        return asprintf(ret, "%s%s%s%s%s", parts[0], n > 1 ? " " : "", n > 1 ? parts[1] : "",
                        n > 2 ? " " : "", n > 2 ? parts[2] : "") < 0
                       ? -ENOMEM
                       : 0;
}

static int answer(const CapacityCall *call) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *detail = NULL;
        CapacityKnown known = { .manager = call->manager, .request = &call->request, .usage = &call->usage };
        int r;

        r = explain(call, &detail);
        if (r < 0)
                return r;
        known.detail = detail;

        r = sd_bus_message_new_method_return(call->message, &reply);
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
                (void) sd_bus_reply_method_errno(call->message, r, NULL);
        (void) capacity_call_free(call);
}

/* Without memory for the sentence there is none. */
static char *detail_of(const Usage *usage, bool known) {
        if (known)
                return NULL;

        return strdup(usage->detail ? usage->detail : "virtready-libvirt does not tell why.");
}

static void take_answer(CapacityCall *call, const CapacityQuestion *question, const Usage *usage) {
        if (call->guests == question) {
                call->guests = NULL;
                call->usage.guests = usage->guests;
                call->guests_detail = detail_of(usage, usage->guests.known);
        }

        if (call->storage == question) {
                call->storage = NULL;
                call->usage.storage = usage->storage;
                call->usage.storage_path = usage->storage_path ? strdup(usage->storage_path) : NULL;
                call->storage_detail = detail_of(usage, usage->storage.known);
        }
}

static CapacityCall *find_complete(const Manager *manager) {
        for (CapacityCall *call = manager->capacity_calls; call; call = call->next)
                if (!call->guests && !call->storage)
                        return call;

        return NULL;
}

static void on_usage(const Usage *usage, void *userdata) {
        CapacityQuestion *question = userdata;
        Manager *manager = question->manager;
        CapacityCall *complete;

        if (usage->detail)
                log_debug("Asked for what is in use of %s: %s", question->text, usage->detail);
        for (CapacityCall *call = manager->capacity_calls; call; call = call->next)
                take_answer(call, question, usage);
        question_free(question);

        while ((complete = find_complete(manager)))
                answer_and_free(complete);
}

static CapacityQuestion *find_question(const Manager *manager, const CapacityQuestion *like) {
        for (CapacityQuestion *q = manager->capacity_questions; q; q = q->next)
                if (q->is_storage == like->is_storage && q->or_above == like->or_above &&
                    streq(q->text, like->text))
                        return q;

        return NULL;
}

static bool calls_of(const CapacityCall *call, const char *sender) {
        return streq(sd_bus_message_get_sender(call->message), sender);
}

/* How many questions are asked, and for calls of SENDER. */
static bool has_room_for_question(const Manager *manager, const char *sender) {
        unsigned n = 0, n_of_sender = 0;

        for (const CapacityQuestion *q = manager->capacity_questions; q; q = q->next) {
                n++;
                for (const CapacityCall *call = manager->capacity_calls; call; call = call->next)
                        if (calls_of(call, sender) && (call->guests == q || call->storage == q)) {
                                n_of_sender++;
                                break;
                        }
        }

        return n < QUESTIONS_MAX && n_of_sender < QUESTIONS_PER_CALLER_MAX;
}

static bool has_room_for_call(const Manager *manager, const char *sender) {
        unsigned n = 0, n_of_sender = 0;

        for (const CapacityCall *call = manager->capacity_calls; call; call = call->next) {
                n++;
                n_of_sender += calls_of(call, sender);
        }

        return n < CALLS_MAX && n_of_sender < CALLS_PER_CALLER_MAX;
}

static int too_many(sd_bus_error *error) {
        return sd_bus_error_set(
                error, BUS_ERROR_RATE_LIMITED,
                "Too many calls of EstimateCapacity wait for an answer already; try again later.");
}

static int start_question(Manager *manager, const CapacityQuestion *like, CapacityQuestion **ret) {
        CapacityQuestion *question = calloc(1, sizeof(CapacityQuestion));
        const UsageQuestion asked = {
                .uri = like->is_storage ? NULL : like->text,
                .storage = like->is_storage ? like->text : NULL,
                .or_above = like->or_above,
        };
        int r;

        if (!question)
                return -ENOMEM;

        *question = *like;
        question->manager = manager;
        question->text = strdup(like->text);
        question->next = manager->capacity_questions;
        manager->capacity_questions = question;

        r = question->text ? usage_query_new(manager->event, manager->libvirt_helper, &asked, on_usage,
                                             question, &question->query)
                           : -ENOMEM;
        if (r < 0) {
                question_free(question);
                return r;
        }

        *ret = question;
        return 0;
}

/* Asks what nobody has asked yet. A helper that cannot be started is a reason, too. */
static int ask(CapacityCall *call, const CapacityQuestion *like, CapacityQuestion **ret, char **ret_detail,
               sd_bus_error *error) {
        Manager *manager = call->manager;
        int r;

        *ret = find_question(manager, like);
        if (*ret)
                return 0;

        if (!has_room_for_question(manager, sd_bus_message_get_sender(call->message)))
                return too_many(error);

        r = start_question(manager, like, ret);
        if (r >= 0 || r == -ENOMEM)
                return r;

        *ret_detail = usage_explain(manager->libvirt_helper, r);
        return *ret_detail ? 0 : -ENOMEM;
}

static const char *reason_of_libvirt(const Verdict *verdict) {
        FOREACH_ARRAY(result, verdict->checks, verdict->n_checks)
                if (streq(result->check->id, CHECK_OF_LIBVIRT))
                        return result->finding.reason->id;

        return "unknown";
}

/* Only a libvirt that runs is asked: to connect to its socket would start it. It ends by itself only when no
 * guest runs (libvirt, docs/manpages/libvirtd.rst: --timeout), so one that sleeps has none. */
static int learn_guests(CapacityCall *call, sd_bus_error *error) {
        const Manager *manager = call->manager;
        const char *reason = reason_of_libvirt(manager->verdict);
        const CapacityQuestion like = { .text = (char *) (manager->libvirt_uri ? manager->libvirt_uri
                                                                               : URI_DEFAULT) };

        if (manager->libvirt_uri || startswith(reason, "running"))
                return ask(call, &like, &call->guests, &call->guests_detail, error);

        if (streq(reason, "dormant")) {
                call->usage.guests = (GuestUsage){ .known = true, .resident_known = true };
                return 0;
        }

        return asprintf(&call->guests_detail,
                        "Which guests run is not known, for libvirt's service does not run (%s: %s); what "
                        "memory is in use counts as the host's.",
                        CHECK_OF_LIBVIRT, reason) < 0
                       ? -ENOMEM
                       : 0;
}

static int learn_storage(CapacityCall *call, sd_bus_error *error) {
        const CapacityQuestion like = {
                .text = (char *) call->request.storage,
                .is_storage = true,
                .or_above = !call->request.storage_given,
        };

        return call->request.guest.disk > 0 ? ask(call, &like, &call->storage, &call->storage_detail, error)
                                            : 0;
}

/* The guests and the storage of a snapshot's machine are elsewhere. */
static int learn(CapacityCall *call, sd_bus_error *error) {
        int r;

        if (!call->manager->root->live) {
                call->guests_detail = strdup("Files of another machine do not tell which guests run there, "
                                             "nor how much space is left.");
                return call->guests_detail ? 0 : -ENOMEM;
        }

        r = learn_guests(call, error);
        return r < 0 ? r : learn_storage(call, error);
}

static int watch_caller(CapacityCall *call) {
        int r;

        r = sd_bus_track_new(call->manager->bus, &call->caller, on_caller_left, call);
        return r < 0 ? r : sd_bus_track_add_sender(call->caller, call->message);
}

int bus_estimate_capacity(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(capacity_call_freep) CapacityCall *call = NULL;
        const char *sender = sd_bus_message_get_sender(message);
        Manager *manager = userdata;
        CapacityRequest request;
        int r;

        if (!sender)
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "Only callers on a message bus are answered.");

        r = bus_capacity_read(message, manager->verdict, &request, error);
        if (r < 0)
                return r;
        if (!has_room_for_call(manager, sender))
                return too_many(error);

        call = calloc(1, sizeof(CapacityCall));
        if (!call)
                return -ENOMEM;

        *call = (CapacityCall){
                .manager = manager,
                .message = sd_bus_message_ref(message),
                .request = request,
                .next = manager->capacity_calls,
        };
        manager->capacity_calls = call;

        r = learn(call, error);
        if (r < 0)
                return r;

        if (!call->guests && !call->storage) {
                answer_and_free(TAKE_PTR(call));
                return 1;
        }

        r = watch_caller(call);
        if (r < 0)
                return r;

        TAKE_PTR(call);
        return 1;
}
