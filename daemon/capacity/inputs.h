/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what was read to what the model is about. */
#pragma once

#include "../facts/facts.h"
#include "capacity.h"
#include "usage.h"

typedef struct CapacityInputs {
        const Facts *facts;
        const MemoryFacts *memory;
        const HeadroomFacts *headroom;
        const Usage *usage;
        Amount machine_vcpus;     /* that QEMU's machines take (machine-vcpus.h) */
        uint32_t vms_active;      /* virtual machines that the kernel counts; 0 where it does not tell */
        uint64_t page_bytes;      /* the size of an ordinary page */
        uint64_t huge_page_bytes; /* the size that is asked for; 0: none */
} CapacityInputs;

CapacityMachine capacity_machine(const CapacityInputs *inputs);

/* A node of the topology, by its index. */
CapacityNode capacity_node(const CapacityInputs *inputs, size_t index);
