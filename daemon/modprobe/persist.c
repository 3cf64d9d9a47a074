/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a file beside the one that it takes the place of. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../basic/cleanup.h"
#include "persist.h"

/* What is read at the start ends in ".conf" (modules-load.d(5)). The temporary file's name has the number of
 * this process: it is nobody else's while the process lives. */
#define NAME_FORMAT "virtready-%s.conf"
#define TEMPORARY_FORMAT ".virtready-%s.%ld"
#define NAME_SIZE (MODPROBE_NAME_MAX + 64U)

/* What a file begins with that this program, of whichever version, has written. */
#define MARK "# Written by virtready"
#define CONTENT_FORMAT MARK ". To undo it: virtreadyctl unpersist %s\n%s\n"
#define CONTENT_SIZE (2U * MODPROBE_NAME_MAX + 128U)

static ModprobeAnswer answer(int r) {
        return r < 0 ? (ModprobeAnswer){ .outcome = MODPROBE_FAILED, .error = -r }
                     : (ModprobeAnswer){ .outcome = MODPROBE_DONE };
}

static int open_directory(const char *path) {
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* Reads the beginning of a file; of anything but a regular file it reads nothing. */
static ssize_t read_beginning(int directory, const char *name, char *buffer, size_t size) {
        _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat st;
        ssize_t n;

        if (fd < 0)
                return errno == ELOOP || errno == ENXIO ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return 0;

        n = pread(fd, buffer, size, 0);
        return n < 0 ? -errno : n;
}

/* Looks at what has the name already. Returns 1 when that is what would be written, 0 when it is something
 * that this program has written, -ENOENT when there is nothing, and -EEXIST when it is somebody else's. */
static int examine(int directory, const char *name, const char *module) {
        char content[CONTENT_SIZE], wanted[CONTENT_SIZE];
        ssize_t n;

        n = read_beginning(directory, name, content, sizeof(content));
        if (n < 0)
                return (int) n;

        if ((size_t) n <= strlen(MARK) || memcmp(content, MARK, strlen(MARK)) != 0)
                return -EEXIST;

        snprintf(wanted, sizeof(wanted), CONTENT_FORMAT, module, module);
        return (size_t) n == strlen(wanted) && memcmp(content, wanted, (size_t) n) == 0;
}

/* A file that is there already was left by a process that was killed and had the same number. */
static int create(int directory, const char *name) {
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        int fd;

        fd = openat(directory, name, flags, 0600);
        if (fd < 0 && errno == EEXIST && unlinkat(directory, name, 0) >= 0)
                fd = openat(directory, name, flags, 0600);

        return fd < 0 ? -errno : fd;
}

/* Files in /etc may be read by everybody, whatever the umask. */
static int fill(int fd, const char *module) {
        if (dprintf(fd, CONTENT_FORMAT, module, module) < 0)
                return -errno;
        if (fchmod(fd, 0644) < 0)
                return -errno;

        return fsync(fd) < 0 ? -errno : 0;
}

static int replace(int directory, const char *temporary, const char *name, const char *module) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = create(directory, temporary);
        if (fd < 0)
                return fd;

        r = fill(fd, module);
        if (r >= 0 && renameat(directory, temporary, directory, name) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(directory, temporary, 0);

        return r;
}

/* What was done to a directory is there after a crash, too. Some filesystems have no such thing. */
static int settle(int directory) {
        return fsync(directory) < 0 && errno != EINVAL ? -errno : 0;
}

static int persist(const char *path, const char *module) {
        char name[NAME_SIZE], temporary[NAME_SIZE];
        _cleanup_close_ int directory = -EBADF;
        int r;

        snprintf(name, sizeof(name), NAME_FORMAT, module);
        snprintf(temporary, sizeof(temporary), TEMPORARY_FORMAT, module, (long) getpid());

        directory = open_directory(path);
        if (directory < 0)
                return directory;

        r = examine(directory, name, module);
        if (r > 0)
                return settle(directory);
        if (r < 0 && r != -ENOENT)
                return r;

        r = replace(directory, temporary, name, module);
        if (r < 0)
                return r;

        return settle(directory);
}

static int forget(const char *path, const char *module) {
        _cleanup_close_ int directory = -EBADF;
        char name[NAME_SIZE];
        int r;

        snprintf(name, sizeof(name), NAME_FORMAT, module);

        directory = open_directory(path);
        if (directory < 0)
                return directory == -ENOENT ? 0 : directory;

        r = examine(directory, name, module);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        if (unlinkat(directory, name, 0) < 0)
                return errno == ENOENT ? 0 : -errno;

        return settle(directory);
}

ModprobeAnswer module_persist(const char *directory, const char *module) {
        return answer(persist(directory, module));
}

ModprobeAnswer module_forget(const char *directory, const char *module) {
        return answer(forget(directory, module));
}
