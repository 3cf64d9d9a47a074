/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which modules the kernel holds, and what state that puts each in. */

#include <errno.h>
#include <string.h>

#include "daemon/facts/facts.h"
#include "tree.h"

static const KernelFacts unknown_kernel = { .options[KERNEL_OPTION_MODULES] = TRISTATE_UNKNOWN };

static ModuleFacts read_modules(const char *tree, const KernelFacts *kernel) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ModuleFacts modules = {};

        g_assert_cmpint(module_facts_read(root, kernel, &modules), ==, 0);
        return modules;
}

static void test_from_name(void) {
        g_assert_cmpint(module_from_name("kvm-amd", 7), ==, MODULE_KVM_AMD);
        g_assert_cmpint(module_from_name("kvm_amd", 7), ==, MODULE_KVM_AMD);
        g_assert_cmpint(module_from_name("kvm-amd.ko", 7), ==, MODULE_KVM_AMD);
        g_assert_cmpint(module_from_name("kvm", 3), ==, MODULE_KVM);
        g_assert_cmpint(module_from_name("kvm_hv", 6), ==, MODULE_KVM_HV);
        g_assert_cmpint(module_from_name("kvm_hv_pmu", 10), ==, -EINVAL);
        g_assert_cmpint(module_from_name("kv", 2), ==, -EINVAL);
        g_assert_cmpint(module_from_name("", 0), ==, -EINVAL);
}

static void test_to_string(void) {
        for (ModuleId id = 0; id < _MODULE_MAX; id++) {
                const char *name = module_to_string(id);

                g_assert_nonnull(name);
                g_assert_cmpint(module_from_name(name, strlen(name)), ==, id);
        }
        for (ModuleState state = 0; state < _MODULE_STATE_MAX; state++)
                g_assert_nonnull(module_state_to_string(state));
        g_assert_null(module_to_string(_MODULE_MAX));
        g_assert_null(module_state_to_string(_MODULE_STATE_MAX));
}

/* What was not built in is not looked for again, unless all is forgotten. */
static void test_read_again(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ModuleFacts modules = {}, fresh;

        tree_file(tree, "proc/modules",
                  "kvm 1404928 0 - Live 0x0000000000000000\ntun 69632 0 - Live 0x0000000000000000\n");
        tree_directory(tree, "sys/module/fuse");
        tree_directory(tree, "sys/module/tun");
        g_assert_cmpint(module_facts_read(root, &unknown_kernel, &modules), ==, 0);
        g_assert_cmpint(modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_FUSE], ==, MODULE_PRESENCE_BUILT_IN);
        g_assert_cmpint(modules.presence[MODULE_VFIO], ==, MODULE_PRESENCE_NONE);

        /* A module goes from the list first, then its directory goes (kernel/module/main.c: free_module()).
         */
        tree_file(tree, "proc/modules",
                  "kvm 1404928 0 - Live 0x0000000000000000\nvfio 69632 0 - Live 0x0000000000000000\n");
        g_assert_cmpint(module_facts_read(root, &unknown_kernel, &modules), ==, 0);
        g_assert_cmpint(modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_NONE);
        g_assert_cmpint(modules.presence[MODULE_FUSE], ==, MODULE_PRESENCE_BUILT_IN);
        g_assert_cmpint(modules.presence[MODULE_VFIO], ==, MODULE_PRESENCE_LIVE);

        fresh = read_modules(tree, &unknown_kernel);
        g_assert_cmpint(fresh.presence[MODULE_TUN], ==, MODULE_PRESENCE_BUILT_IN);
}

/* Below a root that is not the running system's there may be other files now. */
static void test_everything_again(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(facts_done) Facts facts = {};

        tree_file(tree, "proc/modules", "kvm 1404928 0 - Live 0x0000000000000000\n");
        tree_directory(tree, "sys/module/kvm");
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpint(facts.modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_NONE);

        tree_directory(tree, "sys/module/tun");
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_MODULES)), ==, 0);
        g_assert_cmpint(facts.modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_NONE);
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpint(facts.modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_BUILT_IN);
}

