/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts as libvirt does. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpuinfo.h"
#include "meminfo.h"
#include "node-info.h"

/* What libvirt counts of one NUMA node. */
typedef struct NodeCount {
        unsigned cpus;
        unsigned offline;
        unsigned sockets;
        unsigned cores; /* of the socket with most */
        unsigned threads;
} NodeCount;

typedef struct Core {
        int socket;
        unsigned core;
} Core;

static int compare_cores(const void *a, const void *b) {
        const Core *x = a, *y = b;

        if (x->socket != y->socket)
                return x->socket < y->socket ? -1 : 1;

        return x->core < y->core ? -1 : x->core > y->core;
}

/* Counts different sockets, and the different cores of the one that has most. */
static void count_cores(Core *cores, size_t n, NodeCount *count) {
        unsigned in_socket = 0;

        if (n > 0)
                qsort(cores, n, sizeof(Core), compare_cores);

        for (size_t i = 0; i < n; i++) {
                bool new_socket = i == 0 || cores[i].socket != cores[i - 1].socket;

                if (new_socket) {
                        count->sockets++;
                        in_socket = 0;
                }
                if (new_socket || cores[i].core != cores[i - 1].core)
                        in_socket++;
                if (in_socket > count->cores)
                        count->cores = in_socket;
        }
}

/* With subcores in use, the first thread of each is online on the host, and the guest has the others. They
 * are in use when no other thread is online. */
static unsigned subcore_threads(const KvmFacts *kvm, const TopologyFacts *topology) {
        if (kvm->subcore_threads == 0)
                return 0;

        FOREACH_CPU(cpu, &topology->online)
                if (cpu % kvm->subcore_threads != 0)
                        return 0;

        return kvm->subcore_threads;
}

static Core core_of(const CpuFacts *cpu, const TopologyFacts *topology, unsigned number) {
        const CpuPlace *place = &topology->places[number];

        /* What is unknown is number 0, and each CPU of s390x is a core of its own. */
        return (Core){
                .socket = place->package_id < 0 ? 0 : place->package_id,
                .core = cpu->architecture == ARCHITECTURE_S390X ? number
                        : place->core_id < 0                    ? 0
                                                                : (unsigned) place->core_id,
        };
}

/* A subcore's other threads count as online. */
static void count_offline(const TopologyFacts *topology, unsigned number, unsigned subcore,
                          NodeCount *count) {
        if (subcore > 0 && cpu_set_has(&topology->online, number - number % subcore))
                count->cpus++;
        else
                count->offline++;
}

static int count_node(const CpuFacts *cpu, const TopologyFacts *topology, const CpuSet *members,
                      unsigned subcore, NodeCount *count) {
        _cleanup_free_ Core *cores = NULL;
        size_t n = 0;

        cores = calloc(cpu_set_count(members) + 1, sizeof(Core));
        if (!cores)
                return -ENOMEM;

        FOREACH_CPU(number, members) {
                if (!cpu_set_has(&topology->online, number)) {
                        count_offline(topology, number, subcore, count);
                        continue;
                }

                count->cpus++;
                cores[n++] = core_of(cpu, topology, number);
                if (topology->places[number].siblings > count->threads)
                        count->threads = topology->places[number].siblings;
        }

        count_cores(cores, n, count);
        if (subcore > 0)
                count->threads *= subcore;
        return 0;
}

static unsigned larger(unsigned a, unsigned b) {
        return a > b ? a : b;
}

static void add_node(NodeInfo *info, unsigned *offline, const NodeCount *count) {
        info->nodes++;
        info->cpus += count->cpus;
        *offline += count->offline;
        info->sockets = larger(info->sockets, count->sockets);
        info->cores = larger(info->cores, count->cores);
        info->threads = larger(info->threads, count->threads);
}

static bool is_in_node(const TopologyFacts *topology, unsigned cpu) {
        FOREACH_ARRAY(node, topology->nodes, topology->n_nodes)
                if (cpu_set_has(&node->cpus, cpu))
                        return true;

        return false;
}

/* Every CPU is in a node, but a node whose list is all that we have names those online. Which one the others
 * are in makes no difference. */
static void count_rest(const TopologyFacts *topology, unsigned subcore, NodeInfo *info, unsigned *offline) {
        NodeCount rest = {};

        FOREACH_ARRAY(node, topology->nodes, topology->n_nodes)
                if (!node->cpus_online_only)
                        return;

        FOREACH_CPU(cpu, &topology->present)
                if (!cpu_set_has(&topology->online, cpu) && !is_in_node(topology, cpu))
                        count_offline(topology, cpu, subcore, &rest);

        info->cpus += rest.cpus;
        *offline += rest.offline;
}

