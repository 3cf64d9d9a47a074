/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks systemd for the state of the units again whenever it announces that something has changed. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/log.h"
#include "unit-messages.h"
#include "unit-watch.h"

/* What Subscribe() fails with when a former systemd has handed the subscription on to this one. */
#define ERROR_ALREADY_SUBSCRIBED "org.freedesktop.systemd1.AlreadySubscribed"

/* Two for each unit: its coming and going, and its properties. The others are for what concerns all units,
 * and for systemd itself. */
#define MATCHES_MAX (2U * _UNIT_MAX + 3U)

struct UnitWatch {
        sd_bus *bus;
        UnitWatchHandler handler;
        UnitNewsHandler news; /* or NULL */
        void *userdata;

        sd_bus_slot *matches[MATCHES_MAX];
        size_t n_matches;
        bool deaf; /* the bus does not pass on what it was asked to */

        char *owner;       /* the name of systemd's connection; NULL while it has none */
        bool unsubscribed; /* that one refuses to announce anything */
        bool absence_logged;
        sd_bus_slot *owner_question;
        sd_bus_slot *subscription;
        sd_bus_slot *question;
        bool ask_again;     /* something was announced after the question */
        uint32_t announced; /* what the next answer is told with */

        UnitStates states; /* what the handler was told last */
};

static void publish(UnitWatch *watch, const UnitStates *states) {
        if (unit_states_equal(&watch->states, states))
                return;

        watch->states = *states;
        watch->handler(&watch->states, watch->userdata);
}

static void tell_news(UnitWatch *watch, bool systemd_is_absent) {
        UnitNews news = { .announced = watch->announced, .systemd_is_absent = systemd_is_absent };

        watch->announced = 0;
        if (watch->news && (news.announced != 0 || systemd_is_absent))
                watch->news(&news, watch->userdata);
}

static UnitStates unknown_states(const UnitWatch *watch) {
        return (UnitStates){ .file_changes = watch->states.file_changes };
}

static void publish_unknown(UnitWatch *watch) {
        UnitStates states = unknown_states(watch);

        publish(watch, &states);
}

/* What it knew would not stay true. */
static bool is_deaf(const UnitWatch *watch) {
        return watch->deaf || watch->unsubscribed;
}

static sd_bus_slot *drop(sd_bus_slot **slot) {
        return *slot = sd_bus_slot_unref(*slot);
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error);

static void ask(UnitWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        watch->ask_again = watch->question;
        if (watch->question || !watch->owner || is_deaf(watch))
                return;

        r = unit_question_new(watch->bus, &call);
        if (r >= 0)
                r = sd_bus_call_async(watch->bus, &watch->question, call, on_answer, watch, /* usec= */ 0);
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to ask systemd for the state of units: %m");
                publish_unknown(watch);
        }
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;
        UnitStates states = unknown_states(watch);
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        int r;

        (void) ret_error;

        drop(&watch->question);

        /* With the bus go all calls that wait. */
        if (sd_bus_is_open(watch->bus) <= 0)
                return 0;

        if (error)
                log_warning("systemd did not say whether units run: %s", error->message);
        else {
                r = unit_answer_parse(answer, &states);
                if (r < 0) {
                        (void) log_warning_errno(r, "Failed to understand what systemd said of units: %m");
                        states = unknown_states(watch);
                }
        }

        if (is_deaf(watch))
                return 0;
        publish(watch, &states);
        if (watch->ask_again)
                ask(watch);
        else if (states.known)
                tell_news(watch, /* systemd_is_absent= */ false);
        return 0;
}

/* When it takes too long to answer, it subscribes us all the same. */
static bool is_subscribed(const sd_bus_error *error) {
        return !error || sd_bus_error_has_name(error, ERROR_ALREADY_SUBSCRIBED) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY);
}

static int on_subscribed(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(answer);

        (void) ret_error;

        drop(&watch->subscription);
        if (is_subscribed(error))
                return 0;

        log_warning("systemd refuses to announce changes, so whether units run stays unknown: %s",
                    error->message);
        watch->unsubscribed = true;
        publish_unknown(watch);
        return 0;
}

/* Without it systemd announces nothing. */
static void subscribe(UnitWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = unit_subscription_new(watch->bus, &call);
        if (r >= 0)
                r = sd_bus_call_async(watch->bus, &watch->subscription, call, on_subscribed, watch,
                                      /* usec= */ 0);
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to subscribe to systemd's announcements: %m");
                watch->unsubscribed = true;
        }
}

static void log_absence(UnitWatch *watch) {
        if (!watch->absence_logged)
                log_info("systemd is not on the bus: until it is, whether units run is unknown.");

        watch->absence_logged = true;
}

/* OWNER is "" when nobody has systemd's name. */
static void set_owner(UnitWatch *watch, const char *owner) {
        if (watch->owner && streq(watch->owner, owner))
                return;

        drop(&watch->subscription);
        drop(&watch->question);
        free(watch->owner);
        watch->owner = NULL;
        watch->unsubscribed = false;
        publish_unknown(watch);

        if (isempty(owner)) {
                log_absence(watch);
                watch->announced = 0;
                tell_news(watch, /* systemd_is_absent= */ true);
                return;
        }

        watch->owner = strdup(owner);
        if (!watch->owner) {
                (void) log_oom();
                return;
        }
        if (!watch->deaf)
                subscribe(watch);
        ask(watch);
}

