/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that is compressed with gzip. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Reads a file to its end, or to that of the first member (RFC 1952), and NUL-terminates the text in it,
 * which is not made printable. Errors: -EFBIG when it has more than LIMIT bytes, -EBADMSG when it is not
 * what gzip writes, ends early or holds a NUL byte, -ENOMEM, and those of read(2). Memory and time have
 * bounds in LIMIT and in the length of the file. */
int gzip_read(FILE *file, size_t limit, char **ret);
