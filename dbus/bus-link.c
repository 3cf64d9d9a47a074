/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to the bus: how it is made, and how it is made again when the bus restarts. */

#include <errno.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/log.h"
#include "bus-objects.h"
#include "bus-open.h"
#include "bus.h"
#include "names.h"

/* A bus that takes longer to answer counts as gone. */
#define ANSWER_TIMEOUT_USEC (5 * USEC_PER_SEC)

/* The first attempt comes at once, the next after this time, which doubles up to the longest. */
#define RETRY_FIRST_USEC (100 * USEC_PER_MSEC)
#define RETRY_LONGEST_USEC (10 * USEC_PER_SEC)

/* The answer to RequestName (D-Bus Specification, org.freedesktop.DBus.RequestName). */
#define NAME_IS_OURS 1U

static int add_objects(Manager *manager) {
        int r;

        r = bus_add_manager(manager);
        if (r < 0)
                return r;

        r = bus_add_checks(manager);
        if (r < 0)
                return r;

        r = bus_add_profiles(manager);
        if (r < 0)
                return r;

        r = bus_add_devices(manager);
        if (r < 0)
                return r;

        r = bus_add_host(manager);
        if (r < 0)
                return r;

        return bus_add_hypervisors(manager);
}

static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata);

static void retry_after(Manager *manager, uint64_t delay_usec) {
        int r;

        manager->bus_connected = false;
        manager->bus_retry_usec = delay_usec;
        manager->bus_retry_source = sd_event_source_disable_unref(manager->bus_retry_source);
        r = sd_event_add_time_relative(manager->event, &manager->bus_retry_source, CLOCK_MONOTONIC,
                                       delay_usec, 0, on_retry_due, manager);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to wait for the bus to come back: %m");
                (void) sd_event_exit(manager->event, r);
        }
}

static bool is_waiting(const Manager *manager) {
        return manager->bus_retry_source && sd_event_source_get_enabled(manager->bus_retry_source, NULL) > 0;
}

/* A connection that fails ends the call that is under way as well: both lead here. */
static void retry_later(Manager *manager) {
        uint64_t next = manager->bus_retry_usec * 2;

        if (is_waiting(manager))
                return;

        retry_after(manager, next < RETRY_FIRST_USEC     ? RETRY_FIRST_USEC
                             : next > RETRY_LONGEST_USEC ? RETRY_LONGEST_USEC
                                                         : next);
}

/* A connection is not taken away while it dispatches what has happened to it, but by the timer. */
static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;

        (void) signal, (void) error;

        if (!manager->bus_connected) {
                retry_later(manager);
                return 0;
        }

        log_warning("The connection to the bus is lost; waiting for the bus to come back.");
        retry_after(manager, 0);
        return 0;
}

/* Who wants no answer could ask for much in little time, and everybody else would wait. All that such a call
 * can be about is an act. */
static int skip_idle_question(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        (void) userdata, (void) error;

        if (!sd_bus_message_is_method_call(message, NULL, NULL) ||
            sd_bus_message_get_expect_reply(message) > 0)
                return 0;

        return !sd_bus_message_is_method_call(message, BUS_INTERFACE_MANAGER, "Recheck") &&
               !sd_bus_message_is_method_call(message, BUS_INTERFACE_HYPERVISOR, "Refresh") &&
               !sd_bus_message_is_method_call(message, BUS_INTERFACE_MANAGER, "LoadModule") &&
               !sd_bus_message_is_method_call(message, BUS_INTERFACE_MANAGER, "PersistModule");
}

/* Nothing here waits for the bus. */
static int open_bus(Manager *manager) {
        int r;

        r = bus_open(manager->bus_address, "virtreadyd", &manager->bus);
        if (r < 0)
                return r;

        r = sd_bus_add_filter(manager->bus, NULL, skip_idle_question, NULL);
        if (r < 0)
                return r;

        r = add_objects(manager);
        if (r < 0)
                return r;

        r = sd_bus_set_method_call_timeout(manager->bus, ANSWER_TIMEOUT_USEC);
        if (r < 0)
                return r;

        r = sd_bus_match_signal_async(manager->bus, NULL, "org.freedesktop.DBus.Local",
                                      "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                      "Disconnected", on_disconnected, NULL, manager);
        if (r < 0)
                return r;

        return sd_bus_attach_event(manager->bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
}

/* Others on the bus than itself may take longer to answer. */
static int become_connected(Manager *manager) {
        manager->bus_connected = true;
        manager_watch_units(manager);
        return sd_bus_set_method_call_timeout(manager->bus, /* usec= */ 0);
}

bool bus_is_connected(const Manager *manager) {
        return manager->bus_connected;
}

int bus_connect(Manager *manager) {
        int r;

        r = open_bus(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to %s: %m",
                                       manager->bus_address ? manager->bus_address : "the system bus");

        r = sd_bus_request_name(manager->bus, BUS_NAME, 0);
        if (r == -EEXIST)
                return log_error_errno(r, "The name " BUS_NAME
                                          " is taken: another virtreadyd runs on this bus.");
        if (r == -EACCES)
                return log_error_errno(r, "The bus does not let this user own the name " BUS_NAME
                                          "; its policy is in " BUS_NAME ".conf.");
        if (r < 0)
                return log_error_errno(r, "Failed to take the name " BUS_NAME ": %m");

        return become_connected(manager);
}

static int on_name_answered(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        uint32_t answer = 0;
        int r;

        (void) error;

        r = sd_bus_message_is_method_error(reply, NULL) ? -sd_bus_message_get_errno(reply)
                                                        : sd_bus_message_read(reply, "u", &answer);
        if (r >= 0 && answer != NAME_IS_OURS)
                r = -EEXIST;
        if (r < 0) {
                (void) log_debug_errno(r, "Failed to take the name " BUS_NAME " again, trying later: %m");
                retry_later(manager);
                return 0;
        }

        log_info("The bus is back.");
        manager->bus_retry_usec = 0;
        return become_connected(manager);
}

static int on_retry_due(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;
        int r;

        (void) source, (void) usec;

        bus_drop_calls(manager);
        manager_forget_units(manager);
        manager->bus = sd_bus_close_unref(manager->bus);
        r = open_bus(manager);
        if (r >= 0)
                r = sd_bus_request_name_async(manager->bus, NULL, BUS_NAME, 0, on_name_answered, manager);
        if (r < 0) {
                (void) log_debug_errno(r, "Failed to connect to the bus again, trying later: %m");
                retry_later(manager);
        }

        return 0;
}

void bus_leave(Manager *manager) {
        retry_after(manager, RETRY_FIRST_USEC);
}
