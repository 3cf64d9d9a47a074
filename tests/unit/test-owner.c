/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups in a machine's account files. */

#include <glib.h>

#include "daemon/facts/owner.h"
#include "tree.h"

static void test_names(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        _cleanup_free_ char *user = NULL, *group = NULL, *no_user = NULL, *no_group = NULL;

        tree_file(tree, "etc/passwd",
                  "root:x:0:0::/root:/bin/sh\n\nnonsense\nvirt:x:64055:64055::/:/bin/false\n");
        tree_file(tree, "etc/group", "root:x:0:\n:::\nkvm:x:104:alice,bob\n");

        g_assert_cmpint(accounts_user_name(&accounts, 64055, &user, NULL), ==, 0);
        g_assert_cmpstr(user, ==, "virt");
        g_assert_cmpint(accounts_group_name(&accounts, 104, &group, NULL), ==, 0);
        g_assert_cmpstr(group, ==, "kvm");

        g_assert_cmpint(accounts_user_name(&accounts, 4294967294U, &no_user, NULL), ==, 0);
        g_assert_cmpstr(no_user, ==, "4294967294");
        g_assert_cmpint(accounts_group_name(&accounts, 105, &no_group, NULL), ==, 0);
        g_assert_cmpstr(no_group, ==, "105");
}

/* What is in etc comes first; the image's own file has the rest (nss-altfiles). */
static void test_vendor_files(void) {
        static const struct {
                gid_t gid;
                const char *name;
                bool in_etc;
        } cases[] = {
                { 0, "root", true },
                { 36, "kvm", false },
                { 10, "wheel", true },
                { 11, "11", false },
        };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        _cleanup_free_ char *user = NULL;
        bool in_etc = true;

        tree_file(tree, "usr/lib/passwd", "qemu:x:107:107::/:/bin/false\n");
        tree_file(tree, "etc/group", "root:x:0:\nwheel:x:10:\n");
        tree_file(tree, "usr/lib/group", "kvm:x:36:qemu\nstaff:x:10:\n");
        g_assert_cmpint(accounts_user_name(&accounts, 107, &user, &in_etc), ==, 0);
        g_assert_cmpstr(user, ==, "qemu");
        g_assert_false(in_etc);
        FOREACH_ELEMENT(c, cases) {
                _cleanup_free_ char *group = NULL;

                g_assert_cmpint(accounts_group_name(&accounts, c->gid, &group, &in_etc), ==, 0);
                g_assert_cmpstr(group, ==, c->name);
                g_assert_true(in_etc == c->in_etc);
        }
}

static void test_without_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        _cleanup_free_ char *user = NULL, *group = NULL;

        tree_file(tree, "etc/group", "");
        g_assert_cmpint(accounts_user_name(&accounts, 0, &user, NULL), ==, 0);
        g_assert_cmpstr(user, ==, "0");
        g_assert_cmpint(accounts_group_name(&accounts, 0, &group, NULL), ==, 0);
        g_assert_cmpstr(group, ==, "0");
}

static void assert_groups(const Account *account, const char *expected) {
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < account->n_groups; i++)
                g_string_append_printf(text, "%s%u", i > 0 ? " " : "", account->groups[i]);
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_account(void) {
        static const struct {
                uid_t uid;
                const char *name, *groups;
        } cases[] = {
                { 0, "root", "0 5" },       { 1000, "alice", "1000 104 105" },
                { 1001, "bob", "104 104" }, { 1002, "carol", "" }, /* the number of her group is none */
                { 1003, "al", "1003" },     { 1004, NULL, "" },
                { UINT32_MAX, NULL, "" },
        };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };

        tree_file(tree, "etc/passwd",
                  "root:x:0:0::/root:/bin/sh\n+:x:1004:0::/:\nalice:x:1000:1000:A:/:/bin/sh\n"
                  "alicia:x:1000:1005::/:\nbob:x:1001:104\ncarol:x:1002:group::/:\nal:x:1003:1003::/:\n"
                  "nobody:x:4294967295:0::/:\n");
        tree_file(tree, "etc/group",
                  "root:x:0:\ntty:x:5:root\nkvm:x:104:bob,alice,\n+kvm:x:106:alice\nplus:x:107\n"
                  "long:x:108:alicea,xalice\nlast:x:105:alice");
        FOREACH_ELEMENT(c, cases) {
                _cleanup_(account_done) Account account = {};

                g_assert_cmpint(account_read(&accounts, c->uid, &account), ==, 0);
                g_assert_cmpstr(account.name, ==, c->name);
                assert_groups(&account, c->groups);
        }
}

