/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the indexes that depmod(8) would make. */

#include "modprobe-tree.h"
#include "module-index.h"
#include "tree.h"

char *modprobe_tree_new(const char *configuration) {
        static const char *const dependencies[] = {
                MAIN,   "kernel/" MAIN ".ko: kernel/" NEEDED ".ko",
                NEEDED, "kernel/" NEEDED ".ko:",
                OTHER,  "kernel/" OTHER ".ko:",
                NULL,
        };
        static const char *const aliases[] = { "virtready_test_alias", OTHER, NULL };
        static const char *const built_in[] = { BUILT_IN, "", NULL };
        static const char *const nothing[] = { NULL };
        char *tree = tree_new();

        module_index_write(tree, "modules.dep.bin", dependencies);
        module_index_write(tree, "modules.alias.bin", aliases);
        module_index_write(tree, "modules.symbols.bin", nothing);
        module_index_write(tree, "modules.builtin.bin", built_in);
        module_index_write(tree, "modules.builtin.alias.bin", aliases);
        tree_file(tree, "kernel/" MAIN ".ko", "This is no module.");
        tree_file(tree, "kernel/" NEEDED ".ko", "This is no module.");
        tree_file(tree, "kernel/" OTHER ".ko", "This is no module.");
        tree_file(tree, "modprobe.d/test.conf", configuration);
        return tree;
}

ModprobeAnswer modprobe_tree_ask(const char *tree, const char *module,
                                 ModprobeAnswer (*function)(const ModuleTree *tree, const char *module)) {
        g_autofree char *configuration = g_build_filename(tree, "modprobe.d", NULL);

        return function(&(ModuleTree){ .directory = tree,
                                       .configuration = (const char *const[]){ configuration, NULL } },
                        module);
}

void modprobe_answer_assert(ModprobeAnswer answer, ModprobeOutcome outcome, int error) {
        g_assert_cmpstr(modprobe_outcome_to_string(answer.outcome), ==, modprobe_outcome_to_string(outcome));
        g_assert_cmpint(answer.error, ==, error);
}
