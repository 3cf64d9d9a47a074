/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A private directory for files that nobody vouches for, and that must not stay behind. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "../daemon/basic/cleanup.h"

typedef struct Scratch {
        char *path;
        int fd;
        sigset_t saved_mask;
        char *recent; /* the directory that the last entry was made in, and its descriptor */
        int recent_fd;
} Scratch;

/* Makes an empty directory under $TMPDIR, or /tmp. While there is one, SIGHUP, SIGINT and SIGTERM wait, so
 * that they do not leave it behind: work that takes long has to ask scratch_interrupted(). Errors: those of
 * mkdtemp(3) and open(2), -ENOMEM. */
int scratch_new(Scratch **ret);

/* Removes the directory and all that is in it; a signal that has arrived meanwhile then takes effect. */
Scratch *scratch_free(Scratch *scratch);
DEFINE_POINTER_CLEANUP(Scratch *, scratch_free);

/* Tells whether such a signal has arrived. */
bool scratch_interrupted(void);

/* These make an entry, and the directories above it. PATH is relative, without empty components, "." or
 * "..", and leads through no symbolic link, also none that is in the directory. What is there already stays:
 * -EEXIST. Other errors: -ELOOP for a symbolic link on the way, -ENOTDIR, -ENAMETOOLONG, and what the file
 * system has to say. */
int scratch_make_directory(Scratch *scratch, const char *path); /* one that exists is fine */
int scratch_make_file(Scratch *scratch, const char *path);      /* returns a descriptor to write to */
int scratch_make_link(Scratch *scratch, const char *path, const char *target);
