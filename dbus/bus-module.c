/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LoadModule and PersistModule: validate, hold against the allow-list, ask polkit, have it done, reply.
 * Nothing happens before polkit has said yes. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/log.h"
#include "../daemon/journal.h"
#include "../daemon/module-loader.h"
#include "bus-module-errors.h"
#include "bus-objects.h"
#include "bus-waiting.h"
#include "names.h"

/* One call that waits for the helper. */
typedef struct ModuleCall {
        WaitingCall waiting;
        ModprobeRequest request;
        Loader *loader;
        sd_bus_slot *user_question;      /* to the bus, for the log */
        char user[sizeof("4294967295")]; /* its answer, "" while there is none */
} ModuleCall;

/* ERROR is a positive errno, or 0. */
static void log_call(const ModuleCall *call, const char *outcome, int error) {
        const char *act = modprobe_act_to_string(call->request.act),
                   *caller = sd_bus_message_get_sender(call->waiting.message),
                   *name = strerrorname_np(error);
        char number[sizeof("-2147483648")];
        const LogField fields[] = {
                { JOURNAL_FIELD_MESSAGE_ID, JOURNAL_ID_MODULE_REQUEST },
                { JOURNAL_FIELD_MODULE, call->request.module },
                { JOURNAL_FIELD_ACT, act },
                { JOURNAL_FIELD_OUTCOME, outcome },
                { JOURNAL_FIELD_ERRNO, number },
                { JOURNAL_FIELD_CALLER, caller },
                { JOURNAL_FIELD_CALLER_UID, call->user },
        };

        (void) snprintf(number, sizeof(number), "%i", error);
        log_struct(LOG_NOTICE, fields, "Asked to %s the kernel module %s by %s, user %s: %s%s%s", act,
                   call->request.module, caller, isempty(call->user) ? "unknown" : call->user, outcome,
                   error != 0 ? ": " : "", error != 0 ? (name ? name : number) : "");
}

/* What polkit has allowed is on record, however it ends. */
static void module_call_dropped(WaitingCall *call) {
        log_call((ModuleCall *) call, "not waited for", 0);
}

static void module_call_done(WaitingCall *waiting) {
        ModuleCall *call = (ModuleCall *) waiting;

        loader_free(call->loader);
        sd_bus_slot_unref(call->user_question);
}

/* Polkit has allowed them, so they are done also when the caller has left. */
static const WaitingKind module_calls = {
        .size = sizeof(ModuleCall),
        .max = 16,
        .per_caller_max = 4,
        .too_many = "Too many requests wait for virtready-modprobe already; try again later.",
        .dropped = module_call_dropped,
        .done = module_call_done,
};

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

        r = sd_bus_call_method_async(call->waiting.manager->bus, &call->user_question,
                                     "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", on_user, call, "s",
                                     sd_bus_message_get_sender(call->waiting.message));
        if (r < 0)
                (void) log_debug_errno(r, "Failed to ask the bus who wants a module, ignoring: %m");
}

static int answer(const ModuleCall *call, int result, const ModprobeAnswer *answered) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        bool is_load = call->request.act == MODPROBE_LOAD;
        int r;

        if (result >= 0 && answered->outcome == MODPROBE_DONE && is_load) {
                manager_answer_after_pass(call->waiting.manager, call->waiting.message);
                return 0;
        }

        if (result >= 0 && answered->outcome == MODPROBE_DONE)
                return sd_bus_reply_method_return(call->waiting.message, NULL);

        /* Modules that a refused one depends on may have been loaded. */
        if (is_load)
                manager_mark_dirty(call->waiting.manager, SOURCE_MASK_ALL);

        r = result < 0
                    ? module_error_silent(&call->request, result, &error)
                    : module_error_answered(&call->waiting.manager->facts, &call->request, answered, &error);
        return sd_bus_error_is_set(&error) ? sd_bus_reply_method_error(call->waiting.message, &error) : r;
}

static void on_answer(int result, const ModprobeAnswer *answered, void *userdata) {
        _cleanup_(waiting_call_freep) ModuleCall *call = userdata;
        int r;

        log_call(call, result < 0 ? "no answer" : modprobe_outcome_to_string(answered->outcome),
                 result < 0 ? -result : answered->error);

        r = answer(call, result, answered);
        if (r < 0)
                (void) sd_bus_reply_method_errno(call->waiting.message, r, NULL);
}

static int hand_over(Manager *manager, sd_bus_message *message, const ModprobeRequest *request,
                     sd_bus_error *error) {
        _cleanup_(waiting_call_freep) ModuleCall *call = NULL;
        int room, r;

        room = waiting_check_room(manager, &module_calls, message, error);
        call = waiting_call_new(manager, &module_calls, message);
        if (!call)
                return -ENOMEM;

        call->request = *request;
        if (room < 0) {
                log_call(call, "too many", 0);
                return room;
        }

        ask_for_user(call);
        r = loader_new(manager->event, manager->modprobe_socket, request, LOADER_TIMEOUT_USEC, on_answer,
                       call, &call->loader);
        if (r < 0) {
                log_call(call, "not reached", -r);
                return r == -ENOMEM ? r : module_error_unreachable(manager->modprobe_socket, r, error);
        }

        TAKE_PTR(call);
        return 1;
}

/* What is decided without asking anybody. Yields the kernel's name of a module that may be loaded. */
static int choose_module(const Manager *manager, sd_bus_message *message, const char *name, const char **ret,
                         sd_bus_error *error) {
        const char *module;
        int r;

        if (!modprobe_name_is_valid(name))
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                                         "This is no name of a kernel module: it takes up to %u letters, "
                                         "digits, underscores and dashes.",
                                         MODPROBE_NAME_MAX);

        module = modprobe_allowed(name);
        if (!module)
                return module_error_not_allowed(name, error);
        if (!manager->root->live)
                return sd_bus_error_set(
                        error, SD_BUS_ERROR_NOT_SUPPORTED,
                        "This virtreadyd shows the files of another machine, and changes none.");

        /* Nobody should type a password for nothing. */
        r = polkit_is_asked(manager->polkit, message)
                    ? 0
                    : waiting_check_room(manager, &module_calls, message, error);
        if (r < 0)
                return r;

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

        r = choose_module(manager, message, name, &module, error);
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

        r = choose_module(manager, message, name, &module, error);
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
