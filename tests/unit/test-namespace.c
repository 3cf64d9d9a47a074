/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which namespaces there are, and who may have them. */

#include "daemon/checks/catalogue.h"
#include "daemon/facts/namespace.h"
#include "tree.h"

static NamespaceFacts read_namespaces(const char *tree, const KernelFacts *kernel) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        NamespaceFacts facts = {};

        g_assert_cmpint(namespace_facts_read(root, kernel, &facts), ==, 0);
        return facts;
}

static void test_list(void) {
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_link(tree, "proc/self/ns/mnt", "mnt:[4026531841]");
        tree_link(tree, "proc/self/ns/pid", "pid:[4026531836]");
        facts = read_namespaces(tree, &(KernelFacts){});

        g_assert_cmpint(facts.supported[NAMESPACE_MNT], ==, TRISTATE_YES);
        g_assert_cmpint(facts.supported[NAMESPACE_PID], ==, TRISTATE_YES);
        g_assert_cmpint(facts.supported[NAMESPACE_USER], ==, TRISTATE_NO);
        g_assert_cmpint(facts.forbidden[NAMESPACE_PID], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.user_privileged_only, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.user_restricted, ==, TRISTATE_UNKNOWN);
}

/* In a copy, proc/self leads to a process that is not in it, and proc/1 may be. */
static void test_other_process(void) {
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_link(tree, "proc/self", "4711");
        tree_link(tree, "proc/1/ns/mnt", "mnt:[4026531841]");
        tree_link(tree, "proc/1/ns/pid", "pid:[4026531836]");
        facts = read_namespaces(tree, &(KernelFacts){});

        g_assert_cmpint(facts.supported[NAMESPACE_MNT], ==, TRISTATE_YES);
        g_assert_cmpint(facts.supported[NAMESPACE_PID], ==, TRISTATE_YES);
        g_assert_cmpint(facts.supported[NAMESPACE_USER], ==, TRISTATE_NO);
}

/* Where both are there, the first is enough: the kernel's kinds are the same in both. */
static void test_own_process_first(void) {
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_link(tree, "proc/self/ns/mnt", "mnt:[4026531841]");
        tree_link(tree, "proc/self/ns/net", "net:[4026531840]");
        tree_link(tree, "proc/1/ns/mnt", "mnt:[4026531841]");
        facts = read_namespaces(tree, &(KernelFacts){});
        g_assert_cmpint(facts.supported[NAMESPACE_NET], ==, TRISTATE_YES);
}

/* The kernel has a limit for every kind, also for one that it was built without (kernel/ucount.c:
 * user_table). */
static void test_limit_is_no_evidence(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "proc/sys/user/max_net_namespaces", "15000\n");
        g_assert_cmpint(
                read_namespaces(tree, &(KernelFacts){ .options[KERNEL_OPTION_NET_NS] = TRISTATE_UNKNOWN })
                        .supported[NAMESPACE_NET],
                ==, TRISTATE_UNKNOWN);
}

/* Without the list, the configuration tells; an empty directory is no list. */
static void test_configuration(void) {
        const KernelFacts kernel = {
                .release = (char *) "6.1.0",
                .options = { [KERNEL_OPTION_USER_NS] = TRISTATE_NO,
                             [KERNEL_OPTION_PID_NS] = TRISTATE_YES,
                             [KERNEL_OPTION_NET_NS] = TRISTATE_UNKNOWN },
        };
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_directory(tree, "proc/self/ns");
        facts = read_namespaces(tree, &kernel);
        g_assert_cmpint(facts.supported[NAMESPACE_USER], ==, TRISTATE_NO);
        g_assert_cmpint(facts.supported[NAMESPACE_PID], ==, TRISTATE_YES);
        g_assert_cmpint(facts.supported[NAMESPACE_NET], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.supported[NAMESPACE_MNT], ==, TRISTATE_YES);

        facts = read_namespaces(tree, &(KernelFacts){});
        g_assert_cmpint(facts.supported[NAMESPACE_MNT], ==, TRISTATE_UNKNOWN);
}

