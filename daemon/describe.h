/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and verdict as one JSON document. */
#pragma once

#include "basic/json.h"
#include "checks/verdict.h"
#include "facts/facts.h"

/* Yields the document that the method Describe answers with: an object with "version", "host", "checks",
 * "profiles", "devices" and "hypervisors", the latter four by id or address. HYPERVISORS is the last of
 * them, or NULL where nobody was asked (hypervisor-view.h). Returns -ENOMEM or 0. */
int describe(const Facts *facts, const CurrentFacts *current, const Verdict *verdict, Json *hypervisors,
             char **ret);