/* What was loaded once stays known of the running system alone, also when all is read again. */
static void test_was_live(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        ModuleFacts modules = {};

        tree_file(tree, "proc/modules", "kvm_amd 204800 0 - Live 0x0000000000000000\n");
        g_assert_cmpint(module_facts_read(root, &unknown_kernel, &modules), ==, 0);
        tree_file(tree, "proc/modules", "kvm 1404928 0 - Live 0x0000000000000000\n");
        g_assert_cmpint(module_facts_read(root, &unknown_kernel, &modules), ==, 0);
        g_assert_cmpint(modules.presence[MODULE_KVM_AMD], ==, MODULE_PRESENCE_NONE);
        g_assert_true(modules.was_live[MODULE_KVM_AMD]);
        g_assert_false(modules.was_live[MODULE_KVM_INTEL]);

        root->live = true;
        module_facts_forget(root, &modules);
        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_UNKNOWN);
        g_assert_true(modules.was_live[MODULE_KVM_AMD]);

        root->live = false;
        module_facts_forget(root, &modules);
        g_assert_false(modules.was_live[MODULE_KVM_AMD]);
}

static void test_proc_modules(void) {
        _cleanup_tree_ char *tree = tree_new();
        ModuleFacts modules;

        tree_file(tree, "proc/modules",
                  "kvm_hv_pmu 12288 0 - Live 0x0000000000000000\n"
                  "kvm_amd 204800 0 - Loading 0x0000000000000000\n"
                  "kvm 1404928 2 kvm_amd,kvm_intel, Live 0x0000000000000000\n"
                  "tun 69632 0 - Unloading 0x0000000000000000\n"
                  "vboxdrv 708608 2 vboxnetadp,vboxnetflt, Live 0x0000000000000000 (OE)\n");
        /* What is left of a module that is going is not one that is built in. */
        tree_directory(tree, "sys/module/tun");
        modules = read_modules(tree, &unknown_kernel);

        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_KVM_AMD], ==, MODULE_PRESENCE_LOADING);
        g_assert_cmpint(modules.presence[MODULE_KVM_INTEL], ==, MODULE_PRESENCE_NONE);
        g_assert_cmpint(modules.presence[MODULE_KVM_HV], ==, MODULE_PRESENCE_NONE);
        g_assert_cmpint(modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_UNLOADING);
        g_assert_cmpint(modules.presence[MODULE_VBOXDRV], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.supported, ==, TRISTATE_YES);
        g_assert_cmpint(modules.disabled, ==, TRISTATE_UNKNOWN);
}

/* A sosreport has what lsmod printed, too. */
static void test_lsmod(void) {
        _cleanup_tree_ char *tree = tree_new(), *empty = tree_new();
        ModuleFacts modules;

        tree_file(tree, "sos_commands/kernel/lsmod",
                  "Module                  Size  Used by\n"
                  "vhost_net              32768  0\n"
                  "kvm_hv_pmu             12288  0\n"
                  "kvm                  1404928  1 kvm_intel\n");
        modules = read_modules(tree, &unknown_kernel);
        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_VHOST_NET], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_KVM_HV], ==, MODULE_PRESENCE_NONE);
        g_assert_cmpint(modules.presence[MODULE_KVM_INTEL], ==, MODULE_PRESENCE_NONE);

        /* The kernel's own list goes before it. */
        tree_file(tree, "proc/modules", "tun 69632 0 - Live 0x0000000000000000\n");
        modules = read_modules(tree, &unknown_kernel);
        g_assert_cmpint(modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_NONE);

        /* A command that failed has printed no list. */
        tree_file(empty, "sos_commands/kernel/lsmod", "Module                  Size  Used by\n");
        modules = read_modules(empty, &unknown_kernel);
        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_UNKNOWN);
}

static void test_sys_module(void) {
        _cleanup_tree_ char *tree = tree_new();
        ModuleFacts modules;

        tree_file(tree, "sys/module/tun/initstate", "live\n");
        tree_directory(tree, "sys/module/kvm");
        modules = read_modules(tree, &unknown_kernel);

        g_assert_cmpint(modules.presence[MODULE_TUN], ==, MODULE_PRESENCE_LIVE);
        g_assert_cmpint(modules.presence[MODULE_KVM], ==, MODULE_PRESENCE_BUILT_IN);
        g_assert_cmpint(modules.presence[MODULE_KVM_AMD], ==, MODULE_PRESENCE_NONE);
}

