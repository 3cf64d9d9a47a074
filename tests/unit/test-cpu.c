/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each architecture's dialect of cpuinfo. */

#include <errno.h>
#include <string.h>

#include "daemon/facts/cpu.h"
#include "tree.h"

/* The lines that matter, as the kernel prints them; the fixture machines have whole entries. */
typedef struct Dialect {
        const char *name, *cpuinfo, *machine, *vendor, *model;
        Architecture architecture;
        CpuExtension extension;
        CpuExtension of_vendor; /* what this vendor's CPUs have on x86 */
        Tristate long_mode, hypervisor;
        int error;
} Dialect;

static const Dialect intel = {
        .name = "intel",
        .cpuinfo = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) E-2236\n"
                   "flags\t\t: fpu lm vmx ssse3\nvmx flags\t: vnmi ept\n\n",
        .machine = "x86_64",
        .vendor = "GenuineIntel",
        .model = "Intel(R) Xeon(R) E-2236",
        .architecture = ARCHITECTURE_X86,
        .extension = CPU_EXTENSION_VMX,
        .of_vendor = CPU_EXTENSION_VMX,
        .long_mode = TRISTATE_YES,
};

static const Dialect intel_hidden = {
        .name = "intel-hidden",
        .cpuinfo = "vendor_id\t: GenuineIntel\nflags\t\t: fpu lm hypervisor novmx vmxx\n",
        .machine = "x86_64",
        .vendor = "GenuineIntel",
        .architecture = ARCHITECTURE_X86,
        .of_vendor = CPU_EXTENSION_VMX,
        .long_mode = TRISTATE_YES,
        .hypervisor = TRISTATE_YES,
};

static const Dialect amd = {
        .name = "amd",
        .cpuinfo = "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7763\nflags\t\t: fpu lm svm\n",
        .machine = "x86_64",
        .vendor = "AuthenticAMD",
        .model = "AMD EPYC 7763",
        .architecture = ARCHITECTURE_X86,
        .extension = CPU_EXTENSION_SVM,
        .of_vendor = CPU_EXTENSION_SVM,
        .long_mode = TRISTATE_YES,
};

static const Dialect hygon = {
        .name = "hygon",
        .cpuinfo = "vendor_id\t: HygonGenuine\nmodel name\t: Hygon C86 7185\nflags\t\t: lm svm\n",
        .machine = "x86_64",
        .vendor = "HygonGenuine",
        .model = "Hygon C86 7185",
        .architecture = ARCHITECTURE_X86,
        .extension = CPU_EXTENSION_SVM,
        .of_vendor = CPU_EXTENSION_SVM,
        .long_mode = TRISTATE_YES,
};

static const Dialect zhaoxin = {
        .name = "zhaoxin",
        .cpuinfo = "vendor_id\t:   Shanghai  \nmodel name\t: ZHAOXIN KaiXian KX-U6780A\nflags\t\t: lm vmx\n",
        .machine = "x86_64",
        .vendor = "Shanghai",
        .model = "ZHAOXIN KaiXian KX-U6780A",
        .architecture = ARCHITECTURE_X86,
        .extension = CPU_EXTENSION_VMX,
        .of_vendor = CPU_EXTENSION_VMX,
        .long_mode = TRISTATE_YES,
};

static const Dialect x86_32_bit = {
        .name = "32-bit",
        .cpuinfo = "vendor_id\t: GenuineIntel\nflags\t\t: fpu pae vmx\n",
        .machine = "i686",
        .vendor = "GenuineIntel",
        .architecture = ARCHITECTURE_X86,
        .extension = CPU_EXTENSION_VMX,
        .of_vendor = CPU_EXTENSION_VMX,
        .long_mode = TRISTATE_NO,
};

static const Dialect arm64 = {
        .name = "arm64",
        .cpuinfo = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"
                   "CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n",
        .machine = "aarch64",
        .vendor = "ARM",
        .model = "Neoverse-N1",
        .architecture = ARCHITECTURE_ARM64,
};

static const Dialect arm = {
        .name = "arm",
        .cpuinfo = "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nFeatures\t: half thumb\n"
                   "CPU implementer\t: 0x41\nCPU architecture: 7\n",
        .machine = "armv7l",
        .vendor = "ARM",
        .model = "ARMv7 Processor rev 4 (v7l)",
        .architecture = ARCHITECTURE_ARM,
};

