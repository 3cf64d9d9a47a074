/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Host: the machine itself. */

#include <errno.h>

#include "bus-append.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "names.h"

static const char *extension_in_words(const CpuFacts *cpu) {
        return cpu->extension == CPU_EXTENSION_NONE ? "" : cpu_extension_to_string(cpu->extension);
}

static int append_string(sd_bus_message *reply, const char *string) {
        return sd_bus_message_append(reply, "s", string ? string : "");
}

static int append_offline(sd_bus_message *reply, const TopologyFacts *topology) {
        _cleanup_(cpu_set_done) CpuSet offline = {};
        int r;

        r = topology_offline(topology, &offline);
        if (r < 0)
                return r;

        return bus_append_cpu_list(reply, &offline);
}

static int append_core_type(sd_bus_message *reply, const CoreType *type) {
        int r;

        r = sd_bus_message_open_container(reply, 'r', "ssu");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "s", type->name);
        if (r < 0)
                return r;

        r = bus_append_cpu_list(reply, &type->cpus);
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "u", type->cores);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(reply);
}

static int append_core_types(sd_bus_message *reply, const TopologyFacts *topology) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ssu)");
        if (r < 0)
                return r;

        FOREACH_ARRAY(type, topology->core_types, topology->n_core_types) {
                r = append_core_type(reply, type);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

static int append_node(sd_bus_message *reply, const NumaNode *node) {
        int r;

        r = sd_bus_message_open_container(reply, 'r', "ustau");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "u", node->id);
        if (r < 0)
                return r;

        r = bus_append_cpu_list(reply, &node->cpus);
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "t", node->memory_bytes);
        if (r < 0)
                return r;

        r = sd_bus_message_append_array(reply, 'u', node->distances, node->n_distances * sizeof(uint32_t));
        if (r < 0)
                return r;

        return sd_bus_message_close_container(reply);
}

