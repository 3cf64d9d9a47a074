/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts packages and cores by the numbers that CPUs have of them. */

#include <errno.h>
#include <stdlib.h>

#include "topology-numbers.h"

static int compare_places(const void *a, const void *b) {
        const CpuPlace *x = a, *y = b;

        if (x->package_id != y->package_id)
                return x->package_id < y->package_id ? -1 : 1;

        return x->core_id < y->core_id ? -1 : x->core_id > y->core_id;
}

/* The cores of the N places of one package. Their numbers are the package's own, and packages with two nodes
 * in them have numbered those of each node anew (AMD, families 10h to 15h), so cpuinfo's count goes first.
 */
static unsigned count_cores_of_package(const CpuPlace *places, size_t n) {
        unsigned cores = 0;

        if (places[0].package_cores > 0 && places[0].package_cores <= n && places[0].package_threads == n)
                return places[0].package_cores;

        for (size_t i = 0; i < n; i++) {
                if (places[i].core_id < 0)
                        return 0;
                cores += i == 0 || places[i].core_id != places[i - 1].core_id;
        }

        return cores;
}

int topology_count_numbers(TopologyFacts *topology) {
        _cleanup_free_ CpuPlace *sorted = NULL;
        unsigned packages = 0, cores = 0;
        bool has_cores = true;
        size_t n = 0, end;

        sorted = calloc(topology->n_places + 1, sizeof(CpuPlace));
        if (!sorted)
                return -ENOMEM;

        FOREACH_CPU(cpu, &topology->online)
                sorted[n++] = topology->places[cpu];
        qsort(sorted, n, sizeof(CpuPlace), compare_places);

        if (n == 0 || sorted[0].package_id < 0)
                return 0;

        for (size_t begin = 0; begin < n; begin = end) {
                unsigned in_package;

                for (end = begin + 1; end < n && sorted[end].package_id == sorted[begin].package_id;)
                        end++;

                in_package = count_cores_of_package(&sorted[begin], end - begin);
                has_cores &= in_package > 0;
                cores += in_package;
                packages++;
        }

        if (topology->packages == 0)
                topology->packages = packages;
        if (topology->cores == 0 && has_cores)
                topology->cores = cores;
        return 0;
}
