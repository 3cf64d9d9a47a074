/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the calls that wait in one list, and watches with one match who leaves the bus. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "bus-waiting.h"
#include "names.h"

bool waiting_call_is_of(const WaitingCall *call, const char *sender) {
        const char *name = sd_bus_message_get_sender(call->message);

        return name && sender && streq(name, sender);
}

void *waiting_call_find(WaitingCall *call, const WaitingKind *kind) {
        while (call && call->kind != kind)
                call = call->next;

        return call;
}

int waiting_check_room(const Manager *manager, const WaitingKind *kind, sd_bus_message *message,
                       sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(message);
        unsigned n = 0, n_of_sender = 0;

        for (const WaitingCall *call = manager->waiting_calls; call; call = call->next) {
                n += call->kind == kind;
                n_of_sender += call->kind == kind && waiting_call_is_of(call, sender);
        }

        return n < kind->max && n_of_sender < kind->per_caller_max
                       ? 0
                       : sd_bus_error_set(error, BUS_ERROR_RATE_LIMITED, kind->too_many);
}

void *waiting_call_new(Manager *manager, const WaitingKind *kind, sd_bus_message *message) {
        WaitingCall *call = calloc(1, kind->size);

        if (!call)
                return NULL;

        *call = (WaitingCall){
                .kind = kind,
                .manager = manager,
                .message = sd_bus_message_ref(message),
                .next = manager->waiting_calls,
        };
        return manager->waiting_calls = call;
}

WaitingCall *waiting_call_free(WaitingCall *call) {
        Manager *manager = call->manager;

        for (WaitingCall **p = &manager->waiting_calls; *p; p = &(*p)->next)
                if (*p == call) {
                        *p = call->next;
                        break;
                }

        if (!manager->waiting_calls)
                manager->callers_watch = sd_bus_slot_unref(manager->callers_watch);
        if (call->kind->done)
                call->kind->done(call);
        sd_bus_message_unref(call->message);
        free(call);
        return NULL;
}

void waiting_drop_calls(Manager *manager) {
        while (manager->waiting_calls) {
                WaitingCall *call = manager->waiting_calls;

                if (call->kind->dropped)
                        call->kind->dropped(call);
                (void) waiting_call_free(call);
        }
}

static bool is_of_any(const WaitingCall *call, char *const *names) {
        for (; names && *names; names++)
                if (waiting_call_is_of(call, *names))
                        return true;

        return false;
}

/* Whoever is not on the bus while a call of his waits has left it. */
static int on_names(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        char **names = NULL;
        WaitingCall *next;

        (void) error;

        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read_strv(reply, &names) < 0)
                return 0;

        for (WaitingCall *call = manager->waiting_calls; call; call = next) {
                next = call->next;
                if (call->ends_with_caller && !is_of_any(call, names))
                        (void) waiting_call_free(call);
        }

        for (char **name = names; name && *name; name++)
                free(*name);
        free(names);
        return 0;
}

/* Anybody can send a signal to us alone, and sd-bus takes any connection for one that a match knows by
 * another name. But only the bus has its own. */
static bool is_from_bus(sd_bus_message *signal) {
        const char *sender = sd_bus_message_get_sender(signal);

        return sender && streq(sender, "org.freedesktop.DBus");
}

static int on_name_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        const char *name, *owner;
        WaitingCall *next;

        (void) error;

        if (!is_from_bus(signal) || sd_bus_message_read(signal, "sss", &name, NULL, &owner) < 0 ||
            !isempty(owner))
                return 0;

        for (WaitingCall *call = manager->waiting_calls; call; call = next) {
                next = call->next;
                if (call->ends_with_caller && waiting_call_is_of(call, name))
                        (void) waiting_call_free(call);
        }

        return 0;
}

/* Without a handler of our own, sd-bus would end the connection when the bus refuses. */
static int on_watched(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const sd_bus_error *failure = sd_bus_message_get_error(reply);

        (void) userdata, (void) error;

        if (failure)
                (void) log_debug_errno(sd_bus_error_get_errno(failure),
                                       "Failed to watch who leaves the bus, ignoring: %m");
        return 0;
}

/* All callers with one match, for the bus has a limit of these, while somebody waits. The bus handles our
 * messages in order: who is not in the list has left before, and of who leaves later the match tells.
 * sd_bus_track(3) is not for this: it believes everybody, and waits for the bus's answer. */
static int watch_callers(Manager *manager) {
        int r;

        if (manager->callers_watch)
                return 0;

        r = sd_bus_add_match_async(
                manager->bus, &manager->callers_watch,
                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''",
                on_name_owner_changed, on_watched, manager);
        if (r < 0)
                return r;

        r = sd_bus_call_method_async(manager->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "ListNames", on_names, manager, NULL);
        if (r < 0)
                (void) log_debug_errno(r, "Failed to ask who is on the bus, ignoring: %m");

        return 0;
}

int waiting_call_end_with_caller(WaitingCall *call) {
        call->ends_with_caller = true;
        return watch_callers(call->manager);
}