static int append_nodes(sd_bus_message *reply, const TopologyFacts *topology) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ustau)");
        if (r < 0)
                return r;

        FOREACH_ARRAY(node, topology->nodes, topology->n_nodes) {
                r = append_node(reply, node);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

static int append_huge_pages(sd_bus_message *reply, const MemoryFacts *memory) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ittt)");
        if (r < 0)
                return r;

        FOREACH_ARRAY(pool, memory->huge_pages, memory->n_huge_pages) {
                r = sd_bus_message_append(reply, "(ittt)", pool->node, pool->size_bytes, pool->total,
                                          pool->free);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

static int append_numbers(sd_bus_message *reply, const NodeInfo *info) {
        NodeInfoNumber numbers[NODE_INFO_NUMBERS];

        node_info_numbers(info, numbers);
        FOREACH_ELEMENT(number, numbers) {
                int r;

                r = number->known ? sd_bus_message_append(reply, "{sv}", number->key, "u", number->value)
                                  : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

/* What is not known is left out. */
static int append_node_info(sd_bus_message *reply, const NodeInfo *info) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r < 0)
                return r;

        r = append_numbers(reply, info);
        if (r < 0)
                return r;

        if (info->memory_kib > 0) {
                r = sd_bus_message_append(reply, "{sv}", "memory_kib", "t", info->memory_kib);
                if (r < 0)
                        return r;
        }

        if (info->layout_known) {
                r = sd_bus_message_append(reply, "{sv}", "fallback", "b", (int) info->fallback);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

DEFINE_GETTER(get_architecture, Manager, manager, append_string(reply, manager->facts.cpu.machine));
DEFINE_GETTER(get_kernel_release, Manager, manager, append_string(reply, manager->facts.kernel.release));
DEFINE_GETTER(get_distribution, Manager, manager, append_string(reply, manager->facts.distribution.name));
DEFINE_GETTER(get_hypervisor, Manager, manager, append_string(reply, manager->facts.hypervisor.name));
DEFINE_GETTER(get_cpu_vendor, Manager, manager, append_string(reply, manager->facts.cpu.vendor));
DEFINE_GETTER(get_cpu_model, Manager, manager, append_string(reply, manager->facts.cpu.model));
DEFINE_GETTER(get_cpu_virtualization, Manager, manager,
              append_string(reply, extension_in_words(&manager->facts.cpu)));

DEFINE_GETTER(get_max_frequency, Manager, manager,
              sd_bus_message_append(reply, "t", manager->facts.topology.max_frequency_hz));
DEFINE_GETTER(get_packages, Manager, manager,
              sd_bus_message_append(reply, "u", manager->facts.topology.packages));
DEFINE_GETTER(get_dies, Manager, manager, sd_bus_message_append(reply, "u", manager->facts.topology.dies));
DEFINE_GETTER(get_clusters, Manager, manager,
              sd_bus_message_append(reply, "u", manager->facts.topology.clusters));
DEFINE_GETTER(get_cores, Manager, manager, sd_bus_message_append(reply, "u", manager->facts.topology.cores));
DEFINE_GETTER(get_threads, Manager, manager,
              sd_bus_message_append(reply, "u", manager->facts.topology.threads));
DEFINE_GETTER(get_online, Manager, manager, bus_append_cpu_list(reply, &manager->facts.topology.online));
DEFINE_GETTER(get_offline, Manager, manager, append_offline(reply, &manager->facts.topology));
DEFINE_GETTER(get_core_types, Manager, manager, append_core_types(reply, &manager->facts.topology));
DEFINE_GETTER(get_numa_nodes, Manager, manager, append_nodes(reply, &manager->facts.topology));

/* What nobody announces is read for each answer. */
#define DEFINE_MEMORY_GETTER(name, memory, append)                                                  \
        static int name(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {               \
                _cleanup_(memory_facts_done) MemoryFacts memory = {};                               \
                const Manager *manager = userdata;                                                  \
                int r;                                                                              \
                                                                                                    \
                (void) bus, (void) path, (void) interface, (void) property, (void) error;           \
                                                                                                    \
                r = current_memory_read(&memory, &manager->facts, manager->root);                   \
                return r < 0 ? r : (append);                                                        \
        }                                                                                           \
        struct getter_needs_a_semicolon

DEFINE_MEMORY_GETTER(get_memory_total, memory, sd_bus_message_append(reply, "t", memory.total_bytes));
DEFINE_MEMORY_GETTER(get_memory_available, memory,
                     sd_bus_message_append(reply, "t", memory.available_bytes));
DEFINE_MEMORY_GETTER(get_huge_pages, memory, append_huge_pages(reply, &memory));

static int get_node_info(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Manager *manager = userdata;
        NodeInfo info = {};
        int r;

        (void) bus, (void) path, (void) interface, (void) property, (void) error;

        r = current_node_info_read(&info, &manager->facts, manager->root);
        if (r < 0)
                return r;

        return append_node_info(reply, &info);
}

static const sd_bus_vtable host_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Architecture", "s", get_architecture, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("KernelRelease", "s", get_kernel_release, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Distribution", "s", get_distribution, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Hypervisor", "s", get_hypervisor, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("CPUVendor", "s", get_cpu_vendor, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("CPUModel", "s", get_cpu_model, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("CPUVirtualization", "s", get_cpu_virtualization, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("MaxFrequencyHz", "t", get_max_frequency, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Packages", "u", get_packages, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Dies", "u", get_dies, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Clusters", "u", get_clusters, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Cores", "u", get_cores, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Threads", "u", get_threads, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("OnlineCPUs", "s", get_online, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("OfflineCPUs", "s", get_offline, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("CoreTypes", "a(ssu)", get_core_types, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("NUMANodes", "a(ustau)", get_numa_nodes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("MemoryTotalBytes", "t", get_memory_total, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("MemoryAvailableBytes", "t", get_memory_available, 0, 0),
        SD_BUS_PROPERTY("HugePages", "a(ittt)", get_huge_pages, 0, 0),
        SD_BUS_PROPERTY("NodeInfo", "a{sv}", get_node_info, 0, 0),
        SD_BUS_VTABLE_END,
};

int bus_add_host(Manager *manager) {
        return sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_HOST, BUS_INTERFACE_HOST, host_vtable,
                                        manager);
}

int bus_emit_host(Manager *manager, const TopologyFacts *old) {
        const TopologyFacts *fresh = &manager->facts.topology;
        ChangedProperties changed = {};

        if (old->max_frequency_hz != fresh->max_frequency_hz)
                changed_properties_add(&changed, "MaxFrequencyHz");
        if (old->packages != fresh->packages)
                changed_properties_add(&changed, "Packages");
        if (old->dies != fresh->dies)
                changed_properties_add(&changed, "Dies");
        if (old->clusters != fresh->clusters)
                changed_properties_add(&changed, "Clusters");
        if (old->cores != fresh->cores)
                changed_properties_add(&changed, "Cores");
        if (old->threads != fresh->threads)
                changed_properties_add(&changed, "Threads");
        if (!cpu_set_equal(&old->online, &fresh->online))
                changed_properties_add(&changed, "OnlineCPUs");
        if (!cpu_set_equal(&old->online, &fresh->online) || !cpu_set_equal(&old->present, &fresh->present))
                changed_properties_add(&changed, "OfflineCPUs");
        if (!core_types_equal(old->core_types, old->n_core_types, fresh->core_types, fresh->n_core_types))
                changed_properties_add(&changed, "CoreTypes");
        if (!numa_nodes_equal(old->nodes, old->n_nodes, fresh->nodes, fresh->n_nodes))
                changed_properties_add(&changed, "NUMANodes");
        if (old->memory_bytes != fresh->memory_bytes)
                changed_properties_add(&changed, "MemoryTotalBytes");
        if (changed.n == 0)
                return 0;

        return sd_bus_emit_properties_changed_strv(manager->bus, BUS_PATH_HOST, BUS_INTERFACE_HOST,
                                                   changed.names);
}
