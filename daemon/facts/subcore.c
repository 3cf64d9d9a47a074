/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Infers the size of subcores. */

#include <errno.h>
#include <string.h>

#include "cpuinfo.h"
#include "subcore.h"
#include "values.h"

/* The threads of a whole core. Later processors run each thread for itself. */
static unsigned threads_of_core(const CpuFacts *cpu) {
        if (cpu->architecture != ARCHITECTURE_PPC64 || !cpu->model)
                return 0;

        return startswith(cpu->model, "POWER8") ? 8 : startswith(cpu->model, "POWER7") ? 4 : 0;
}

/* Whether Linux is the hypervisor: elsewhere the platform is "pSeries"
 * (arch/powerpc/platforms/powernv/setup.c). */
static int is_powernv(const Root *root) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        int r;

        r = cpuinfo_open(root, &cpuinfo);
        if (r < 0)
                return r == -ENOMEM ? r : false;

        while (cpuinfo_next(&cpuinfo))
                if (streq(cpuinfo.key, "platform"))
                        return streq(cpuinfo.value, "PowerNV");

        return false;
}

int subcore_threads_infer(const Root *root, const CpuFacts *cpu, const DeviceFacts *kvm, unsigned *ret) {
        unsigned threads = threads_of_core(cpu);
        int64_t subcores;
        int r;

        if (threads == 0 || kvm->registered == TRISTATE_NO)
                return 0;

        r = is_powernv(root);
        if (r <= 0)
                return r;

        /* A core can be split into 2 or 4 on POWER8. */
        r = read_number_at(root, &subcores, "sys/devices/system/cpu/subcores_per_core");
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && (subcores == 2 || subcores == 4) && threads == 8)
                threads /= (unsigned) subcores;

        *ret = threads;
        return 0;
}
