/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packages and cores of a machine whose kernel, or whose files, name their numbers and not their members. */
#pragma once

#include "topology.h"

/* Counts the packages and cores that are not known yet by the places of the CPUs that are online. They stay
 * unknown where one of the places is. Returns -ENOMEM or 0. */
int topology_count_numbers(TopologyFacts *topology);
