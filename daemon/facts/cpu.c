/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads cpuinfo in each architecture's dialect (arch/.../kernel/cpu*.c: show_cpuinfo()) and asks CPUID. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "../basic/macro.h"
#include "../basic/words.h"
#include "cpu-lines.h"
#include "cpu-names.h"
#include "cpu.h"
#include "machine-name.h"
#include "values.h"

/* All processors have the same flags: the first entries say it all. One entry has at most a few KiB, but the
 * file of a machine with thousands of CPUs has megabytes, and printing it wakes every one of them. */
#define CPUINFO_HEAD_MAX (16U * 1024U)

static const char *const cpu_extension_table[_CPU_EXTENSION_MAX] = {
        [CPU_EXTENSION_NONE] = "none", [CPU_EXTENSION_VMX] = "vmx", [CPU_EXTENSION_SVM] = "svm",
        [CPU_EXTENSION_SIE] = "sie",   [CPU_EXTENSION_H] = "h",     [CPU_EXTENSION_LVZ] = "lvz",
};
DEFINE_STRING_TABLE(cpu_extension, CpuExtension);

/* An ISA string is "rv64" and single letters, then underscores and longer names: rv64imafdch_zicsr
 * (Documentation/arch/riscv/uabi.rst). */
static bool isa_has_hypervisor(const char *isa) {
        const char *letters = startswith(isa, "rv64");

        if (!letters)
                letters = startswith(isa, "rv32");

        return letters && memchr(letters, 'h', strcspn(letters, "_")) != NULL;
}

/* A file without the line that would name the extension is cut off, or no cpuinfo. */
static bool tells_extensions(const CpuinfoLines *lines, Architecture architecture) {
        switch (architecture) {
        case ARCHITECTURE_X86:
                return lines->flags;
        case ARCHITECTURE_S390X:
        case ARCHITECTURE_LOONGARCH:
                return lines->features;
        case ARCHITECTURE_RISCV:
                return lines->isa;
        default:
                return memcmp(lines, &(CpuinfoLines){}, sizeof(*lines)) != 0;
        }
}

static CpuExtension extension_from_lines(const CpuinfoLines *lines, Architecture architecture) {
        switch (architecture) {
        case ARCHITECTURE_X86:
                return words_contain(lines->flags, "vmx")   ? CPU_EXTENSION_VMX
                       : words_contain(lines->flags, "svm") ? CPU_EXTENSION_SVM
                                                            : CPU_EXTENSION_NONE;
        case ARCHITECTURE_S390X:
                return words_contain(lines->features, "sie") ? CPU_EXTENSION_SIE : CPU_EXTENSION_NONE;
        case ARCHITECTURE_RISCV:
                return lines->isa && isa_has_hypervisor(lines->isa) ? CPU_EXTENSION_H : CPU_EXTENSION_NONE;
        case ARCHITECTURE_LOONGARCH:
                return words_contain(lines->features, "lvz") ? CPU_EXTENSION_LVZ : CPU_EXTENSION_NONE;
        default:
                return CPU_EXTENSION_NONE;
        }
}

static int copy_string(const char *value, char **ret) {
        char *copy;

        if (isempty(value))
                return 0;

        copy = strdup(value);
        if (!copy)
                return -ENOMEM;

        free(*ret);
        *ret = copy;
        return 0;
}

static int set_machine(CpuFacts *cpu, const char *machine) {
        if (!machine)
                return 0;

        cpu->architecture = architecture_from_machine(machine);
        return copy_string(machine, &cpu->machine);
}

/* The first processor's entry says "version = 00,  identification = 0123,  machine = 3931". */
static int copy_s390_model(const CpuinfoLines *lines, char **ret) {
        static const char key[] = "machine = ";
        const char *type = lines->processor_n ? strstr(lines->processor_n, key) : NULL, *name;

        if (!type)
                return 0;
        type += strlen(key);

        name = s390_machine_name(type);
        if (!name)
                return copy_string(type, ret);

        return asprintf(ret, "%s (%s)", name, type) < 0 ? -ENOMEM : 0;
}

