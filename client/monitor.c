/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl monitor: keeps a document true by the signals of the daemon, and prints each change of it.
 *
 * It subscribes before it asks, and the answer is in order with the signals: those that come before it are
 * in it. */

#include <errno.h>
#include <systemd/sd-event.h>

#include "../daemon/basic/log.h"
#include "../dbus/bus-open.h"
#include "../dbus/names.h"
#include "bus-json.h"
#include "change.h"
#include "choose.h"
#include "matches.h"
#include "monitor.h"
#include "report.h"
#include "service.h"

/* How often the message bus is looked for after it has gone. */
#define RETRY_INTERVAL_USEC USEC_PER_SEC

typedef struct Monitor {
        const Arguments *arguments;
        Reporter reporter;
        sd_bus *bus;
        sd_event *event;
        sd_event_source *end_source;
        sd_event_source *retry_source; /* there while the message bus is gone */

        Json *document; /* NULL until the daemon has answered for the first time */
        char *owner;    /* who answered; signals of others are not heard. NULL while the daemon is away */
        bool devices_changed; /* since the document was asked for */
        int64_t active_vms;   /* -1: not known */
        int64_t reported_vms; /* what was last printed */

        sd_bus_slot *describe_slot; /* calls without an answer yet */
        sd_bus_slot *summary_slot;
} Monitor;

static void monitor_done(Monitor *monitor) {
        sd_bus_slot_unref(monitor->summary_slot);
        sd_bus_slot_unref(monitor->describe_slot);
        sd_event_source_disable_unref(monitor->retry_source);
        sd_event_source_disable_unref(monitor->end_source);
        if (monitor->bus)
                (void) sd_bus_detach_event(monitor->bus);
        sd_bus_unref(monitor->bus);
        sd_event_unref(monitor->event);
        json_object_put(monitor->document);
        free(monitor->owner);
}

/* Ends the command when R is an error. Always returns 0: sd-bus has nothing to do with it. */
static int quit_on_error(Monitor *monitor, int r) {
        if (r < 0)
                (void) sd_event_exit(monitor->event, r);

        return 0;
}

/* Nothing is printed before the first answer, nor while the daemon is away. */
static int report_new_active_vms(Monitor *monitor) {
        if (!monitor->owner || monitor->active_vms == monitor->reported_vms)
                return 0;

        monitor->reported_vms = monitor->active_vms;
        return report_active_vms(&monitor->reporter, (uint64_t) monitor->active_vms);
}

static int update_active_vms(Monitor *monitor, uint64_t count) {
        monitor->active_vms = (int64_t) count;
        return report_new_active_vms(monitor);
}

static int begin_report(Monitor *monitor) {
        const char *id;
        Json *profile;
        int r;

        r = choose_profile(monitor->arguments, monitor->document, &id, &profile);
        if (r < 0)
                return sd_event_exit(monitor->event, STATUS_USAGE);

        monitor->reported_vms = monitor->active_vms;
        return report_state(&monitor->reporter, monitor->document, id, monitor->active_vms);
}

/* What has been read for the first time begins the report; later on, what is new in it is reported. FRESH is
 * taken over. */
static int take_document(Monitor *monitor, Json *fresh) {
        _cleanup_(json_object_putp) Json *old = monitor->document;
        int r;

        monitor->document = fresh;
        if (!old)
                return begin_report(monitor);

        r = report_differences(&monitor->reporter, old, fresh);
        return r < 0 ? r : report_new_active_vms(monitor);
}

static int take_answer(Monitor *monitor, sd_bus_message *reply) {
        _cleanup_(json_object_putp) Json *fresh = NULL;
        bool was_away = monitor->document && !monitor->owner;
        const char *sender = sd_bus_message_get_sender(reply);
        char *owner;
        int r;

        r = service_read_document(reply, &fresh);
        if (r != 0)
                return monitor->document ? 0 : sd_event_exit(monitor->event, r);

        owner = strdup(sender ? sender : "");
        if (!owner)
                return -ENOMEM;
        free(monitor->owner);
        monitor->owner = owner;

        r = was_away ? report_service(&monitor->reporter, /* available= */ true) : 0;
        return r < 0 ? r : take_document(monitor, TAKE_PTR(fresh));
}

