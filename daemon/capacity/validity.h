/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon takes of whoever asks, so that its client refuses the same; ratios are in capacity.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The size of a page is a power of two, and at least that of the smallest. */
bool capacity_page_is_valid(uint64_t bytes);

/* An absolute path that is no longer than the kernel takes (PATH_MAX), without control characters. */
bool capacity_path_is_valid(const char *path);
