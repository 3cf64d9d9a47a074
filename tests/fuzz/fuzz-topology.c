/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs, NUMA nodes and memory: no more of anything than there are CPUs, and libvirt's numbers add up. */

#include "../../daemon/facts/facts.h"
#include "tree.h"

static void assert_counts(const TopologyFacts *topology) {
        unsigned online = cpu_set_count(&topology->online);
        _cleanup_(cpu_set_done) CpuSet offline = {};

        fuzz_assert(topology->threads == online);
        fuzz_assert(topology->packages <= online && topology->dies <= online);
        fuzz_assert(topology->clusters <= online && topology->cores <= online);

        fuzz_assert(topology_offline(topology, &offline) == 0);
        FOREACH_CPU(cpu, &offline)
                fuzz_assert(cpu_set_has(&topology->present, cpu) && !cpu_set_has(&topology->online, cpu));

        FOREACH_CPU(cpu, &topology->online)
                fuzz_assert(cpu < topology->n_places);
        FOREACH_ARRAY(place, topology->places, topology->n_places)
                fuzz_assert(place->package_id >= -1 && place->core_id >= -1);
}

/* Kinds are different ones, and of CPUs that are online; each CPU is of one kind. */
static void assert_core_types(const TopologyFacts *topology) {
        _cleanup_(cpu_set_done) CpuSet seen = {};
        unsigned n = 0;

        fuzz_assert(topology->n_core_types != 1);
        FOREACH_ARRAY(type, topology->core_types, topology->n_core_types) {
                fuzz_assert_printable(type->name);
                fuzz_assert(type->cores <= cpu_set_count(&type->cpus));
                FOREACH_CPU(cpu, &type->cpus)
                        fuzz_assert(cpu_set_has(&topology->online, cpu));
                fuzz_assert(cpu_set_add_all(&seen, &type->cpus) == 0);
                n += cpu_set_count(&type->cpus);
        }
        fuzz_assert(cpu_set_count(&seen) == n);
}

static void assert_nodes(const TopologyFacts *topology) {
        for (size_t i = 0; i < topology->n_nodes; i++) {
                const NumaNode *node = &topology->nodes[i];

                fuzz_assert(i == 0 || node->id > topology->nodes[i - 1].id);
                fuzz_assert(node->memory_known || node->memory_bytes == 0);
                fuzz_assert(node->n_distances == 0 || node->n_distances == topology->n_nodes);
        }
}

static void assert_node_info(const NodeInfo *info, const TopologyFacts *topology) {
        fuzz_assert(info->mhz_known || info->mhz == 0);
        if (!info->layout_known) {
                fuzz_assert(info->nodes == 0 && info->sockets == 0 && info->cores == 0 &&
                            info->threads == 0);
                fuzz_assert(!info->fallback);
                return;
        }

        fuzz_assert(info->nodes > 0 && info->sockets > 0 && info->cores > 0 && info->threads > 0);
        fuzz_assert((uint64_t) info->nodes * info->sockets * info->cores * info->threads >= info->cpus);
        fuzz_assert(info->fallback || info->nodes == 1 || info->nodes == topology->n_nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *files = fuzz_tree_new_from(data, size);
        SourceMask sources =
                SOURCE_MASK(SOURCE_KERNEL) | SOURCE_MASK(SOURCE_CPU) | SOURCE_MASK(SOURCE_TOPOLOGY);
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_(facts_done) Facts facts = {};

        fuzz_assert(facts_read(&facts, files->root, sources) == 0);
        fuzz_assert(current_facts_read(&current, &facts, files->root) == 0);

        assert_counts(&facts.topology);
        assert_core_types(&facts.topology);
        assert_nodes(&facts.topology);
        assert_node_info(&current.node_info, &facts.topology);
        fuzz_assert(topology_facts_equal(&facts.topology, &facts.topology));
        return 0;
}
