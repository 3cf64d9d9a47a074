/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares JSON documents. */
#pragma once

#include <glib.h>

#include "daemon/basic/json.h"

/* Tells whether FOUND has everything that EXPECTED names: objects may have more members than expected,
 * arrays must be alike in number and order, and everything else equal. Appends a line for each difference to
 * COMPLAINTS: the path ("host.topology.cores"), what is expected, and what is found. */
bool json_contains(Json *found, Json *expected, GString *complaints);