/* A group with very many members does not hide those behind it. */
static void test_account_behind_long_group(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        g_autoptr(GString) text = g_string_new("everybody:x:100:");
        _cleanup_(account_done) Account account = {};
        _cleanup_free_ char *group = NULL;

        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(text, "user%u,", i);
        g_string_append(text, "alice\nkvm:x:104:alice\n");
        tree_file(tree, "etc/passwd", "alice:x:1000:1000::/:/bin/sh\n");
        tree_file(tree, "etc/group", text->str);

        g_assert_cmpint(account_read(&accounts, 1000, &account), ==, 0);
        assert_groups(&account, "1000 100 104");
        g_assert_true(account_has_group(&account, 104));
        g_assert_false(account_has_group(&account, 103));
        g_assert_cmpint(accounts_group_name(&accounts, 104, &group, NULL), ==, 0);
        g_assert_cmpstr(group, ==, "kvm");
}

/* A user and a group may each be in either place, and membership counts in both. */
static void test_account_in_vendor_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        _cleanup_(account_done) Account qemu = {}, alice = {};

        tree_file(tree, "etc/passwd", "alice:x:1000:1000::/:/bin/sh\n");
        tree_file(tree, "usr/lib/passwd", "qemu:x:107:107::/:/bin/false\n");
        tree_file(tree, "etc/group", "users:x:100:alice,qemu\n");
        tree_file(tree, "usr/lib/group", "kvm:x:36:qemu,alice\n");
        g_assert_cmpint(account_read(&accounts, 107, &qemu), ==, 0);
        g_assert_cmpstr(qemu.name, ==, "qemu");
        g_assert_false(qemu.in_etc);
        assert_groups(&qemu, "107 100 36");
        g_assert_cmpint(account_read(&accounts, 1000, &alice), ==, 0);
        g_assert_true(alice.in_etc);
        assert_groups(&alice, "1000 100 36");
}

/* What was read stays; what changes since is for the next one to see. */
static void test_files_are_kept(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };

        tree_file(tree, "etc/group", "kvm:x:104:\n");
        for (unsigned i = 0; i < 2; i++) {
                _cleanup_free_ char *group = NULL;

                g_assert_cmpint(accounts_group_name(&accounts, 104, &group, NULL), ==, 0);
                g_assert_cmpstr(group, ==, "kvm");
                tree_file(tree, "etc/group", "virt:x:104:\n");
        }
}

/* Without files nothing is known of anybody. */
static void test_account_without_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        _cleanup_(account_done) Account account = {};

        g_assert_cmpint(account_read(&accounts, 0, &account), ==, 0);
        g_assert_null(account.name);
        g_assert_cmpuint(account.n_groups, ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/owner/names", test_names);
        g_test_add_func("/owner/vendor-files", test_vendor_files);
        g_test_add_func("/owner/without-files", test_without_files);

        g_test_add_func("/owner/account", test_account);
        g_test_add_func("/owner/account-behind-long-group", test_account_behind_long_group);
        g_test_add_func("/owner/account-in-vendor-files", test_account_in_vendor_files);
        g_test_add_func("/owner/files-are-kept", test_files_are_kept);
        g_test_add_func("/owner/account-without-files", test_account_without_files);

        return g_test_run();
}
