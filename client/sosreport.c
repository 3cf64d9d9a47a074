/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picks from the archive what the engine reads. */

#include <errno.h>
#include <fnmatch.h>

#include "../daemon/basic/log.h"
#include "../daemon/facts/root.h"
#include "exit-status.h"
#include "sosreport.h"
#include "tar-reader.h"

typedef struct Unpacking {
        const char *file; /* for messages */
        Scratch *scratch;
        TarReader *reader;
        char *top; /* the directory that all members are in; NULL until it is known */
        uint64_t bytes;
        unsigned members;
} Unpacking;

/* What facts are read from, and what of it is left out because there is much of it. A pattern stands for all
 * that is below what it matches, too. proc/self is a link to the process that has copied it. */
static const char *const wanted[] = {
        "boot/config-*",
        "etc/modprobe.d",
        "etc/os-release",
        "etc/systemd/system",
        "lib/modprobe.d",
        "lib/modules",
        "lib/systemd/system",
        "proc/[!0-9]*",
        "proc/1",
        "proc/[0-9]*/mounts",
        "run/modprobe.d",
        "run/systemd/system",
        ROOT_SOS_LSMOD,
        ROOT_SOS_UNAME,
        "sys",
        "usr/lib/modprobe.d",
        "usr/lib/modules",
        "usr/lib/os-release",
        "usr/lib/systemd/system",
        "usr/local/lib/modprobe.d",
        "usr/local/lib/systemd/system",
};
static const char *const unwanted[] = {
        "proc/irq",
        "proc/kallsyms",
        "sys/devices/system/cpu/cpu*/cpuidle",
        "sys/devices/system/cpu/cpu*/power",
        "sys/fs/cgroup/*/*/*",
        "sys/kernel/debug",
        "sys/kernel/slab",
        "sys/kernel/tracing",
};

static bool matches(const char *const *patterns, size_t n, const char *path) {
        FOREACH_ARRAY(pattern, patterns, n)
                if (fnmatch(*pattern, path, FNM_PATHNAME | FNM_LEADING_DIR) == 0)
                        return true;

        return false;
}

static bool is_wanted(const char *path, mode_t type) {
        return (type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK) &&
               matches(wanted, ELEMENTSOF(wanted), path) && !matches(unwanted, ELEMENTSOF(unwanted), path);
}

static int complain(const Unpacking *unpacking, const char *what) {
        log_error("%s is no report of sos(1): %s.\n"
                  "Give an archive that 'sos report' has written, or a directory with --root.",
                  unpacking->file, what);
        return STATUS_UNKNOWN;
}

/* Sees to it that all members are in one directory. Returns 0, an ExitStatus or -ENOMEM. */
static int check_top(Unpacking *unpacking, const char *component) {
        if (!unpacking->top) {
                unpacking->top = strdup(component);
                return unpacking->top ? 0 : -ENOMEM;
        }

        return streq(unpacking->top, component)
                       ? 0
                       : complain(unpacking, "its members are not all in one directory");
}

/* Brings the name of a member into the form that scratch.h asks for, in place, without the report's own
 * directory: that one becomes "". Returns 0, an ExitStatus or -ENOMEM. */
static int normalize(Unpacking *unpacking, char *name) {
        char *cursor = name, *end = name, *component;
        bool below_top = false;
        int r;

        if (name[0] == '/')
                return complain(unpacking, "the path of one of its members is absolute");

        while ((component = strsep(&cursor, "/"))) {
                size_t length = strlen(component);

                if (length == 0 || streq(component, "."))
                        continue;
                if (streq(component, ".."))
                        return complain(unpacking, "the path of one of its members has '..' in it");

                if (!below_top) {
                        below_top = true;
                        r = check_top(unpacking, component);
                        if (r != 0)
                                return r;
                        continue;
                }

                if (end > name)
                        *end++ = '/';
                memmove(end, component, length);
                end += length;
        }

        *end = '\0';
        return 0;
}

/* Copies a file, and no more of it than shows a reader of facts that it is too long. */
static int make_file(Unpacking *unpacking, struct archive_entry *entry, const char *path) {
        int64_t limit = (int64_t) ROOT_INDEX_MAX + 1, length = archive_entry_size(entry);
        _cleanup_close_ int fd = -EBADF;

        if (length < 0 || length > limit)
                length = limit;

        unpacking->bytes += (uint64_t) length;
        if (unpacking->bytes > SOSREPORT_BYTES_MAX)
                return tar_reader_complain_too_large(unpacking->reader);

        fd = scratch_make_file(unpacking->scratch, path);
        return fd < 0 ? fd : tar_reader_copy(unpacking->reader, fd, length);
}

static int make_member(Unpacking *unpacking, struct archive_entry *entry, const char *path) {
        const char *target = archive_entry_symlink(entry);

        switch (archive_entry_filetype(entry)) {
        case AE_IFDIR:
                return scratch_make_directory(unpacking->scratch, path);
        case AE_IFLNK:
                return isempty(target) ? 0 : scratch_make_link(unpacking->scratch, path, target);
        default:
                return make_file(unpacking, entry, path);
        }
}

/* Errors that a member has earned: it is left out, and what it would have told is unknown. */
static bool is_error_of_member(int error) {
        static const int errors[] = { EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV };

        FOREACH_ELEMENT(e, errors)
                if (error == -*e)
                        return true;

        return false;
}

static int unpack_member(Unpacking *unpacking, struct archive_entry *entry) {
        const char *name = archive_entry_pathname(entry);
        _cleanup_free_ char *path = NULL;
        int r;

        /* A name that this locale cannot have is none of those that are wanted. */
        if (!name)
                return 0;

        path = strdup(name);
        if (!path)
                return -ENOMEM;

        r = normalize(unpacking, path);
        if (r != 0)
                return r;
        if (strlen(path) > SOSREPORT_PATH_MAX || archive_entry_hardlink(entry) ||
            !is_wanted(path, archive_entry_filetype(entry)))
                return 0;

        if (++unpacking->members > SOSREPORT_MEMBERS_MAX)
                return tar_reader_complain_too_large(unpacking->reader);

        r = make_member(unpacking, entry, path);
        return is_error_of_member(r) ? 0 : r;
}

static int unpack(Unpacking *unpacking) {
        struct archive_entry *entry;
        int r;

        r = tar_reader_new(unpacking->file, &unpacking->reader);
        if (r != 0)
                return r;

        while ((r = tar_reader_next(unpacking->reader, &entry)) == 0 && entry) {
                r = unpack_member(unpacking, entry);
                if (r != 0)
                        return r;
        }

        return r;
}

static void unpacking_done(Unpacking *unpacking) {
        tar_reader_free(unpacking->reader);
        free(unpacking->top);
}

int sosreport_unpack(const char *file, Scratch *scratch) {
        _cleanup_(unpacking_done) Unpacking unpacking = { .file = file, .scratch = scratch };
        int r;

        r = unpack(&unpacking);
        if (r < 0) {
                (void) log_error_errno(r,
                                       "Failed to unpack %s into %s: %m\n"
                                       "Set TMPDIR to a directory that it can be unpacked into.",
                                       file, scratch->path);
                return STATUS_UNKNOWN;
        }

        return r;
}
