/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the kernel for them, without taking from the event loop what it waits for. */

#include <glib.h>
#include <signal.h>
#include <sys/wait.h>

#include "children.h"
#include "daemon/basic/clock.h"

/* More than any takes to end. */
#define WAIT_USEC (20 * USEC_PER_SEC)

void children_block_signal(void) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        g_assert_cmpint(sigprocmask(SIG_BLOCK, &child, NULL), ==, 0);
}

bool has_children(void) {
        return waitid(P_ALL, 0, &(siginfo_t){}, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void wait_for_children(sd_event *event) {
        while (has_children())
                g_assert_cmpint(sd_event_run(event, WAIT_USEC), >, 0);
}
