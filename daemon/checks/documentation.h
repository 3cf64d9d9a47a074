/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where to read about a check: the page that docs/ makes of the catalogue, which has an entry for each. */
#pragma once

#include "check.h"

/* Yields the address of the entry: that of the page, and the check's id as the fragment. Returns -ENOMEM
 * or 0. */
int check_documentation_uri(const Check *check, char **ret);
