/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes files one by one. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/basic/cleanup.h"
#include "tree-writer.h"

static int make_parents(int directory, const char *path) {
        char parent[PATH_MAX];

        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                snprintf(parent, sizeof(parent), "%.*s", (int) (slash - path), path);
                if (mkdirat(directory, parent, 0755) < 0 && errno != EEXIST)
                        return -errno;
        }

        return 0;
}

int tree_open_file(int directory, const char *path, FILE **ret) {
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
        _cleanup_close_ int fd = -EBADF;
        FILE *file;
        int r;

        fd = openat(directory, path, flags, 0644);
        if (fd < 0 && errno == ENOENT) {
                r = make_parents(directory, path);
                if (r < 0)
                        return r;
                fd = openat(directory, path, flags, 0644);
        }
        if (fd < 0)
                return -errno;

        file = fdopen(fd, "w");
        if (!file)
                return -errno;

        (void) TAKE_FD(fd);
        *ret = file;
        return 0;
}

int tree_close_file(FILE *file) {
        return fclose(file) < 0 ? -errno : 0;
}

int tree_write_file(int directory, const char *path, const char *format, ...) {
        va_list arguments;
        FILE *file = NULL;
        int r;

        r = tree_open_file(directory, path, &file);
        if (r < 0)
                return r;

        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        return tree_close_file(file);
}

int tree_link(int directory, const char *path, const char *target) {
        int r;

        if (linkat(directory, target, directory, path, 0) >= 0)
                return 0;
        if (errno != ENOENT)
                return -errno;

        r = make_parents(directory, path);
        if (r < 0)
                return r;

        return linkat(directory, target, directory, path, 0) < 0 ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position) {
        (void) st, (void) type, (void) position;

        (void) remove(path);
        return 0;
}

void tree_remove(const char *path) {
        (void) nftw(path, remove_entry, /* descriptors= */ 16, FTW_DEPTH | FTW_PHYS);
}