/* Registers that are not of the table keep their numbers. */
static const Dialect arm64_unknown_part = {
        .name = "arm64-unknown-part",
        .cpuinfo = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x7f\nCPU part\t: 0xfff\n",
        .machine = "aarch64",
        .vendor = "0x7f",
        .architecture = ARCHITECTURE_ARM64,
};

/* What an arm64 kernel prints to a 32-bit program. */
static const Dialect arm64_compat = {
        .name = "arm64-compat",
        .cpuinfo = "processor\t: 0\nmodel name\t: ARMv8 Processor rev 4 (v8l)\nFeatures\t: fp asimd crc32\n"
                   "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd03\n",
        .machine = "aarch64",
        .vendor = "ARM",
        .model = "Cortex-A53",
        .architecture = ARCHITECTURE_ARM64,
};

static const Dialect armv6 = {
        .name = "armv6",
        .cpuinfo = "Processor\t: ARMv6-compatible processor rev 7 (v6l)\nBogoMIPS\t: 697.95\n"
                   "Features\t: swp half thumb fastmult vfp edsp java tls\nCPU implementer\t: 0x41\n"
                   "CPU architecture: 7\nCPU part\t: 0xb76\n",
        .machine = "armv6l",
        .vendor = "ARM",
        .model = "ARM1176",
        .architecture = ARCHITECTURE_ARM,
};

static const Dialect s390x = {
        .name = "s390x",
        .cpuinfo = "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch te sie\n"
                   "facilities      : 0 1 2\n"
                   "processor 0: version = 00,  identification = 0133E8,  machine = 3931\n",
        .machine = "s390x",
        .vendor = "IBM/S390",
        .model = "z16 (3931)",
        .architecture = ARCHITECTURE_S390X,
        .extension = CPU_EXTENSION_SIE,
};

static const Dialect ppc64le = {
        .name = "ppc64le",
        .cpuinfo = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.000000MHz\n",
        .machine = "ppc64le",
        .vendor = "IBM",
        .model = "POWER9, altivec supported",
        .architecture = ARCHITECTURE_PPC64,
};

static const Dialect power7 = {
        .name = "power7",
        .cpuinfo = "processor\t: 0\ncpu\t\t: POWER7 (architected), altivec supported\n",
        .machine = "ppc64",
        .vendor = "IBM",
        .model = "POWER7 (architected), altivec supported",
        .architecture = ARCHITECTURE_PPC64,
};

static const Dialect ppc = {
        .name = "ppc",
        .cpuinfo = "processor\t: 0\ncpu\t\t: 740/750\nclock\t\t: 266.000000MHz\n",
        .machine = "ppc",
        .model = "740/750",
        .architecture = ARCHITECTURE_OTHER,
};

static const Dialect sparc = {
        .name = "sparc",
        .cpuinfo = "cpu\t\t: TI UltraSparc II  (BlackBird)\ntype\t\t: sun4u\nncpus active\t: 6\n",
        .machine = "sparc64",
        .model = "TI UltraSparc II  (BlackBird)",
        .architecture = ARCHITECTURE_OTHER,
};

static const Dialect ia64 = {
        .name = "ia64",
        .cpuinfo = "processor  : 0\nvendor     : GenuineIntel\narch       : IA-64\nfamily     : 31\n",
        .machine = "ia64",
        .vendor = "GenuineIntel",
        .architecture = ARCHITECTURE_OTHER,
};

static const Dialect mips = {
        .name = "mips",
        .cpuinfo = "system type\t\t: Generic\nprocessor\t\t: 0\ncpu model\t\t: MIPS GENERIC QEMU V0.0\n"
                   "isa\t\t\t: mips1 mips2 mips3 mips4 mips5 mips64r2\n",
        .machine = "mips64",
        .model = "MIPS GENERIC QEMU V0.0",
        .architecture = ARCHITECTURE_OTHER,
};

