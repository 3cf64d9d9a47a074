/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows the daemon until the profile is what it should be. A signal ends it as it ends any program: the
 * exit status would say something about the profile. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "choose.h"
#include "explain.h"
#include "follow.h"
#include "service.h"
#include "show.h"
#include "wait.h"

typedef struct Wait {
        const Arguments *arguments;
        const Output *output;
        Follower follower;
        sd_event_source *timer;

        /* Why there is no answer yet: one of the two, if anything is known. */
        sd_bus_error refusal;
        int bus_error;
} Wait;

static void wait_done(Wait *wait) {
        sd_event_source_disable_unref(wait->timer);
        sd_bus_error_free(&wait->refusal);
        follower_done(&wait->follower);
}

static int show(const Wait *wait, Json *profile) {
        if (wait->arguments->json)
                return why_show(wait->arguments, wait->output, wait->follower.document);

        return explain_profile(wait->output, wait->follower.document, profile, /* blocked= */ false);
}

/* Ends when the profile is ready. */
static int look(Wait *wait) {
        const char *id;
        Json *profile;
        int r;

        r = choose_profile(wait->arguments, wait->follower.document, &id, &profile);
        if (r < 0)
                return follower_end(&wait->follower, STATUS_USAGE);

        if (profile_exit_status(profile) != STATUS_READY)
                return 0;

        r = show(wait, profile);
        return r < 0 ? r : follower_end(&wait->follower, STATUS_READY);
}

static int on_document(void *userdata, Json *old, bool was_away) {
        (void) old, (void) was_away;
        return look(userdata);
}

static int on_change(void *userdata, const Change *change) {
        return change->kind == CHANGE_PROFILE ? look(userdata) : 0;
}

/* A daemon that is away may come, but the bus's policy says the same tomorrow. */
static int on_refusal(void *userdata, const sd_bus_error *error) {
        Wait *wait = userdata;

        wait->bus_error = 0;
        sd_bus_error_free(&wait->refusal);
        (void) sd_bus_error_copy(&wait->refusal, error);

        return sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED)
                       ? follower_end(&wait->follower, service_complain(error))
                       : 0;
}

/* An address that is none does not become one. */
static int on_bus_lost(void *userdata, int error) {
        Wait *wait = userdata;

        sd_bus_error_free(&wait->refusal);
        wait->bus_error = error;
        return error == -EINVAL
                       ? follower_end(&wait->follower,
                                      service_complain_about_bus(wait->arguments->bus_address, error))
                       : 0;
}

static int complain_about_silence(const Wait *wait) {
        sd_bus *bus = wait->follower.bus;

        /* Since then it may have come. */
        if (wait->bus_error < 0 && (!bus || sd_bus_is_open(bus) <= 0))
                return service_complain_about_bus(wait->arguments->bus_address, wait->bus_error);
        if (sd_bus_error_is_set(&wait->refusal))
                return service_complain(&wait->refusal);

        return service_complain(&SD_BUS_ERROR_MAKE_CONST(SD_BUS_ERROR_TIMEOUT, "The time was too short."));
}

static int on_time_over(sd_event_source *source, uint64_t usec, void *userdata) {
        Wait *wait = userdata;
        const char *id;
        Json *profile;
        int r;

        (void) source, (void) usec;

        if (!wait->follower.document)
                return follower_end(&wait->follower, complain_about_silence(wait));

        r = choose_profile(wait->arguments, wait->follower.document, &id, &profile);
        if (r < 0)
                return follower_end(&wait->follower, STATUS_USAGE);

        if (!wait->follower.owner)
                log_warning("virtreadyd has left the bus. This is what it said last:");
        r = show(wait, profile);
        return follower_end(&wait->follower, r < 0 ? r : (int) STATUS_NOT_READY);
}

static int set_up(Wait *wait) {
        uint64_t timeout = wait->arguments->timeout_usec;
        int r;

        r = follower_start(&wait->follower, NULL);
        if (r < 0 || timeout == TIME_SPAN_INFINITE)
                return r;

        return sd_event_add_time_relative(wait->follower.event, &wait->timer, CLOCK_MONOTONIC, timeout, 0,
                                          on_time_over, wait);
}

/* For those who have no time to wait: one question, and the time that it takes. */
static int look_once(const Arguments *arguments, const Output *output) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(wait_done) Wait wait = { .arguments = arguments, .output = output };
        const char *id;
        Json *profile;
        int r;

        r = service_connect(arguments->bus_address, &bus);
        if (r != 0)
                return r;

        r = service_describe(bus, &wait.follower.document);
        if (r != 0)
                return r;

        r = choose_profile(arguments, wait.follower.document, &id, &profile);
        if (r < 0)
                return STATUS_USAGE;

        r = show(&wait, profile);
        if (r < 0)
                return r;

        return profile_exit_status(profile) == STATUS_READY ? STATUS_READY : STATUS_NOT_READY;
}

int wait_run(const Arguments *arguments, const Output *output) {
        static const FollowHandlers handlers = {
                .on_document = on_document,
                .on_change = on_change,
                .on_refusal = on_refusal,
                .on_bus_lost = on_bus_lost,
        };
        _cleanup_(wait_done) Wait wait = { .arguments = arguments, .output = output };
        int r;

        if (arguments->timeout_usec == 0)
                return look_once(arguments, output);

        wait.follower = (Follower){
                .handlers = &handlers,
                .userdata = &wait,
                .address = arguments->bus_address,
        };

        r = set_up(&wait);
        return r < 0 ? r : follower_run(&wait.follower);
}
