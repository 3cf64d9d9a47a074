/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines, guests and policies that nobody has thought of, small and absurdly large. */
#pragma once

#include "daemon/capacity/capacity.h"

typedef struct RandomCase {
        CapacityMachine machine;
        CapacityGuest guest;
        CapacityPolicy policy;
} RandomCase;

/* Draws one with g_test_rand_int(). */
RandomCase random_case(void);

/* From 0 up to 64 bits, as many small numbers as large ones. */
uint64_t random_number(void);

/* Tells whether N such guests fit, as far as RESOURCE is known: by what it says in docs/capacity.md, and in
 * another way than the model does it. */
bool fits_by_hand(const RandomCase *c, CapacityResource resource, uint64_t n);

/* Gives the machine more of a resource. */
void give_more(CapacityMachine *machine, const CapacityGuest *guest, CapacityResource resource,
               uint64_t more);

/* One line with everything that matters in it, for a test that fails. */
char *case_to_string(const RandomCase *c);
