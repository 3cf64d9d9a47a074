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

/* Draws a node of such a machine, and tells whether N such guests fit into it, as far as RESOURCE is known
 * there; what else there is of the machine is not looked at. */
CapacityNode random_node(const RandomCase *c);
bool fits_node_by_hand(const RandomCase *c, const CapacityNode *node, CapacityResource resource, uint64_t n);

/* Gives a node so much more of a resource that there is enough of it for another guest. Returns false where
 * that is more than a number can say. */
bool give_node_more(CapacityNode *node, const RandomCase *c, CapacityResource resource);

/* Gives the machine more of a resource. */
void give_more(CapacityMachine *machine, const CapacityGuest *guest, CapacityResource resource,
               uint64_t more);

/* One line with everything that matters in it, for a test that fails. */
char *case_to_string(const RandomCase *c);
