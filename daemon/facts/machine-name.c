/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells architectures apart by what they leave in files. */

#include <string.h>

#include "../basic/macro.h"
#include "../basic/words.h"
#include "machine-name.h"

Architecture architecture_from_machine(const char *machine) {
        static const struct {
                const char *prefix;
                Architecture architecture;
        } machines[] = {
                { "x86_64", ARCHITECTURE_X86 },  { "i386", ARCHITECTURE_X86 },
                { "i486", ARCHITECTURE_X86 },    { "i586", ARCHITECTURE_X86 },
                { "i686", ARCHITECTURE_X86 },    { "aarch64", ARCHITECTURE_ARM64 }, /* and aarch64_be */
                { "arm", ARCHITECTURE_ARM },     { "loongarch", ARCHITECTURE_LOONGARCH },
                { "ppc64", ARCHITECTURE_PPC64 }, /* and ppc64le */
                { "riscv", ARCHITECTURE_RISCV }, { "s390x", ARCHITECTURE_S390X },
        };

        FOREACH_ELEMENT(m, machines)
                if (startswith(machine, m->prefix))
                        return m->architecture;

        return ARCHITECTURE_OTHER;
}

/* Tells whether WORD stands in RELEASE between the separators that distributions use. */
static bool release_has(const char *release, const char *word) {
        size_t n = strlen(word);

        for (const char *p = strstr(release, word); p; p = strstr(p + 1, word))
                if (p > release && strchr("-.+", p[-1]) && (p[n] == '\0' || strchr("-.+", p[n])))
                        return true;

        return false;
}

const char *machine_from_release(const char *release) {
        static const struct {
                const char *word, *machine;
        } words[] = {
                { "x86_64", "x86_64" },
                { "amd64", "x86_64" },
                { "i686", "i686" },
                { "686", "i686" },
                { "aarch64", "aarch64" },
                { "arm64", "aarch64" },
                { "armv7hl", "armv7l" },
                { "armmp", "armv7l" },
                { "ppc64le", "ppc64le" },
                { "ppc64el", "ppc64le" },
                { "powerpc64le", "ppc64le" },
                { "ppc64", "ppc64" },
                { "s390x", "s390x" },
                { "powerpc64", "ppc64" },
                { "loong64", "loongarch64" },
                { "riscv64", "riscv64" },
                { "loongarch64", "loongarch64" },
        };

        if (release)
                FOREACH_ELEMENT(w, words)
                        if (release_has(release, w->word))
                                return w->machine;

        return NULL;
}

/* The name of an old processor ends with its version in parentheses: "ARMv7 Processor rev 4 (v7l)". A 64-bit
 * kernel prints the same to 32-bit programs, but its features are those of the 64-bit instruction set. */
static const char *machine_of_arm(const CpuinfoLines *lines) {
        static const char *const machines[] = { "armv5tel", "armv5tejl", "armv6l", "armv7l", "armv8l" };
        const char *name = lines->processor ? lines->processor : lines->model_name;
        const char *version = name ? strrchr(name, '(') : NULL;

        if (words_contain(lines->features, "asimd") || words_contain(lines->features, "fp"))
                return "aarch64";

        if (version)
                FOREACH_ELEMENT(machine, machines)
                        if (startswith(version + 1, *machine + strlen("arm")))
                                return *machine;

        return words_contain(lines->features, "half") ? "armv7l" : "aarch64";
}

/* Little-endian Linux begins with POWER8, and distributions for it are little-endian from then on; smaller
 * processors than these have 32 bits. */
static const char *machine_of_power(const char *cpu) {
        static const char *const big_endian[] = { "POWER4", "POWER5", "POWER6", "POWER7", "PPC970",
                                                  "Cell",   "PA6T",   "e5500",  "e6500",  "A2" };

        FOREACH_ELEMENT(name, big_endian)
                if (startswith(cpu, *name))
                        return "ppc64";

        return startswith(cpu, "POWER") || startswith(cpu, "Power") ? "ppc64le" : "ppc";
}

/* A kernel of 32 bits runs on a CPU of 64 as well, and the flags are the CPU's. It alone lists the bugs of
 * CPUs from before there were 64 (arch/x86/kernel/cpu/proc.c: show_cpuinfo_misc()). Its name has the CPU's
 * family in it, up to 6 (arch/x86/kernel/cpu/bugs.c). */
static const char *machine_of_x86(const CpuinfoLines *lines) {
        const char *virtual_size = lines->address_sizes ? strchr(lines->address_sizes, ',') : NULL;
        bool large = virtual_size && !startswith(virtual_size, ", 32 ");

        if (!lines->coma_bug && (lines->flags ? words_contain(lines->flags, "lm") : large))
                return "x86_64";
        if (!lines->coma_bug && !lines->flags)
                return NULL;
        if (lines->x86_family && streq(lines->x86_family, "4"))
                return "i486";

        return lines->x86_family && streq(lines->x86_family, "5") ? "i586" : "i686";
}

/* Each dialect has a line that no other has. */
const char *machine_from_cpuinfo(const CpuinfoLines *lines) {
        if (lines->vendor_id && streq(lines->vendor_id, "IBM/S390"))
                return "s390x";
        if (lines->arch && streq(lines->arch, "IA-64"))
                return "ia64";
        if (lines->flags || lines->x86_family)
                return machine_of_x86(lines);
        if (lines->cpu_implementer)
                return machine_of_arm(lines);
        if (lines->cpu_family && startswith(lines->cpu_family, "Loongson"))
                return "loongarch64";
        if (lines->cpu_model)
                return lines->isa && strstr(lines->isa, "mips64") ? "mips64" : "mips";
        if (lines->isa)
                return startswith(lines->isa, "rv32") ? "riscv32" : "riscv64";
        if (lines->type && startswith(lines->type, "sun4"))
                return "sparc64";
        if (lines->cpu && streq(lines->cpu, "Alpha"))
                return "alpha";

        return lines->cpu ? machine_of_power(lines->cpu) : NULL;
}

/* The line ends in the machine, on some distributions the processor and the hardware platform, which are
 * much the same, and the operating system (coreutils, src/uname.c: main()). */
const char *machine_from_uname(char *line) {
        const char *machine = NULL;
        char *blank = strrchr(line, ' ');

        for (unsigned i = 0; i < 3 && blank; i++) {
                *blank = '\0';
                blank = strrchr(line, ' ');
                if (!blank || architecture_from_machine(blank + 1) == ARCHITECTURE_OTHER)
                        break;
                machine = blank + 1;
        }

        return machine;
}
