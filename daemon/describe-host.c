/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the machine: what it is, how its CPUs hang together, and its memory. */

#include <errno.h>

#include "describe-host.h"

static int add_cpu_list(Json *object, const char *key, bool known, const CpuSet *cpus) {
        _cleanup_free_ char *list = NULL;
        int r;

        if (!known)
                return json_add_string(object, key, NULL);

        r = cpu_set_format(cpus, &list);
        if (r < 0)
                return r;

        return json_add_string(object, key, list);
}

static int add_hypervisor(Json *host, const HypervisorFacts *facts) {
        Json *hypervisor;
        int r;

        r = json_add_container(host, "hypervisor", json_object_new_object(), &hypervisor);
        if (r < 0)
                return r;

        r = json_add_bool(hypervisor, "guest", facts->guest != TRISTATE_UNKNOWN,
                          facts->guest == TRISTATE_YES);
        if (r < 0)
                return r;

        return json_add_string(hypervisor, "name", facts->name);
}

static int add_cpu(Json *host, const Facts *facts) {
        CpuExtension extension = facts->cpu.extension;
        uint64_t frequency = facts->topology.max_frequency_hz;
        Json *cpu;
        int r;

        r = json_add_container(host, "cpu", json_object_new_object(), &cpu);
        if (r < 0)
                return r;

        r = json_add_string(cpu, "vendor", facts->cpu.vendor);
        if (r < 0)
                return r;

        r = json_add_string(cpu, "model", facts->cpu.model);
        if (r < 0)
                return r;

        r = json_add_string(cpu, "virtualization",
                            extension == CPU_EXTENSION_NONE ? NULL : cpu_extension_to_string(extension));
        if (r < 0)
                return r;

        return json_add_number(cpu, "max_frequency_hz", frequency > 0, frequency);
}

static int add_core_types(Json *object, const TopologyFacts *topology) {
        Json *types, *entry;
        int r;

        r = json_add_container(object, "core_types", json_object_new_array(), &types);
        if (r < 0)
                return r;

        FOREACH_ARRAY(type, topology->core_types, topology->n_core_types) {
                r = json_append_object(types, &entry);
                if (r < 0)
                        return r;
                r = json_add_string(entry, "name", type->name);
                if (r < 0)
                        return r;
                r = add_cpu_list(entry, "cpus", true, &type->cpus);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "cores", type->cores > 0, type->cores);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int fill_topology(Json *object, const TopologyFacts *topology) {
        _cleanup_(cpu_set_done) CpuSet offline = {};
        bool online_known = cpu_set_count(&topology->online) > 0;
        bool offline_known = online_known && cpu_set_count(&topology->present) > 0;
        const struct {
                const char *key;
                bool known;
                uint64_t value;
        } totals[] = {
                { "packages", topology->packages > 0, topology->packages },
                { "dies", topology->dies > 0, topology->dies },
                { "clusters", topology->clusters > 0, topology->clusters },
                { "cores", topology->cores > 0, topology->cores },
                { "threads", topology->threads > 0, topology->threads },
                { "cpus_online", online_known, cpu_set_count(&topology->online) },
                { "numa_nodes", topology->n_nodes > 0, topology->n_nodes },
        };
        int r;

        r = topology_offline(topology, &offline);
        if (r < 0)
                return r;

        FOREACH_ELEMENT(total, totals) {
                r = json_add_number(object, total->key, total->known, total->value);
                if (r < 0)
                        return r;
        }

        r = json_add_number(object, "cpus_offline", offline_known, cpu_set_count(&offline));
        if (r < 0)
                return r;

        r = add_cpu_list(object, "online", online_known, &topology->online);
        if (r < 0)
                return r;

        r = add_cpu_list(object, "offline", offline_known, &offline);
        if (r < 0)
                return r;

        return add_core_types(object, topology);
}

static int add_distances(Json *object, const NumaNode *node) {
        Json *distances;
        int r;

        r = json_add_container(object, "distances", json_object_new_array(), &distances);
        for (size_t i = 0; r >= 0 && i < node->n_distances; i++)
                r = json_append(distances, json_object_new_uint64(node->distances[i]));

        return r;
}

static int add_nodes(Json *host, const TopologyFacts *topology) {
        Json *nodes, *entry;
        int r;

        r = json_add_container(host, "numa", json_object_new_array(), &nodes);
        if (r < 0)
                return r;

        FOREACH_ARRAY(node, topology->nodes, topology->n_nodes) {
                r = json_append_object(nodes, &entry);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "id", true, node->id);
                if (r < 0)
                        return r;
                r = add_cpu_list(entry, "cpus", true, &node->cpus);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "memory_bytes", node->memory_known, node->memory_bytes);
                if (r < 0)
                        return r;
                r = add_distances(entry, node);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_node_info(Json *host, const NodeInfo *info) {
        NodeInfoNumber numbers[NODE_INFO_NUMBERS];
        Json *object;
        int r;

        r = json_add_container(host, "node_info", json_object_new_object(), &object);
        if (r < 0)
                return r;

        node_info_numbers(info, numbers);
        FOREACH_ELEMENT(number, numbers) {
                r = json_add_number(object, number->key, number->known, number->value);
                if (r < 0)
                        return r;
        }
        r = json_add_number(object, "memory_kib", info->memory_kib > 0, info->memory_kib);
        if (r < 0)
                return r;

        return json_add_bool(object, "fallback", info->layout_known, info->fallback);
}

static int add_huge_pages(Json *object, const MemoryFacts *memory) {
        Json *pools, *entry;
        int r;

        r = json_add_container(object, "huge_pages", json_object_new_array(), &pools);
        if (r < 0)
                return r;

        FOREACH_ARRAY(pool, memory->huge_pages, memory->n_huge_pages) {
                r = json_append_object(pools, &entry);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "node", pool->node >= 0, (uint64_t) pool->node);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "size_bytes", true, pool->size_bytes);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "total", true, pool->total);
                if (r < 0)
                        return r;
                r = json_add_number(entry, "free", true, pool->free);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_ksm(Json *object, const Ksm *facts) {
        Json *ksm;
        int r;

        r = json_add_container(object, "ksm", json_object_new_object(), &ksm);
        if (r < 0)
                return r;

        r = json_add_bool(ksm, "running", facts->known, facts->running);
        if (r < 0)
                return r;

        r = json_add_number(ksm, "pages_shared", facts->known, facts->pages_shared);
        if (r < 0)
                return r;

        return json_add_number(ksm, "pages_sharing", facts->known, facts->pages_sharing);
}

