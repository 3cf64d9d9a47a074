/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as a person reads them. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT_MAX 32U

/* Writes a number of bytes with the unit that suits it, in powers of 1024: "512 B", "2 MiB", "62.7 GiB".
 * It is rounded down: what is there never looks larger than it is. Returns the text. */
const char *size_format(uint64_t bytes, char ret[static SIZE_TEXT_MAX]);

/* The same of what is needed: it is rounded up, so that as much as it says is enough. */
const char *size_format_up(uint64_t bytes, char ret[static SIZE_TEXT_MAX]);

/* The same of what somebody has typed: with up to three decimals, in the largest unit that it is a number of
 * with these ("2.3 GiB", "1.125 TiB", "2000 MiB"); if there is none, the nearest tenth in the unit that
 * suits it. */
const char *size_format_given(uint64_t bytes, char ret[static SIZE_TEXT_MAX]);

/* Parses a size such as "8G", "512 MiB", "1.5T" or "4096": bytes, or with K, M, G or T powers of 1024,
 * behind which B or iB may stand. A part of a byte is dropped. Errors: -EINVAL for what is none, -ERANGE for
 * one that is too large. */
int size_parse(const char *text, uint64_t *ret_bytes);

/* Parses a decimal number with or without a fraction, whatever the locale. Errors: -EINVAL. */
int decimal_parse(const char *text, double *ret);
