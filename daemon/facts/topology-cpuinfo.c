/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the entries of cpuinfo one by one (show_cpuinfo() of each architecture). */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../basic/macro.h"
#include "cpuinfo.h"
#include "topology-cpuinfo.h"
#include "values.h"

/* An entry begins with "processor : 3", on s390x with "processor 3: version = …". */
static bool begins_entry(const Cpuinfo *cpuinfo, uint64_t *ret_cpu) {
        const char *digits = startswith(cpuinfo->key, "processor "), *rest;

        if (cpuinfo_number(cpuinfo, "processor", ret_cpu))
                return true;

        return digits && parse_unsigned(digits, ret_cpu, &rest) >= 0 && *rest == '\0';
}

int cpuinfo_read_online(const Root *root, CpuSet *ret) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        _cleanup_(cpu_set_done) CpuSet set = {};
        uint64_t cpu;
        int r;

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r;

        while (cpuinfo_next(&cpuinfo))
                if (begins_entry(&cpuinfo, &cpu) && cpu < CPU_SET_MAX) {
                        r = cpu_set_add(&set, (unsigned) cpu);
                        if (r < 0)
                                return r;
                }

        *ret = set;
        set = (CpuSet){};
        return 0;
}

/* What an entry may fill in. */
typedef struct Entry {
        CpuPlace *place;
        bool lacks_package;
        bool lacks_core;
} Entry;

static bool find_entry(const Cpuinfo *cpuinfo, CpuPlace *places, size_t n, Entry *ret) {
        uint64_t cpu;

        /* s390x lists all processors first and has one entry for each afterwards. */
        if (!begins_entry(cpuinfo, &cpu) && !cpuinfo_number(cpuinfo, "cpu number", &cpu))
                return false;

        *ret = (Entry){};
        if (cpu < n)
                *ret = (Entry){
                        .place = &places[cpu],
                        .lacks_package = places[cpu].package_id < 0,
                        .lacks_core = places[cpu].core_id < 0,
                };

        return true;
}

static void note_numbers(const Cpuinfo *cpuinfo, Entry *entry) {
        CpuPlace *place = entry->place;
        uint64_t number;

        if (entry->lacks_package &&
            (cpuinfo_number(cpuinfo, "physical id", &number) ||
             cpuinfo_number(cpuinfo, "package", &number)) &&
            number < UINT16_MAX)
                place->package_id = (int) number;

        if (entry->lacks_core &&
            (cpuinfo_number(cpuinfo, "core id", &number) || cpuinfo_number(cpuinfo, "core", &number)) &&
            number < UINT16_MAX)
                place->core_id = (int) number;

        /* A package's number is its book's own, and a book's its drawer's; none has more than 8 bits
         * (arch/s390/include/asm/sysinfo.h: struct topology_container). */
        if (entry->lacks_package && place->package_id >= 0) {
                if (cpuinfo_number(cpuinfo, "book id", &number))
                        place->package_id |= (int) (number & UINT8_MAX) << 8;
                if (cpuinfo_number(cpuinfo, "drawer id", &number))
                        place->package_id |= (int) (number & UINT8_MAX) << 16;
        }
}

static void note_counts(const Cpuinfo *cpuinfo, const Entry *entry) {
        CpuPlace *place = entry->place;
        uint64_t number;

        if (cpuinfo_number(cpuinfo, "siblings", &number) && number < CPU_SET_MAX)
                place->package_threads = (unsigned) number;

        if (cpuinfo_number(cpuinfo, "cpu cores", &number) && number < CPU_SET_MAX)
                place->package_cores = (unsigned) number;

        if (entry->lacks_core && place->package_cores > 0 &&
            place->package_threads % place->package_cores == 0 && place->package_threads > 0)
                place->siblings = place->package_threads / place->package_cores;
}

int cpuinfo_read_places(const Root *root, CpuPlace *places, size_t n) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        Entry entry = {};
        int r;

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r;

        while (cpuinfo_next(&cpuinfo))
                if (!find_entry(&cpuinfo, places, n, &entry) && entry.place) {
                        note_numbers(&cpuinfo, &entry);
                        note_counts(&cpuinfo, &entry);
                }

        return 0;
}
