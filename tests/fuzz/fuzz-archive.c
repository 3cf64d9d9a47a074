/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An archive of sos(1): what it unpacks to is a snapshot, and everything of it is in the directory. */

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../../client/exit-status.h"
#include "../../client/sosreport.h"
#include "judge.h"
#include "tree.h"

static int look_at_entry(const char *path, const struct stat *st, int type, struct FTW *position) {
        (void) path, (void) type, (void) position;

        fuzz_assert(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode));
        fuzz_assert((st->st_mode & 07077) == 0 || S_ISLNK(st->st_mode));
        return 0;
}

static void unpack(const char *file) {
        _cleanup_(scratch_freep) Scratch *scratch = NULL;
        _cleanup_(root_freep) Root *root = NULL;
        _cleanup_free_ char *text = NULL;
        int r;

        fuzz_assert(scratch_new(&scratch) >= 0);
        r = sosreport_unpack(file, scratch);
        fuzz_assert(r == 0 || r == STATUS_UNKNOWN);
        fuzz_assert(nftw(scratch->path, look_at_entry, 16, FTW_PHYS) == 0);
        if (r != 0)
                return;

        fuzz_assert(root_new(scratch->path, &root) == 0);
        judge(root, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *files = fuzz_tree_new();
        _cleanup_free_ char *path = NULL;

        fuzz_tree_file(files, "archive", data, size);
        fuzz_assert(asprintf(&path, "%s/root/archive", files->scratch->path) >= 0);
        unpack(path);
        return 0;
}
