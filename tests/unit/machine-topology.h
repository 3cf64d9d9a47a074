/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Topologies of fixture machines that are too large to be written out. */
#pragma once

/* Writes the files below sys/devices/system/cpu and sys/devices/system/node of a regular machine, as a
 * kernel has them from Linux 5.16 on (drivers/base/topology.c, drivers/base/node.c). WORDS are
 * NULL-terminated and each KEY=VALUE:
 *
 *     packages, dies (of a package), clusters (of a die), cores (of a cluster), threads (of a core), nodes
 * (of a package): 1 where they are not mentioned; the nodes of a package share its cores evenly numbering
 * "adjacent": the threads of a core follow each other; "split": the first threads of all cores come first,
 * as firmware on x86 has it offline      a list of CPUs, whose topology is not there memory_kib   of each
 * node
 *
 * A mistake ends the test. */
void machine_topology_unpack(const char *tree, char **words);
