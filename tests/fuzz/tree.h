/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small tree of files, as an input describes it, to be read as a snapshot. */
#pragma once

#include "../../client/scratch.h"
#include "../../daemon/facts/root.h"
#include "fuzz.h"

/* An input is a fixture machine (tests/unit/machine.h), so that those are where fuzzing begins. "topology"
 * is skipped, for it is a few words that stand for thousands of files, and so is what is not about files,
 * and what makes no sense; nothing is ever made outside of the tree. Beside "file", "bytes" (whose escapes
 * are not expanded here), "directory", "link" and "values" there is:
 *
 *     === fifo PATH                 a FIFO
 *     === repeat PATH N             a file that has the content N times
 *     === links PATH N TARGET       N symbolic links, PATH0, PATH1, …
 */
typedef struct FuzzTree {
        Scratch *scratch;
        Root *root;
} FuzzTree;

/* What no file in a tree can say, for it lies beside the tree, in "../secret". */
#define FUZZ_SECRET "9.8.7-secret"

/* Makes an empty tree below $TMPDIR. */
FuzzTree *fuzz_tree_new(void);

/* Removes it. */
FuzzTree *fuzz_tree_free(FuzzTree *tree);
DEFINE_POINTER_CLEANUP(FuzzTree *, fuzz_tree_free);

/* Makes one file; one that exists stays. */
void fuzz_tree_file(FuzzTree *tree, const char *path, const void *content, size_t size);

/* Makes all that the input describes. */
void fuzz_tree_fill(FuzzTree *tree, const uint8_t *data, size_t size);

/* Makes a tree of an input. */
FuzzTree *fuzz_tree_new_from(const uint8_t *data, size_t size);
