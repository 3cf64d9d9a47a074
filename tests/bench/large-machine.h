/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a server with as many CPUs as one likes, as its kernel would show them. */
#pragma once

#include "../../daemon/basic/cleanup.h"

/* At least this many CPUs, and a multiple of them. */
#define LARGE_MACHINE_CPUS_MIN 16U

typedef struct LargeMachine {
        char *path; /* of a temporary directory, which has them below proc and sys */
        unsigned n_cpus;
        unsigned n_devices; /* of PCI */
} LargeMachine;

/* Writes the files of a machine with N_CPUS: two threads in each core, 64 cores or all of them in each
 * package, and each package a NUMA node; and a PCI device with a driver for every four CPUs, each in a
 * group of its own below sys/devices/pci0000:00. Errors: -EINVAL, -ENOMEM, and those of writing files. */
int large_machine_new(unsigned n_cpus, LargeMachine *ret);

/* Removes the files. */
void large_machine_done(LargeMachine *machine);
