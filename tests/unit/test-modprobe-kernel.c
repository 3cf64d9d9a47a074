/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes of a module in a kernel that is played here, and what would come of it at the next start: two
 * functions of libkmod are replaced, which are its way to the kernel. */

#include <errno.h>
#include <glib/gstdio.h>
#include <libkmod.h>

#include "modprobe-tree.h"
#include "tree.h"

/* Which modules are loaded, and what comes of loading one. It has to be out here: libkmod takes no other
 * argument along. */
static struct {
        const char *live[4];
        int error;         /* 0, or a negative errno */
        const char *stays; /* this one is loaded when all went well */
        const char *command;
        unsigned loads;
} kernel;

int kmod_module_get_initstate(const struct kmod_module *module) {
        for (const char **live = kernel.live; *live; live++)
                if (g_str_equal(*live, kmod_module_get_name(module)))
                        return KMOD_MODULE_LIVE;

        return g_str_equal(kmod_module_get_name(module), BUILT_IN) ? KMOD_MODULE_BUILTIN : -ENOENT;
}

int kmod_module_probe_insert_module(struct kmod_module *module, unsigned flags, const char *options,
                                    int (*run)(struct kmod_module *module, const char *command, void *data),
                                    const void *data,
                                    void (*print)(struct kmod_module *module, bool install,
                                                  const char *options)) {
        g_assert_cmpuint(flags, ==, 0);
        g_assert_null(options);
        g_assert_null(print);

        kernel.loads++;
        if (kernel.command)
                return run(module, kernel.command, (void *) data);

        kernel.live[0] = kernel.stays;
        return kernel.error;
}

static void assert_loads(const char *module, ModprobeOutcome outcome, int error) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");

        kernel.loads = 0;
        modprobe_answer_assert(modprobe_tree_ask(tree, module, module_load), outcome, error);
}

static void reset(void) {
        memset(&kernel, 0, sizeof(kernel));
}

static void test_loaded(void) {
        reset();
        kernel.stays = MAIN;
        assert_loads(MAIN, MODPROBE_DONE, 0);
        g_assert_cmpuint(kernel.loads, ==, 1);

        /* It is there now. */
        assert_loads(MAIN, MODPROBE_DONE, 0);
        g_assert_cmpuint(kernel.loads, ==, 0);
}

/* libkmod takes the kernel's EEXIST for success. */
static void test_excluded(void) {
        reset();
        assert_loads(MAIN, MODPROBE_REFUSED, EEXIST);
        kernel.stays = OTHER;
        assert_loads(MAIN, MODPROBE_REFUSED, EEXIST);
        g_assert_cmpuint(kernel.loads, ==, 1);
}

static void test_error(void) {
        reset();
        kernel.error = -EOPNOTSUPP;
        assert_loads(MAIN, MODPROBE_REFUSED, EOPNOTSUPP);
}

/* A command that was not found beforehand gets no further. */
static void test_command(void) {
        reset();
        kernel.command = "/bin/true";
        assert_loads(MAIN, MODPROBE_OVERRIDDEN, 0);
        g_assert_cmpuint(kernel.loads, ==, 1);
}

static void assert_starts(const char *configuration, const char *module, ModprobeOutcome outcome) {
        _cleanup_tree_ char *tree = modprobe_tree_new(configuration);

        kernel.loads = 0;
        modprobe_answer_assert(modprobe_tree_ask(tree, module, module_check_start), outcome, 0);
        g_assert_cmpuint(kernel.loads, ==, 0);
}

static void test_start(void) {
        reset();
        assert_starts("", MAIN, MODPROBE_DONE);
        assert_starts("", BUILT_IN, MODPROBE_DONE);
        assert_starts("", "virtready_test", MODPROBE_NOT_FOUND);
        assert_starts("", "virtready_test_alias", MODPROBE_NOT_FOUND);
        assert_starts("", "virtready-test-other", MODPROBE_NOT_FOUND);

        kernel.live[0] = MAIN;
        assert_starts("", MAIN, MODPROBE_DONE);
}

/* Of what is needed no blacklist keeps anything away: it is asked for by its name. */
static void test_start_blacklisted(void) {
        reset();
        for (unsigned live = 0; live < 2; live++) {
                assert_starts("blacklist " MAIN "\n", MAIN, MODPROBE_BLACKLISTED);
                assert_starts("blacklist virtready-test-main\n", MAIN, MODPROBE_BLACKLISTED);
                assert_starts("blacklist " MAIN "\ninstall " MAIN " /bin/false\n", MAIN,
                              MODPROBE_BLACKLISTED);
                assert_starts("blacklist " NEEDED "\nblacklist " OTHER "\n", MAIN, MODPROBE_DONE);
                assert_starts("blacklist " BUILT_IN "\n", BUILT_IN, MODPROBE_DONE);
                kernel.live[0] = MAIN;
        }
}

/* What is loaded now is to be loaded again then. */
static void test_start_overridden(void) {
        reset();
        for (unsigned live = 0; live < 2; live++) {
                assert_starts("install " MAIN " /bin/false\n", MAIN, MODPROBE_OVERRIDDEN);
                assert_starts("install " NEEDED " /bin/false\n", MAIN, MODPROBE_OVERRIDDEN);
                assert_starts("softdep " MAIN " post: " OTHER "\ninstall " OTHER " /bin/false\n", MAIN,
                              MODPROBE_OVERRIDDEN);
                assert_starts("softdep " MAIN " pre: " BUILT_IN "\ninstall " BUILT_IN " /bin/false\n", MAIN,
                              MODPROBE_DONE);
                assert_starts("install " OTHER " /bin/false\n", MAIN, MODPROBE_DONE);
                kernel.live[0] = MAIN;
                kernel.live[1] = NEEDED;
                kernel.live[2] = OTHER;
        }
}

/* systemd takes what it reads for an alias before it takes it for a module. */
static void test_start_alias(void) {
        reset();
        assert_starts("alias " MAIN " off\n", MAIN, MODPROBE_OVERRIDDEN);
        assert_starts("alias " MAIN " " OTHER "\n", MAIN, MODPROBE_OVERRIDDEN);
        assert_starts("alias " OTHER " " MAIN "\n", MAIN, MODPROBE_DONE);
}

/* Only what the kernel has may be missing. */
static void test_start_file_missing(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new(""), *empty = tree_new();
        g_autofree char *file = g_build_filename(tree, "kernel", MAIN ".ko", NULL);

        reset();
        g_assert_cmpint(g_remove(file), ==, 0);
        modprobe_answer_assert(modprobe_tree_ask(tree, MAIN, module_check_start), MODPROBE_NOT_FOUND, 0);
        modprobe_answer_assert(modprobe_tree_ask(empty, MAIN, module_check_start), MODPROBE_NOT_FOUND, 0);
        kernel.live[0] = MAIN;
        modprobe_answer_assert(modprobe_tree_ask(empty, MAIN, module_check_start), MODPROBE_DONE, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/modprobe-kernel/loaded", test_loaded);
        g_test_add_func("/modprobe-kernel/excluded", test_excluded);
        g_test_add_func("/modprobe-kernel/error", test_error);
        g_test_add_func("/modprobe-kernel/command", test_command);
        g_test_add_func("/modprobe-kernel/start", test_start);
        g_test_add_func("/modprobe-kernel/start-blacklisted", test_start_blacklisted);
        g_test_add_func("/modprobe-kernel/start-overridden", test_start_overridden);
        g_test_add_func("/modprobe-kernel/start-alias", test_start_alias);
        g_test_add_func("/modprobe-kernel/start-file-missing", test_start_file_missing);

        return g_test_run();
}