static int add_memory(Json *host, const MemoryFacts *facts) {
        Json *memory;
        int r;

        r = json_add_container(host, "memory", json_object_new_object(), &memory);
        if (r < 0)
                return r;

        r = json_add_number(memory, "total_bytes", facts->total_bytes > 0, facts->total_bytes);
        if (r < 0)
                return r;

        r = json_add_number(memory, "available_bytes", facts->available_known, facts->available_bytes);
        if (r < 0)
                return r;

        r = add_ksm(memory, &facts->ksm);
        if (r < 0)
                return r;

        return add_huge_pages(memory, facts);
}

static int add_vulnerabilities(Json *host, const VulnerabilityFacts *facts) {
        Json *object;
        int r;

        r = json_add_container(host, "vulnerabilities", json_object_new_object(), &object);
        if (r < 0)
                return r;

        FOREACH_ARRAY(entry, facts->entries, facts->n_entries) {
                r = json_add_string(object, entry->name, entry->state);
                if (r < 0)
                        return r;
        }

        return 0;
}

int describe_host(Json *host, const Facts *facts, const CurrentFacts *current) {
        Json *topology;
        int r;

        r = json_add_string(host, "architecture", facts->cpu.machine);
        if (r < 0)
                return r;

        r = json_add_string(host, "kernel_release", facts->kernel.release);
        if (r < 0)
                return r;

        r = json_add_string(host, "distribution", facts->distribution.name);
        if (r < 0)
                return r;

        r = add_hypervisor(host, &facts->hypervisor);
        if (r < 0)
                return r;

        r = add_cpu(host, facts);
        if (r < 0)
                return r;

        r = json_add_container(host, "topology", json_object_new_object(), &topology);
        if (r < 0)
                return r;

        r = fill_topology(topology, &facts->topology);
        if (r < 0)
                return r;

        r = add_nodes(host, &facts->topology);
        if (r < 0)
                return r;

        r = add_node_info(host, &current->node_info);
        if (r < 0)
                return r;

        r = add_memory(host, &current->memory);
        if (r < 0)
                return r;

        return add_vulnerabilities(host, &current->vulnerabilities);
}
