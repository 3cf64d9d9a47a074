/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl monitor: prints each change of the document. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "choose.h"
#include "follow.h"
#include "monitor.h"
#include "report.h"
#include "service.h"

typedef struct Monitor {
        const Arguments *arguments;
        Reporter reporter;
        Follower follower;
        int64_t active_vms;   /* -1: not known */
        int64_t reported_vms; /* what was last printed */
} Monitor;

static void monitor_done(Monitor *monitor) {
        follower_done(&monitor->follower);
}

/* Nothing is printed before the first answer, nor while the daemon is away. */
static int report_new_active_vms(Monitor *monitor) {
        if (!monitor->follower.owner || monitor->active_vms == monitor->reported_vms)
                return 0;

        monitor->reported_vms = monitor->active_vms;
        return report_active_vms(&monitor->reporter, (uint64_t) monitor->active_vms);
}

static int on_active_vms(void *userdata, uint64_t count) {
        Monitor *monitor = userdata;

        monitor->active_vms = (int64_t) count;
        return report_new_active_vms(monitor);
}

static int begin_report(Monitor *monitor) {
        const char *id;
        Json *profile;
        int r;

        r = choose_profile(monitor->arguments, monitor->follower.document, &id, &profile);
        if (r < 0)
                return follower_end(&monitor->follower, STATUS_USAGE);

        monitor->reported_vms = monitor->active_vms;
        return report_state(&monitor->reporter, monitor->follower.document, id, monitor->active_vms);
}

/* What has been read for the first time begins the report; later on, what is new in it is reported. */
static int on_document(void *userdata, Json *old, bool was_away) {
        Monitor *monitor = userdata;
        int r;

        r = was_away ? report_service(&monitor->reporter, /* available= */ true) : 0;
        if (r < 0)
                return r;
        if (!old)
                return begin_report(monitor);

        r = report_differences(&monitor->reporter, old, monitor->follower.document);
        return r < 0 ? r : report_new_active_vms(monitor);
}

static int on_change(void *userdata, const Change *change) {
        Monitor *monitor = userdata;
        int (*report)(const Reporter *reporter, Json *document, const char *id, const char *old_state) =
                change->kind == CHANGE_PROFILE ? report_profile : report_check;

        return report(&monitor->reporter, monitor->follower.document, change->id, change->old_state);
}

static int on_access_changed(void *userdata) {
        Monitor *monitor = userdata;

        return report_access(&monitor->reporter);
}

static int on_left(void *userdata) {
        Monitor *monitor = userdata;

        return report_service(&monitor->reporter, /* available= */ false);
}

/* Who has not had an answer yet does not wait for one. */
static int on_refusal(void *userdata, const sd_bus_error *error) {
        Monitor *monitor = userdata;
        int status = service_complain(error);

        return monitor->follower.document ? 0 : follower_end(&monitor->follower, status);
}

static int on_bus_lost(void *userdata, int error) {
        Monitor *monitor = userdata;

        (void) error;
        if (monitor->follower.owner || !monitor->follower.document)
                log_error("The message bus has closed the connection.");

        return monitor->follower.document ? 0 : follower_end(&monitor->follower, STATUS_UNREACHABLE);
}

static int set_up(Monitor *monitor, sd_bus *bus) {
        int r;

        r = follower_start(&monitor->follower, bus);
        return r < 0 ? r : sd_event_set_signal_exit(monitor->follower.event, true);
}

int monitor_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        static const FollowHandlers handlers = {
                .on_document = on_document,
                .on_change = on_change,
                .on_refusal = on_refusal,
                .on_bus_lost = on_bus_lost,
                .on_left = on_left,
                .on_active_vms = on_active_vms,
                .on_access_changed = on_access_changed,
        };
        _cleanup_(monitor_done) Monitor monitor = {
                .arguments = arguments,
                .reporter = { .output = output, .json = arguments->json },
                .active_vms = -1,
                .reported_vms = -1,
        };
        int r;

        monitor.follower = (Follower){
                .handlers = &handlers,
                .userdata = &monitor,
                .address = arguments->bus_address,
        };

        r = set_up(&monitor, bus);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to listen to virtreadyd: %m");
                return STATUS_UNREACHABLE;
        }

        return follower_run(&monitor.follower);
}
