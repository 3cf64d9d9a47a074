/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* It subscribes before it asks, and the answer is in order with the signals: those that come before it are
 * in it. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "../dbus/bus-open.h"
#include "../dbus/names.h"
#include "bus-json.h"
#include "follow.h"
#include "matches.h"
#include "service.h"

/* How often the message bus is looked for after it has gone, and a daemon asked that gave no answer. */
#define RETRY_INTERVAL_USEC USEC_PER_SEC

void follower_done(Follower *follower) {
        sd_bus_slot_unref(follower->summary_slot);
        sd_bus_slot_unref(follower->describe_slot);
        sd_event_source_disable_unref(follower->retry_source);
        sd_event_source_disable_unref(follower->end_source);
        if (follower->bus)
                (void) sd_bus_detach_event(follower->bus);
        sd_bus_unref(follower->bus);
        sd_event_unref(follower->event);
        json_object_put(follower->document);
        free(follower->owner);
        *follower = (Follower){};
}

int follower_end(Follower *follower, int status) {
        return sd_event_exit(follower->event, status);
}

/* Ends the command when R is an error. Always returns 0: sd-bus has nothing to do with it. */
static int quit_on_error(Follower *follower, int r) {
        if (r < 0)
                (void) follower_end(follower, r);

        return 0;
}

static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata);

static int retry_later(Follower *follower) {
        follower->retry_source = sd_event_source_disable_unref(follower->retry_source);
        return sd_event_add_time_relative(follower->event, &follower->retry_source, CLOCK_MONOTONIC,
                                          RETRY_INTERVAL_USEC, 0, on_retry_due, follower);
}

/* Whatever kept the daemon from answering, nothing announces that it would now. */
static int take_refusal(Follower *follower, const sd_bus_error *error) {
        int r;

        r = follower->handlers->on_refusal(follower->userdata, error);
        if (r < 0 || !sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                return r;

        return retry_later(follower);
}

static int take_document(Follower *follower, sd_bus_message *reply) {
        _cleanup_(json_object_putp) Json *fresh = NULL, *old = NULL;
        bool was_away = follower->document && !follower->owner;
        const char *sender = sd_bus_message_get_sender(reply);
        char *owner;
        int r;

        r = service_read_document(reply, &fresh);
        if (r < 0)
                return take_refusal(follower, &SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_INCONSISTENT_MESSAGE,
                                                                       strerrordesc_np(-r)));

        owner = strdup(sender ? sender : "");
        if (!owner)
                return -ENOMEM;
        free(follower->owner);
        follower->owner = owner;

        old = follower->document;
        follower->document = TAKE_PTR(fresh);
        return follower->handlers->on_document(follower->userdata, old, was_away);
}

static int on_described(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;

        (void) ret_error;
        follower->describe_slot = sd_bus_slot_unref(follower->describe_slot);

        return quit_on_error(follower, sd_bus_message_is_method_error(reply, NULL)
                                               ? take_refusal(follower, sd_bus_message_get_error(reply))
                                               : take_document(follower, reply));
}

/* The number is worth something once the daemon says that it is known. */
static int on_summary(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        _cleanup_(json_object_putp) Json *summary = NULL;
        Follower *follower = userdata;

        (void) ret_error;
        follower->summary_slot = sd_bus_slot_unref(follower->summary_slot);

        if (sd_bus_message_is_method_error(reply, NULL) || bus_json_read(reply, &summary) < 0 ||
            !doc_lists(doc_get(summary, "Features"), "active-vms"))
                return 0;

        return quit_on_error(follower, follower->handlers->on_active_vms(follower->userdata,
                                                                         doc_number(summary, "ActiveVMs")));
}

/* Asks for everything; the daemon answers in the order of the calls. */
static int ask(Follower *follower) {
        int r;

        follower->devices_changed = false;
        follower->summary_slot = sd_bus_slot_unref(follower->summary_slot);
        follower->describe_slot = sd_bus_slot_unref(follower->describe_slot);

        if (follower->handlers->on_active_vms) {
                r = sd_bus_call_method_async(follower->bus, &follower->summary_slot, BUS_NAME,
                                             BUS_PATH_MANAGER, "org.freedesktop.DBus.Properties", "GetAll",
                                             on_summary, follower, "s", BUS_INTERFACE_MANAGER);
                if (r < 0)
                        return r;
        }

        r = sd_bus_call_method_async(follower->bus, &follower->describe_slot, BUS_NAME, BUS_PATH_MANAGER,
                                     BUS_INTERFACE_MANAGER, "Describe", on_described, follower, "");
        return r < 0 ? r : 0;
}

static int take_change(Follower *follower, const Change *change) {
        const FollowHandlers *handlers = follower->handlers;

        switch (change->kind) {
        case CHANGE_CHECK:
        case CHANGE_PROFILE:
                return handlers->on_change(follower->userdata, change);
        case CHANGE_DEVICE:
                follower->devices_changed = true;
                return 0;
        case CHANGE_HYPERVISOR:
                /* There are one or two, and each change is an answer of its libvirt. No pass ends it. */
                return ask(follower);
        case CHANGE_ACTIVE_VMS:
                return handlers->on_active_vms ? handlers->on_active_vms(follower->userdata, change->count)
                                               : 0;
        default:
                return 0;
        }
}

static bool is_from_owner(const Follower *follower, sd_bus_message *signal) {
        const char *sender = sd_bus_message_get_sender(signal);

        return follower->owner && sender && streq(sender, follower->owner);
}