/* A list without a line of the kernel's is no evidence, whatever else it holds. */
static void test_list_is_none(void) {
        static const char *const lists[] = {
                "", "\n\n", "kvm\n", "kvm 1 2 3 4 5\n", "a b c d e f g\n", "kvm_amd 204800 0 -\n", "\177ELF"
        };

        FOREACH_ELEMENT(list, lists) {
                _cleanup_tree_ char *tree = tree_new();
                ModuleFacts modules;

                tree_file(tree, "proc/modules", *list);
                modules = read_modules(tree, &unknown_kernel);
                FOREACH_ELEMENT(presence, modules.presence)
                        g_assert_cmpint(*presence, ==, MODULE_PRESENCE_UNKNOWN);
        }
}

static void test_loading(void) {
        /* What the kernel shows goes before what lies beside it under its name. */
        const KernelFacts monolithic = { .options[KERNEL_OPTION_MODULES] = TRISTATE_NO };
        static const struct {
                const char *content;
                Tristate disabled;
        } cases[] = { { "0\n", TRISTATE_NO }, { "1\n", TRISTATE_YES } };
        _cleanup_tree_ char *nothing = tree_new();

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, "proc/sys/kernel/modules_disabled", c->content);
                g_assert_cmpint(read_modules(tree, &unknown_kernel).disabled, ==, c->disabled);
                g_assert_cmpint(read_modules(tree, &unknown_kernel).supported, ==, TRISTATE_YES);
                g_assert_cmpint(read_modules(tree, &monolithic).supported, ==, TRISTATE_YES);
        }

        g_assert_cmpint(read_modules(nothing, &monolithic).supported, ==, TRISTATE_NO);
        g_assert_cmpint(read_modules(nothing, &unknown_kernel).supported, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_modules(nothing, &unknown_kernel).disabled, ==, TRISTATE_UNKNOWN);
}

/* A file that says something else says nothing: what is not known must not pass for a kernel without
 * restrictions. */
static void test_lockdown(void) {
        static const struct {
                const char *content;
                Lockdown lockdown;
        } cases[] = {
                { "[none] integrity confidentiality\n", LOCKDOWN_NONE },
                { "none [integrity] confidentiality\n", LOCKDOWN_INTEGRITY },
                { "none integrity [confidentiality]\n", LOCKDOWN_CONFIDENTIALITY },
                { "none integrity confidentiality\n", LOCKDOWN_UNKNOWN },
                { "[no] integrity\n", LOCKDOWN_UNKNOWN },
                { "[nonesuch]\n", LOCKDOWN_UNKNOWN },
                { "[", LOCKDOWN_UNKNOWN },
                { "", LOCKDOWN_UNKNOWN },
        };
        _cleanup_tree_ char *nothing = tree_new();

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                g_test_message("'%s'", c->content);
                tree_file(tree, "sys/kernel/security/lockdown", c->content);
                g_assert_cmpint(read_modules(tree, &unknown_kernel).lockdown, ==, c->lockdown);
        }

        g_assert_cmpint(read_modules(nothing, &unknown_kernel).lockdown, ==, LOCKDOWN_UNKNOWN);
}

static void test_parameters(void) {
        static const struct {
                const char *content;
                Tristate yes;
        } cases[] = {
                { "Y\n", TRISTATE_YES }, { "1\n", TRISTATE_YES },  { "N\n", TRISTATE_NO },
                { "0\n", TRISTATE_NO },  { "", TRISTATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, "sys/module/module/parameters/sig_enforce", c->content);
                tree_file(tree, "sys/module/kvm/parameters/enable_virt_at_load", c->content);
                g_assert_cmpint(read_modules(tree, &unknown_kernel).signatures_needed, ==, c->yes);
                g_assert_cmpint(read_modules(tree, &unknown_kernel).kvm_holds_cpu, ==, c->yes);
        }
}

static void test_live(void) {
        const KernelFacts kernel = { .release = (char *) "6.1.0",
                                     .options[KERNEL_OPTION_MODULES] = TRISTATE_UNKNOWN };
        ModuleFacts modules = read_modules("/", &kernel);
        _cleanup_(root_freep) Root *root = tree_root("/");
        bool has_modules = root_exists(root, "proc/modules") > 0;

        /* A kernel that runs always tells. */
        FOREACH_ELEMENT(presence, modules.presence)
                g_assert_cmpint(*presence, !=, MODULE_PRESENCE_UNKNOWN);
        if (!has_modules)
                g_assert_cmpint(modules.supported, ==, TRISTATE_NO);
}

