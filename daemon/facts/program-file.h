/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a program: whether it is one, which one it is, and whether it may be run. */
#pragma once

#include "root.h"
#include "tristate.h"

/* Which file a program is. It is another one once a package has replaced it, or somebody has written to it.
 * All zeroes: there is none. */
typedef struct ProgramIdentity {
        dev_t device;
        ino_t inode;
        uint64_t modified_nsec; /* CLOCK_REALTIME; a snapshot's may have wrapped around */
} ProgramIdentity;

bool program_identity_equal(const ProgramIdentity *a, const ProgramIdentity *b);

/* Whether there is an identity at all. */
bool program_identity_known(const ProgramIdentity *identity);

/* Tells whether PATH, relative to the root, is a regular file that somebody may execute; links are followed
 * inside the root. If it is, yields which one. In a snapshot a link to what was not copied is unknown. */
Tristate program_file_read(const Root *root, const char *path, ProgramIdentity *ret_identity);

/* Finds out whether PATH, which is absolute and of the running system, is still the program IDENTITY and may
 * be run by somebody who trusts nobody but root: the file belongs to root, who alone may write to it, and so
 * do all directories above it, where others may write only with the sticky bit, which keeps them from
 * replacing it. Yields the path to run, without links, to be freed. Errors: -EPERM when it is not to be
 * trusted, -ESTALE when it is another file now, -ENOMEM, and those of realpath(3) and stat(2). */
int program_file_trust(const char *path, const ProgramIdentity *identity, char **ret_path);