static int copy_names(const CpuinfoLines *lines, CpuFacts *cpu) {
        const char *vendor = lines->vendor_id, *model = lines->model_name, *name;

        switch (cpu->architecture) {
        case ARCHITECTURE_ARM:
        case ARCHITECTURE_ARM64:
                name = arm_implementer_name(lines->cpu_implementer);
                vendor = name ? name : lines->cpu_implementer;
                name = arm_part_name(lines->cpu_implementer, lines->cpu_part);
                model = name ? name : model ? model : lines->processor;
                break;
        case ARCHITECTURE_RISCV:
                name = riscv_vendor_name(lines->mvendorid);
                vendor = name ? name : lines->mvendorid;
                model = lines->uarch;
                break;
        case ARCHITECTURE_LOONGARCH:
                vendor = "Loongson";
                break;
        case ARCHITECTURE_PPC64:
                vendor = lines->cpu && strncasecmp(lines->cpu, "POWER", 5) == 0 ? "IBM" : NULL;
                model = lines->cpu;
                break;
        case ARCHITECTURE_S390X:
                return copy_string(vendor, &cpu->vendor) < 0 ? -ENOMEM : copy_s390_model(lines, &cpu->model);
        case ARCHITECTURE_OTHER:
                model = model ? model : lines->cpu_model ? lines->cpu_model : lines->cpu;
                break;
        default:
                break;
        }

        return copy_string(vendor, &cpu->vendor) < 0 ? -ENOMEM : copy_string(model, &cpu->model);
}

int cpu_facts_parse(char *cpuinfo, CpuFacts *cpu) {
        CpuinfoLines lines;

        cpuinfo_lines_find(cpuinfo, &lines);

        if (!cpu->machine && set_machine(cpu, machine_from_cpuinfo(&lines)) < 0)
                return -ENOMEM;

        cpu->extension = extension_from_lines(&lines, cpu->architecture);
        if (cpu->architecture == ARCHITECTURE_X86 && lines.flags) {
                cpu->long_mode = words_contain(lines.flags, "lm") ? TRISTATE_YES : TRISTATE_NO;
                cpu->hypervisor = words_contain(lines.flags, "hypervisor") ? TRISTATE_YES : TRISTATE_NO;
        }

        if (copy_names(&lines, cpu) < 0 ||
            copy_string(lines.flags ? lines.flags : lines.features, &cpu->flags) < 0 ||
            copy_string(lines.facilities, &cpu->facilities) < 0)
                return -ENOMEM;

        if (!tells_extensions(&lines, cpu->architecture))
                cpu->error = -EBADMSG;

        return 0;
}

CpuExtension cpu_vendor_extension(const CpuFacts *cpu) {
        static const struct {
                const char *vendor;
                CpuExtension extension;
        } vendors[] = {
                { "GenuineIntel", CPU_EXTENSION_VMX }, { "CentaurHauls", CPU_EXTENSION_VMX },
                { "Shanghai", CPU_EXTENSION_VMX }, /* CPUID says "  Shanghai  " */
                { "AuthenticAMD", CPU_EXTENSION_SVM }, { "HygonGenuine", CPU_EXTENSION_SVM },
        };

        if (cpu->vendor && cpu->architecture != ARCHITECTURE_OTHER)
                FOREACH_ELEMENT(v, vendors)
                        if (startswith(cpu->vendor, v->vendor))
                                return v->extension;

        return CPU_EXTENSION_NONE;
}

#if defined(__x86_64__) || defined(__i386__)

/* AMD: leaf 0x8000001F, EAX bits 1, 3 and 4 (AMD APM vol. 3, E.4.17). Intel: leaf 7, ECX bit 13 (Intel SDM
 * vol. 2, CPUID). */
static unsigned ask_encryption(void) {
        unsigned a, b, c, d, encryption = 0;

        if (__get_cpuid(0x8000001f, &a, &b, &c, &d))
                encryption |= (a & (1U << 1) ? CPU_ENCRYPTION_SEV : 0U) |
                              (a & (1U << 3) ? CPU_ENCRYPTION_SEV_ES : 0U) |
                              (a & (1U << 4) ? CPU_ENCRYPTION_SEV_SNP : 0U);
        if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
                encryption |= c & (1U << 13) ? CPU_ENCRYPTION_TME : 0U;

        return encryption;
}

