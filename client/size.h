/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as a person reads them. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT_MAX 32U

/* Writes a number of bytes with the unit that suits it, in powers of 1024: "512 B", "2 MiB", "62.7 GiB".
 * Returns the text. */
const char *size_format(uint64_t bytes, char ret[static SIZE_TEXT_MAX]);