static int on_properties_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        _cleanup_(change_done) Change change = {};
        Follower *follower = userdata;
        bool incomplete;
        int r;

        (void) ret_error;
        if (!is_from_owner(follower, signal))
                return 0;

        r = change_apply(follower->document, signal, &change);
        if (r == -ENOMEM)
                return quit_on_error(follower, r);

        /* What a signal did not tell is asked for. */
        incomplete = r < 0 || change.invalidated;
        r = r < 0 ? 0 : take_change(follower, &change);
        if (r >= 0 && incomplete)
                r = ask(follower);

        return quit_on_error(follower, r);
}

static int on_objects_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;
        const char *path;

        (void) ret_error;
        if (!is_from_owner(follower, signal))
                return 0;

        /* No pass says that a hypervisor has come or gone. */
        if (sd_bus_message_read(signal, "o", &path) >= 0 && startswith(path, BUS_PATH_HYPERVISOR "/"))
                return quit_on_error(follower, ask(follower));

        follower->devices_changed = true;
        return 0;
}

/* There may be thousands of devices: what has changed of them in one pass is asked for at once. */
static int on_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;

        (void) ret_error;
        if (!follower->devices_changed || !is_from_owner(follower, signal))
                return 0;

        return quit_on_error(follower, ask(follower));
}

static int on_access_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;

        (void) ret_error;
        if (!follower->handlers->on_access_changed || !is_from_owner(follower, signal))
                return 0;

        return quit_on_error(follower, follower->handlers->on_access_changed(follower->userdata));
}

static int leave(Follower *follower) {
        if (!follower->owner)
                return 0;

        free(follower->owner);
        follower->owner = NULL;
        return follower->handlers->on_left ? follower->handlers->on_left(follower->userdata) : 0;
}

static int on_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;
        const char *owner;
        int r;

        (void) ret_error;
        /* Until the first answer is there, that tells all. */
        if (!follower->document && follower->describe_slot)
                return 0;
        if (sd_bus_message_read(signal, "sss", NULL, NULL, &owner) < 0)
                return 0;

        r = leave(follower);
        if (r >= 0 && !isempty(owner))
                r = ask(follower);

        return quit_on_error(follower, r);
}

static int lose_bus(Follower *follower, int error) {
        int r;

        r = follower->handlers->on_bus_lost(follower->userdata, error);
        if (r >= 0)
                r = leave(follower);

        return r < 0 ? r : retry_later(follower);
}

static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Follower *follower = userdata;

        (void) signal, (void) ret_error;
        return quit_on_error(follower, lose_bus(follower, -ECONNRESET));
}

static int subscribe(Follower *follower) {
        static const struct {
                const char *match;
                sd_bus_message_handler_t handler;
        } subscriptions[] = {
                { MATCH_PROPERTIES, on_properties_changed },
                { MATCH_OBJECTS, on_objects_changed },
                { MATCH_CHANGED, on_changed },
                { MATCH_ACCESS, on_access_changed },
                { MATCH_OWNER, on_owner_changed },
                { MATCH_DISCONNECTED, on_disconnected },
        };

        FOREACH_ELEMENT(s, subscriptions) {
                int r;

                r = sd_bus_add_match_async(follower->bus, NULL, s->match, s->handler, NULL, follower);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int listen_on_bus(Follower *follower) {
        int r;

        r = sd_bus_attach_event(follower->bus, follower->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;

        r = subscribe(follower);
        return r < 0 ? r : ask(follower);
}

static void drop_bus(Follower *follower) {
        follower->summary_slot = sd_bus_slot_unref(follower->summary_slot);
        follower->describe_slot = sd_bus_slot_unref(follower->describe_slot);
        follower->bus = sd_bus_close_unref(follower->bus);
}

/* Nothing here waits for the bus: one that does not answer is left alone until it ends, or we do. */
static int look_for_bus(Follower *follower) {
        int r;

        drop_bus(follower);
        r = bus_open(follower->address, "virtreadyctl", &follower->bus);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(follower->bus, SERVICE_TIMEOUT_USEC);
        if (r >= 0)
                r = listen_on_bus(follower);
        if (r < 0) {
                drop_bus(follower);
                return lose_bus(follower, r);
        }

        return 0;
}

static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata) {
        Follower *follower = userdata;

        (void) source, (void) usec;
        follower->retry_source = sd_event_source_disable_unref(follower->retry_source);

        if (!follower->bus || sd_bus_is_open(follower->bus) <= 0)
                return quit_on_error(follower, look_for_bus(follower));

        /* It may have been asked meanwhile, for it has come back. */
        return follower->describe_slot ? 0 : quit_on_error(follower, ask(follower));
}

/* sd-bus would wait here until the bus has taken everything, and one that does not answer takes nothing. */
static int on_end(sd_event_source *source, void *userdata) {
        Follower *follower = userdata;

        (void) source;

        return follower->bus ? sd_bus_detach_event(follower->bus) : 0;
}

int follower_start(Follower *follower, sd_bus *bus) {
        int r;

        r = sd_event_new(&follower->event);
        if (r < 0)
                return r;

        r = sd_event_add_exit(follower->event, &follower->end_source, on_end, follower);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(follower->end_source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return r;

        if (!bus)
                return look_for_bus(follower);

        follower->bus = sd_bus_ref(bus);
        return listen_on_bus(follower);
}

int follower_run(Follower *follower) {
        return sd_event_loop(follower->event);
}