static void test_limits(void) {
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_file(tree, "proc/sys/user/max_user_namespaces", "0\n");
        tree_file(tree, "proc/sys/user/max_net_namespaces", "15000\n");
        tree_bytes(tree, "proc/sys/user/max_pid_namespaces", "\0", 1);
        tree_file(tree, "proc/sys/kernel/unprivileged_userns_clone", "0\n");
        tree_file(tree, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        facts = read_namespaces(tree, &(KernelFacts){});

        g_assert_cmpint(facts.forbidden[NAMESPACE_USER], ==, TRISTATE_YES);
        g_assert_cmpint(facts.forbidden[NAMESPACE_NET], ==, TRISTATE_NO);
        g_assert_cmpint(facts.forbidden[NAMESPACE_PID], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.user_privileged_only, ==, TRISTATE_YES);
        g_assert_cmpint(facts.user_restricted, ==, TRISTATE_YES);
}

/* A file that is not there is no restriction, if the others beside it are. */
static void test_no_restrictions(void) {
        _cleanup_tree_ char *tree = tree_new();
        NamespaceFacts facts;

        tree_file(tree, "proc/sys/user/max_user_namespaces", "127235\n");
        tree_file(tree, "proc/sys/kernel/unprivileged_userns_clone", "1\n");
        facts = read_namespaces(tree, &(KernelFacts){});

        g_assert_cmpint(facts.user_privileged_only, ==, TRISTATE_NO);
        g_assert_cmpint(facts.user_restricted, ==, TRISTATE_NO);
}

static void test_live(void) {
        NamespaceFacts facts = read_namespaces("/", &(KernelFacts){});

        g_assert_cmpint(facts.supported[NAMESPACE_MNT], ==, TRISTATE_YES);
        FOREACH_ELEMENT(supported, facts.supported)
                g_assert_cmpint(*supported, !=, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.user_privileged_only, !=, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.user_restricted, !=, TRISTATE_UNKNOWN);
}

static void assert_reason(const char *id, const NamespaceFacts *namespaces, CheckState state,
                          const char *reason) {
        const Check *check = catalogue_get((size_t) catalogue_find(id));
        const Facts facts = { .namespaces = *namespaces };
        Finding finding = {};

        finding.reason = check->judge(&facts, check, &finding);
        g_assert_cmpstr(finding.reason->id, ==, reason);
        g_assert_cmpint(finding.reason->state, ==, state);
        finding_done(&finding);
}

#define NO TRISTATE_NO
#define YES TRISTATE_YES
#define MAYBE TRISTATE_UNKNOWN

/* What restricts unprivileged users leaves root alone; what restricts root restricts all. */
static void test_users(void) {
        static const struct {
                Tristate supported, forbidden, privileged_only, restricted;
                CheckState state_of_root, state_of_all;
                const char *reason_of_root, *reason_of_all;
        } cases[] = {
                { YES, NO, NO, NO, CHECK_PASS, CHECK_PASS, "available", "available" },
                { YES, NO, YES, NO, CHECK_PASS, CHECK_FAIL, "available", "privileged-only" },
                { YES, NO, NO, YES, CHECK_PASS, CHECK_FAIL, "available", "restricted-by-apparmor" },
                { YES, NO, MAYBE, YES, CHECK_PASS, CHECK_FAIL, "available", "restricted-by-apparmor" },
                { YES, NO, MAYBE, NO, CHECK_PASS, CHECK_UNKNOWN, "available", "unknown" },
                { YES, NO, NO, MAYBE, CHECK_PASS, CHECK_UNKNOWN, "available", "unknown" },
                { YES, YES, NO, NO, CHECK_FAIL, CHECK_FAIL, "forbidden", "forbidden" },
                { NO, MAYBE, NO, NO, CHECK_FAIL, CHECK_FAIL, "unsupported", "unsupported" },
                { MAYBE, NO, YES, YES, CHECK_UNKNOWN, CHECK_UNKNOWN, "unknown", "unknown" },
        };

        FOREACH_ELEMENT(c, cases) {
                const NamespaceFacts facts = {
                        .supported = { [NAMESPACE_USER] = c->supported },
                        .forbidden = { [NAMESPACE_USER] = c->forbidden },
                        .user_privileged_only = c->privileged_only,
                        .user_restricted = c->restricted,
                };

                assert_reason("namespace.user", &facts, c->state_of_root, c->reason_of_root);
                assert_reason("namespace.user_unprivileged", &facts, c->state_of_all, c->reason_of_all);
        }
}

static void test_to_string(void) {
        for (NamespaceKind kind = 0; kind < _NAMESPACE_KIND_MAX; kind++)
                g_assert_nonnull(namespace_kind_to_string(kind));
        g_assert_null(namespace_kind_to_string(_NAMESPACE_KIND_MAX));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/namespace/list", test_list);
        g_test_add_func("/namespace/other-process", test_other_process);
        g_test_add_func("/namespace/own-process-first", test_own_process_first);
        g_test_add_func("/namespace/limit-is-no-evidence", test_limit_is_no_evidence);
        g_test_add_func("/namespace/configuration", test_configuration);
        g_test_add_func("/namespace/limits", test_limits);
        g_test_add_func("/namespace/no-restrictions", test_no_restrictions);
        g_test_add_func("/namespace/live", test_live);
        g_test_add_func("/namespace/users", test_users);
        g_test_add_func("/namespace/to-string", test_to_string);

        return g_test_run();
}
