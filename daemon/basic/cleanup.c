/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The releases that are more than a library call. */

#include "cleanup.h"

int safe_close(int fd) {
        int saved_errno = errno;

        if (fd >= 0)
                (void) close(fd);

        errno = saved_errno;
        return -EBADF;
}
