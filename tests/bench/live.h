/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd, or the floor for events, on real kernel events about a machine whose files we change. */
#pragma once

#include "../kernel-events.h"
#include "large-machine.h"
#include "measure.h"

/* What there is to follow. */
typedef struct LiveMachine {
        KernelEvents events;
        LargeMachine files; /* with /dev/net/tun, or without */
        bool has_tun;
} LiveMachine;

/* Returns 0 and an empty machine, with a warning that says why, where the kernel's events cannot be had. */
int live_machine_new(LiveMachine *ret);
void live_machine_done(LiveMachine *machine);

/* Has the machine's driver of /dev/net/tun come, or go, without an event. */
int live_machine_flip(LiveMachine *machine);

/* A program that hears of it, and what is heard from it. */
typedef struct Follower {
        Service service;
        const char *object, *interface; /* whose property "State" tells */

        sd_bus_slot *slot;
        unsigned n_told;     /* how many changes the bus has told since the last wait began */
        double told_usec;    /* when the last one was received */
        char told_state[16]; /* what it said */
        char *argument;      /* of the service */
} Follower;

/* Starts virtreadyd or the floor, which then follows the machine. */
int follower_start(Follower *follower, Bench *bench, Subject subject, const LiveMachine *machine);
void follower_done(Follower *follower);

/* Forgets what was told before now. */
int follower_forget(Follower *follower, Bench *bench);

/* Waits until it tells something, for SERVICE_LIMIT_USEC at most. */
int follower_wait(Follower *follower, Bench *bench);

/* The property, read by a call. */
int follower_get_state(Follower *follower, Bench *bench, char **ret);

/* CLOCK_MONOTONIC, in microseconds, to the nanosecond. */
double live_now_usec(void);
