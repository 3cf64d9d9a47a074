/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of cpuinfo that say what the processor is, in each architecture's dialect. */
#pragma once

/* Each is the first one of its name in the file that has a value, NULL without one. The dialects are those
 * of show_cpuinfo() in arch/.../kernel. */
typedef struct CpuinfoLines {
        const char *vendor_id;       /* x86, s390x; ia64 has "vendor" */
        const char *model_name;      /* x86, arm, loongarch ("Model Name") */
        const char *flags;           /* x86 */
        const char *features;        /* s390x; "Features" on arm, arm64, loongarch */
        const char *facilities;      /* s390x: their numbers */
        const char *cpu_implementer; /* arm, arm64 */
        const char *cpu_part;        /* arm, arm64 */
        const char *cpu_family;      /* loongarch: "CPU Family" */
        const char *cpu;             /* ppc, sparc, alpha */
        const char *isa;             /* riscv, mips */
        const char *uarch;           /* riscv */
        const char *mvendorid;       /* riscv */
        const char *processor_n;     /* s390x: "processor 0", its version, identification and machine */
        const char *processor;       /* arm before Linux 3.8: "Processor"; elsewhere the CPU's number */
        const char *cpu_model;       /* mips */
        const char *type;            /* sparc: "sun4u", "sun4v" */
        const char *arch;            /* ia64: "IA-64" */
        const char *x86_family;      /* x86: "cpu family" */
        const char *coma_bug;        /* x86: "no", or "yes" on CPUs that nobody has; 32-bit kernels alone */
        const char *address_sizes;   /* x86: "46 bits physical, 48 bits virtual" */
} CpuinfoLines;

/* Finds the lines in the text of a cpuinfo file, which is cut into pieces. */
void cpuinfo_lines_find(char *text, CpuinfoLines *ret);
