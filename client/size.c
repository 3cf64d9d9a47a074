/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats sizes. */

#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "size.h"

const char *size_format(uint64_t bytes, char ret[static SIZE_TEXT_MAX]) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        uint64_t whole = bytes, tenths = 0;
        size_t unit = 0;

        /* The part that is cut off, in tenths, rounded down: a size never looks larger than it is. */
        while (whole >= 1024 && unit + 1 < ELEMENTSOF(units)) {
                tenths = whole % 1024 * 10 / 1024;
                whole /= 1024;
                unit++;
        }

        if (tenths == 0)
                (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64 " %s", whole, units[unit]);
        else
                (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths,
                                units[unit]);

        return ret;
}