static int on_described(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;
        int status;

        (void) ret_error;
        monitor->describe_slot = sd_bus_slot_unref(monitor->describe_slot);

        if (!sd_bus_message_is_method_error(reply, NULL))
                return quit_on_error(monitor, take_answer(monitor, reply));

        status = service_complain(sd_bus_message_get_error(reply));
        return monitor->document ? 0 : sd_event_exit(monitor->event, status);
}

/* The number is worth something once the daemon says that it is known. */
static int on_summary(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        _cleanup_(json_object_putp) Json *summary = NULL;
        Monitor *monitor = userdata;

        (void) ret_error;
        monitor->summary_slot = sd_bus_slot_unref(monitor->summary_slot);

        if (sd_bus_message_is_method_error(reply, NULL) || bus_json_read(reply, &summary) < 0 ||
            !doc_lists(doc_get(summary, "Features"), "active-vms"))
                return 0;

        return quit_on_error(monitor, update_active_vms(monitor, doc_number(summary, "ActiveVMs")));
}

/* Asks for everything; the daemon answers in the order of the calls. */
static int ask(Monitor *monitor) {
        int r;

        monitor->devices_changed = false;
        monitor->summary_slot = sd_bus_slot_unref(monitor->summary_slot);
        monitor->describe_slot = sd_bus_slot_unref(monitor->describe_slot);

        r = sd_bus_call_method_async(monitor->bus, &monitor->summary_slot, BUS_NAME, BUS_PATH_MANAGER,
                                     "org.freedesktop.DBus.Properties", "GetAll", on_summary, monitor, "s",
                                     BUS_INTERFACE_MANAGER);
        if (r < 0)
                return r;

        r = sd_bus_call_method_async(monitor->bus, &monitor->describe_slot, BUS_NAME, BUS_PATH_MANAGER,
                                     BUS_INTERFACE_MANAGER, "Describe", on_described, monitor, "");
        return r < 0 ? r : 0;
}

static int report_change(Monitor *monitor, const Change *change) {
        switch (change->kind) {
        case CHANGE_CHECK:
                return report_check(&monitor->reporter, monitor->document, change->id, change->old_state);
        case CHANGE_PROFILE:
                return report_profile(&monitor->reporter, monitor->document, change->id, change->old_state);
        case CHANGE_DEVICE:
                monitor->devices_changed = true;
                return 0;
        case CHANGE_ACTIVE_VMS:
                return update_active_vms(monitor, change->count);
        default:
                return 0;
        }
}

static bool is_from_owner(const Monitor *monitor, sd_bus_message *signal) {
        const char *sender = sd_bus_message_get_sender(signal);

        return monitor->owner && sender && streq(sender, monitor->owner);
}

static int on_properties_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        _cleanup_(change_done) Change change = {};
        Monitor *monitor = userdata;
        bool incomplete;
        int r;

        (void) ret_error;
        if (!is_from_owner(monitor, signal))
                return 0;

        r = change_apply(monitor->document, signal, &change);
        if (r == -ENOMEM)
                return quit_on_error(monitor, r);

        /* What a signal did not tell is asked for. */
        incomplete = r < 0 || change.invalidated;
        r = r < 0 ? 0 : report_change(monitor, &change);
        if (r >= 0 && incomplete)
                r = ask(monitor);

        return quit_on_error(monitor, r);
}

static int on_objects_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;

        (void) ret_error;
        if (is_from_owner(monitor, signal))
                monitor->devices_changed = true;

        return 0;
}

/* There may be thousands of devices: what has changed of them in one pass is asked for at once. */
static int on_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;

        (void) ret_error;
        if (!monitor->devices_changed || !is_from_owner(monitor, signal))
                return 0;

        return quit_on_error(monitor, ask(monitor));
}

