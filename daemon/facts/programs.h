/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that run virtual machines: whether they are installed. None is ever run. */
#pragma once

#include "cpu.h"
#include "distribution.h"
#include "root.h"
#include "tristate.h"

typedef enum Program {
        PROGRAM_QEMU, /* the system emulator for this machine's architecture */
        PROGRAM_LIBVIRTD,
        PROGRAM_VIRTLXCD,
        PROGRAM_VIRTPROXYD,
        PROGRAM_VIRTQEMUD,
        _PROGRAM_MAX,
} Program;

/* There is room for the path of any of them. */
#define PROGRAM_PATH_MAX 64U

typedef struct ProgramFacts {
        const char *emulator; /* what PROGRAM_QEMU is called, "qemu-system-x86_64"; NULL if unknown */
        Tristate installed[_PROGRAM_MAX];
        char path[_PROGRAM_MAX]
                 [PROGRAM_PATH_MAX];     /* where it is, "/usr/bin/kvm"; "" if it is not installed */
        uint64_t identity[_PROGRAM_MAX]; /* differs for another file there: inode, size, time of change */
} ProgramFacts;

/* Looks for the programs under ROOT: in usr/bin, usr/local/bin and NixOS's run/current-system/sw/bin, the
 * daemons in usr/sbin and usr/local/sbin as well, and QEMU also under the names that RHEL has for it and,
 * on x86, Debian: usr/libexec/qemu-kvm and usr/bin/kvm (libvirt, src/qemu/qemu_capabilities.c:
 * virQEMUCapsFindBinaryForArch()). A program is a regular file that somebody may execute; links are followed
 * inside the root. In a snapshot a program is missing only if the directories are there in which the
 * distribution has it, and no link leads to what was not copied. */
void program_facts_read(const Root *root, const DistributionFacts *distribution, const CpuFacts *cpu,
                        ProgramFacts *facts);

/* The name of a program; of QEMU it is that of the project. */
DECLARE_STRING_TABLE(program, Program);