static const Dialect riscv = {
        .name = "riscv",
        .cpuinfo = "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdch_zicsr\nuarch\t\t: sifive,p550\n",
        .machine = "riscv64",
        .model = "sifive,p550",
        .architecture = ARCHITECTURE_RISCV,
        .extension = CPU_EXTENSION_H,
};

static const Dialect riscv_without_h = {
        .name = "riscv-without-h",
        .cpuinfo = "processor\t: 0\nisa\t\t: rv64imafdc_zicsr_zihpm_h\n",
        .machine = "riscv64",
        .architecture = ARCHITECTURE_RISCV,
};

static const Dialect riscv32 = {
        .name = "riscv32",
        .cpuinfo = "processor\t: 0\nisa\t\t: rv32imah\n",
        .machine = "riscv32",
        .architecture = ARCHITECTURE_RISCV,
        .extension = CPU_EXTENSION_H,
};

static const Dialect loongarch = {
        .name = "loongarch",
        .cpuinfo = "CPU Family\t\t: Loongson-64bit\nModel Name\t\t: Loongson-3C5000\n"
                   "Features\t\t: cpucfg lsx lvz lbt_x86\n",
        .machine = "loongarch64",
        .vendor = "Loongson",
        .model = "Loongson-3C5000",
        .architecture = ARCHITECTURE_LOONGARCH,
        .extension = CPU_EXTENSION_LVZ,
};

static const Dialect x86_without_flags = {
        .name = "x86-without-flags",
        .cpuinfo = "vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) E-2236\n",
        .vendor = "GenuineIntel",
        .model = "Intel(R) Xeon(R) E-2236",
        .of_vendor = CPU_EXTENSION_VMX,
};

static const Dialect s390x_without_features = {
        .name = "s390x-without-features",
        .cpuinfo = "vendor_id       : IBM/S390\n# processors    : 2\n",
        .machine = "s390x",
        .vendor = "IBM/S390",
        .architecture = ARCHITECTURE_S390X,
        .error = -EBADMSG,
};

static const Dialect garbage = {
        .name = "garbage",
        .cpuinfo = "\177ELF\002\001\n::::\n: \n\n:flags vmx",
        .error = -EBADMSG,
};

static const Dialect empty_file = {
        .name = "empty",
        .cpuinfo = "",
        .error = -EBADMSG,
};

static const Dialect *const dialects[] = {
        &intel,
        &intel_hidden,
        &amd,
        &hygon,
        &zhaoxin,
        &x86_32_bit,
        &arm64,
        &arm64_unknown_part,
        &arm64_compat,
        &arm,
        &armv6,
        &s390x,
        &ppc64le,
        &power7,
        &ppc,
        &sparc,
        &ia64,
        &mips,
        &riscv,
        &riscv_without_h,
        &riscv32,
        &loongarch,
        &x86_without_flags,
        &s390x_without_features,
        &garbage,
        &empty_file,
};

static void test_dialect(const void *p) {
        const Dialect *dialect = p;
        g_autofree char *text = g_strdup(dialect->cpuinfo);
        CpuFacts cpu = { .long_mode = TRISTATE_UNKNOWN, .hypervisor = TRISTATE_UNKNOWN };
        bool has_flags = dialect->architecture == ARCHITECTURE_X86;

        g_assert_cmpint(cpu_facts_parse(text, &cpu), ==, 0);

        g_assert_cmpstr(cpu.machine, ==, dialect->machine);
        g_assert_cmpstr(cpu.vendor, ==, dialect->vendor);
        g_assert_cmpstr(cpu.model, ==, dialect->model);
        g_assert_cmpint(cpu.architecture, ==, dialect->architecture);
        g_assert_cmpint(cpu.extension, ==, dialect->extension);
        g_assert_cmpint(cpu_vendor_extension(&cpu), ==, dialect->of_vendor);
        g_assert_cmpint(cpu.long_mode, ==, has_flags ? dialect->long_mode : TRISTATE_UNKNOWN);
        g_assert_cmpint(cpu.hypervisor, ==, has_flags ? dialect->hypervisor : TRISTATE_UNKNOWN);
        g_assert_cmpint(cpu.error, ==, dialect->error);
        cpu_facts_done(&cpu);
}

static CpuFacts read_cpu(const char *tree) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        KernelFacts kernel = {};
        CpuFacts cpu = {};

        g_assert_cmpint(cpu_facts_read(root, &kernel, &cpu), ==, 0);
        return cpu;
}

