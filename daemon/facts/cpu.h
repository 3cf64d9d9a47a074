/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor: what the kernel shows of it and, on the live host, what it says of itself. */
#pragma once

#include "../basic/string-table.h"
#include "kernel.h"
#include "root.h"
#include "tristate.h"

typedef enum Architecture {
        ARCHITECTURE_UNKNOWN,
        ARCHITECTURE_X86, /* 32 and 64 bit */
        ARCHITECTURE_ARM,
        ARCHITECTURE_ARM64,
        ARCHITECTURE_LOONGARCH,
        ARCHITECTURE_PPC64,
        ARCHITECTURE_RISCV,
        ARCHITECTURE_S390X,
        ARCHITECTURE_OTHER, /* known by name, and without KVM */
        _ARCHITECTURE_MAX,
} Architecture;

/* The hardware virtualization that the kernel lists in cpuinfo, by the name it prints. */
typedef enum CpuExtension {
        CPU_EXTENSION_NONE,
        CPU_EXTENSION_VMX, /* Intel VT-x, also Zhaoxin and Centaur */
        CPU_EXTENSION_SVM, /* AMD-V, also Hygon */
        CPU_EXTENSION_SIE, /* s390x: interpretive execution */
        CPU_EXTENSION_H,   /* riscv: hypervisor extension */
        CPU_EXTENSION_LVZ, /* loongarch */
        _CPU_EXTENSION_MAX,
} CpuExtension;

/* Encryption of memory, as CPUID tells of it on x86, whatever the kernel makes of it. */
typedef enum CpuEncryption {
        CPU_ENCRYPTION_SEV = 1 << 0,
        CPU_ENCRYPTION_SEV_ES = 1 << 1,
        CPU_ENCRYPTION_SEV_SNP = 1 << 2,
        CPU_ENCRYPTION_TME = 1 << 3, /* Intel: of all memory; TDX builds on it */
} CpuEncryption;

typedef struct CpuFacts {
        int error;     /* why proc/cpuinfo told nothing (negative errno), or 0 */
        char *machine; /* as uname -m prints it; NULL if unknown */
        char *vendor;  /* "GenuineIntel", "AuthenticAMD", "IBM/S390", "ARM", …; NULL if unknown */
        char *model; /* the model name as the kernel prints it, or the name of its number; NULL if unknown */
        char *flags; /* the flags or features of the first CPU, separated by blanks; NULL if unknown */
        char *facilities; /* s390x: numbers of the facilities, separated by blanks; NULL if unknown */
        Architecture architecture;
        CpuExtension extension; /* what the kernel offers; CPU_EXTENSION_NONE also when cpuinfo is missing */
        CpuExtension raw;       /* x86, live host only: what CPUID says, which the kernel does not mask */
        unsigned raw_encryption; /* likewise: a set of CPU_ENCRYPTION_* */
        bool raw_known;          /* CPUID was asked */
        Tristate long_mode;      /* x86: 64-bit guests are possible */
        Tristate hypervisor;     /* x86: we run in a virtual machine that says so */
} CpuFacts;

/* Reads the facts under ROOT: proc/cpuinfo, proc/sys/kernel/arch (Linux 6.1). In a snapshot without the
 * latter, ROOT_SOS_UNAME, the kernel's release, the dialect of cpuinfo, and sys/kernel/address_bits and
 * cpu_byteorder tell the architecture. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int cpu_facts_read(const Root *root, const KernelFacts *kernel, CpuFacts *facts);
void cpu_facts_done(CpuFacts *cpu);

/* Fills the facts from the text of a cpuinfo file, which is cut into pieces. Returns -ENOMEM or 0. */
int cpu_facts_parse(char *cpuinfo, CpuFacts *cpu);

/* The extension that this vendor's x86 CPUs have: VMX, SVM, or NONE when the vendor is not known. */
CpuExtension cpu_vendor_extension(const CpuFacts *cpu);

DECLARE_STRING_TABLE(cpu_extension, CpuExtension);
