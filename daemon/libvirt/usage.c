/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says what running guests have, and asks a file system what is free. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "../basic/macro.h"
#include "../basic/saturated.h"
#include "guests.h"
#include "text.h"
#include "trouble.h"
#include "usage.h"

static int add_numbers_of_guests(Json *answer, const Guests *guests) {
        Json *object;
        int r;

        r = json_add_container(answer, "guests", json_object_new_object(), &object);
        if (r >= 0)
                r = json_add_number(object, "count", true, guests->count);
        if (r >= 0)
                r = json_add_number(object, "vcpus", true, guests->vcpus);
        if (r >= 0)
                r = json_add_number(object, "memory_bytes", true, guests->memory_bytes);
        if (r >= 0)
                r = json_add_number(object, "huge_page_bytes", guests->huge_pages_known,
                                    guests->huge_page_bytes);
        if (r >= 0)
                r = json_add_number(object, "resident_bytes", guests->resident_known,
                                    guests->resident_bytes);

        return r;
}

/* What is missing is said in TROUBLE. Returns what guests_count() does. */
static int add_guests(Json *answer, const char *uri, Trouble *trouble) {
        Guests guests = {};
        int n, r;

        r = json_add_string(answer, "guests", NULL);
        if (r < 0 || !uri)
                return r;

        r = guests_count(uri, &guests);
        if (r == -EIO) {
                r = trouble_from_libvirt(trouble);
                return r == -EIO ? 0 : r;
        }

        if (r < 0)
                return r;

        n = add_numbers_of_guests(answer, &guests);
        return n < 0 ? n : r;
}

/* Sizes are in units of f_frsize (statvfs(3)). A file system that has more bytes than there are numbers for
 * has no end. */
static uint64_t in_bytes(const struct statvfs *file_system, fsblkcnt_t blocks) {
        return multiply_saturated(blocks, file_system->f_frsize);
}

static int explain(const char *path, const char *reason, char **problem) {
        _cleanup_free_ char *line = text_line(path, TROUBLE_DETAIL_MAX);

        return !line || asprintf(problem, "%s: %s", line, reason) < 0 ? -ENOMEM : 0;
}

static bool is_below(const char *path, const char *directory) {
        const char *rest = startswith(path, directory);

        return rest && (*rest == '\0' || *rest == '/');
}

/* What the unit of virtreadyd, which this runs in, hides: what is there instead says nothing of the machine
 * (systemd.exec(5): ProtectHome=, PrivateTmp=). One of these may itself be a link. */
static const char *hidden_part(const char *path) {
        static const char *const hidden[] = { "/home", "/root", "/run/user", "/tmp", "/var/tmp" };
        char resolved[PATH_MAX], other[PATH_MAX];

        /* Of a path that leads nowhere the buffer has what leads there (realpath(3), "GNU extensions"). */
        if (!realpath(path, resolved) && errno != ENOENT && errno != EACCES)
                return NULL;

        FOREACH_ELEMENT(directory, hidden)
                if (is_below(resolved, *directory) ||
                    (realpath(*directory, other) && is_below(resolved, other)))
                        return *directory;

        return NULL;
}

static int explain_hidden(const char *directory, char **problem) {
        return asprintf(problem, "The service does not see what is in %s.", directory) < 0 ? -ENOMEM : 0;
}

/* A path is missing if nothing has this name, not even a symbolic link to what is not there. */
static int add_missing(Json *answer, const char *path, int error, char **problem) {
        _cleanup_free_ char *reason = NULL;
        struct stat st;
        int r;

        if (error != ENOENT || lstat(path, &st) >= 0 || errno != ENOENT)
                return explain(path, strerror(error), problem);

        if (asprintf(&reason, "%s; give a path that exists", strerror(error)) < 0) {
                reason = NULL;
                return -ENOMEM;
        }

        r = explain(path, reason, problem);
        return r < 0 ? r : json_add_bool(answer, "storage_missing", true, true);
}

/* Yields why there is none in PROBLEM, to be freed with free(). */
static int add_storage(Json *answer, const char *path, char **problem) {
        struct statvfs file_system;
        const char *hidden;
        Json *object;
        int r;

        r = json_add_string(answer, "storage", NULL);
        if (r < 0 || !path)
                return r;

        hidden = hidden_part(path);
        if (hidden)
                return explain_hidden(hidden, problem);

        if (statvfs(path, &file_system) < 0)
                return add_missing(answer, path, errno, problem);

        /* All is 0 where nothing is stored, as in proc, and where a file system in user space is for others
         * alone (fs/fuse/inode.c: fuse_statfs()). */
        if (file_system.f_blocks == 0)
                return explain(path, "the file system does not tell its size", problem);

        r = json_add_container(answer, "storage", json_object_new_object(), &object);
        if (r >= 0)
                r = text_add(object, "path", path);
        if (r >= 0)
                r = json_add_number(object, "total_bytes", true,
                                    in_bytes(&file_system, file_system.f_blocks));
        if (r >= 0)
                r = json_add_number(object, "available_bytes", true,
                                    in_bytes(&file_system, file_system.f_bavail));

        return r;
}

static int add_detail(Json *answer, const char *one, const char *other) {
        _cleanup_free_ char *both = NULL;

        if (!one || !other)
                return json_add_string(answer, "detail", one ? one : other);
        if (asprintf(&both, "%s; %s", one, other) < 0)
                return -ENOMEM;

        return json_add_string(answer, "detail", both);
}

int usage(const char *uri, const char *path, Json **ret) {
        _cleanup_(json_object_putp) Json *answer = json_object_new_object();
        _cleanup_free_ char *problem = NULL;
        _cleanup_trouble_ Trouble trouble = {};
        int left, r;

        if (!answer)
                return -ENOMEM;

        r = left = add_guests(answer, uri, &trouble);
        if (r >= 0)
                r = add_storage(answer, path, &problem);
        if (r >= 0)
                r = add_detail(answer, trouble.detail, problem);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(answer);
        return left;
}
