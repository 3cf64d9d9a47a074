/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the members of a tar archive that nobody vouches for, compressed or not. */
#pragma once

#include <archive_entry.h>
#include <stdint.h>

#include "../daemon/basic/cleanup.h"

/* More than this is neither decompressed nor looked at. A sosreport has some 100 MiB, and up to 100,000
 * members. */
#define TAR_BYTES_MAX (UINT64_C(2) << 30)
#define TAR_MEMBERS_MAX (1U << 20)

typedef struct TarReader TarReader;

/* Opens an archive, which may be compressed once, with xz, gzip or bzip2. FILE is for messages, too, and has
 * to outlive the reader. Returns 0 or, after saying why not, an ExitStatus; or -ENOMEM. */
int tar_reader_new(const char *file, TarReader **ret);
TarReader *tar_reader_free(TarReader *reader);
DEFINE_POINTER_CLEANUP(TarReader *, tar_reader_free);

/* Yields the next member, which is valid until the next call, or NULL at the end. Returns 0 or, after saying
 * why not, an ExitStatus. */
int tar_reader_next(TarReader *reader, struct archive_entry **ret);

/* Copies the content of the current member to FD, but for what is beyond LENGTH bytes; holes in it stay
 * holes. Returns 0, an ExitStatus after saying why not, or a negative errno of writing. */
int tar_reader_copy(TarReader *reader, int fd, int64_t length);

/* Says that there is more in the archive than this program unpacks. Returns the ExitStatus. */
int tar_reader_complain_too_large(const TarReader *reader);
