/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that run and manage virtual machines: whether they are installed, and in which version. */
#pragma once

#include "../basic/string-table.h"
#include "cpu.h"
#include "distribution.h"
#include "emulators.h"
#include "program-file.h"
#include "program-version.h"
#include "root.h"
#include "tristate.h"

typedef enum Program {
        PROGRAM_QEMU, /* the system emulator for this machine's architecture */
        PROGRAM_LIBVIRTD,
        PROGRAM_VIRTLXCD,
        PROGRAM_VIRTPROXYD,
        PROGRAM_VIRTQEMUD,
        PROGRAM_VIRT_INSTALL,
        PROGRAM_VIRT_VIEWER,
        PROGRAM_REMOTE_VIEWER,
        PROGRAM_VIRT_MANAGER,
        PROGRAM_IP,
        PROGRAM_BRIDGE,
        PROGRAM_BRCTL,
        _PROGRAM_MAX,
} Program;

/* There is room for the path of any of them. */
#define PROGRAM_PATH_MAX 64U

/* What a program has said that its version is. */
typedef struct ProgramVersion {
        ProgramIdentity identity; /* which program has */
        char text[PROGRAM_VERSION_MAX];
} ProgramVersion;

typedef struct ProgramFacts {
        const char *emulator; /* what PROGRAM_QEMU is called, "qemu-system-x86_64"; NULL if unknown */
        Tristate installed[_PROGRAM_MAX];
        char path[_PROGRAM_MAX]
                 [PROGRAM_PATH_MAX];            /* where it is, "/usr/bin/kvm"; "" if it is not installed */
        ProgramIdentity identity[_PROGRAM_MAX]; /* and which one it is */
        char version[_PROGRAM_MAX][PROGRAM_VERSION_MAX]; /* "" if unknown */
        EmulatorFacts emulators;
        ProgramVersion told[_PROGRAM_MAX]; /* by programs that are or were installed */
} ProgramFacts;

/* Looks for the programs under ROOT: in usr/bin, usr/local/bin and NixOS's run/current-system/sw/bin, those
 * that administrators run in the directories sbin as well, and QEMU also under the names that RHEL has for
 * it and, on x86, Debian: usr/libexec/qemu-kvm and usr/bin/kvm (libvirt, src/qemu/qemu_capabilities.c:
 * virQEMUCapsFindBinaryForArch()). A program is a regular file that somebody may execute; links are followed
 * inside the root. In a snapshot a program is missing only if the directories are there in which the
 * distribution has it, and no link leads to what was not copied.
 *
 * The versions of virt-install and virt-manager are in a file. What others have said of theirs is left as it
 * is, for that is not read but told (program-versions.h), and counts for the program that has said it. */
void program_facts_read(const Root *root, const DistributionFacts *distribution, const CpuFacts *cpu,
                        ProgramFacts *facts);

/* How a program is asked for its version: the argument that it prints it for, and what precedes it in the
 * first line. The argument is NULL where a program is not asked. */
typedef struct ProgramQuestion {
        const char *argument;
        const char *marker;
} ProgramQuestion;

ProgramQuestion program_question(Program program);

/* The name of a program; of QEMU it is that of the project, in lower case. */
DECLARE_STRING_TABLE(program, Program);
