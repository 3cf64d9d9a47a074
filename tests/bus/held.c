/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that is traced is there until its tracer has taken note of its end, and so is its process: the
 * parent learns of the end of the last thread (kernel/exit.c: exit_notify(), delay_group_leader()). */

#include <glib.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "harness.h"
#include "held.h"

static pid_t second_thread(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
        g_autoptr(GDir) tasks = g_dir_open(path, 0, NULL);
        const char *name;

        while (tasks && (name = g_dir_read_name(tasks)))
                if (atoi(name) != pid)
                        return atoi(name);

        return 0;
}

pid_t held_take(pid_t pid) {
        pid_t thread;

        wait_until((thread = second_thread(pid)) > 0);
        g_assert_no_errno(ptrace(PTRACE_SEIZE, thread, NULL, NULL));
        return thread;
}

void held_let_go(pid_t thread) {
        int status;

        g_assert_no_errno(waitpid(thread, &status, __WALL));
        g_assert_true(WIFSIGNALED(status));
}
