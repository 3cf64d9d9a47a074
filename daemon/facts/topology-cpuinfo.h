/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The little that cpuinfo tells of the topology, for files of a machine that came without sys. */
#pragma once

#include "topology.h"

/* Reads which CPUs have an entry in proc/cpuinfo: those that are online. Errors: those of cpuinfo_open(). */
int cpuinfo_read_online(const Root *root, CpuSet *ret);

/* Reads the numbers of package and core that x86, s390x and loongarch print in each entry into the places of
 * the CPUs below N that lack them, and how many cores and threads of the package are online. Errors: those
 * of cpuinfo_open(). */
int cpuinfo_read_places(const Root *root, CpuPlace *places, size_t n);
