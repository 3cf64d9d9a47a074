/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The architecture of a machine whose files we have: the name that uname -m prints there. */
#pragma once

#include "cpu-lines.h"
#include "cpu.h"

/* The family that a name of uname -m belongs to. */
Architecture architecture_from_machine(const char *machine);

/* The name that the release of a distribution's kernel has in it ("6.12.0-55.el10.x86_64"), or NULL. It
 * tells 32-bit kernels on 64-bit CPUs, which cpuinfo does not. */
const char *machine_from_release(const char *release);

/* What "uname -m" prints, by the line that "uname -a" prints, which is cut into pieces; NULL if it names no
 * machine that we know. */
const char *machine_from_uname(char *line);

/* The name that goes with the dialect of a cpuinfo, or NULL. */
const char *machine_from_cpuinfo(const CpuinfoLines *lines);
