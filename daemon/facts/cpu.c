/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads cpuinfo in each architecture's dialect (arch/.../kernel/cpu*.c: show_cpuinfo()) and asks CPUID. */

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "../basic/macro.h"
#include "../basic/words.h"
#include "cpu.h"

/* All processors have the same flags: the first entries say it all. One entry has at most a few KiB, but the
 * file of a machine with thousands of CPUs has megabytes, and printing it wakes every one of them. */
#define CPUINFO_HEAD_MAX (16U * 1024U)

static const char *const cpu_extension_table[_CPU_EXTENSION_MAX] = {
        [CPU_EXTENSION_NONE] = "none", [CPU_EXTENSION_VMX] = "vmx", [CPU_EXTENSION_SVM] = "svm",
        [CPU_EXTENSION_SIE] = "sie",   [CPU_EXTENSION_H] = "h",     [CPU_EXTENSION_LVZ] = "lvz",
};
DEFINE_STRING_TABLE(cpu_extension, CpuExtension);

/* The lines of cpuinfo that matter; each is the first one of its name in the file. */
typedef struct CpuinfoLines {
        const char *vendor_id;       /* x86, s390x */
        const char *model_name;      /* x86, arm, loongarch ("Model Name") */
        const char *flags;           /* x86 */
        const char *features;        /* s390x; "Features" on arm, arm64, loongarch */
        const char *cpu_implementer; /* arm, arm64 */
        const char *cpu_architecture;
        const char *cpu_family; /* loongarch: "CPU Family"; x86 has "cpu family" */
        const char *cpu;        /* ppc64 */
        const char *isa;        /* riscv */
        const char *uarch;      /* riscv */
} CpuinfoLines;

static const struct {
        const char *name;
        size_t offset;
} cpuinfo_keys[] = {
        { "vendor_id", offsetof(CpuinfoLines, vendor_id) },
        { "model name", offsetof(CpuinfoLines, model_name) },
        { "Model Name", offsetof(CpuinfoLines, model_name) },
        { "flags", offsetof(CpuinfoLines, flags) },
        { "features", offsetof(CpuinfoLines, features) },
        { "Features", offsetof(CpuinfoLines, features) },
        { "CPU implementer", offsetof(CpuinfoLines, cpu_implementer) },
        { "CPU architecture", offsetof(CpuinfoLines, cpu_architecture) },
        { "CPU Family", offsetof(CpuinfoLines, cpu_family) },
        { "cpu", offsetof(CpuinfoLines, cpu) },
        { "isa", offsetof(CpuinfoLines, isa) },
        { "uarch", offsetof(CpuinfoLines, uarch) },
};

static void collect_line(CpuinfoLines *lines, char *line) {
        char *value = strchr(line, ':'), *end;

        if (!value)
                return;

        for (end = value; end > line && isspace((unsigned char) end[-1]);)
                end--;
        *end = '\0';
        do
                value++;
        while (isspace((unsigned char) *value));

        FOREACH_ELEMENT(key, cpuinfo_keys) {
                const char **slot = (const char **) (void *) ((char *) lines + key->offset);

                if (!*slot && streq(line, key->name))
                        *slot = value;
        }
}

/* An ISA string is "rv64" and single letters, then underscores and longer names: rv64imafdch_zicsr
 * (Documentation/arch/riscv/uabi.rst). */
static bool isa_has_hypervisor(const char *isa) {
        const char *letters = startswith(isa, "rv64");

        if (!letters)
                letters = startswith(isa, "rv32");

        return letters && memchr(letters, 'h', strcspn(letters, "_")) != NULL;
}

static Architecture architecture_from_machine(const char *machine) {
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

        return ARCHITECTURE_UNKNOWN;
}

