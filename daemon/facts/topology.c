/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts CPUs, and what they are the parts of. */

#include <errno.h>
#include <stdlib.h>

#include "meminfo.h"
#include "topology-cpuinfo.h"
#include "topology-numbers.h"
#include "topology.h"
#include "values.h"

#define CPUS "sys/devices/system/cpu"

/* What the kernel prints where it does not know: -1, which is 65535 in 16 bits (arch/x86: BAD_APICID). */
static bool is_number(int64_t id) {
        return id >= 0 && id != UINT16_MAX && id <= INT32_MAX;
}

/* Something that is made of CPUs: each of them tells its number and all the CPUs in it. Older kernels have
 * other names for the same file, and the oldest only masks. */
typedef struct Level {
        const char *id; /* NULL: there is none to be compared */
        const char *lists[2];
        const char *masks[2];
} Level;

static const Level level_package = { "physical_package_id",
                                     { "package_cpus_list", "core_siblings_list" },
                                     { "package_cpus", "core_siblings" } };
static const Level level_unnumbered_package = { NULL, { "core_siblings_list" }, { "core_siblings" } };
static const Level level_die = { "die_id", { "die_cpus_list" }, { "die_cpus" } };
static const Level level_cluster = { "cluster_id", { "cluster_cpus_list" }, { "cluster_cpus" } };
static const Level level_core = { "core_id",
                                  { "core_cpus_list", "thread_siblings_list" },
                                  { "core_cpus", "thread_siblings" } };

static int read_members(const Root *root, const Level *level, unsigned cpu, CpuSet *ret) {
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(level->lists) && level->lists[i]; i++) {
                r = read_cpu_list_at(root, ret, CPUS "/cpu%u/topology/%s", cpu, level->lists[i]);
                if (r >= 0 || r == -ENOMEM)
                        return r;
        }
        for (size_t i = 0; i < ELEMENTSOF(level->masks) && level->masks[i]; i++) {
                r = read_cpu_mask_at(root, ret, CPUS "/cpu%u/topology/%s", cpu, level->masks[i]);
                if (r >= 0 || r == -ENOMEM)
                        return r;
        }

        return r;
}

/* Whether the kernel has no number for it: then it does not know its members either, whatever the file says.
 */
static int is_unnumbered(const Root *root, const Level *level, unsigned cpu) {
        int64_t id;
        int r;

        if (!level->id)
                return false;

        r = read_number_at(root, &id, CPUS "/cpu%u/topology/%s", cpu, level->id);
        return r < 0 ? (r == -ENOMEM ? r : false) : !is_number(id);
}

/* Notes the members of what has LEADER for its first CPU. The leader is one of them, none is a member of
 * anything before, nor has the number of another package: lists that say otherwise are none. So no CPU is
 * looked at twice, however many lists there are. */