static int on_access_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;

        (void) ret_error;
        if (!is_from_owner(monitor, signal))
                return 0;

        return quit_on_error(monitor, report_access(&monitor->reporter));
}

static int leave(Monitor *monitor) {
        if (!monitor->owner)
                return 0;

        free(monitor->owner);
        monitor->owner = NULL;
        return report_service(&monitor->reporter, /* available= */ false);
}

static int on_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;
        const char *owner;
        int r;

        (void) ret_error;
        /* Until the first answer is there, that tells all. */
        if (!monitor->document || sd_bus_message_read(signal, "sss", NULL, NULL, &owner) < 0)
                return 0;

        r = leave(monitor);
        if (r >= 0 && !isempty(owner))
                r = ask(monitor);

        return quit_on_error(monitor, r);
}

static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata);

static int retry_later(Monitor *monitor) {
        monitor->retry_source = sd_event_source_disable_unref(monitor->retry_source);
        return sd_event_add_time_relative(monitor->event, &monitor->retry_source, CLOCK_MONOTONIC,
                                          RETRY_INTERVAL_USEC, 0, on_retry_due, monitor);
}

/* Who has not had an answer yet does not wait for one, either. */
static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        Monitor *monitor = userdata;
        int r;

        (void) signal, (void) ret_error;
        if (monitor->owner || !monitor->document)
                log_error("The message bus has closed the connection.");
        if (!monitor->document)
                return sd_event_exit(monitor->event, STATUS_UNREACHABLE);

        r = leave(monitor);
        return quit_on_error(monitor, r < 0 ? r : retry_later(monitor));
}

static int subscribe(Monitor *monitor) {
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

                r = sd_bus_add_match_async(monitor->bus, NULL, s->match, s->handler, NULL, monitor);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int listen_on_bus(Monitor *monitor) {
        int r;

        r = sd_bus_attach_event(monitor->bus, monitor->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;

        r = subscribe(monitor);
        return r < 0 ? r : ask(monitor);
}

static void drop_bus(Monitor *monitor) {
        monitor->summary_slot = sd_bus_slot_unref(monitor->summary_slot);
        monitor->describe_slot = sd_bus_slot_unref(monitor->describe_slot);
        monitor->bus = sd_bus_close_unref(monitor->bus);
}

/* Nothing here waits for the bus: one that does not answer is left alone until it ends, or we do. */
static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata) {
        Monitor *monitor = userdata;
        int r;

        (void) source, (void) usec;

        drop_bus(monitor);
        r = bus_open(monitor->arguments->bus_address, "virtreadyctl", &monitor->bus);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(monitor->bus, SERVICE_TIMEOUT_USEC);
        if (r >= 0)
                r = listen_on_bus(monitor);
        if (r < 0) {
                drop_bus(monitor);
                return quit_on_error(monitor, retry_later(monitor));
        }

        monitor->retry_source = sd_event_source_disable_unref(monitor->retry_source);
        return 0;
}

/* sd-bus would wait here until the bus has taken everything, and one that does not answer takes nothing. */
static int on_end(sd_event_source *source, void *userdata) {
        Monitor *monitor = userdata;

        (void) source;

        return monitor->bus ? sd_bus_detach_event(monitor->bus) : 0;
}

static int set_up(Monitor *monitor) {
        int r;

        r = sd_event_new(&monitor->event);
        if (r < 0)
                return r;

        r = sd_event_add_exit(monitor->event, &monitor->end_source, on_end, monitor);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(monitor->end_source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return r;

        r = sd_event_set_signal_exit(monitor->event, true);
        return r < 0 ? r : listen_on_bus(monitor);
}

int monitor_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        _cleanup_(monitor_done) Monitor monitor = {
                .arguments = arguments,
                .reporter = { .output = output, .json = arguments->json },
                .bus = sd_bus_ref(bus),
                .active_vms = -1,
                .reported_vms = -1,
        };
        int r;

        r = set_up(&monitor);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to listen to virtreadyd: %m");
                return STATUS_UNREACHABLE;
        }

        return sd_event_loop(monitor.event);
}
