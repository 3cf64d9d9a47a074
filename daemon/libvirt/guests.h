/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guests that run, all together. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Guests {
        uint64_t count;
        uint64_t vcpus;
        uint64_t memory_bytes;    /* the most that they may have */
        bool huge_pages_known;    /* of all of them */
        uint64_t huge_page_bytes; /* what of that is in huge pages */
        bool resident_known;      /* of all of them */
        uint64_t resident_bytes;
} Guests;

/* Asks the libvirt at URI. How much memory guests use is not known where it does not tell within 3 seconds,
 * for a QEMU that hangs keeps it waiting. Then 1 is returned, and a thread is left behind that must not see
 * the process clean up: it has to end with _exit(2). Otherwise 0 is returned. Sums that are more than a
 * number can be are the largest one. Errors: -EIO, of which libvirt has kept the reason, and -ENOMEM. */
int guests_count(const char *uri, Guests *ret);
