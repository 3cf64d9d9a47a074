/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds and removes temporary directories. */

#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

/* In memory where that is possible, for a tree may have thousands of small files. */
char *tree_new(void) {
        const char *parent = g_getenv("TMPDIR");
        char *tree;

        if (!parent)
                parent = access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : g_get_tmp_dir();

        tree = g_build_filename(parent, "virtready-unit-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(tree));
        return tree;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position) {
        (void) st, (void) type, (void) position;

        return remove(path);
}

char *tree_free(char *tree) {
        if (!tree)
                return NULL;

        g_assert_no_errno(nftw(tree, remove_entry, 16, FTW_DEPTH | FTW_PHYS));
        g_free(tree);
        return NULL;
}

/* Yields where PATH is, after making the directories above it. */
static char *place(const char *tree, const char *path) {
        g_autofree char *parent = NULL;
        char *full = g_build_filename(tree, path, NULL);

        parent = g_path_get_dirname(full);
        g_assert_no_errno(g_mkdir_with_parents(parent, 0755));
        return full;
}

void tree_bytes(const char *tree, const char *path, const void *content, size_t size) {
        g_autofree char *full = place(tree, path);
        g_autoptr(GError) error = NULL;

        (void) g_file_set_contents(full, content, (gssize) size, &error);
        g_assert_no_error(error);
}

void tree_file(const char *tree, const char *path, const char *content) {
        tree_bytes(tree, path, content, strlen(content));
}

void tree_program(const char *tree, const char *path) {
        g_autofree char *full = place(tree, path);

        tree_file(tree, path, "\177ELF");
        g_assert_no_errno(g_chmod(full, 0755));
}

void tree_directory(const char *tree, const char *path) {
        g_autofree char *full = place(tree, path);

        g_assert_no_errno(g_mkdir_with_parents(full, 0755));
}

void tree_link(const char *tree, const char *path, const char *target) {
        g_autofree char *full = place(tree, path);

        g_assert_no_errno(symlink(target, full));
}

void tree_fifo(const char *tree, const char *path) {
        g_autofree char *full = place(tree, path);

        g_assert_no_errno(mkfifo(full, 0644));
}

Root *tree_root(const char *tree) {
        Root *root;

        g_assert_cmpint(root_new(tree, &root), ==, 0);
        return root;
}
