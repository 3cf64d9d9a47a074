/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory that facts are read under: "/" for the running system, or another machine's files. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../basic/cleanup.h"

/* Files of /proc and /sys that hold a value or a short table stay far below this; a longer one is not
 * what it claims to be. */
#define ROOT_FILE_MAX (1024U * 1024U)

/* A property of a devicetree that holds strings: a list of names. */
#define ROOT_PROPERTY_MAX 4096U

/* The largest index of a module tree: modules.dep of a distribution kernel has about 700 KiB. */
#define ROOT_INDEX_MAX (16U * 1024U * 1024U)

/* What commands have printed on a machine, as sos(1) keeps it beside the machine's files (sos,
 * sos/report/plugins/kernel.py): "uname -a" and lsmod. */
#define ROOT_SOS_UNAME "sos_commands/kernel/uname_-a"
#define ROOT_SOS_LSMOD "sos_commands/kernel/lsmod"

/* The longest line that the kernel prints as a file: a list of every other one of 8192 CPUs has 20 KiB. */
#define ROOT_LINE_MAX (64U * 1024U)

/* How much work one pass over a snapshot may be, and what each step counts, where a byte that is read counts
 * 1. Without links that takes a second or two. The files of 8192 CPUs, the most that a kernel can have
 * (arch/x86/Kconfig: NR_CPUS_RANGE_END), take less than a quarter of it; a few links can make a few files
 * into millions, and long ones an open into milliseconds: so there is a limit in CPU time as well. */
#define ROOT_WORK_MAX (256U * 1024U * 1024U)
#define ROOT_WORK_OPEN 512U
#define ROOT_WORK_ENTRY 128U
#define ROOT_TIME_MAX_USEC 5000000ULL

/* How far the reading of a snapshot has come. */
typedef struct RootSnapshot {
        uint64_t work;          /* what is left of this pass */
        uint64_t end_usec;      /* the CPU time of this thread at which the pass has to end */
        uint64_t earliest_usec; /* the time (CLOCK_MONOTONIC) before which that cannot be */
        bool cut_short;         /* a pass has ended before everything was read */
        char denied[128];       /* the beginning of the first path that this user may not read, or "" */
} RootSnapshot;

typedef struct Root {
        int fd;    /* O_PATH descriptor of the directory */
        bool live; /* it is the system we run on: it may be probed, and its files are the kernel's own */
        RootSnapshot *snapshot; /* NULL on the live system, which is not limited */
} Root;

/* Opens PATH as a root. "/" is the live system, everything else a snapshot, whose files nobody vouches for.
 * Errors: those of open(2); -EOPNOTSUPP where the kernel has no openat2(2) and a snapshot cannot be
 * confined. */
int root_new(const char *path, Root **ret);
Root *root_free(Root *root);
DEFINE_POINTER_CLEANUP(Root *, root_free);

/* Allows the work of reading a snapshot once more, for the next pass. */
void root_begin_pass(const Root *root);

/* Tells whether this pass has become too much work, so that what was listed last may lack something. */
bool root_is_exhausted(const Root *root);

/* Tells whether any pass so far has become too much work. */
bool root_was_cut_short(const Root *root);

/* The first path that this user was not allowed to read, in any pass so far, printable and perhaps not to
 * its end; NULL when there is none. What it would have told is unknown. */
const char *root_denied(const Root *root);

/* All paths below are relative to the root ("proc/cpuinfo"); symbolic links, absolute ones included, resolve
 * inside it and cannot leave it (openat2(2), RESOLVE_IN_ROOT). Each of these functions may return -EDQUOT,
 * when the snapshot has become too much work. */

/* Replaces every byte that is neither printable ASCII, a tab nor a newline by a question mark: what is shown
 * of another machine's files must not steer a terminal, and the bus takes nothing but UTF-8. */
void make_printable(char *text);

/* Reads a text file whole, makes it printable and NUL-terminates it. Errors: -EFBIG when it has more than
 * LIMIT bytes, -EBADMSG when it holds a NUL byte that is not its last, -ENOTSUP when it is no regular file
 * (a FIFO or a device is not waited for, nor opened), and those of openat2(2) and read(2). */
int root_read(const Root *root, const char *path, size_t limit, char **ret);

/* The same, but reads no further than LIMIT bytes and is content with them: for files whose first lines say
 * it all. */
int root_read_head(const Root *root, const char *path, size_t limit, char **ret);

/* Opens a text file to be read in pieces, of which the caller counts the bytes: for long ones that are not
 * kept. Errors: -EFBIG when it says that it has more than LIMIT bytes, as files of the kernel do not;
 * -ENOTSUP when it is no regular file, and those of openat2(2). */
int root_fopen(const Root *root, const char *path, size_t limit, FILE **ret);

/* Reads a property of a devicetree: strings that end in zero bytes each (Devicetree Specification
 * 0.4, 2.2.4). Each becomes a line. Errors as root_read(), but for -EBADMSG. */
int root_read_property(const Root *root, const char *path, char **ret);

/* Reads the first line, without its newline, of a file of at most ROOT_LINE_MAX bytes. Errors as
 * root_read(). */
int root_read_line(const Root *root, const char *path, char **ret);

/* Tells whether a path exists: 1, 0, or a negative errno where that cannot be known. A symbolic link at the
 * end is not followed. */
int root_exists(const Root *root, const char *path);

/* Reads what a symbolic link says, without following it, and makes it printable. Errors: -EINVAL when it is
 * none, -ENAMETOOLONG, and those of openat2(2). */
int root_readlink(const Root *root, const char *path, char **ret);

/* Opens without reading (O_PATH) and describes what is there, symbolic links followed. RET may be NULL. */
int root_open_path(const Root *root, const char *path, struct stat *ret);

/* Tells whether all is known that a directory has: it is there, or, on the running system, it is not. It may
 * be missing from a snapshot only because it was not copied. */
bool root_knows_directory(const Root *root, const char *path);

/* Opens a text that was read to be read again by a function of the C library; it has to outlive the stream.
 * Errors: -ENODATA when it is empty, and those of fmemopen(3). */
int open_text(char *text, FILE **ret);

/* Opens a directory, and reads its next entry; NULL at the end, or when the snapshot has become too much
 * work. */
int root_opendir(const Root *root, const char *path, DIR **ret);
struct dirent *root_readdir(const Root *root, DIR *directory);
