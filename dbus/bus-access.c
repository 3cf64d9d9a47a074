/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CheckAccess: asks the bus who calls, and says what that process may do with each device. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "../daemon/checks/access.h"
#include "bus-append.h"
#include "bus-objects.h"
#include "bus-waiting.h"
#include "names.h"

/* One call that waits for the bus. */
typedef struct AccessCall {
        WaitingCall waiting;
        sd_bus_slot *slot; /* of the question */
} AccessCall;

static void access_call_done(WaitingCall *call) {
        sd_bus_slot_unref(((AccessCall *) call)->slot);
}

/* The bus answers at once, so only who calls without waiting gets to the limits. It also tells of those who
 * have left. */
static const WaitingKind access_calls = {
        .size = sizeof(AccessCall),
        .max = 256,
        .per_caller_max = 16,
        .too_many = "Too many calls of CheckAccess wait for an answer already; try again later.",
        .done = access_call_done,
};

/* Reads the entry of one credential, whose key has been read; the groups stay in the message. */
static int read_credential(sd_bus_message *reply, const char *key, AccessCaller *caller) {
        const void *groups;
        size_t size;
        uint32_t uid;
        int r;

        if (streq(key, "UnixUserID")) {
                r = sd_bus_message_read(reply, "v", "u", &uid);
                if (r < 0)
                        return r;

                caller->uid = uid;
                caller->has_uid = true;
                return 0;
        }

        if (!streq(key, "UnixGroupIDs"))
                return sd_bus_message_skip(reply, "v");

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_VARIANT, "au");
        if (r < 0)
                return r;

        r = sd_bus_message_read_array(reply, 'u', &groups, &size);
        if (r < 0)
                return r;

        caller->groups = groups;
        caller->n_groups = size / sizeof(gid_t);
        caller->has_groups = true;
        return sd_bus_message_exit_container(reply);
}

static int read_credentials(sd_bus_message *reply, AccessCaller *ret) {
        AccessCaller caller = {};
        const char *key;
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = sd_bus_message_read(reply, "s", &key);
                if (r < 0)
                        return r;

                r = read_credential(reply, key, &caller);
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(reply);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        *ret = caller;
        return 0;
}

static int append_entry(sd_bus_message *reply, const char *key, const char *signature,
                        int (*append)(sd_bus_message *reply, const CheckResult *result),
                        const CheckResult *result) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "s", key);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_VARIANT, signature);
        if (r < 0)
                return r;

        r = append(reply, result);
        if (r < 0)
                return r;

        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(reply);
}

static int append_detail(sd_bus_message *reply, const CheckResult *result) {
        return bus_append_template(reply, &result->finding, result->finding.reason->detail);
}

static int append_arguments(sd_bus_message *reply, const CheckResult *result) {
        return bus_append_arguments(reply, &result->finding);
}

static int append_result(sd_bus_message *reply, DeviceId id, const CheckResult *result) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "device", "s", device_path(id), "allowed", "b",
                                  (int) (result->state == CHECK_PASS), "reason", "s",
                                  result->finding.reason->id);
        if (r < 0)
                return r;

        r = append_entry(reply, "detail", "s", append_detail, result);
        if (r < 0)
                return r;

        r = append_entry(reply, "arguments", "a{sv}", append_arguments, result);
        if (r < 0)
                return r;

        r = append_entry(reply, "remedies", "aa{sv}", bus_append_remedies, result);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(reply);
}

static int append_devices(sd_bus_message *reply, const Facts *facts, const AccessCaller *caller) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "a{sv}");
        if (r < 0)
                return r;

        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                CheckResult result;

                r = access_judge(facts, id, caller, &result);
                if (r < 0)
                        return r;

                r = append_result(reply, id, &result);
                finding_done(&result.finding);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

static int answer(const AccessCall *call, AccessCaller caller) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(account_done) Account account = {};
        int r;

        if (caller.has_uid) {
                r = current_account_read(&account, call->waiting.manager->root, caller.uid);
                if (r < 0)
                        return r;
        }
        caller.account = &account;

        r = sd_bus_message_new_method_return(call->waiting.message, &reply);
        if (r < 0)
                return r;

        r = append_devices(reply, &call->waiting.manager->facts, &caller);
        if (r < 0)
                return r;

        return sd_bus_send(NULL, reply, NULL);
}

/* The bus's word is taken for the user and the groups, and /proc/PID/status is not read. The kernel gave
 * both to the bus when the process connected (SO_PEERCRED and SO_PEERGROUPS, socket(7)), so they are right
 * for the connection that the call came over. The process number proves less: the process may have ended,
 * another have got its number, and a child of it speak on the connection; and the unit's
 * ProtectProc=invisible hides other users' processes from the daemon. So a process that changes its groups
 * has to connect anew to be asked about, and one that speaks for another is judged as the one that
 * connected. Where the bus does not tell, nothing is known. */
static int on_credentials(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        _cleanup_(waiting_call_freep) AccessCall *call = userdata;
        AccessCaller caller = {};
        int r;

        (void) error;

        /* Who has left the bus waits for no answer, and without a bus nobody does. */
        if (sd_bus_is_open(call->waiting.manager->bus) <= 0 ||
            sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return 0;

        r = sd_bus_message_is_method_error(reply, NULL) ? -sd_bus_message_get_errno(reply)
                                                        : read_credentials(reply, &caller);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to learn from the bus who asks, ignoring: %m");

        r = answer(call, caller);
        if (r < 0)
                (void) sd_bus_reply_method_errno(call->waiting.message, r, NULL);

        return 0;
}

int bus_check_access(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(waiting_call_freep) AccessCall *call = NULL;
        const char *sender = sd_bus_message_get_sender(message);
        Manager *manager = userdata;
        int r;

        if (!sender)
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "Only a message bus can tell who asks.");

        r = waiting_check_room(manager, &access_calls, message, error);
        if (r < 0)
                return r;

        call = waiting_call_new(manager, &access_calls, message);
        if (!call)
                return -ENOMEM;

        r = sd_bus_call_method_async(manager->bus, &call->slot, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionCredentials", on_credentials, call, "s", sender);
        if (r < 0)
                return r;

        TAKE_PTR(call);
        return 1;
}
