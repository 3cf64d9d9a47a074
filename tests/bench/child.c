/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forks, waits with a time limit, and reaps with what the kernel accounted. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../../daemon/basic/clock.h"
#include "../../daemon/basic/macro.h"
#include "child.h"

/* A killed process that does not go away within this time never will. */
#define KILL_LIMIT_USEC (10 * USEC_PER_SEC)

_Noreturn static void become(const char *const argv[], int output, bool quiet, pid_t parent) {
        int null;

        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(EXIT_FAILURE);

        null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
            dup2(output >= 0 ? output : null, STDOUT_FILENO) < 0 || (quiet && dup2(null, STDERR_FILENO) < 0))
                _exit(EXIT_FAILURE);

        (void) execvp(argv[0], (char **) argv);
        _exit(CHILD_EXIT_NOT_FOUND);
}

int child_start(const char *const argv[], int output, bool quiet, Child *ret) {
        Child child = CHILD_NONE;
        pid_t parent = getpid();

        child.started_usec = now_usec(CLOCK_MONOTONIC);
        child.pid = fork();
        if (child.pid < 0)
                return -errno;
        if (child.pid == 0)
                become(argv, output, quiet, parent);

        child.pidfd = pidfd_open(child.pid, 0);
        if (child.pidfd < 0) {
                int r = -errno;

                (void) kill(child.pid, SIGKILL);
                (void) waitpid(child.pid, NULL, 0);
                return r;
        }

        *ret = child;
        return 0;
}

/* A pidfd is readable once its process has exited. */
static int poll_exit(const Child *child, uint64_t limit_usec) {
        struct pollfd pollfd = { .fd = child->pidfd, .events = POLLIN };
        int r;

        do
                r = poll(&pollfd, 1, (int) (limit_usec / USEC_PER_MSEC));
        while (r < 0 && errno == EINTR);

        return r < 0 ? -errno : r;
}

bool child_has_exited(const Child *child) {
        return poll_exit(child, 0) > 0;
}

static double timeval_usec(struct timeval t) {
        return (double) t.tv_sec * (double) USEC_PER_SEC + (double) t.tv_usec;
}

int child_wait(Child *child, uint64_t limit_usec, int *ret_status, double *ret_cpu_usec) {
        struct rusage usage;
        int r, status;

        r = poll_exit(child, limit_usec);
        if (r < 0)
                return r;
        if (r == 0)
                return -ETIMEDOUT;

        if (wait4(child->pid, &status, 0, &usage) < 0)
                return -errno;

        (void) safe_close(child->pidfd);
        *child = CHILD_NONE;
        if (ret_status)
                *ret_status = status;
        if (ret_cpu_usec)
                *ret_cpu_usec = timeval_usec(usage.ru_utime) + timeval_usec(usage.ru_stime);
        return 0;
}

int child_kill(Child *child, double *ret_cpu_usec) {
        if (kill(child->pid, SIGKILL) < 0)
                return -errno;

        return child_wait(child, KILL_LIMIT_USEC, NULL, ret_cpu_usec);
}

void child_done(Child *child) {
        if (child->pid > 0)
                (void) child_kill(child, NULL);
}
