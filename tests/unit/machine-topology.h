/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The topologies of fixture machines that are too large to be written out. */
#pragma once

/* Writes what ../cpu-tree.h describes. WORDS are NULL-terminated and each KEY=VALUE:
 *
 *     packages
 *     dies                 of a package
 *     clusters             of a die
 *     cores                of a cluster
 *     threads              of a core
 *     nodes                of a package
 *     numbering=adjacent   the threads of a core follow each other
 *     numbering=split      the first threads of all cores come first
 *     offline              a list of CPUs
 *     memory_kib           of each node
 *
 * Numbers that are not mentioned are 1, and the numbering is adjacent. A mistake ends the test. */
void machine_topology_unpack(const char *tree, char **words);
