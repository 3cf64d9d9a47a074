/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The XML that libvirt describes a guest with, of which its memory counts. */

#include <errno.h>

#include "../../daemon/libvirt/guest-memory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_copy(data, size);
        uint64_t bytes = 1, of_larger_pages = 1;
        int r;

        r = guest_memory_parse(text, 4096, &bytes);
        fuzz_assert(r == 0 || r == -EBADMSG || r == -E2BIG);
        fuzz_assert(r == 0 || bytes == 1);

        /* Sizes are in KiB. What is huge does not depend on whether the document can be read. */
        fuzz_assert(guest_memory_parse(text, UINT64_C(1) << 30, &of_larger_pages) == r);
        fuzz_assert(r < 0 || bytes == UINT64_MAX || (bytes % 1024 == 0 && of_larger_pages % 1024 == 0));
        return 0;
}