static int add_members(const TopologyFacts *topology, unsigned leader, const CpuSet *members, CpuSet *seen) {
        if (!cpu_set_has(members, leader))
                return -EBADMSG;

        FOREACH_CPU(cpu, members) {
                int r;

                if (cpu_set_has(seen, cpu) ||
                    (cpu_set_has(&topology->online, cpu) &&
                     topology->places[cpu].package_id != topology->places[leader].package_id))
                        return -EBADMSG;

                r = cpu_set_add(seen, cpu);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Finds the first CPU of each package, core, … by asking only CPUs that are not members of an earlier one.
 * Errors: -ENODATA where it has no number, -EBADMSG where the lists contradict each other, and those of
 * reading.
 */
static int find_leaders(const Root *root, const TopologyFacts *topology, const Level *level, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet leaders = {}, seen = {};
        int r;

        FOREACH_CPU(cpu, &topology->online) {
                _cleanup_(cpu_set_done) CpuSet members = {};

                if (cpu_set_has(&seen, cpu))
                        continue;

                r = is_unnumbered(root, level, cpu);
                if (r != 0)
                        return r < 0 ? r : -ENODATA;

                /* So no file is read for more than one of its members, however often links repeat it. */
                r = read_members(root, level, cpu, &members);
                if (r < 0)
                        return r;
                if (level == &level_core)
                        topology->places[cpu].siblings = cpu_set_count(&members);
                r = add_members(topology, cpu, &members, &seen);
                if (r < 0)
                        return r;
                r = cpu_set_add(&leaders, cpu);
                if (r < 0)
                        return r;
        }

        *ret = leaders;
        leaders = (CpuSet){};
        return 0;
}

static int count_level(const Root *root, const TopologyFacts *topology, const Level *level, unsigned *ret) {
        _cleanup_(cpu_set_done) CpuSet leaders = {};
        int r;

        r = find_leaders(root, topology, level, &leaders);
        if (r == -ENOMEM)
                return r;

        *ret = cpu_set_count(&leaders);
        return 0;
}

static int read_id(const Root *root, const Level *level, unsigned cpu, int *ret) {
        int64_t id;
        int r;

        r = read_number_at(root, &id, CPUS "/cpu%u/topology/%s", cpu, level->id);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        *ret = is_number(id) ? (int) id : -1;
        return 0;
}

static int read_places(const Root *root, TopologyFacts *topology) {
        int r;

        FOREACH_CPU(cpu, &topology->online) {
                r = read_id(root, &level_package, cpu, &topology->places[cpu].package_id);
                if (r < 0)
                        return r;
                r = read_id(root, &level_core, cpu, &topology->places[cpu].core_id);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* s390x had the members of packages long before it numbered these. Where it knows nothing, each core is a
 * package. */
static int count_unnumbered_packages(const Root *root, TopologyFacts *topology) {
        unsigned packages = 0;

        if (count_level(root, topology, &level_unnumbered_package, &packages) < 0)
                return -ENOMEM;
        if (packages < topology->cores)
                topology->packages = packages;

        return 0;
}

/* Whether show_cpuinfo() of this architecture prints the numbers of packages and cores. */
static bool cpuinfo_has_places(const CpuFacts *cpu) {
        return cpu->architecture == ARCHITECTURE_X86 || cpu->architecture == ARCHITECTURE_S390X ||
               cpu->architecture == ARCHITECTURE_LOONGARCH || cpu->architecture == ARCHITECTURE_OTHER;
}

static int count_levels(const Root *root, const CpuFacts *cpu, TopologyFacts *topology) {
        _cleanup_(cpu_set_done) CpuSet cores = {};
        int r;

        topology->threads = cpu_set_count(&topology->online);

        r = find_leaders(root, topology, &level_core, &cores);
        if (r == -ENOMEM)
                return r;
        topology->cores = cpu_set_count(&cores);
        topology->cores_unnumbered = r == -ENODATA;

        if (count_level(root, topology, &level_package, &topology->packages) < 0 ||
            count_level(root, topology, &level_die, &topology->dies) < 0 ||
            count_level(root, topology, &level_cluster, &topology->clusters) < 0)
                return -ENOMEM;

        if (topology->packages == 0 && cpu->architecture == ARCHITECTURE_S390X &&
            count_unnumbered_packages(root, topology) < 0)
                return -ENOMEM;

        if ((topology->packages == 0 || topology->cores == 0) && cpuinfo_has_places(cpu) &&
            cpuinfo_read_places(root, topology->places, topology->n_places) == -ENOMEM)
                return -ENOMEM;

        r = core_types_read(root, cpu, &topology->online, &cores, &topology->core_types,
                            &topology->n_core_types);
        if (r < 0)
                return r;

        return topology_count_numbers(topology);
}

/* Frequency scaling is there for all CPUs or for none. The file is in kHz. */
static int read_max_frequency(const Root *root, TopologyFacts *topology) {
        FOREACH_CPU(cpu, &topology->online) {
                int64_t khz;
                int r;

                r = read_number_at(root, &khz, CPUS "/cpu%u/cpufreq/cpuinfo_max_freq", cpu);
                if (r < 0)
                        return r == -ENOMEM ? r : 0;
                if (khz > 0 && khz <= UINT32_MAX && (uint64_t) khz * 1000 > topology->max_frequency_hz)
                        topology->max_frequency_hz = (uint64_t) khz * 1000;
        }

        return 0;
}

/* A CPU that cannot be taken offline has no file for it. */
static int read_online_one_by_one(const Root *root, TopologyFacts *topology) {
        FOREACH_CPU(cpu, &topology->present) {
                int64_t online;
                int r;

                r = read_number_at(root, &online, CPUS "/cpu%u/online", cpu);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 || online != 0)
                        r = cpu_set_add(&topology->online, cpu);
                if (r == -ENOMEM)
                        return r;
        }

        return 0;
}

static int read_cpu_sets(const Root *root, TopologyFacts *topology) {
        int r;

        r = read_cpu_list_at(root, &topology->present, CPUS "/present");
        if (r < 0 && r != -ENOMEM)
                r = list_numbered(root, CPUS, "cpu", &topology->present);
        if (r == -ENOMEM)
                return r;

        r = read_cpu_list_at(root, &topology->online, CPUS "/online");
        if (r < 0 && r != -ENOMEM)
                r = read_online_one_by_one(root, topology);

        return r;
}

static int allocate_places(TopologyFacts *topology) {
        FOREACH_CPU(cpu, &topology->online)
                topology->n_places = cpu + 1;

        topology->places = calloc(topology->n_places + 1, sizeof(CpuPlace));
        if (!topology->places)
                return -ENOMEM;

        FOREACH_ARRAY(place, topology->places, topology->n_places)
                *place = (CpuPlace){ .package_id = -1, .core_id = -1, .siblings = 1 };

        return 0;
}

static int read_topology(const Root *root, const CpuFacts *cpu, TopologyFacts *topology) {
        Meminfo meminfo;
        int r;

        r = read_cpu_sets(root, topology);
        if (r < 0)
                return r;

        if (cpu_set_count(&topology->online) == 0) {
                r = cpuinfo_read_online(root, &topology->online);
                if (r == -ENOMEM)
                        return r;
        }

        r = allocate_places(topology);
        if (r < 0)
                return r;

        if (read_places(root, topology) < 0 || count_levels(root, cpu, topology) < 0 ||
            read_max_frequency(root, topology) < 0)
                return -ENOMEM;

        r = numa_nodes_read(root, &topology->nodes, &topology->n_nodes);
        if (r == -ENOMEM)
                return r;

        r = meminfo_read(root, "proc/meminfo", &meminfo);
        if (r >= 0)
                topology->memory_bytes = meminfo.total_bytes;
        return r == -ENOMEM ? r : 0;
}

int topology_facts_read(const Root *root, const CpuFacts *cpu, TopologyFacts *facts) {
        TopologyFacts topology = {};
        int r;

        r = read_topology(root, cpu, &topology);
        if (r < 0) {
                topology_facts_done(&topology);
                return r;
        }

        topology_facts_done(facts);
        *facts = topology;
        return 0;
}

bool topology_facts_equal(const TopologyFacts *a, const TopologyFacts *b) {
        return cpu_set_equal(&a->present, &b->present) && cpu_set_equal(&a->online, &b->online) &&
               a->packages == b->packages && a->dies == b->dies && a->clusters == b->clusters &&
               a->cores == b->cores && a->threads == b->threads &&
               a->max_frequency_hz == b->max_frequency_hz &&
               core_types_equal(a->core_types, a->n_core_types, b->core_types, b->n_core_types) &&
               numa_nodes_equal(a->nodes, a->n_nodes, b->nodes, b->n_nodes) &&
               a->memory_bytes == b->memory_bytes;
}

int topology_offline(const TopologyFacts *topology, CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet offline = {};
        int r;

        FOREACH_CPU(cpu, &topology->present) {
                r = cpu_set_has(&topology->online, cpu) ? 0 : cpu_set_add(&offline, cpu);
                if (r < 0)
                        return r;
        }

        *ret = offline;
        offline = (CpuSet){};
        return 0;
}

void topology_facts_done(TopologyFacts *topology) {
        cpu_set_done(&topology->present);
        cpu_set_done(&topology->online);
        free(topology->places);
        core_types_free(topology->core_types, topology->n_core_types);
        numa_nodes_free(topology->nodes, topology->n_nodes);
        *topology = (TopologyFacts){};
}
