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

int cpuinfo_read_places(const Root *root, CpuPlace *places, size_t n) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        CpuPlace *place = NULL;
        uint64_t number;
        int r;

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r;

        while (cpuinfo_next(&cpuinfo)) {
                if (begins_entry(&cpuinfo, &number))
                        place = number < n ? &places[number] : NULL;
                if (!place)
                        continue;

                if ((cpuinfo_number(&cpuinfo, "physical id", &number) ||
                     cpuinfo_number(&cpuinfo, "package", &number)) &&
                    number < UINT16_MAX)
                        place->package_id = (int) number;
                if ((cpuinfo_number(&cpuinfo, "core id", &number) ||
                     cpuinfo_number(&cpuinfo, "core", &number)) &&
                    number < UINT16_MAX)
                        place->core_id = (int) number;
        }

        return 0;
}
