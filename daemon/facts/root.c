/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens what is under a directory and never outside it, and counts the work that this is. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../basic/clock.h"
#include "../basic/macro.h"
#include "root-parts.h"

/* How often an open in a root is tried, and how often without a pause. */
#define OPEN_ATTEMPTS_MAX 40U
#define OPEN_ATTEMPTS_AT_ONCE 8U

static int open_in(int directory, const char *path, int flags) {
        struct open_how how = {
                .flags = (uint64_t) (flags | O_CLOEXEC),
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        long fd;

        /* A rename anywhere in the system makes a resolution in a root fail with EAGAIN; openat2(2) says to
         * retry. On a busy machine whoever renames has to get a turn before that helps. */
        for (unsigned attempt = 0; attempt < OPEN_ATTEMPTS_MAX; attempt++) {
                if (attempt >= OPEN_ATTEMPTS_AT_ONCE)
                        (void) usleep(USEC_PER_MSEC);

                fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
                if (fd >= 0)
                        return (int) fd;
                if (errno != EAGAIN)
                        return -errno;
        }

        return -EAGAIN;
}

int root_spend(const Root *root, uint64_t work) {
        if (!root->snapshot)
                return 0;

        if (root->snapshot->work < work) {
                root->snapshot->work = 0;
                root->snapshot->cut_short = true;
                return -EDQUOT;
        }

        root->snapshot->work -= work;
        return 0;
}

/* A thread uses no more CPU time than passes. To ask for the time costs next to nothing (vdso(7)); to ask
 * for CPU time is a system call, which would take a fifth of the pass after an event. */
static bool time_is_over(const RootSnapshot *snapshot) {
        return now_usec(CLOCK_MONOTONIC) > snapshot->earliest_usec &&
               now_usec(CLOCK_THREAD_CPUTIME_ID) > snapshot->end_usec;
}

/* An open can take long: each link on the way can lead over thousands of others. */
static int spend_open(const Root *root) {
        if (root->snapshot && time_is_over(root->snapshot))
                root->snapshot->work = 0;

        return root_spend(root, ROOT_WORK_OPEN);
}

void root_begin_pass(const Root *root) {
        if (!root->snapshot)
                return;

        root->snapshot->work = ROOT_WORK_MAX;
        root->snapshot->earliest_usec = now_usec(CLOCK_MONOTONIC) + ROOT_TIME_MAX_USEC;
        root->snapshot->end_usec = now_usec(CLOCK_THREAD_CPUTIME_ID) + ROOT_TIME_MAX_USEC;
}

bool root_is_exhausted(const Root *root) {
        return root->snapshot && root->snapshot->work < ROOT_WORK_OPEN;
}

bool root_was_cut_short(const Root *root) {
        return root->snapshot && root->snapshot->cut_short;
}

const char *root_denied(const Root *root) {
        return root->snapshot && root->snapshot->denied[0] != '\0' ? root->snapshot->denied : NULL;
}

int root_open(const Root *root, const char *path, int flags) {
        int fd, r;

        r = spend_open(root);
        if (r < 0)
                return r;

        /* The running kernel's own files need no confinement, and older kernels have no openat2(). */
        if (root->live) {
                fd = openat(root->fd, path, flags | O_CLOEXEC);
                return fd < 0 ? -errno : fd;
        }

        fd = open_in(root->fd, path, flags);
        if (fd == -EACCES && !root_denied(root)) {
                snprintf(root->snapshot->denied, sizeof(root->snapshot->denied), "%s", path);
                make_printable(root->snapshot->denied);
        }

        return fd;
}

int root_new(const char *path, Root **ret) {
        _cleanup_(root_freep) Root *root = NULL;
        struct stat here, system;
        int fd;

        root = malloc(sizeof(Root));
        if (!root)
                return -ENOMEM;
        *root = (Root){ .fd = -EBADF };

        root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root->fd < 0)
                return -errno;
        if (fstat(root->fd, &here) < 0 || stat("/", &system) < 0)
                return -errno;

        root->live = here.st_dev == system.st_dev && here.st_ino == system.st_ino;
        if (!root->live) {
                fd = open_in(root->fd, ".", O_PATH | O_DIRECTORY);
                if (fd < 0)
                        return fd == -ENOSYS || fd == -EPERM ? -EOPNOTSUPP : fd;
                (void) safe_close(fd);

                root->snapshot = calloc(1, sizeof(RootSnapshot));
                if (!root->snapshot)
                        return -ENOMEM;
                root_begin_pass(root);
        }

        *ret = TAKE_PTR(root);
        return 0;
}

Root *root_free(Root *root) {
        if (!root)
                return NULL;

        (void) safe_close(root->fd);
        free(root->snapshot);
        free(root);
        return NULL;
}

int root_open_path(const Root *root, const char *path, struct stat *ret) {
        _cleanup_close_ int fd = -EBADF;

        fd = root_open(root, path, O_PATH);
        if (fd < 0)
                return fd;
        if (ret && fstat(fd, ret) < 0)
                return -errno;

        return TAKE_FD(fd);
}

/* A path that leads over no link needs nobody to see where it leads, and no descriptor. */
static bool is_direct(const Root *root, const char *path) {
        return root->live || !strchr(path, '/');
}

static int exists_directly(const Root *root, const char *path) {
        struct stat st;
        int r;

        r = spend_open(root);
        if (r < 0)
                return r;

        return fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 1;
}

static int exists_confined(const Root *root, const char *path) {
        _cleanup_close_ int fd = -EBADF;

        fd = root_open(root, path, O_PATH | O_NOFOLLOW);
        return fd < 0 ? fd : 1;
}

int root_exists(const Root *root, const char *path) {
        int r;

        r = is_direct(root, path) ? exists_directly(root, path) : exists_confined(root, path);
        return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

static ssize_t read_target(const Root *root, const char *path, char *target, size_t size) {
        _cleanup_close_ int fd = -EBADF;
        ssize_t n;

        if (is_direct(root, path)) {
                int r;

                r = spend_open(root);
                if (r < 0)
                        return r;
                n = readlinkat(root->fd, path, target, size);
                return n < 0 ? -errno : n;
        }

        fd = root_open(root, path, O_PATH | O_NOFOLLOW);
        if (fd < 0)
                return fd;

        /* With an empty path, what is no link is said not to be there (fs/stat.c: do_readlinkat()). */
        n = readlinkat(fd, "", target, size);
        if (n < 0)
                return errno == ENOENT ? -EINVAL : -errno;

        return n;
}

int root_readlink(const Root *root, const char *path, char **ret) {
        char target[PATH_MAX];
        char *text;
        ssize_t n;

        n = read_target(root, path, target, sizeof(target));
        if (n < 0)
                return (int) n;
        if ((size_t) n == sizeof(target))
                return -ENAMETOOLONG;

        text = strndup(target, (size_t) n);
        if (!text)
                return -ENOMEM;

        make_printable(text);
        *ret = text;
        return 0;
}

bool root_knows_directory(const Root *root, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = root_open_path(root, path, &st);
        return fd >= 0 ? S_ISDIR(st.st_mode) : root->live && fd == -ENOENT;
}

int root_opendir(const Root *root, const char *path, DIR **ret) {
        _cleanup_close_ int fd = -EBADF;
        DIR *directory;

        fd = root_open(root, path, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd;

        directory = fdopendir(fd);
        if (!directory)
                return -errno;

        (void) TAKE_FD(fd);
        *ret = directory;
        return 0;
}

struct dirent *root_readdir(const Root *root, DIR *directory) {
        return root_spend(root, ROOT_WORK_ENTRY) < 0 ? NULL : readdir(directory);
}