#endif

/* The kernel clears vmx and svm from cpuinfo when firmware has locked them; CPUID still tells.
 * VMX: leaf 1, ECX bit 5 (Intel SDM vol. 3, 24.6). SVM: leaf 0x80000001, ECX bit 2 (AMD APM vol.
 * 3, E.4.2). */
static void ask_cpuid(CpuFacts *cpu) {
#if defined(__x86_64__) || defined(__i386__)
        unsigned a, b, c, d;

        cpu->raw_known = true;
        cpu->raw_encryption = ask_encryption();
        if (__get_cpuid(1, &a, &b, &c, &d) && (c & (1U << 5)))
                cpu->raw = CPU_EXTENSION_VMX;
        else if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & (1U << 2)))
                cpu->raw = CPU_EXTENSION_SVM;
#else
        (void) cpu;
#endif
}

/* include/uapi/linux/utsname.h: __NEW_UTS_LEN is 64. */
static bool is_machine_name(const char *name) {
        return name[0] != '\0' && strlen(name) <= 64 &&
               name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static int read_machine(const Root *root, const KernelFacts *kernel, CpuFacts *cpu) {
        _cleanup_free_ char *machine = NULL, *line = NULL;
        const char *name = NULL;
        struct utsname system;
        int r;

        if (root->live)
                return uname(&system) < 0 ? -errno : set_machine(cpu, system.machine);

        r = root_read_line(root, "proc/sys/kernel/arch", &machine);
        if (r == -ENOMEM)
                return r;
        if (machine && is_machine_name(machine))
                return set_machine(cpu, machine);

        r = root_read_line(root, ROOT_SOS_UNAME, &line);
        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                name = machine_from_uname(line);

        return set_machine(cpu, name ? name : machine_from_release(kernel->release));
}

/* cpuinfo describes the CPU more than the kernel, which since Linux 6.2 tells its own word size and byte
 * order in a snapshot, too (Documentation/ABI/testing/sysfs-kernel-address_bits, -cpu_byteorder). */
static int correct_machine(const Root *root, CpuFacts *cpu) {
        _cleanup_free_ char *order = NULL;
        int64_t bits;
        int r;

        if (cpu->architecture == ARCHITECTURE_X86) {
                r = read_number_at(root, &bits, "sys/kernel/address_bits");
                if (r >= 0 && bits == 32 && streq(cpu->machine, "x86_64"))
                        r = set_machine(cpu, "i686");
        } else if (cpu->architecture == ARCHITECTURE_PPC64) {
                r = root_read_line(root, "sys/kernel/cpu_byteorder", &order);
                if (r >= 0)
                        r = set_machine(cpu, streq(order, "big")      ? "ppc64"
                                             : streq(order, "little") ? "ppc64le"
                                                                      : NULL);
        } else
                r = 0;

        return r == -ENOMEM ? r : 0;
}

int cpu_facts_read(const Root *root, const KernelFacts *kernel, CpuFacts *facts) {
        CpuFacts cpu = { .long_mode = TRISTATE_UNKNOWN, .hypervisor = TRISTATE_UNKNOWN };
        _cleanup_free_ char *text = NULL;
        int r;

        r = read_machine(root, kernel, &cpu);
        if (r < 0)
                goto fail;

        r = root_read_head(root, "proc/cpuinfo", CPUINFO_HEAD_MAX, &text);
        if (r == -ENOMEM)
                goto fail;
        if (r < 0)
                cpu.error = r;
        else {
                bool guess = !cpu.machine;

                r = cpu_facts_parse(text, &cpu);
                if (r >= 0 && guess)
                        r = correct_machine(root, &cpu);
                if (r < 0)
                        goto fail;
        }

        if (root->live)
                ask_cpuid(&cpu);

        cpu_facts_done(facts);
        *facts = cpu;
        return 0;

fail:
        cpu_facts_done(&cpu);
        return r;
}

void cpu_facts_done(CpuFacts *cpu) {
        free(cpu->machine);
        free(cpu->vendor);
        free(cpu->model);
        free(cpu->flags);
        free(cpu->facilities);
        *cpu = (CpuFacts){};
}
