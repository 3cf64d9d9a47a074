/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that the benchmark starts, and never leaves behind. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../daemon/basic/cleanup.h"

typedef struct Child {
        pid_t pid; /* 0: none */
        int pidfd;
        uint64_t started_usec; /* CLOCK_MONOTONIC, just before the fork */
} Child;

#define CHILD_NONE ((Child){ .pidfd = -EBADF })

/* What execvp(3) failed with is told by this exit status, as a shell does. */
#define CHILD_EXIT_NOT_FOUND 127

/* Starts ARGV, found in PATH, with /dev/null as its standard input. Standard output goes to OUTPUT, or to
 * /dev/null when that is negative; standard error to /dev/null when QUIET. The child is killed by the
 * kernel when the benchmark dies. */
int child_start(const char *const argv[], int output, bool quiet, Child *ret);

/* Tells whether it has exited, without reaping it. */
bool child_has_exited(const Child *child);

/* Waits until it has exited, at most LIMIT_USEC microseconds, and reaps it: the status as of wait(2), and
 * the CPU time in microseconds, user and system, of the process from fork to exit and of the children it
 * has waited for. Returns -ETIMEDOUT when it still runs. */
int child_wait(Child *child, uint64_t limit_usec, int *ret_status, double *ret_cpu_usec);

/* Kills it and reaps it. RET_CPU_USEC, as above, may be NULL. */
int child_kill(Child *child, double *ret_cpu_usec);

void child_done(Child *child);
