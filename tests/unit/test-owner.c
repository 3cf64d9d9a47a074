/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups in a machine's account files. */

#include <glib.h>

#include "daemon/facts/owner.h"
#include "tree.h"

static void test_names(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *user = NULL, *group = NULL, *no_user = NULL, *no_group = NULL;

        tree_file(tree, "etc/passwd",
                  "root:x:0:0::/root:/bin/sh\n\nnonsense\nvirt:x:64055:64055::/:/bin/false\n");
        tree_file(tree, "etc/group", "root:x:0:\n:::\nkvm:x:104:alice,bob\n");

        g_assert_cmpint(root_user_name(root, 64055, &user), ==, 0);
        g_assert_cmpstr(user, ==, "virt");
        g_assert_cmpint(root_group_name(root, 104, &group), ==, 0);
        g_assert_cmpstr(group, ==, "kvm");

        g_assert_cmpint(root_user_name(root, 4294967294U, &no_user), ==, 0);
        g_assert_cmpstr(no_user, ==, "4294967294");
        g_assert_cmpint(root_group_name(root, 105, &no_group), ==, 0);
        g_assert_cmpstr(no_group, ==, "105");
}

static void test_without_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *user = NULL, *group = NULL;

        tree_file(tree, "etc/group", "");
        g_assert_cmpint(root_user_name(root, 0, &user), ==, 0);
        g_assert_cmpstr(user, ==, "0");
        g_assert_cmpint(root_group_name(root, 0, &group), ==, 0);
        g_assert_cmpstr(group, ==, "0");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/owner/names", test_names);
        g_test_add_func("/owner/without-files", test_without_files);

        return g_test_run();
}
