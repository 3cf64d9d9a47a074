/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows the daemon: keeps a document true by its signals, while the daemon and the bus come and go, and
 * tells a command what it hears. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "change.h"
#include "document.h"

/* What a command does with what is heard. Each returns 0 or a negative errno, which ends the command; those
 * that may be NULL are then not called. */
typedef struct FollowHandlers {
        /* The daemon has told everything. OLD is the document before, or NULL at the first time; WAS_AWAY
         * says that the daemon has left since. */
        int (*on_document)(void *userdata, Json *old, bool was_away);

        /* A check or profile is not what it was; the document has it as it is now. */
        int (*on_change)(void *userdata, const Change *change);

        /* The daemon does not answer, or with an error. It is asked again when it has come back or, if it
         * was silent, after a while. */
        int (*on_refusal)(void *userdata, const sd_bus_error *error);

        /* The bus cannot be reached any more, for the reason ERROR, a negative errno. It is looked for. */
        int (*on_bus_lost)(void *userdata, int error);

        int (*on_left)(void *userdata);                       /* may be NULL */
        int (*on_active_vms)(void *userdata, uint64_t count); /* may be NULL */
        int (*on_access_changed)(void *userdata);             /* may be NULL */
} FollowHandlers;

/* Set the first three, and zero the rest. */
typedef struct Follower {
        const FollowHandlers *handlers;
        void *userdata;
        const char *address; /* of the bus; NULL: the system bus */

        sd_event *event;
        sd_event_source *end_source;
        sd_event_source *retry_source; /* there while the bus is gone, or the daemon silent */
        sd_bus *bus;
        sd_bus_slot *describe_slot; /* calls without an answer yet */
        sd_bus_slot *summary_slot;

        Json *document; /* NULL until the daemon has answered for the first time */
        char *owner;    /* who answered; signals of others are not heard. NULL while the daemon is away */
        bool devices_changed; /* since the document was asked for */
} Follower;

/* Makes the event loop, and begins to listen on BUS, or looks for one if that is NULL. Errors: those of
 * sd_event_new(3) and sd_bus_add_match(3). */
int follower_start(Follower *follower, sd_bus *bus);

/* Runs until a handler ends it. Returns what it was ended with. */
int follower_run(Follower *follower);

/* Ends the command with an ExitStatus or a negative errno. Returns 0, or an error of sd_event_exit(3). */
int follower_end(Follower *follower, int status);

void follower_done(Follower *follower);
