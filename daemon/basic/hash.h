/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells data apart where nobody gains by making two alike. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* Fowler, Noll and Vo's hash, 1a: goes on with HASH over SIZE bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size) {
        const uint8_t *bytes = data;

        for (size_t i = 0; i < size; i++)
                hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);

        return hash;
}

static inline uint64_t hash_number(uint64_t hash, uint64_t number) {
        return hash_bytes(hash, &number, sizeof(number));
}