static int on_owner_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        const char *owner = "";

        (void) ret_error;

        drop(&watch->owner_question);
        if (error && !sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                log_warning("Failed to find out whether systemd is on the bus: %s", error->message);
        else if (error || sd_bus_message_read(answer, "s", &owner) > 0)
                set_owner(watch, owner);
        return 0;
}

static int ask_for_owner(UnitWatch *watch) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = unit_owner_question_new(watch->bus, &call);
        if (r < 0)
                return r;

        return sd_bus_call_async(watch->bus, &watch->owner_question, call, on_owner_answer, watch,
                                 /* usec= */ 0);
}

/* A match has the bus leave out other senders, but not what somebody sends to us alone; and sd-bus takes any
 * connection for the one that a match knows by another name (sd_bus_add_match(3)). */
static bool is_from(sd_bus_message *signal, const char *sender) {
        const char *name = sd_bus_message_get_sender(signal);

        return sender && name && streq(name, sender);
}

static int on_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        const char *name, *owner;

        (void) ret_error;

        if (is_from(signal, BUS_DRIVER) && sd_bus_message_read(signal, "sss", &name, NULL, &owner) > 0 &&
            streq(name, SYSTEMD))
                set_owner(userdata, owner);
        return 0;
}

static int on_unit_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;

        (void) ret_error;

        if (is_from(signal, watch->owner)) {
                watch->announced |= unit_signal_about(signal);
                ask(watch);
        }
        return 0;
}

/* What is enabled or masked may be another unit now. While systemd reads its files, it does not answer. */
static int on_files_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;
        UnitStates states = watch->states;
        int begins = false;

        (void) ret_error;

        if (!is_from(signal, watch->owner))
                return 0;
        if (sd_bus_message_is_signal(signal, SYSTEMD_MANAGER, "Reloading") &&
            (sd_bus_message_read(signal, "b", &begins) < 0 || begins))
                return 0;

        states.file_changes++;
        publish(watch, &states);
        ask(watch);
        return 0;
}

/* Without a handler of our own, sd-bus would end the connection when the bus refuses. */
static int on_match_installed(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error) {
        UnitWatch *watch = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(answer);

        (void) ret_error;

        if (!error)
                return 0;

        if (!watch->deaf)
                log_warning("The bus refuses to pass on what systemd announces, so whether units run stays "
                            "unknown: %s",
                            error->message);
        watch->deaf = true;
        publish_unknown(watch);
        return 0;
}

static int add_match(UnitWatch *watch, sd_bus_message_handler_t handler, const char *match) {
        int r;

        r = sd_bus_add_match_async(watch->bus, &watch->matches[watch->n_matches], match, handler,
                                   on_match_installed, watch);
        if (r < 0)
                return r;

        watch->n_matches++;
        return 0;
}

static int add_matches(UnitWatch *watch) {
        int r;

        r = add_match(watch, on_owner_changed, UNIT_MATCH_OWNER);
        if (r < 0)
                return r;

        r = add_match(watch, on_files_changed, UNIT_MATCH_RELOADING);
        if (r < 0)
                return r;

        r = add_match(watch, on_files_changed, UNIT_MATCH_FILES);
        if (r < 0)
                return r;

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                _cleanup_free_ char *lists = NULL, *properties = NULL;

                r = unit_match_new(unit_to_string(id), &lists, &properties);
                if (r < 0)
                        return r;

                r = add_match(watch, on_unit_changed, lists);
                if (r < 0)
                        return r;

                r = add_match(watch, on_unit_changed, properties);
                if (r < 0)
                        return r;
        }

        return 0;
}

int unit_watch_new(sd_bus *bus, UnitWatchHandler handler, void *userdata, UnitWatch **ret) {
        _cleanup_(unit_watch_freep) UnitWatch *watch = NULL;
        int r;

        watch = malloc(sizeof(UnitWatch));
        if (!watch)
                return -ENOMEM;
        *watch = (UnitWatch){ .bus = sd_bus_ref(bus), .handler = handler, .userdata = userdata };

        /* First to listen and then to ask leaves no gap: the bus keeps the order. */
        r = add_matches(watch);
        if (r < 0)
                return r;

        r = ask_for_owner(watch);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(watch);
        return 0;
}

void unit_watch_set_news_handler(UnitWatch *watch, UnitNewsHandler news) {
        watch->news = news;
}

void unit_watch_refresh(UnitWatch *watch) {
        if (!watch->owner && !watch->owner_question)
                (void) ask_for_owner(watch);
        else
                ask(watch);
}

UnitWatch *unit_watch_free(UnitWatch *watch) {
        if (!watch)
                return NULL;

        drop(&watch->question);
        drop(&watch->subscription);
        drop(&watch->owner_question);
        for (size_t i = 0; i < watch->n_matches; i++)
                drop(&watch->matches[i]);

        free(watch->owner);
        sd_bus_unref(watch->bus);
        free(watch);
        return NULL;
}
