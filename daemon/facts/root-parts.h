/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What opening under a root and reading its files share. */
#pragma once

#include "root.h"

/* Opens PATH with the FLAGS of open(2). Errors: -EDQUOT, and those of openat2(2). */
int root_open(const Root *root, const char *path, int flags);

/* Counts work. Returns -EDQUOT when there has been too much, or 0. */
int root_spend(const Root *root, uint64_t work);
