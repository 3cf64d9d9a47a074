/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs pkttyagent for as long as it is needed. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../daemon/basic/cleanup.h"
#include "../daemon/basic/clock.h"
#include "polkit-agent.h"

/* How long it may take to register, and to end when it is asked to. */
#define REGISTER_LIMIT_USEC (5 * USEC_PER_SEC)
#define END_LIMIT_USEC (2 * USEC_PER_SEC)
#define END_INTERVAL_USEC (10 * USEC_PER_MSEC)

/* It asks on the terminal itself (/dev/tty). What it prints beside that, such as that there is no polkit,
 * the daemon's answer tells better. */
static void silence(void) {
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (fd >= 0) {
                (void) dup2(fd, STDOUT_FILENO);
                (void) dup2(fd, STDERR_FILENO);
        }
}

/* Becomes the agent. PARENT may have ended before the kernel was told to watch it. */
static _Noreturn void run_agent(pid_t parent, int notify_fd) {
        char parent_text[sizeof("-2147483648")], fd_text[sizeof("-2147483648")];

        snprintf(parent_text, sizeof(parent_text), "%i", (int) parent);
        snprintf(fd_text, sizeof(fd_text), "%i", notify_fd);

        if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent || fcntl(notify_fd, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);

        silence();
        /* Ctrl-\ would end it with the terminal as it is while a password is typed. It ends with us. */
        (void) signal(SIGQUIT, SIG_IGN);
        (void) execlp("pkttyagent", "pkttyagent", "--process", parent_text, "--notify-fd", fd_text,
                      "--fallback", NULL);
        _exit(EXIT_FAILURE);
}

/* Waits until nobody has the other end of a pipe any more, but not for ever. */
static void wait_until_closed(int fd) {
        uint64_t end = now_usec(CLOCK_MONOTONIC) + REGISTER_LIMIT_USEC, now;
        struct pollfd poll_fd = { .fd = fd };
        int r;

        do {
                now = now_usec(CLOCK_MONOTONIC);
                r = now < end ? poll(&poll_fd, 1, (int) ((end - now) / USEC_PER_MSEC) + 1) : 0;
        } while (r < 0 && errno == EINTR);
}

int polkit_agent_start(PolkitAgent *ret) {
        _cleanup_close_ int read_end = -EBADF, write_end = -EBADF;
        pid_t self = getpid(), pid;
        PolkitAgent agent = {};
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        read_end = ends[0];
        write_end = ends[1];

        agent.has_terminal = tcgetattr(STDIN_FILENO, &agent.terminal) >= 0;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                run_agent(self, write_end);

        write_end = safe_close(write_end);
        wait_until_closed(read_end);

        agent.pid = pid;
        *ret = agent;
        return 0;
}

/* Whether it has ended; then nothing is left of it. */
static bool has_ended(pid_t pid) {
        pid_t r = waitpid(pid, NULL, WNOHANG);

        return r == pid || (r < 0 && errno != EINTR);
}

static void end(pid_t pid) {
        static const struct timespec interval = { .tv_nsec = END_INTERVAL_USEC * NSEC_PER_USEC };
        uint64_t limit = now_usec(CLOCK_MONOTONIC) + END_LIMIT_USEC;

        /* One that was stopped with the terminal's keys must go on to end. */
        (void) kill(pid, SIGTERM);
        (void) kill(pid, SIGCONT);
        while (!has_ended(pid)) {
                if (now_usec(CLOCK_MONOTONIC) < limit) {
                        (void) nanosleep(&interval, NULL);
                        continue;
                }

                (void) kill(pid, SIGKILL);
                while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                return;
        }
}

/* One that was killed may have left the terminal without echo. In the background the terminal is somebody
 * else's, and setting it would stop us. */
static void restore_terminal(const PolkitAgent *agent) {
        struct termios now;

        if (agent->has_terminal && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
            tcgetattr(STDIN_FILENO, &now) >= 0 && now.c_lflag != agent->terminal.c_lflag)
                (void) tcsetattr(STDIN_FILENO, TCSADRAIN, &agent->terminal);
}

void polkit_agent_stop(PolkitAgent *agent) {
        if (agent->pid <= 0)
                return;

        end(agent->pid);
        restore_terminal(agent);
        agent->pid = 0;
}
