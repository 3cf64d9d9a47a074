/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real polkitd on a private bus, with the action file and the example rule that we ship, and a program
 * that asks it. */
#pragma once

#include "asker.h"
#include "call.h"

/* Ids that hardly any machine has. */
enum {
        VIRTREADY = 64901,
        ALICE, /* in the group libvirt */
        BOB,
        POLKITD, /* where there is none */
        LIBVIRT,
};

typedef struct PolkitdFixture {
        const char *place; /* of the files, NULL: there are none, and nothing can be tested */
        Bus bus;
        Asker asker;
        GSubprocess *polkitd;
} PolkitdFixture;

/* Gives this program and all that it starts mounts of its own, with other users, actions and rules; the
 * machine's stay as they are. To be called before there is any thread: threads would keep the mounts that
 * there were. Says where these files are, or NULL: that cannot be had here. */
char *polkitd_fixture_enter(void);

/* Start the bus, and end it with all that runs on it; DATA is what polkitd_fixture_enter() said. */
void polkitd_fixture_up(PolkitdFixture *fixture, const void *data);
void polkitd_fixture_down(PolkitdFixture *fixture, const void *data);

/* Starts polkitd and, as the user virtready, the asker. */
void polkitd_fixture_start(PolkitdFixture *fixture);

/* Calls a method as that user in a process of its own, with these arguments for "gdbus call"; yields what
 * that prints. */
char *polkitd_fixture_call(PolkitdFixture *fixture, uid_t user, const char *const *arguments);

/* Reads a file. */
char *polkitd_fixture_read(const char *path);
