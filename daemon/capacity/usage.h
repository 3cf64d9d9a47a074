/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt says of the guests that run, and of a storage's space: "usage" prints one JSON
 * object with "guests", "storage" and "detail", in which the first two may be null, and "storage_missing"
 * where it is true. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The guests that run. */
typedef struct GuestUsage {
        bool known;
        uint64_t count;
        uint64_t vcpus;
        uint64_t memory_bytes;    /* the most that they may have */
        uint64_t huge_page_bytes; /* what of that is in huge pages; 0 also where that is not known */
        bool resident_known;
        uint64_t resident_bytes; /* what they use now of ordinary memory */
} GuestUsage;

typedef struct StorageUsage {
        bool known;
        uint64_t total_bytes;
        uint64_t available_bytes;
} StorageUsage;

typedef struct Usage {
        GuestUsage guests;
        StorageUsage storage;
        bool storage_missing; /* nothing has the name that was asked for */
        char *storage_path;   /* where that is; NULL: not known */
        char *detail;         /* why one is missing that was asked for: a printable line, or NULL */
} Usage;

/* Parses what was printed: SIZE bytes, and a null byte after them. Errors: -EBADMSG for what is not as
 * above, -ENOMEM. */
int usage_parse(const char *text, size_t size, Usage *ret);
void usage_done(Usage *usage);