/* What the module tree has: an index, and in it the module as a file or as built in. */
enum {
        INDEX = 1 << 0,
        FOUND = INDEX | 1 << 1,
        BUILT_IN = INDEX | 1 << 2,
        GONE = 1 << 3,
};

/* Every state, and what leads to it. */
static const struct {
        ModulePresence presence;
        Tristate possible;
        unsigned tree;
        ModuleBan ban;
        ModuleState state;
} states[] = {
        { MODULE_PRESENCE_UNKNOWN, TRISTATE_UNKNOWN, 0, MODULE_BAN_NONE, MODULE_STATE_UNKNOWN },
        { MODULE_PRESENCE_UNKNOWN, TRISTATE_UNKNOWN, FOUND, MODULE_BAN_NONE, MODULE_STATE_UNKNOWN },
        { MODULE_PRESENCE_UNKNOWN, TRISTATE_UNKNOWN, BUILT_IN, MODULE_BAN_NONE, MODULE_STATE_BUILT_IN },
        { MODULE_PRESENCE_LIVE, TRISTATE_UNKNOWN, 0, MODULE_BAN_NONE, MODULE_STATE_LIVE },
        { MODULE_PRESENCE_LIVE, TRISTATE_NO, INDEX, MODULE_BAN_NONE, MODULE_STATE_LIVE },
        { MODULE_PRESENCE_LIVE, TRISTATE_YES, INDEX, MODULE_BAN_ALL, MODULE_STATE_LIVE },
        { MODULE_PRESENCE_UNLOADING, TRISTATE_YES, FOUND, MODULE_BAN_NONE, MODULE_STATE_AVAILABLE },
        { MODULE_PRESENCE_LOADING, TRISTATE_YES, INDEX, MODULE_BAN_NONE, MODULE_STATE_LOADING },
        { MODULE_PRESENCE_BUILT_IN, TRISTATE_NO, 0, MODULE_BAN_NONE, MODULE_STATE_BUILT_IN },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, BUILT_IN, MODULE_BAN_NONE, MODULE_STATE_BUILT_IN },
        { MODULE_PRESENCE_NONE, TRISTATE_NO, FOUND, MODULE_BAN_NONE, MODULE_STATE_IMPOSSIBLE },
        { MODULE_PRESENCE_NONE, TRISTATE_UNKNOWN, FOUND, MODULE_BAN_NONE, MODULE_STATE_AVAILABLE },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, FOUND, MODULE_BAN_ALIAS, MODULE_STATE_BLACKLISTED },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, INDEX, MODULE_BAN_ALL, MODULE_STATE_ABSENT },
        { MODULE_PRESENCE_NONE, TRISTATE_UNKNOWN, 0, MODULE_BAN_ALIAS, MODULE_STATE_BLACKLISTED },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, INDEX, MODULE_BAN_NONE, MODULE_STATE_ABSENT },
        { MODULE_PRESENCE_NONE, TRISTATE_UNKNOWN, 0, MODULE_BAN_NONE, MODULE_STATE_NOT_LOADED },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, GONE, MODULE_BAN_NONE, MODULE_STATE_GONE },
        { MODULE_PRESENCE_NONE, TRISTATE_YES, GONE, MODULE_BAN_ALIAS, MODULE_STATE_BLACKLISTED },
        { MODULE_PRESENCE_LIVE, TRISTATE_YES, GONE, MODULE_BAN_NONE, MODULE_STATE_LIVE },
};

/* What is forbidden is missing for others, too, unless it is there already; a mere blacklist is not in their
 * way. */
