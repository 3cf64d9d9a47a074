/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules: lists of the loaded, indexes of the installed, configuration of modprobe, command line. */

#include "../../daemon/facts/module.h"
#include "tree.h"

static void assert_tree(const ModuleTreeFacts *tree) {
        for (size_t id = 0; id < _MODULE_MAX; id++) {
                fuzz_assert(tree->has_index || !tree->available[id]);
                fuzz_assert(!tree->has_index || !tree->is_gone);
                fuzz_assert((tree->ban[id] != MODULE_BAN_NONE) == (tree->ban_source[id] != NULL));
                fuzz_assert_printable(tree->ban_source[id]);
                fuzz_assert(!tree->nested_off[id] || tree->nested_source[id]);
                fuzz_assert_printable(tree->nested_source[id]);
        }
}

static void assert_states(const ModuleFacts *modules, const ModuleTreeFacts *tree) {
        for (ModuleId id = 0; id < _MODULE_MAX; id++) {
                ModuleState state = module_state(modules, tree, id);

                fuzz_assert(module_state_to_string(state));
                fuzz_assert(module_from_name(module_to_string(id), strlen(module_to_string(id))) ==
                            (int) id);
                fuzz_assert(module_is_ready(modules, tree, id) ==
                            (state == MODULE_STATE_LIVE || state == MODULE_STATE_BUILT_IN));
                fuzz_assert(state != MODULE_STATE_BLACKLISTED ||
                            tree->ban[module_in_the_way(modules, tree, id)] != MODULE_BAN_NONE);
                fuzz_assert(state != MODULE_STATE_ABSENT || tree->has_index);
                fuzz_assert(state != MODULE_STATE_GONE || tree->is_gone);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *files = fuzz_tree_new_from(data, size);
        _cleanup_(module_tree_facts_done) ModuleTreeFacts tree = {};
        _cleanup_(kernel_facts_done) KernelFacts kernel = {};
        ModuleFacts modules = {};

        fuzz_assert(kernel_facts_read(files->root, &kernel) == 0);
        fuzz_assert(module_tree_facts_read(files->root, &kernel, &tree) == 0);
        fuzz_assert(module_facts_read(files->root, &kernel, &modules) == 0);

        assert_tree(&tree);
        assert_states(&modules, &tree);
        return 0;
}
