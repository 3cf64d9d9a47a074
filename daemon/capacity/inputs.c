/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts together what a machine has, and what of it is in use. */

#include "inputs.h"

static Amount amount_unless_zero(uint64_t value) {
        return (Amount){ .known = value > 0, .value = value };
}

static uint64_t pages_left(const HugePages *pool) {
        return pool->free > pool->promised ? pool->free - pool->promised : 0;
}

/* All pools are kept out of ordinary memory; the one that is asked for is what guests would be in. On the
 * running system one that is not shown is not there. */
static void fill_huge_pages(CapacityMachine *machine, const CapacityInputs *inputs) {
        machine->huge_pages_total.known = inputs->facts->live;

        FOREACH_ARRAY(pool, inputs->memory->huge_pages, inputs->memory->n_huge_pages) {
                uint64_t left = pages_left(pool), used = pool->total > left ? pool->total - left : 0;

                if (pool->node != HUGE_PAGES_WHOLE_MACHINE)
                        continue;

                machine->huge_pool_bytes = add_saturated(machine->huge_pool_bytes,
                                                         multiply_saturated(pool->total, pool->size_bytes));
                machine->huge_pool_used_bytes = add_saturated(machine->huge_pool_used_bytes,
                                                              multiply_saturated(used, pool->size_bytes));
                machine->huge_pages_total.known = true;
                if (pool->size_bytes == inputs->huge_page_bytes) {
                        machine->huge_pages_total.value = pool->total;
                        machine->huge_pages_free = left;
                }
        }
}

static Amount smaller(Amount a, Amount b) {
        if (!a.known || !b.known)
                return a.known ? a : b;

        return a.value < b.value ? a : b;
}

static void fill_limits(CapacityMachine *machine, const CapacityInputs *inputs) {
        const HeadroomFacts *headroom = inputs->headroom;

        machine->max_vcpus =
                smaller(amount_unless_zero(inputs->facts->kvm.limits.max_vcpus), inputs->machine_vcpus);
        machine->threads_max = (Amount){ .known = headroom->threads_known, .value = headroom->threads_max };
        machine->threads = headroom->threads;
        machine->never_overcommits = (Amount){ .known = headroom->never_overcommits != TRISTATE_UNKNOWN,
                                               .value = headroom->never_overcommits == TRISTATE_YES };
        machine->commit_limit = headroom->commit_limit_bytes;
        machine->committed = headroom->committed_bytes;
}

/* A page that KSM has merged counts for each guest that has it, and is there once
 * (Documentation/admin-guide/mm/ksm.rst: pages_sharing is what is saved). */
static uint64_t resident_of(const CapacityInputs *inputs) {
        const GuestUsage *guests = &inputs->usage->guests;
        const Ksm *ksm = &inputs->memory->ksm;
        uint64_t saved = ksm->known ? multiply_saturated(ksm->pages_sharing, inputs->page_bytes) : 0;

        return guests->resident_known && guests->resident_bytes > saved ? guests->resident_bytes - saved : 0;
}

static void fill_usage(CapacityMachine *machine, const CapacityInputs *inputs) {
        const Usage *usage = inputs->usage;

        machine->disk_total = (Amount){ .known = usage->storage.known, .value = usage->storage.total_bytes };
        machine->disk_available =
                (Amount){ .known = usage->storage.known, .value = usage->storage.available_bytes };

        machine->guests_known = usage->guests.known;
        machine->guests = usage->guests.count;
        machine->guest_vcpus = usage->guests.vcpus;
        machine->guest_memory = usage->guests.memory_bytes;
        machine->guest_huge = usage->guests.huge_page_bytes;
        machine->guest_resident = resident_of(inputs);
}

CapacityMachine capacity_machine(const CapacityInputs *inputs) {
        CapacityMachine machine = {
                .arm64 = inputs->facts->cpu.machine && streq(inputs->facts->cpu.machine, "aarch64"),
                .cpus = amount_unless_zero(cpu_set_count(&inputs->facts->topology.online)),
                .memory_total = amount_unless_zero(inputs->memory->total_bytes),
                .memory_available = { .known = inputs->memory->available_known,
                                      .value = inputs->memory->available_bytes },
        };

        fill_huge_pages(&machine, inputs);
        fill_limits(&machine, inputs);
        fill_usage(&machine, inputs);
        machine.guests_missing = inputs->usage->guests.known && inputs->vms_active > machine.guests;
        return machine;
}

/* CPUs of a node that are offline run nothing; those that numa=fake has dealt out are not its own. */
static Amount cpus_of(const NumaNode *node, const CpuSet *online) {
        uint64_t n = 0;

        if (node->cpus_shared || cpu_set_count(online) == 0)
                return (Amount){};

        FOREACH_CPU(cpu, &node->cpus)
                n += cpu_set_has(online, cpu);

        return AMOUNT(n);
}

static Amount pages_of(const CapacityInputs *inputs, unsigned id) {
        bool has_pools = false;

        FOREACH_ARRAY(pool, inputs->memory->huge_pages, inputs->memory->n_huge_pages) {
                if (pool->node != (int) id)
                        continue;
                has_pools = true;
                if (pool->size_bytes == inputs->huge_page_bytes)
                        return AMOUNT(pool->free);
        }

        return (Amount){ .known = has_pools || inputs->facts->live };
}

CapacityNode capacity_node(const CapacityInputs *inputs, size_t index) {
        const NumaNode *node = &inputs->facts->topology.nodes[index];
        const HeadroomFacts *headroom = inputs->headroom;
        bool has_memory = index < headroom->n_nodes && headroom->nodes[index].known;

        return (CapacityNode){
                .id = node->id,
                .cpus = cpus_of(node, &inputs->facts->topology.online),
                .memory_available = { .known = has_memory,
                                      .value = has_memory ? headroom->nodes[index].memory_bytes : 0 },
                .huge_pages_free = pages_of(inputs, node->id),
        };
}