static void test_dependency(void) {
        static const struct {
                ModulePresence kvm;
                ModuleBan kvm_ban, own_ban;
                ModuleState state;
                ModuleId in_the_way;
        } cases[] = {
                { MODULE_PRESENCE_NONE, MODULE_BAN_ALL, MODULE_BAN_NONE, MODULE_STATE_BLACKLISTED,
                  MODULE_KVM },
                { MODULE_PRESENCE_NONE, MODULE_BAN_ALL, MODULE_BAN_ALIAS, MODULE_STATE_BLACKLISTED,
                  MODULE_KVM },
                { MODULE_PRESENCE_NONE, MODULE_BAN_ALL, MODULE_BAN_ALL, MODULE_STATE_BLACKLISTED,
                  MODULE_KVM_AMD },
                { MODULE_PRESENCE_NONE, MODULE_BAN_ALIAS, MODULE_BAN_NONE, MODULE_STATE_AVAILABLE,
                  MODULE_KVM_AMD },
                { MODULE_PRESENCE_LIVE, MODULE_BAN_ALL, MODULE_BAN_NONE, MODULE_STATE_AVAILABLE,
                  MODULE_KVM_AMD },
                { MODULE_PRESENCE_BUILT_IN, MODULE_BAN_ALL, MODULE_BAN_NONE, MODULE_STATE_AVAILABLE,
                  MODULE_KVM_AMD },
        };

        FOREACH_ELEMENT(c, cases) {
                ModuleFacts modules = { .supported = TRISTATE_YES, .disabled = TRISTATE_NO };
                ModuleTreeFacts tree = { .has_index = true };

                g_test_message("case %zu", (size_t) (c - cases));
                modules.presence[MODULE_KVM] = c->kvm;
                modules.presence[MODULE_KVM_AMD] = MODULE_PRESENCE_NONE;
                tree.available[MODULE_KVM] = tree.available[MODULE_KVM_AMD] = true;
                tree.ban[MODULE_KVM] = c->kvm_ban;
                tree.ban[MODULE_KVM_AMD] = c->own_ban;

                g_assert_cmpint(module_state(&modules, &tree, MODULE_KVM_AMD), ==, c->state);
                g_assert_cmpint(module_in_the_way(&modules, &tree, MODULE_KVM_AMD), ==, c->in_the_way);
        }
}

static void test_states(void) {
        bool seen[_MODULE_STATE_MAX] = {};

        FOREACH_ELEMENT(c, states) {
                ModuleFacts modules = { .supported = c->possible, .disabled = TRISTATE_UNKNOWN };
                ModuleTreeFacts module_tree = { .has_index = c->tree & INDEX, .is_gone = c->tree & GONE };
                bool ready = c->state == MODULE_STATE_LIVE || c->state == MODULE_STATE_BUILT_IN;

                modules.presence[MODULE_TUN] = c->presence;
                module_tree.available[MODULE_TUN] = (c->tree & FOUND) == FOUND;
                module_tree.built_in[MODULE_TUN] = (c->tree & BUILT_IN) == BUILT_IN;
                module_tree.ban[MODULE_TUN] = c->ban;

                g_assert_cmpstr(module_state_to_string(module_state(&modules, &module_tree, MODULE_TUN)), ==,
                                module_state_to_string(c->state));
                g_assert_cmpint(module_is_ready(&modules, &module_tree, MODULE_TUN), ==, ready);
                seen[c->state] = true;
        }

        FOREACH_ELEMENT(s, seen)
                g_assert_true(*s);
}

/* The setting has the same effect as a kernel without modules, on modules that are not there yet. */
static void test_disabled(void) {
        const ModuleTreeFacts module_tree = { .has_index = true, .available[MODULE_TUN] = true };
        ModuleFacts modules = { .supported = TRISTATE_YES, .disabled = TRISTATE_YES };

        modules.presence[MODULE_TUN] = MODULE_PRESENCE_NONE;
        g_assert_cmpint(module_state(&modules, &module_tree, MODULE_TUN), ==, MODULE_STATE_IMPOSSIBLE);
        modules.presence[MODULE_TUN] = MODULE_PRESENCE_LIVE;
        g_assert_cmpint(module_state(&modules, &module_tree, MODULE_TUN), ==, MODULE_STATE_LIVE);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/module/from-name", test_from_name);
        g_test_add_func("/module/to-string", test_to_string);
        g_test_add_func("/module/proc-modules", test_proc_modules);
        g_test_add_func("/module/read-again", test_read_again);
        g_test_add_func("/module/was-live", test_was_live);
        g_test_add_func("/module/everything-again", test_everything_again);
        g_test_add_func("/module/lsmod", test_lsmod);
        g_test_add_func("/module/sys-module", test_sys_module);
        g_test_add_func("/module/list-is-none", test_list_is_none);
        g_test_add_func("/module/loading", test_loading);
        g_test_add_func("/module/lockdown", test_lockdown);
        g_test_add_func("/module/parameters", test_parameters);
        g_test_add_func("/module/live", test_live);
        g_test_add_func("/module/states", test_states);
        g_test_add_func("/module/dependency", test_dependency);
        g_test_add_func("/module/disabled", test_disabled);

        return g_test_run();
}
