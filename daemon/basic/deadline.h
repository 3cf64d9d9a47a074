/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A time limit for a system call that blocks: a signal interrupts it (EINTR) once the limit has passed. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Deadline {
        bool armed;
        uint64_t expires_usec; /* CLOCK_MONOTONIC */
        struct sigaction saved_action;
        sigset_t saved_mask;
} Deadline;

#define DEADLINE_NONE ((Deadline){ .armed = false })

/* Starts a limit of USEC microseconds. From then on SIGALRM arrives every tenth of a second, so that a call
 * which was entered just after the first one is interrupted too. The process may have one limit at a time
 * and must have one thread. Errors: those of sigaction(2), sigprocmask(2) and setitimer(2). */
int deadline_start(Deadline *deadline, uint64_t usec);

/* Tells whether the limit has passed. */
bool deadline_passed(const Deadline *deadline);

/* Ends the limit and gives SIGALRM back. */
void deadline_done(Deadline *deadline);
