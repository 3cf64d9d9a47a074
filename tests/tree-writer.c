/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes files one by one. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../daemon/basic/cleanup.h"
#include "tree-writer.h"

static void fail(TreeWriter *writer) {
        if (writer->error == 0)
                writer->error = -errno;
}

/* Tells whether it is worth to try again what has failed, for now there are directories above PATH. */
static bool make_parents(TreeWriter *writer, const char *path) {
        char parent[PATH_MAX];

        if (errno != ENOENT)
                return false;

        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                snprintf(parent, sizeof(parent), "%.*s", (int) (slash - path), path);
                if (mkdirat(writer->directory, parent, 0755) < 0 && errno != EEXIST)
                        return false;
        }

        return true;
}

FILE *writer_open(TreeWriter *writer, const char *path) {
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
        _cleanup_close_ int fd = -EBADF;
        FILE *file = NULL;

        if (writer->error < 0)
                return NULL;

        fd = openat(writer->directory, path, flags, 0644);
        if (fd < 0 && make_parents(writer, path))
                fd = openat(writer->directory, path, flags, 0644);
        if (fd >= 0)
                file = fdopen(fd, "w");
        if (!file) {
                fail(writer);
                return NULL;
        }

        (void) TAKE_FD(fd);
        return file;
}

void writer_close(TreeWriter *writer, FILE *file) {
        if (fclose(file) < 0)
                fail(writer);
}

void writer_file(TreeWriter *writer, const char *path, const char *format, ...) {
        FILE *file = writer_open(writer, path);
        va_list arguments;

        if (!file)
                return;

        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        writer_close(writer, file);
}

void writer_link(TreeWriter *writer, const char *path, const char *target) {
        int directory = writer->directory;

        if (writer->error < 0 || linkat(directory, target, directory, path, 0) >= 0)
                return;
        if (!make_parents(writer, path) || linkat(directory, target, directory, path, 0) < 0)
                fail(writer);
}

void writer_symlink(TreeWriter *writer, const char *path, const char *target) {
        if (writer->error < 0 || symlinkat(target, writer->directory, path) >= 0)
                return;
        if (!make_parents(writer, path) || symlinkat(target, writer->directory, path) < 0)
                fail(writer);
}
