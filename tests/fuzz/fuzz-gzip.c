/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compressed text: whatever comes out is a text within its limit, or an error. */

#include <errno.h>
#include <string.h>

#include "../../daemon/facts/gzip.h"
#include "fuzz.h"

/* Less than what a reader allows, so that inputs are small that go beyond it. */
#define LIMIT 4096U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *copy = fuzz_copy(data, size), *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        int r;

        if (size == 0)
                return 0;

        file = fmemopen(copy, size, "r");
        fuzz_assert(file);

        r = gzip_read(file, LIMIT, &text);
        if (r < 0) {
                fuzz_assert(r == -EBADMSG || r == -EFBIG);
                fuzz_assert(!text);
        } else
                fuzz_assert(strlen(text) <= LIMIT);

        return 0;
}
