/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host in the JSON document. */
#pragma once

#include "basic/json.h"
#include "facts/facts.h"

/* Fills the empty object HOST with what is known of the machine itself. Returns -ENOMEM or 0. */
int describe_host(Json *host, const Facts *facts, const CurrentFacts *current);
