/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and verdict as one JSON document. */
#pragma once

#include "checks/verdict.h"
#include "facts/facts.h"

/* Yields the document that the method Describe answers with: an object with "version", "host", "checks",
 * "profiles" and "devices", the latter three by id or address. Returns -ENOMEM or 0. */
int describe(const Facts *facts, const CurrentFacts *current, const Verdict *verdict, char **ret);