static int intersect(const CpuSet *a, const CpuSet *b, CpuSet *ret) {
        FOREACH_CPU(cpu, a)
                if (cpu_set_has(b, cpu) && cpu_set_add(ret, cpu) < 0)
                        return -ENOMEM;

        return 0;
}

static int count_nodes(const CpuFacts *cpu, const TopologyFacts *topology, unsigned subcore, NodeInfo *info,
                       unsigned *offline) {
        const CpuSet *present = &topology->present;
        NodeCount whole = {};

        FOREACH_ARRAY(node, topology->nodes, topology->n_nodes) {
                _cleanup_(cpu_set_done) CpuSet members = {};
                NodeCount count = {};

                /* libvirt goes by the links. */
                if ((!node->cpus_shared && intersect(&node->cpus, present, &members) < 0) ||
                    count_node(cpu, topology, &members, subcore, &count) < 0)
                        return -ENOMEM;
                add_node(info, offline, &count);
        }

        if (info->cpus > 0) {
                count_rest(topology, subcore, info, offline);
                return 0;
        }

        *info = (NodeInfo){};
        *offline = 0;
        if (count_node(cpu, topology, present, subcore, &whole) < 0)
                return -ENOMEM;
        add_node(info, offline, &whole);
        return 0;
}

/* The line that tells the frequency, and NULL where libvirt looks for none. */
static const char *frequency_key(const CpuFacts *cpu) {
        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                return "cpu MHz";
        case ARCHITECTURE_PPC64:
                return "clock";
        case ARCHITECTURE_S390X:
                return "cpu MHz dynamic";
        case ARCHITECTURE_LOONGARCH:
                return "CPU MHz";
        default:
                return NULL;
        }
}

/* The last CPU's. */
static int read_mhz(const Root *root, const CpuFacts *cpu, NodeInfo *info) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        const char *key = frequency_key(cpu);
        uint64_t mhz = 0;
        int r;

        if (!key) {
                info->mhz_known = cpu->architecture != ARCHITECTURE_UNKNOWN;
                return 0;
        }

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r;

        while (cpuinfo_next(&cpuinfo))
                (void) cpuinfo_number(&cpuinfo, key, &mhz);

        info->mhz = mhz <= UINT32_MAX ? (unsigned) mhz : 0;
        info->mhz_known = true;
        return 0;
}

static uint64_t sum_memory(const TopologyFacts *topology, const MemoryFacts *memory) {
        uint64_t bytes = numa_nodes_memory(topology->nodes, topology->n_nodes);

        return (bytes > 0 ? bytes : memory->total_bytes) / BYTES_PER_KIB;
}

static int read_layout(const CpuFacts *cpu, const KvmFacts *kvm, const TopologyFacts *topology,
                       NodeInfo *info) {
        unsigned offline = 0;
        int r;

        r = count_nodes(cpu, topology, subcore_threads(kvm, topology), info, &offline);
        if (r < 0)
                return r;
        if (info->cpus == 0) {
                *info = (NodeInfo){};
                return 0;
        }

        info->layout_known = true;
        if ((uint64_t) info->nodes * info->sockets * info->cores * info->threads !=
            (uint64_t) info->cpus + offline) {
                info->fallback = true;
                info->nodes = info->sockets = info->threads = 1;
                info->cores = info->cpus + offline;
        }

        return 0;
}

int node_info_read(const Root *root, const CpuFacts *cpu, const KvmFacts *kvm, const TopologyFacts *topology,
                   const MemoryFacts *memory, NodeInfo *ret) {
        NodeInfo info = {};
        int r;

        /* cpuinfo alone tells which CPUs are online and nothing of nodes; and libvirt has no answer where a
         * core has a negative number, for which it does not look on s390x. */
        if (cpu_set_count(&topology->present) == 0 ||
            (topology->cores_unnumbered && cpu->architecture != ARCHITECTURE_S390X))
                info.cpus = cpu_set_count(&topology->online);
        else {
                r = read_layout(cpu, kvm, topology, &info);
                if (r < 0)
                        return r;
        }

        r = read_mhz(root, cpu, &info);
        if (r == -ENOMEM)
                return r;

        info.memory_kib = sum_memory(topology, memory);
        *ret = info;
        return 0;
}

void node_info_numbers(const NodeInfo *info, NodeInfoNumber ret[static NODE_INFO_NUMBERS]) {
        const NodeInfoNumber numbers[NODE_INFO_NUMBERS] = {
                { "cpus", info->cpus > 0, info->cpus },
                { "mhz", info->mhz_known, info->mhz },
                { "nodes", info->layout_known, info->nodes },
                { "sockets", info->layout_known, info->sockets },
                { "cores", info->layout_known, info->cores },
                { "threads", info->layout_known, info->threads },
        };

        memcpy(ret, numbers, sizeof(numbers));
}
