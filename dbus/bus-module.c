/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LoadModule and PersistModule: validate, hold against the allow-list, ask polkit, have it done, reply.
 * Nothing happens before polkit has said yes. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/log.h"
#include "../daemon/checks/module-refusal.h"
#include "../daemon/journal.h"
#include "../daemon/module-loader.h"
#include "bus-objects.h"
#include "names.h"

/* So many requests may be with the helper at a time: of one caller, and in all. Polkit has allowed them. */
#define CALLS_MAX 16U
#define CALLS_PER_CALLER_MAX 4U

#define LOG_OF_HELPER "journalctl -u 'virtready-modprobe@*'"

/* One call that waits for the helper. */
typedef struct ModuleCall {
        Manager *manager;
        sd_bus_message *message;
        ModprobeRequest request;
        Loader *loader;
        sd_bus_slot *user_question;      /* to the bus, for the log */
        char user[sizeof("4294967295")]; /* its answer, "" while there is none */
        struct ModuleCall *next;
} ModuleCall;

static ModuleCall *module_call_free(ModuleCall *call) {
        for (ModuleCall **p = &call->manager->module_calls; *p; p = &(*p)->next)
                if (*p == call) {
                        *p = call->next;
                        break;
                }

        loader_free(call->loader);
        sd_bus_slot_unref(call->user_question);
        sd_bus_message_unref(call->message);
        free(call);
        return NULL;
}
DEFINE_POINTER_CLEANUP(ModuleCall *, module_call_free);

void bus_drop_module_calls(Manager *manager) {
        while (manager->module_calls)
                (void) module_call_free(manager->module_calls);
}

static void log_call(const ModuleCall *call, const char *outcome) {
        const char *act = modprobe_act_to_string(call->request.act),
                   *caller = sd_bus_message_get_sender(call->message);
        const LogField fields[] = {
                { JOURNAL_FIELD_MESSAGE_ID, JOURNAL_ID_MODULE_REQUEST },
                { JOURNAL_FIELD_MODULE, call->request.module },
                { JOURNAL_FIELD_ACT, act },
                { JOURNAL_FIELD_OUTCOME, outcome },
                { JOURNAL_FIELD_CALLER, caller },
                { JOURNAL_FIELD_CALLER_UID, call->user },
        };

        log_struct(LOG_NOTICE, fields, "Asked to %s the kernel module %s by %s, user %s: %s", act,
                   call->request.module, caller, isempty(call->user) ? "unknown" : call->user, outcome);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        ModuleCall *call = userdata;
        uint32_t uid;

        (void) error;

        if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &uid) >= 0)
                (void) snprintf(call->user, sizeof(call->user), "%" PRIu32, uid);

        return 0;
}

/* Nothing waits for the answer, which comes long before that of the helper. */
static void ask_for_user(ModuleCall *call) {
        int r;

        r = sd_bus_call_method_async(call->manager->bus, &call->user_question, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", on_user, call, "s",
                                     sd_bus_message_get_sender(call->message));
        if (r < 0)
                (void) log_debug_errno(r, "Failed to ask the bus who wants a module, ignoring: %m");
}

static int explain_silence(const ModuleCall *call, int error) {
        if (error == -ETIMEDOUT)
                return sd_bus_reply_method_errorf(
                        call->message, BUS_ERROR_LOADER_UNAVAILABLE,
                        "virtready-modprobe has not answered for %llu seconds; it may "
                        "still be busy with %s. See " LOG_OF_HELPER,
                        LOADER_TIMEOUT_USEC / USEC_PER_SEC, call->request.module);

        return sd_bus_reply_method_errorf(
                call->message, BUS_ERROR_LOADER_UNAVAILABLE,
                "virtready-modprobe gave no answer that makes sense. See " LOG_OF_HELPER);
}

static int explain_refusal(const ModuleCall *call, const ModprobeAnswer *answer) {
        const char *name = answer->outcome == MODPROBE_NOT_FOUND ? BUS_ERROR_MODULE_NOT_FOUND
                                                                 : BUS_ERROR_MODULE_REFUSED;
        _cleanup_free_ char *text = NULL;
        int r;

        r = module_refusal_explain(&call->manager->facts, call->request.module, answer, &text);
        if (r < 0)
                return r;

        return sd_bus_reply_method_errorf(call->message, name, "%s", text);
}

static int explain_unwritten(const ModuleCall *call, int error) {
        _cleanup_(sd_bus_error_free) sd_bus_error explained = SD_BUS_ERROR_NULL;

        (void) sd_bus_error_set_errnof(&explained, error,
                                       "Failed to write below /etc/modules-load.d: %m. See " LOG_OF_HELPER);
        return sd_bus_reply_method_error(call->message, &explained);
}

/* A module that was refused may have brought others along. */
static int reply_after_pass(const ModuleCall *call) {
        int r;

        r = manager_answer_after_pass(call->manager, call->message, SOURCE_MASK_ALL);
        if (r == -EBUSY)
                bus_answer(call->message);

        return 0;
}

static int reply(const ModuleCall *call, const ModprobeAnswer *answer) {
        bool is_load = call->request.act == MODPROBE_LOAD;

        switch (answer->outcome) {
        case MODPROBE_DONE:
                if (is_load)
                        return reply_after_pass(call);
                return sd_bus_reply_method_return(call->message, NULL);
        case MODPROBE_NOT_FOUND:
        case MODPROBE_OVERRIDDEN:
        case MODPROBE_REFUSED:
                return explain_refusal(call, answer);
        case MODPROBE_FAILED:
                return is_load ? explain_refusal(call, answer) : explain_unwritten(call, answer->error);
        default:
                return sd_bus_reply_method_errorf(
                        call->message, BUS_ERROR_LOADER_UNAVAILABLE,
                        "virtready-modprobe does not understand this virtreadyd: they are "
                        "of different versions. Restart virtreadyd.");
        }
}

