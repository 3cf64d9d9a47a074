/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the journal what has changed from one verdict to the next. */
#pragma once

#include "checks/verdict.h"

/* Logs a structured message for each check and each profile whose state differs. OLD may be NULL: then only
 * the default profile's state is told. */
void transitions_log(const Verdict *old, const Verdict *fresh, uint64_t generation);
