/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "virtreadyctl wait" while it waits. */
#pragma once

#include "fake.h"
#include "harness.h"

/* A client that waits, and what it has printed. */
typedef struct Waiter {
        GSubprocess *process;
        char *out;
        char *err;
        gboolean ended;
} Waiter;

/* Starts it on the bus at ADDRESS; OPTION may be NULL. */
void waiter_start(Waiter *waiter, const char *address, const char *option);

/* Starts it, and waits until it is on the bus, so that nothing that happens from now on is over when it
 * comes. */
void waiter_start_on_bus(Waiter *waiter, const char *address, const char *option);

/* The same with a daemon of ours, which has told it everything. */
void waiter_start_on_fake(Waiter *waiter, Fake *fake, const char *address, const char *option);

/* It goes on waiting for a while. */
void expect_to_wait(Waiter *waiter);

/* It ends with that status, and has printed what contains OUT and ERR, or nothing where they are empty. */
void expect_end(Waiter *waiter, int status, const char *out, const char *err);

gboolean waiter_has_ended(gpointer waiter);
