/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A document that comes from somebody else's daemon: every command shows it, or says that it is none. */

#include "fuzz.h"
#include "judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = NULL;

        if (size > 0 && memchr(data, '\0', size))
                return 0;

        text = fuzz_copy(data, size);
        show_document(text);
        return 0;
}
