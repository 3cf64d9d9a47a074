/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts CPUs, and what they are the parts of. */

#include <errno.h>
#include <stdlib.h>

#include "topology-cpuinfo.h"
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
        const char *id;
        const char *lists[2];
        const char *masks[2];
} Level;

static const Level level_package = { "physical_package_id",
                                     { "package_cpus_list", "core_siblings_list" },
                                     { "package_cpus", "core_siblings" } };
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

/* Finds the first CPU of each package, core, … by asking only CPUs that are not members of an earlier one.
 * Where the number of one is unknown, so are its members, whatever the file says. With PLACES, each first
 * CPU's place is told how many members there are. Errors: -ENODATA where the number is unknown, -EBADMSG
 * where the members lack the CPU itself, and those of reading. */
static int find_leaders(const Root *root, const CpuSet *online, const Level *level, CpuPlace *places,
                        CpuSet *ret) {
        _cleanup_(cpu_set_done) CpuSet leaders = {}, seen = {};
        int r;

        FOREACH_CPU(cpu, online) {
                _cleanup_(cpu_set_done) CpuSet members = {};
                int64_t id;

                if (cpu_set_has(&seen, cpu))
                        continue;

                r = read_number_at(root, &id, CPUS "/cpu%u/topology/%s", cpu, level->id);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0 && !is_number(id))
                        return -ENODATA;

                /* So no file is read for more than one of its members, however often links repeat it. */
                r = read_members(root, level, cpu, &members);
                if (r < 0)
                        return r;
                if (!cpu_set_has(&members, cpu))
                        return -EBADMSG;

                if (places)
                        places[cpu].siblings = cpu_set_count(&members);
                r = cpu_set_add_all(&seen, &members);
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

static int count_level(const Root *root, const CpuSet *online, const Level *level, unsigned *ret) {
        _cleanup_(cpu_set_done) CpuSet leaders = {};
        int r;

        r = find_leaders(root, online, level, NULL, &leaders);
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

static int compare_places(const void *a, const void *b) {
        const CpuPlace *x = a, *y = b;

        if (x->package_id != y->package_id)
                return x->package_id < y->package_id ? -1 : 1;

        return x->core_id < y->core_id ? -1 : x->core_id > y->core_id;
}

/* By their numbers, where the kernel does not tell the members. A core's number is its package's own. */
static int count_by_numbers(TopologyFacts *topology) {
        _cleanup_free_ CpuPlace *sorted = NULL;
        unsigned packages = 0, cores = 0;
        bool has_packages = true, has_cores = true;
        size_t n = 0;

        sorted = calloc(topology->n_places + 1, sizeof(CpuPlace));
        if (!sorted)
                return -ENOMEM;

        FOREACH_CPU(cpu, &topology->online)
        sorted[n++] = topology->places[cpu];
        qsort(sorted, n, sizeof(CpuPlace), compare_places);

        for (size_t i = 0; i < n; i++) {
                bool new_package = i == 0 || sorted[i].package_id != sorted[i - 1].package_id;

                has_packages &= sorted[i].package_id >= 0;
                has_cores &= sorted[i].core_id >= 0;
                packages += new_package;
                cores += new_package || sorted[i].core_id != sorted[i - 1].core_id;
        }

        if (topology->packages == 0 && has_packages)
                topology->packages = packages;
        if (topology->cores == 0 && has_packages && has_cores)
                topology->cores = cores;
        return 0;
}

static int count_levels(const Root *root, const CpuFacts *cpu, TopologyFacts *topology) {
        _cleanup_(cpu_set_done) CpuSet cores = {};
        const CpuSet *online = &topology->online;
        int r;

        topology->threads = cpu_set_count(online);

        r = find_leaders(root, online, &level_core, topology->places, &cores);
        if (r == -ENOMEM)
                return r;
        topology->cores = cpu_set_count(&cores);

        if (count_level(root, online, &level_package, &topology->packages) < 0 ||
            count_level(root, online, &level_die, &topology->dies) < 0 ||
            count_level(root, online, &level_cluster, &topology->clusters) < 0)
                return -ENOMEM;

        r = core_types_read(root, cpu, online, &cores, &topology->core_types, &topology->n_core_types);
        if (r < 0)
                return r;

        return count_by_numbers(topology);
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
        bool from_cpuinfo;
        int r;

        r = read_cpu_sets(root, topology);
        if (r < 0)
                return r;

        from_cpuinfo = cpu_set_count(&topology->online) == 0;
        if (from_cpuinfo) {
                r = cpuinfo_read_online(root, &topology->online);
                if (r == -ENOMEM)
                        return r;
        }

        r = allocate_places(topology);
        if (r < 0)
                return r;

        r = from_cpuinfo ? cpuinfo_read_places(root, topology->places, topology->n_places)
                         : read_places(root, topology);
        if (r == -ENOMEM)
                return r;

        if (count_levels(root, cpu, topology) < 0 || read_max_frequency(root, topology) < 0)
                return -ENOMEM;

        r = numa_nodes_read(root, &topology->nodes, &topology->n_nodes);
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
               numa_nodes_equal(a->nodes, a->n_nodes, b->nodes, b->n_nodes);
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
