/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameter "nested", in each module's spelling. */

#include "daemon/facts/nested.h"
#include "tree.h"

static NestedFacts read_nested(const char *tree, const CpuFacts *cpu) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        NestedFacts facts = {};

        g_assert_cmpint(nested_facts_read(root, cpu, &facts), ==, 0);
        return facts;
}

static const CpuFacts intel = { .architecture = ARCHITECTURE_X86, .extension = CPU_EXTENSION_VMX };
static const CpuFacts amd = { .architecture = ARCHITECTURE_X86, .extension = CPU_EXTENSION_SVM };
static const CpuFacts pvm = { .architecture = ARCHITECTURE_X86 };
static const CpuFacts ppc64 = { .architecture = ARCHITECTURE_PPC64 };
static const CpuFacts s390x = { .architecture = ARCHITECTURE_S390X, .extension = CPU_EXTENSION_SIE };
static const CpuFacts arm64 = { .architecture = ARCHITECTURE_ARM64 };

static void test_modules(void) {
        static const struct {
                const CpuFacts *cpu;
                const char *module, *value;
                Tristate enabled;
        } cases[] = {
                { &intel, "kvm_intel", "Y\n", TRISTATE_YES }, { &intel, "kvm_intel", "N\n", TRISTATE_NO },
                { &amd, "kvm_amd", "1\n", TRISTATE_YES },     { &amd, "kvm_amd", "0\n", TRISTATE_NO },
                { &amd, "kvm_amd", "Y\n", TRISTATE_YES },     { &ppc64, "kvm_hv", "Y\n", TRISTATE_YES },
                { &s390x, "kvm", "1\n", TRISTATE_YES },       { &s390x, "kvm", "0\n", TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_strdup_printf("sys/module/%s/parameters/nested", c->module);
                _cleanup_tree_ char *tree = tree_new();
                NestedFacts facts;

                tree_file(tree, path, c->value);
                facts = read_nested(tree, c->cpu);
                g_assert_true(facts.has_module);
                g_assert_cmpstr(module_to_string(facts.module), ==, c->module);
                g_assert_cmpint(facts.enabled, ==, c->enabled);
        }
}

/* With both vendors' modules built in, one of them has nothing to work with and shows its default. */
static void test_both_vendors(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "sys/module/kvm_intel/parameters/nested", "Y\n");
        tree_file(tree, "sys/module/kvm_amd/parameters/nested", "0\n");

        g_assert_cmpint(read_nested(tree, &intel).enabled, ==, TRISTATE_YES);
        g_assert_cmpint(read_nested(tree, &amd).enabled, ==, TRISTATE_NO);
        g_assert_cmpint(read_nested(tree, &pvm).enabled, ==, TRISTATE_UNKNOWN);
        g_assert_false(read_nested(tree, &pvm).has_module);
        g_assert_false(read_nested(tree, &arm64).has_module);
}

static void test_hostile(void) {
        static const char *const values[] = { "",     "\n",  " Y\n", "Yes\n", "2\n",
                                              "-1\n", "y\n", "10\n", "N N\n" };
        const char *path = "sys/module/kvm_intel/parameters/nested";

        FOREACH_ELEMENT(value, values) {
                _cleanup_tree_ char *tree = tree_new();

                g_test_message("'%s'", *value);
                tree_file(tree, path, *value);
                g_assert_cmpint(read_nested(tree, &intel).enabled, ==, TRISTATE_UNKNOWN);
        }

        for (unsigned i = 0; i < 5; i++) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *huge = NULL;

                switch (i) {
                case 0:
                        tree_fifo(tree, path);
                        break;
                case 1:
                        tree_link(tree, path, "nested");
                        break;
                case 2:
                        tree_directory(tree, path);
                        break;
                case 3:
                        tree_bytes(tree, path, "Y\0\n", 3);
                        break;
                default:
                        huge = g_strnfill(ROOT_FILE_MAX + 1, 'Y');
                        tree_file(tree, path, huge);
                        break;
                }
                g_assert_cmpint(read_nested(tree, &intel).enabled, ==, TRISTATE_UNKNOWN);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/nested/modules", test_modules);
        g_test_add_func("/nested/both-vendors", test_both_vendors);
        g_test_add_func("/nested/hostile", test_hostile);

        return g_test_run();
}