/* What the kernel says of its architecture goes before what is guessed from cpuinfo. */
static void test_snapshot(void) {
        _cleanup_tree_ char *tree = tree_new();
        CpuFacts cpu;

        tree_file(tree, "proc/sys/kernel/arch", "i686\n");
        tree_file(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: lm vmx\n");
        cpu = read_cpu(tree);
        g_assert_cmpstr(cpu.machine, ==, "i686");
        g_assert_cmpint(cpu.architecture, ==, ARCHITECTURE_X86);
        g_assert_false(cpu.raw_known);
        cpu_facts_done(&cpu);
}

static void test_facilities(void) {
        _cleanup_tree_ char *tree = tree_new();
        CpuFacts cpu;

        tree_file(tree, "proc/cpuinfo",
                  "vendor_id       : IBM/S390\nfeatures\t: esan3 sie\nfacilities      : 0 1 2 158 \n");
        cpu = read_cpu(tree);
        g_assert_cmpstr(cpu.flags, ==, "esan3 sie");
        g_assert_cmpstr(cpu.facilities, ==, "0 1 2 158");
        cpu_facts_done(&cpu);
}

static void test_missing(void) {
        _cleanup_tree_ char *tree = tree_new();
        CpuFacts cpu = read_cpu(tree);

        g_assert_cmpint(cpu.error, ==, -ENOENT);
        g_assert_cmpint(cpu.architecture, ==, ARCHITECTURE_UNKNOWN);
        g_assert_cmpint(cpu.long_mode, ==, TRISTATE_UNKNOWN);
        cpu_facts_done(&cpu);
}

/* Thousands of processors: only the first entries are read. */
static void test_long_file(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autoptr(GString) text = g_string_new(NULL);
        CpuFacts cpu;

        for (unsigned i = 0; i < 100000; i++)
                g_string_append_printf(
                        text, "processor\t: %u\nvendor_id\t: GenuineIntel\nflags\t\t: lm vmx\n\n", i);
        tree_file(tree, "proc/cpuinfo", text->str);

        cpu = read_cpu(tree);
        g_assert_cmpint(cpu.extension, ==, CPU_EXTENSION_VMX);
        g_assert_cmpint(cpu.error, ==, 0);
        cpu_facts_done(&cpu);
}

static void test_binary(void) {
        _cleanup_tree_ char *tree = tree_new();
        CpuFacts cpu;

        tree_bytes(tree, "proc/cpuinfo", "flags : vmx\0\n", 13);
        cpu = read_cpu(tree);
        g_assert_cmpint(cpu.error, ==, -EBADMSG);
        g_assert_cmpint(cpu.extension, ==, CPU_EXTENSION_NONE);
        cpu_facts_done(&cpu);
}

static void test_live(void) {
        CpuFacts cpu = read_cpu("/");

        g_assert_nonnull(cpu.machine);
        g_assert_cmpint(cpu.raw_known, ==, cpu.architecture == ARCHITECTURE_X86);
        /* Intel's and AMD's ways to encrypt memory exclude each other. */
        if (cpu.raw_encryption & CPU_ENCRYPTION_TME)
                g_assert_cmpuint(cpu.raw_encryption, ==, CPU_ENCRYPTION_TME);

        /* The kernel hides what the CPU has, and never shows what it has not. */
        if (cpu.raw_known && cpu.extension != CPU_EXTENSION_NONE)
                g_assert_cmpint(cpu.raw, ==, cpu.extension);
        cpu_facts_done(&cpu);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(dialect, dialects) {
                g_autofree char *path = g_strconcat("/cpu/dialect/", (*dialect)->name, NULL);

                g_test_add_data_func(path, *dialect, test_dialect);
        }
        g_test_add_func("/cpu/snapshot", test_snapshot);
        g_test_add_func("/cpu/facilities", test_facilities);
        g_test_add_func("/cpu/missing", test_missing);
        g_test_add_func("/cpu/long-file", test_long_file);
        g_test_add_func("/cpu/binary", test_binary);
        g_test_add_func("/cpu/live", test_live);

        return g_test_run();
}
