/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interrupts a blocking system call with the interval timer's signal. */

#include <errno.h>
#include <sys/time.h>

#include "clock.h"
#include "deadline.h"

#define REPEAT_USEC 100000

/* The signal's only use is that it interrupts. */
static void on_alarm(int signal) {
        (void) signal;
}

int deadline_start(Deadline *deadline, uint64_t usec) {
        struct sigaction action = { .sa_handler = on_alarm };
        struct itimerval limit = {
                .it_value = { .tv_sec = (time_t) (usec / USEC_PER_SEC),
                              .tv_usec = (suseconds_t) (usec % USEC_PER_SEC) },
                .it_interval = { .tv_usec = REPEAT_USEC },
        };
        sigset_t alarm_only;

        (void) sigemptyset(&alarm_only);
        (void) sigaddset(&alarm_only, SIGALRM);

        if (sigaction(SIGALRM, &action, &deadline->saved_action) < 0)
                return -errno;
        if (sigprocmask(SIG_UNBLOCK, &alarm_only, &deadline->saved_mask) < 0)
                return -errno;

        deadline->armed = true;
        deadline->expires_usec = now_usec(CLOCK_MONOTONIC) + usec;
        return setitimer(ITIMER_REAL, &limit, NULL) < 0 ? -errno : 0;
}

bool deadline_passed(const Deadline *deadline) {
        return now_usec(CLOCK_MONOTONIC) >= deadline->expires_usec;
}

void deadline_done(Deadline *deadline) {
        const struct itimerval never = {};

        if (!deadline->armed)
                return;

        (void) setitimer(ITIMER_REAL, &never, NULL);
        (void) sigprocmask(SIG_SETMASK, &deadline->saved_mask, NULL);
        (void) sigaction(SIGALRM, &deadline->saved_action, NULL);
        deadline->armed = false;
}
