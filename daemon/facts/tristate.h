/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fact that may be missing: what was not seen is neither yes nor no. */
#pragma once

#include <stdbool.h>

typedef enum Tristate {
        TRISTATE_UNKNOWN = -1,
        TRISTATE_NO,
        TRISTATE_YES,
} Tristate;

/* From a function that returns 0 or 1, or a negative errno where it could not tell. */
static inline Tristate tristate_from_result(int r) {
        return r < 0 ? TRISTATE_UNKNOWN : r > 0 ? TRISTATE_YES : TRISTATE_NO;
}
