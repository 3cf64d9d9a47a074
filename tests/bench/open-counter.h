/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts how often files of a directory tree are opened to be read. */
#pragma once

typedef struct OpenCounter {
        int fd; /* inotify(7) */
} OpenCounter;

#define OPEN_COUNTER_NONE ((OpenCounter){ .fd = -EBADF })

/* Watches PATH and every directory below it; symbolic links are not followed. Errors: those of
 * inotify_add_watch(2), such as -ENOSPC where the user's watches are used up. */
int open_counter_new(const char *path, OpenCounter *ret);
void open_counter_done(OpenCounter *counter);

/* The number of files and directories below PATH that were opened since the last call, by whomever. Opening
 * with O_PATH, which reads nothing, does not count. Returns -EOVERFLOW when they were too many to be
 * counted. */
int open_counter_read(OpenCounter *counter, unsigned *ret);
