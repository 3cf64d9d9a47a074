/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes, fills and removes the directory. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../daemon/basic/macro.h"
#include "scratch.h"

static void deadly_signals(sigset_t *ret) {
        (void) sigemptyset(ret);
        (void) sigaddset(ret, SIGHUP);
        (void) sigaddset(ret, SIGINT);
        (void) sigaddset(ret, SIGTERM);
}

int scratch_new(Scratch **ret) {
        const char *parent = secure_getenv("TMPDIR");
        _cleanup_free_ char *path = NULL;
        Scratch *scratch;
        sigset_t deadly;
        int fd, r;

        if (asprintf(&path, "%s/virtreadyctl-XXXXXX", isempty(parent) ? "/tmp" : parent) < 0)
                return -ENOMEM;

        scratch = malloc(sizeof(Scratch));
        if (!scratch)
                return -ENOMEM;
        *scratch = (Scratch){ .recent_fd = -EBADF };

        deadly_signals(&deadly);
        (void) sigprocmask(SIG_BLOCK, &deadly, &scratch->saved_mask);

        if (!mkdtemp(path)) {
                r = -errno;
                goto fail;
        }

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
                r = -errno;
                (void) rmdir(path);
                goto fail;
        }

        scratch->fd = fd;
        scratch->path = TAKE_PTR(path);
        *ret = scratch;
        return 0;

fail:
        (void) sigprocmask(SIG_SETMASK, &scratch->saved_mask, NULL);
        free(scratch);
        return r;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position) {
        (void) st, (void) type, (void) position;

        /* What cannot be removed must not keep the rest from being removed. */
        (void) remove(path);
        return 0;
}

Scratch *scratch_free(Scratch *scratch) {
        sigset_t saved_mask;

        if (!scratch)
                return NULL;

        (void) nftw(scratch->path, remove_entry, /* nopenfd= */ 32, FTW_DEPTH | FTW_PHYS);
        (void) safe_close(scratch->recent_fd);
        (void) safe_close(scratch->fd);
        saved_mask = scratch->saved_mask;
        free(scratch->recent);
        free(scratch->path);
        free(scratch);

        (void) sigprocmask(SIG_SETMASK, &saved_mask, NULL);
        return NULL;
}

bool scratch_interrupted(void) {
        sigset_t deadly, pending;

        deadly_signals(&deadly);
        return sigpending(&pending) == 0 && sigandset(&pending, &pending, &deadly) == 0 &&
               !sigisemptyset(&pending);
}

static int open_beneath(int directory, const char *path, int flags, mode_t mode) {
        struct open_how how = {
                .flags = (uint64_t) (flags | O_CLOEXEC),
                .mode = mode,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        long fd;

        fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
        return fd < 0 ? -errno : (int) fd;
}

/* Opens the directory PATH after making what is missing of it. */
static int open_directory(Scratch *scratch, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *copy = NULL;
        char *cursor, *name;

        if (isempty(path))
                path = ".";

        fd = open_beneath(scratch->fd, path, O_RDONLY | O_DIRECTORY, 0);
        if (fd != -ENOENT)
                return TAKE_FD(fd);

        copy = cursor = strdup(path);
        if (!copy)
                return -ENOMEM;

        fd = open_beneath(scratch->fd, ".", O_RDONLY | O_DIRECTORY, 0);
        while (fd >= 0 && (name = strsep(&cursor, "/"))) {
                int child;

                if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
                        return -errno;

                child = open_beneath(fd, name, O_RDONLY | O_DIRECTORY, 0);
                (void) safe_close(fd);
                fd = child;
        }

        return TAKE_FD(fd);
}

/* Opens the directory that PATH is in, and yields what PATH is called there. Entries that follow each other
 * are mostly in the same one. */
static int get_parent(Scratch *scratch, const char *path, const char **ret_name) {
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *parent = NULL;
        int fd;

        parent = strndup(path, slash ? (size_t) (slash - path) : 0);
        if (!parent)
                return -ENOMEM;

        if (!scratch->recent || !streq(scratch->recent, parent)) {
                fd = open_directory(scratch, parent);
                if (fd < 0)
                        return fd;

                (void) safe_close(scratch->recent_fd);
                scratch->recent_fd = fd;
                free(scratch->recent);
                scratch->recent = TAKE_PTR(parent);
        }

        *ret_name = slash ? slash + 1 : path;
        return scratch->recent_fd;
}

int scratch_make_directory(Scratch *scratch, const char *path) {
        _cleanup_close_ int fd = -EBADF;

        fd = open_directory(scratch, path);
        return fd < 0 ? fd : 0;
}

int scratch_make_file(Scratch *scratch, const char *path) {
        const char *name;
        int parent;

        parent = get_parent(scratch, path, &name);
        if (parent < 0)
                return parent;

        return open_beneath(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, 0600);
}

int scratch_make_link(Scratch *scratch, const char *path, const char *target) {
        const char *name;
        int parent;

        parent = get_parent(scratch, path, &name);
        if (parent < 0)
                return parent;

        return symlinkat(target, parent, name) < 0 ? -errno : 0;
}
