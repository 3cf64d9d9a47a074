/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files under a root, without blocking and without trusting what it finds. */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../basic/macro.h"
#include "root-parts.h"

/* A snapshot may hold a FIFO or a device node under any name, and opening one for reading has effects. */
static int open_regular(const Root *root, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (!root->live) {
                fd = root_open_path(root, path, &st);
                if (fd < 0)
                        return fd;
                if (!S_ISREG(st.st_mode))
                        return -ENOTSUP;
                fd = safe_close(fd);
        }

        fd = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -ENOTSUP;

        return TAKE_FD(fd);
}

/* Some of what is read is kept for as long as the daemon runs. */
static void shrink(char **buffer, size_t size) {
        char *smaller = realloc(*buffer, size);

        if (smaller)
                *buffer = smaller;
}

/* Fills *BUFFER with at most LIMIT bytes, growing it as the file turns out longer: files of /proc tell no
 * size. */
static int read_up_to(int fd, size_t limit, char **ret_buffer, size_t *ret_size) {
        _cleanup_free_ char *buffer = NULL;
        size_t allocated = 0, size = 0;

        for (;;) {
                ssize_t n;

                if (size == allocated) {
                        size_t larger = allocated == 0 ? 4096 : allocated * 2;
                        char *p;

                        if (larger > limit)
                                larger = limit;
                        p = realloc(buffer, larger + 1);
                        if (!p)
                                return -ENOMEM;
                        buffer = p;
                        allocated = larger;
                }

                n = read(fd, buffer + size, allocated - size);
                if (n < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                size += (size_t) n;
                if (n == 0 || size == limit)
                        break;
        }

        buffer[size] = '\0';
        shrink(&buffer, size + 1);
        *ret_buffer = TAKE_PTR(buffer);
        *ret_size = size;
        return 0;
}

void make_printable(char *text) {
        for (char *p = text; *p != '\0'; p++)
                if ((*p < ' ' || *p > '~') && *p != '\t' && *p != '\n')
                        *p = '?';
}

static int read_bytes(const Root *root, const char *path, size_t limit, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0;
        int r;

        fd = open_regular(root, path);
        if (fd < 0)
                return fd;

        r = read_up_to(fd, limit, &buffer, &size);
        if (r < 0)
                return r;
        assert(buffer);

        r = root_spend(root, size);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(buffer);
        *ret_size = size;
        return 0;
}

static int read_text(const Root *root, const char *path, size_t limit, bool whole, char **ret) {
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0;
        int r;

        /* One byte beyond the limit tells a file that fits exactly from one that goes on. */
        r = read_bytes(root, path, whole ? limit + 1 : limit, &buffer, &size);
        if (r < 0)
                return r;
        if (size > limit)
                return -EFBIG;

        /* Linux 5.15 prints the end of the string with lists of CPUs (lib/bitmap.c: bitmap_print_to_buf()).
         */
        if (size > 1 && buffer[size - 1] == '\0')
                size--;
        if (memchr(buffer, '\0', size))
                return -EBADMSG;

        make_printable(buffer);
        *ret = TAKE_PTR(buffer);
        return 0;
}

int root_read(const Root *root, const char *path, size_t limit, char **ret) {
        return read_text(root, path, limit, /* whole= */ true, ret);
}

int root_read_head(const Root *root, const char *path, size_t limit, char **ret) {
        return read_text(root, path, limit, /* whole= */ false, ret);
}

int root_read_property(const Root *root, const char *path, char **ret) {
        _cleanup_free_ char *buffer = NULL;
        size_t size = 0;
        int r;

        r = read_bytes(root, path, ROOT_PROPERTY_MAX + 1, &buffer, &size);
        if (r < 0)
                return r;
        if (size > ROOT_PROPERTY_MAX)
                return -EFBIG;

        for (size_t i = 0; i < size; i++)
                if (buffer[i] == '\0')
                        buffer[i] = '\n';

        make_printable(buffer);
        *ret = TAKE_PTR(buffer);
        return 0;
}

int root_fopen(const Root *root, const char *path, size_t limit, FILE **ret) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        FILE *file;
        int r;

        fd = open_regular(root, path);
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if ((uint64_t) st.st_size > limit)
                return -EFBIG;
        r = root_spend(root, (uint64_t) st.st_size);
        if (r < 0)
                return r;

        file = fdopen(fd, "r");
        if (!file)
                return -errno;

        (void) TAKE_FD(fd);
        *ret = file;
        return 0;
}

int root_read_line(const Root *root, const char *path, char **ret) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = root_read(root, path, ROOT_LINE_MAX, &text);
        if (r < 0)
                return r;

        text[strcspn(text, "\n")] = '\0';
        *ret = TAKE_PTR(text);
        return 0;
}

int open_text(char *text, FILE **ret) {
        FILE *f;

        if (text[0] == '\0')
                return -ENODATA;

        f = fmemopen(text, strlen(text), "r");
        if (!f)
                return -errno;

        *ret = f;
        return 0;
}
