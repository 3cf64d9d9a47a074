/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fuzz targets have in common: assertions that no build leaves out, and the text in an input. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "../../daemon/basic/cleanup.h"
#include "../../daemon/basic/json.h"
#include "../../daemon/basic/macro.h"

/* A target is one of these: it is called with one input after the other, and must leave nothing behind
 * (https://llvm.org/docs/LibFuzzer.html). */
/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer asks for this name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program where CONDITION does not hold, so that the fuzzer keeps the input. */
#define fuzz_assert(condition)                                     \
        do {                                                       \
                if (!(condition))                                  \
                        fuzz_fail(#condition, __FILE__, __LINE__); \
        } while (false)

_Noreturn void fuzz_fail(const char *condition, const char *file, int line);

/* Yields SIZE bytes with a NUL behind them, to be freed with free(). strndup() would look for one in them.
 */
char *fuzz_copy(const void *data, size_t size);

/* Yields the input as root_read() yields a file: printable, with a NUL behind it; NULL when it has a NUL in
 * it. It is freed with free(). */
char *fuzz_text(const uint8_t *data, size_t size);

/* Asserts that the text can be shown: printable ASCII, tabs and, with LINES, newlines. NULL can. */
void fuzz_assert_printable(const char *text);
void fuzz_assert_printable_lines(const char *text);

/* Asserts that the text is UTF-8 without control characters other than newlines. */
void fuzz_assert_utf8(const char *text);

/* Asserts the same of all texts and names in a document, which is not deep. */
void fuzz_assert_json_text(Json *value);
