/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers that do not wrap around: what is more than a number can be is the largest one. */
#pragma once

#include <stdint.h>

static inline uint64_t add_saturated(uint64_t a, uint64_t b) {
        uint64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t multiply_saturated(uint64_t a, uint64_t b) {
        uint64_t product;

        return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}
