/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A time limit interrupts what blocks, and gives the signal back. */

#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon/basic/clock.h"
#include "daemon/basic/deadline.h"
#include "tree.h"

#define LIMIT_USEC (100 * USEC_PER_MSEC)

/* A machine that has much else to do may be late, but not by this much. */
#define PATIENCE_USEC (10 * USEC_PER_SEC)

static ssize_t read_blocking(void) {
        _cleanup_close_ int reader = -EBADF, writer = -EBADF;
        int fds[2];
        char byte;
        ssize_t n;

        g_assert_no_errno(pipe(fds));
        reader = fds[0];
        writer = fds[1];

        n = read(reader, &byte, 1);
        return n < 0 ? -errno : n;
}

static void test_interrupts(void) {
        Deadline deadline = DEADLINE_NONE;
        uint64_t begin = now_usec(CLOCK_MONOTONIC), end;

        g_assert_cmpint(deadline_start(&deadline, LIMIT_USEC), ==, 0);
        g_assert_false(deadline_passed(&deadline));
        g_assert_cmpint(read_blocking(), ==, -EINTR);
        end = now_usec(CLOCK_MONOTONIC);
        g_assert_true(deadline_passed(&deadline));
        deadline_done(&deadline);

        g_assert_cmpuint(end - begin, >=, LIMIT_USEC);
        g_assert_cmpuint(end - begin, <, PATIENCE_USEC);
}

/* Who was not in the call when the first signal came is interrupted by the next. */
static void test_interrupts_again(void) {
        Deadline deadline = DEADLINE_NONE;

        g_assert_cmpint(deadline_start(&deadline, 1000), ==, 0);
        while (!deadline_passed(&deadline))
                ;
        g_assert_cmpint(read_blocking(), ==, -EINTR);
        g_assert_cmpint(read_blocking(), ==, -EINTR);
        deadline_done(&deadline);
}

static unsigned n_alarms;

static void count_alarm(int signal) {
        (void) signal;
        n_alarms++;
}

static bool alarm_is_blocked(void) {
        sigset_t mask;

        g_assert_no_errno(sigprocmask(SIG_SETMASK, NULL, &mask));
        return sigismember(&mask, SIGALRM) == 1;
}

static void block_alarm(bool block) {
        sigset_t alarm_only;

        (void) sigemptyset(&alarm_only);
        (void) sigaddset(&alarm_only, SIGALRM);
        g_assert_no_errno(sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &alarm_only, NULL));
}

/* The caller has the signal blocked and a handler of its own for it. */
static void test_restores(void) {
        const struct sigaction counting = { .sa_handler = count_alarm, .sa_flags = SA_NODEFER };
        struct sigaction original, after;
        struct itimerval timer;
        Deadline deadline = DEADLINE_NONE;

        g_assert_no_errno(sigaction(SIGALRM, &counting, &original));
        block_alarm(true);

        g_assert_cmpint(deadline_start(&deadline, LIMIT_USEC), ==, 0);
        g_assert_false(alarm_is_blocked());
        g_assert_cmpint(read_blocking(), ==, -EINTR);
        deadline_done(&deadline);

        g_assert_true(alarm_is_blocked());
        g_assert_no_errno(sigaction(SIGALRM, &original, &after));
        g_assert_true(after.sa_handler == count_alarm);
        g_assert_cmpint(after.sa_flags & SA_NODEFER, ==, SA_NODEFER);

        /* No signal is left for later. */
        g_assert_no_errno(getitimer(ITIMER_REAL, &timer));
        g_assert_cmpint(timer.it_value.tv_sec, ==, 0);
        g_assert_cmpint(timer.it_value.tv_usec, ==, 0);
        block_alarm(false);
        g_assert_cmpuint(n_alarms, ==, 0);
}

static void test_not_started(void) {
        Deadline deadline = DEADLINE_NONE;
        struct sigaction before, after;

        g_assert_no_errno(sigaction(SIGALRM, NULL, &before));
        deadline_done(&deadline);
        deadline_done(&deadline);
        g_assert_no_errno(sigaction(SIGALRM, NULL, &after));
        g_assert_true(before.sa_handler == after.sa_handler);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/deadline/interrupts", test_interrupts);
        g_test_add_func("/deadline/interrupts-again", test_interrupts_again);
        g_test_add_func("/deadline/restores", test_restores);
        g_test_add_func("/deadline/not-started", test_not_started);

        return g_test_run();
}
