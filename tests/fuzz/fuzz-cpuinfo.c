/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of cpuinfo, in every dialect: its first entry, and all of them. */

#include <errno.h>

#include "../../daemon/facts/cpu.h"
#include "../../daemon/facts/cpuinfo.h"
#include "../../daemon/facts/machine-name.h"
#include "../../daemon/facts/topology-cpuinfo.h"
#include "tree.h"

/* One for each family, as a file beside cpuinfo may have told; NULL where nothing has. */
static const char *const machines[] = { NULL,      "x86_64",      "i686",    "armv7l", "aarch64",
                                        "ppc64le", "loongarch64", "riscv64", "s390x",  "mips64" };

static void parse_as(const uint8_t *data, size_t size, const char *machine) {
        _cleanup_(cpu_facts_done) CpuFacts cpu = { .long_mode = TRISTATE_UNKNOWN };
        _cleanup_free_ char *text = fuzz_text(data, size);

        if (!text)
                return;

        if (machine) {
                cpu.machine = strdup(machine);
                cpu.architecture = architecture_from_machine(machine);
                fuzz_assert(cpu.machine);
        }

        fuzz_assert(cpu_facts_parse(text, &cpu) == 0);
        fuzz_assert(cpu.error == 0 || cpu.error == -EBADMSG);
        fuzz_assert(cpu.extension >= 0 && cpu.extension < _CPU_EXTENSION_MAX);
        fuzz_assert(cpu.architecture < _ARCHITECTURE_MAX);
        fuzz_assert(!machine || streq(cpu.machine, machine));
        fuzz_assert(!cpu.machine || cpu.architecture == architecture_from_machine(cpu.machine));

        /* Words that the bus and a terminal take, each on one line; a file that tells nothing has an error.
         */
        fuzz_assert_printable(cpu.vendor);
        fuzz_assert_printable(cpu.model);
        fuzz_assert_printable(cpu.flags);
        fuzz_assert(cpu.error != 0 || cpu.architecture != ARCHITECTURE_X86 || cpu.flags);
        fuzz_assert(cpu.extension == CPU_EXTENSION_NONE || cpu.error == 0);
}

/* Nothing is written beyond the places that there are, and no number is one that the kernel prints for none.
 */
static void read_all_entries(FuzzTree *tree) {
        enum {
                N_PLACES = 64
        };
        CpuPlace places[N_PLACES + 1];
        _cleanup_(cpu_set_done) CpuSet online = {};

        for (size_t i = 0; i <= N_PLACES; i++)
                places[i] = (CpuPlace){ .package_id = -1, .core_id = -1, .siblings = 1 };

        fuzz_assert(cpuinfo_read_online(tree->root, &online) == 0);
        fuzz_assert(cpuinfo_read_places(tree->root, places, N_PLACES) == 0);

        for (unsigned i = 0; i < N_PLACES; i++) {
                fuzz_assert(places[i].package_id >= -1 && places[i].package_id != UINT16_MAX);
                fuzz_assert(places[i].core_id >= -1 && places[i].core_id < UINT16_MAX);
        }
        fuzz_assert(places[N_PLACES].package_id == -1 && places[N_PLACES].core_id == -1);
}

static void read_all_lines(FuzzTree *tree, size_t size) {
        _cleanup_(cpuinfo_done) Cpuinfo cpuinfo = {};
        size_t n = 0;

        fuzz_assert(cpuinfo_open(tree->root, &cpuinfo) == 0);
        while (cpuinfo_next(&cpuinfo)) {
                fuzz_assert(!strchr(cpuinfo.key, '\n') && !strchr(cpuinfo.value, '\n'));
                fuzz_assert(strlen(cpuinfo.key) + strlen(cpuinfo.value) < sizeof(cpuinfo.line));
                n++;
        }
        fuzz_assert(n <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *tree = fuzz_tree_new();

        FOREACH_ELEMENT(machine, machines)
                parse_as(data, size, *machine);

        fuzz_tree_file(tree, "proc/cpuinfo", data, size);
        read_all_entries(tree);
        read_all_lines(tree, size);
        return 0;
}
