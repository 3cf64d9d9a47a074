/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that runs beside the daemon, for what may block or take long: the daemon does not wait for it.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "basic/cleanup.h"

/* One run of a program. */
typedef struct Child Child;

/* Called once, from the event loop, unless the child is freed before; it may free the child. RESULT is the
 * exit status, with all that was printed: SIZE bytes, and a null byte after them, which are the child's.
 * Otherwise it is -ETIMEDOUT, -EFBIG when more was printed than OUTPUT_MAX, -ECONNRESET when a signal has
 * ended the program, -ENOMEM, or another error of read(2); the program has then been killed. */
typedef void (*ChildHandler)(int result, const char *output, size_t size, void *userdata);

/* Starts PATH, with the name ARGUMENTS[0], and with its standard input and, unless it may LOG there, its
 * standard error output at /dev/null, and with ENVIRONMENT, or that of the daemon where this is NULL. It may
 * print OUTPUT_MAX bytes and has TIMEOUT_USEC. SIGCHLD must be blocked. Errors: those of posix_spawn(3),
 * such as -ENOENT, -EACCES and -EAGAIN. */
typedef struct ChildOptions {
        const char *path;               /* the file to execute; NULL: ARGUMENTS[0] */
        const char *const *arguments;   /* NULL-terminated */
        const char *const *environment; /* likewise */
        size_t output_max;
        uint64_t timeout_usec;
        bool log;
} ChildOptions;

int child_new(sd_event *event, const ChildOptions *options, ChildHandler handler, void *userdata,
              Child **ret);

/* Whether the program has not been seen to end. */
bool child_is_running(const Child *child);

/* Kills a program that still runs and, in place of the handler above, calls HANDLER once it has ended; it
 * may free the child. One that waits in the kernel for what does not come never ends: a file system whose
 * server has read a request and does not answer keeps it there (fs/fuse/dev.c: request_wait_answer()). */
typedef void (*ChildEndHandler)(void *userdata);
void child_stop(Child *child, ChildEndHandler handler, void *userdata);

/* Kills the program if it still runs. One that cannot be killed now, for it waits in the kernel, is waited
 * for by the event loop. */
Child *child_free(Child *child);
DEFINE_POINTER_CLEANUP(Child *, child_free);
