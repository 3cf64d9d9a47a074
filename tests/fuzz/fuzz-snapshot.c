/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot as a whole: all sources, all checks, the document, and the reports made of it. */

#include "judge.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *files = fuzz_tree_new_from(data, size);
        _cleanup_free_ char *text = NULL;

        judge(files->root, &text);

        /* Nothing comes from outside of the tree, unless it is in there as well. */
        if (size == 0 || !memmem(data, size, FUZZ_SECRET, strlen(FUZZ_SECRET)))
                fuzz_assert(!strstr(text, FUZZ_SECRET));

        show_document(text);
        return 0;
}
