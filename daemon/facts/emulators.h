/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's system emulators of all architectures. */
#pragma once

#include "root.h"

/* QEMU has about thirty. */
#define EMULATORS_MAX 64U

#define EMULATOR_ARCHITECTURE_MAX 24U
#define EMULATOR_PATH_MAX 64U

typedef struct Emulator {
        char architecture[EMULATOR_ARCHITECTURE_MAX]; /* QEMU's word for it, "x86_64" */
        char path[EMULATOR_PATH_MAX];
} Emulator;

typedef struct EmulatorFacts {
        bool known; /* these are all there are; otherwise some may be missing */
        size_t n;
        Emulator entries[EMULATORS_MAX]; /* in alphabetical order, each architecture once */
} EmulatorFacts;

/* Lists the programs qemu-system-ARCHITECTURE in DIRECTORIES below the root, of which the first that has one
 * counts. What the names of others begin with that way, as Debian's qemu-system-x86_64-microvm, is left out.
 * Not all are known when there are more than EMULATORS_MAX, when a directory is not to be read or has more
 * than 65536 entries, and, in a snapshot, when the first of them is not there. */
void emulator_facts_read(const Root *root, const char *const *directories, size_t n_directories,
                         EmulatorFacts *facts);

/* Adds one that goes by another name, unless that architecture has one. */
void emulator_facts_add(EmulatorFacts *facts, const char *architecture, const char *path);