/* Each dialect has a line that no other has. A 32-bit kernel on a 64-bit x86 CPU cannot be told this way. */
static const char *machine_from_lines(const CpuinfoLines *lines) {
        if (lines->vendor_id && streq(lines->vendor_id, "IBM/S390"))
                return "s390x";
        if (lines->flags)
                return words_contain(lines->flags, "lm") ? "x86_64" : "i686";
        if (lines->cpu_implementer)
                return lines->cpu_architecture && streq(lines->cpu_architecture, "7") ? "armv7l" : "aarch64";
        if (lines->isa)
                return startswith(lines->isa, "rv32") ? "riscv32" : "riscv64";
        if (lines->cpu_family && startswith(lines->cpu_family, "Loongson"))
                return "loongarch64";
        if (lines->cpu && startswith(lines->cpu, "POWER"))
                return "ppc64le";

        return NULL;
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

int cpu_facts_parse(char *cpuinfo, CpuFacts *cpu) {
        CpuinfoLines lines = {};
        char *cursor = cpuinfo, *line;
        const char *vendor, *model;

        while ((line = strsep(&cursor, "\n")))
                collect_line(&lines, line);

        if (!cpu->machine && set_machine(cpu, machine_from_lines(&lines)) < 0)
                return -ENOMEM;

        cpu->extension = extension_from_lines(&lines, cpu->architecture);
        if (cpu->architecture == ARCHITECTURE_X86 && lines.flags) {
                cpu->long_mode = words_contain(lines.flags, "lm") ? TRISTATE_YES : TRISTATE_NO;
                cpu->hypervisor = words_contain(lines.flags, "hypervisor") ? TRISTATE_YES : TRISTATE_NO;
        }

        vendor = lines.vendor_id ? lines.vendor_id : lines.cpu_implementer;
        model = lines.model_name ? lines.model_name : lines.cpu ? lines.cpu : lines.uarch;
        if (copy_string(vendor, &cpu->vendor) < 0 || copy_string(model, &cpu->model) < 0)
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

        if (cpu->vendor)
                FOREACH_ELEMENT(v, vendors)
                        if (startswith(cpu->vendor, v->vendor))
                                return v->extension;

        return CPU_EXTENSION_NONE;
}

/* The kernel clears vmx and svm from cpuinfo when firmware has locked them; CPUID still tells.
 * VMX: leaf 1, ECX bit 5 (Intel SDM vol. 3, 24.6). SVM: leaf 0x80000001, ECX bit 2 (AMD APM vol.
 * 3, E.4.2). */
static void ask_cpuid(CpuFacts *cpu) {
#if defined(__x86_64__) || defined(__i386__)
        unsigned a, b, c, d;

        cpu->raw_known = true;
        if (__get_cpuid(1, &a, &b, &c, &d) && (c & (1U << 5)))
                cpu->raw = CPU_EXTENSION_VMX;
        else if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & (1U << 2)))
                cpu->raw = CPU_EXTENSION_SVM;
#else
        (void) cpu;
#endif
}

static int read_machine(const Root *root, CpuFacts *cpu) {
        _cleanup_free_ char *machine = NULL;
        struct utsname system;
        int r;

        if (root->live)
                return uname(&system) < 0 ? -errno : set_machine(cpu, system.machine);

        r = root_read_line(root, "proc/sys/kernel/arch", &machine);
        if (r == -ENOMEM)
                return r;

        return set_machine(cpu, machine);
}

int cpu_facts_read(const Root *root, CpuFacts *facts) {
        CpuFacts cpu = { .long_mode = TRISTATE_UNKNOWN, .hypervisor = TRISTATE_UNKNOWN };
        _cleanup_free_ char *text = NULL;
        int r;

        r = read_machine(root, &cpu);
        if (r < 0)
                goto fail;

        r = root_read_head(root, "proc/cpuinfo", CPUINFO_HEAD_MAX, &text);
        if (r == -ENOMEM)
                goto fail;
        if (r < 0)
                cpu.error = r;
        else {
                r = cpu_facts_parse(text, &cpu);
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
        *cpu = (CpuFacts){};
}
