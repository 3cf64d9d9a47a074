/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges sizes of pages, and paths. */

#include <limits.h>
#include <string.h>

#include "validity.h"

#define PAGE_MIN UINT64_C(4096)

bool capacity_page_is_valid(uint64_t bytes) {
        return bytes >= PAGE_MIN && (bytes & (bytes - 1)) == 0;
}

bool capacity_path_is_valid(const char *path) {
        if (path[0] != '/' || strlen(path) >= PATH_MAX)
                return false;

        for (const char *p = path; *p != '\0'; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        return false;

        return true;
}
