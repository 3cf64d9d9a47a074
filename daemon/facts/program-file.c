/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at the files of programs, and never into them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "program-file.h"

bool program_identity_equal(const ProgramIdentity *a, const ProgramIdentity *b) {
        return a->device == b->device && a->inode == b->inode && a->modified_nsec == b->modified_nsec;
}

bool program_identity_known(const ProgramIdentity *identity) {
        return !program_identity_equal(identity, &(ProgramIdentity){});
}

static ProgramIdentity identity_of(const struct stat *st) {
        return (ProgramIdentity){
                .device = st->st_dev,
                .inode = st->st_ino,
                .modified_nsec = (uint64_t) st->st_mtim.tv_sec * 1000000000 + (uint64_t) st->st_mtim.tv_nsec,
        };
}

Tristate program_file_read(const Root *root, const char *path, ProgramIdentity *ret_identity) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = root_open_path(root, path, &st);
        if (fd >= 0) {
                if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
                        return TRISTATE_NO;
                *ret_identity = identity_of(&st);
                return TRISTATE_YES;
        }
        if (fd == -ENOTDIR)
                return TRISTATE_NO;
        if (fd != -ENOENT)
                return TRISTATE_UNKNOWN;

        /* What a link in a snapshot leads to may only not have been copied. */
        return root->live || root_exists(root, path) == 0 ? TRISTATE_NO : TRISTATE_UNKNOWN;
}

static bool is_roots_own(const struct stat *st) {
        if (st->st_uid != 0)
                return false;

        return !(st->st_mode & (S_IWGRP | S_IWOTH)) || (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX));
}

/* PATH has no links in it. It is cut into pieces and put together again. */
static int check_directories(char *path) {
        struct stat st;

        if (stat("/", &st) < 0)
                return -errno;
        if (!is_roots_own(&st))
                return -EPERM;

        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                int r;

                *slash = '\0';
                r = lstat(path, &st) < 0 ? -errno : 0;
                *slash = '/';
                if (r < 0)
                        return r;
                if (!S_ISDIR(st.st_mode) || !is_roots_own(&st))
                        return -EPERM;
        }

        return 0;
}

int program_file_trust(const char *path, const ProgramIdentity *identity, char **ret_path) {
        _cleanup_free_ char *resolved = NULL;
        ProgramIdentity found;
        struct stat st;
        int r;

        resolved = realpath(path, NULL);
        if (!resolved)
                return -errno;

        r = check_directories(resolved);
        if (r < 0)
                return r;

        if (lstat(resolved, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || !is_roots_own(&st))
                return -EPERM;

        found = identity_of(&st);
        if (!program_identity_equal(&found, identity))
                return -ESTALE;

        *ret_path = TAKE_PTR(resolved);
        return 0;
}