static void on_answer(int result, const ModprobeAnswer *answer, void *userdata) {
        _cleanup_(module_call_freep) ModuleCall *call = userdata;
        int r;

        log_call(call, result < 0 ? "no answer" : modprobe_outcome_to_string(answer->outcome));
        if (call->request.act == MODPROBE_LOAD)
                manager_mark_dirty(call->manager, SOURCE_MASK_ALL);

        r = result < 0 ? explain_silence(call, result) : reply(call, answer);
        if (r < 0)
                (void) sd_bus_reply_method_errno(call->message, r, NULL);
}

static bool has_room(const Manager *manager, const char *sender) {
        unsigned n = 0, n_of_sender = 0;

        for (const ModuleCall *call = manager->module_calls; call; call = call->next) {
                n++;
                n_of_sender += streq(sd_bus_message_get_sender(call->message), sender);
        }

        return n < CALLS_MAX && n_of_sender < CALLS_PER_CALLER_MAX;
}

static int explain_unreachable(const Manager *manager, int error, sd_bus_error *ret) {
        switch (error) {
        case -ENOENT:
        case -ECONNREFUSED:
                return sd_bus_error_setf(ret, BUS_ERROR_LOADER_UNAVAILABLE,
                                         "Nothing loads modules here: nobody listens at %s. Start it with: "
                                         "systemctl start virtready-modprobe.socket",
                                         manager->modprobe_socket);
        case -EAGAIN:
                return sd_bus_error_set(
                        ret, BUS_ERROR_RATE_LIMITED,
                        "virtready-modprobe has too many requests already; try again later.");
        default:
                return sd_bus_error_setf(ret, BUS_ERROR_LOADER_UNAVAILABLE,
                                         "virtready-modprobe cannot be reached at %s: %s",
                                         manager->modprobe_socket, strerrordesc_np(-error));
        }
}

static int hand_over(Manager *manager, sd_bus_message *message, const ModprobeRequest *request,
                     sd_bus_error *error) {
        _cleanup_(module_call_freep) ModuleCall *call = NULL;
        int r;

        if (!has_room(manager, sd_bus_message_get_sender(message)))
                return sd_bus_error_set(
                        error, BUS_ERROR_RATE_LIMITED,
                        "Too many requests wait for virtready-modprobe already; try again later.");

        call = calloc(1, sizeof(ModuleCall));
        if (!call)
                return -ENOMEM;

        *call = (ModuleCall){
                .manager = manager,
                .message = sd_bus_message_ref(message),
                .request = *request,
                .next = manager->module_calls,
        };
        manager->module_calls = call;

        r = loader_new(manager->event, manager->modprobe_socket, request, LOADER_TIMEOUT_USEC, on_answer,
                       call, &call->loader);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                log_call(call, "not reached");
                return explain_unreachable(manager, r, error);
        }

        ask_for_user(call);
        TAKE_PTR(call);
        return 1;
}

/* Yields the kernel's name of a module that may be loaded. */
static int choose_module(const Manager *manager, const char *name, const char **ret, sd_bus_error *error) {
        const char *module;

        if (!manager->root->live)
                return sd_bus_error_set(
                        error, SD_BUS_ERROR_NOT_SUPPORTED,
                        "This virtreadyd shows the files of another machine, and changes none.");
        if (!modprobe_name_is_valid(name))
                return sd_bus_error_setf(
                        error, SD_BUS_ERROR_INVALID_ARGS,
                        "This is no name of a kernel module: it takes up to %u letters, digits, "
                        "underscores and dashes.",
                        MODPROBE_NAME_MAX);

        module = modprobe_allowed(name);
        if (!module)
                return sd_bus_error_setf(
                        error, BUS_ERROR_MODULE_NOT_ALLOWED,
                        "%s is not among the modules that virtready loads; see virtreadyd(8).", name);

        *ret = module;
        return 0;
}

/* Runs a second time when polkit has answered. */
int bus_load_module(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        const char *name, *module = NULL;
        int r;

        r = sd_bus_message_read(message, "s", &name);
        if (r < 0)
                return r;

        r = choose_module(manager, name, &module, error);
        if (r < 0)
                return r;

        r = polkit_check(manager->polkit, message, POLKIT_ACTION_LOAD_MODULE,
                         (const char *const[]){ "module", module, NULL }, error);
        if (r <= 0)
                return r < 0 ? r : 1;

        return hand_over(manager, message, &(ModprobeRequest){ .act = MODPROBE_LOAD, .module = module },
                         error);
}

int bus_persist_module(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        const char *name, *module = NULL;
        int persistent, r;

        r = sd_bus_message_read(message, "sb", &name, &persistent);
        if (r < 0)
                return r;

        r = choose_module(manager, name, &module, error);
        if (r < 0)
                return r;

        r = polkit_check(
                manager->polkit, message, POLKIT_ACTION_PERSIST_MODULE,
                (const char *const[]){ "module", module, "persistent", persistent ? "true" : "false", NULL },
                error);
        if (r <= 0)
                return r < 0 ? r : 1;

        return hand_over(manager, message,
                         &(ModprobeRequest){ .act = persistent ? MODPROBE_PERSIST : MODPROBE_FORGET,
                                             .module = module },
                         error);
}
