/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading from module trees that are written here. No module in them is one: what the kernel says to that is
 * asked beforehand. A kernel that takes modules is played in test-modprobe-kernel.c. */

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modprobe-tree.h"
#include "tree.h"

static ModprobeAnswer load(const char *tree, const char *module) {
        return modprobe_tree_ask(tree, module, module_load);
}

static void assert_answer(const char *tree, const char *module, ModprobeOutcome outcome, int error) {
        modprobe_answer_assert(load(tree, module), outcome, error);
}

static void assert_found_nothing(const char *tree, const char *module) {
        assert_answer(tree, module, MODPROBE_NOT_FOUND, 0);
}

/* What the kernel says to a file of a tree: ENOEXEC, EPERM to who may not load, ENOSYS where it has no
 * modules. */
static int kernel_error(const char *tree, const char *path) {
        g_autofree char *full = g_build_filename(tree, path, NULL);
        int fd, error;
        long r;

        fd = open(full, O_RDONLY | O_CLOEXEC);
        g_assert_no_errno(fd);
        r = syscall(SYS_finit_module, fd, "", 0);
        error = errno;
        g_assert_cmpint(r, ==, -1);
        close(fd);

        return error;
}

static void test_not_found(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");

        assert_found_nothing(tree, "virtready_test");
        assert_found_nothing(tree, "virtready_test_main2");
}

/* Neither kind of alias leads anywhere, nor does a path. */
static void test_aliases(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("alias virtready_test_configured " OTHER "\n");

        assert_found_nothing(tree, "virtready_test_alias");
        assert_found_nothing(tree, "virtready_test_configured");
        assert_found_nothing(tree, "kernel/" OTHER ".ko");
        assert_found_nothing(tree, "virtready-test-other"); /* not the kernel's name */
}

/* An alias with the name of a module does not stand in for it. */
static void test_alias_of_module(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("alias " OTHER " virtready_test_built_in\n");

        assert_answer(tree, OTHER, MODPROBE_REFUSED, kernel_error(tree, "kernel/" OTHER ".ko"));
}

static void test_refused(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("options " MAIN " x=1\n");
        int error = kernel_error(tree, "kernel/" MAIN ".ko");

        g_assert_true(error == ENOEXEC || error == EPERM || error == ENOSYS || error == EKEYREJECTED ||
                      error == EBADMSG);
        assert_answer(tree, OTHER, MODPROBE_REFUSED, error);
        assert_answer(tree, MAIN, MODPROBE_REFUSED, error);
}

/* "blacklist" is about aliases (modprobe.d(5)). */
static void test_blacklisted(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("blacklist " MAIN "\nblacklist " NEEDED "\n");

        assert_answer(tree, MAIN, MODPROBE_REFUSED, kernel_error(tree, "kernel/" MAIN ".ko"));
}

/* An error of a module that is needed is the answer. Some versions of libkmod see themselves that a file is
 * empty. */
static void test_needed_refused(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");
        ModprobeAnswer answer;

        tree_file(tree, "kernel/" NEEDED ".ko", "");
        answer = load(tree, MAIN);
        g_assert_cmpint(answer.outcome, ==, MODPROBE_REFUSED);
        if (answer.error != EINVAL)
                g_assert_cmpint(answer.error, ==, kernel_error(tree, "kernel/" NEEDED ".ko"));
}

/* Each line has a command, which leaves a file. */
static void assert_overridden(const char *configuration) {
        _cleanup_tree_ char *place = tree_new();
        g_autofree char *mark = g_build_filename(place, "ran", NULL);
        g_autofree char *command = g_strdup_printf("/bin/touch %s", mark);
        g_auto(GStrv) parts = g_strsplit(configuration, "COMMAND", -1);
        g_autofree char *text = g_strjoinv(command, parts);
        _cleanup_tree_ char *tree = modprobe_tree_new(text);

        assert_answer(tree, MAIN, MODPROBE_OVERRIDDEN, 0);
        g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
        g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
}

static void test_command(void) {
        assert_overridden("install " MAIN " COMMAND\n");
        assert_overridden("install virtready-test-main COMMAND\n");
        assert_overridden("install virtready_test_m* COMMAND\n");
        assert_overridden("install " MAIN " COMMAND $CMDLINE_OPTS; false\noptions " MAIN " x=1\n");
}

static void test_command_of_needed(void) {
        assert_overridden("install " NEEDED " COMMAND\n");
}

static void test_command_of_softdep(void) {
        assert_overridden("softdep " MAIN " pre: " OTHER "\ninstall " OTHER " COMMAND\n");
        assert_overridden("softdep " MAIN " post: " OTHER "\ninstall " OTHER " COMMAND\n");
        assert_overridden("softdep " NEEDED " pre: " OTHER "\ninstall " OTHER " COMMAND\n");
        assert_overridden("softdep " MAIN " pre: virtready_test_alias\ninstall " OTHER " COMMAND\n");
        assert_overridden("softdep " MAIN
                          " pre: virtready_test_command\ninstall virtready_test_command COMMAND\n");
}

/* A "softdep" line would have libkmod pass over the command. */
static void test_command_beside_softdep(void) {
        assert_overridden("softdep " MAIN " pre: " OTHER "\ninstall " MAIN " COMMAND\n");
        assert_overridden("softdep " NEEDED " post: " OTHER "\ninstall " NEEDED " COMMAND\n");
}

static void test_command_of_another(void) {
        _cleanup_tree_ char *tree =
                modprobe_tree_new("install " OTHER " /bin/false\nremove " MAIN " /bin/false\n");

        assert_answer(tree, MAIN, MODPROBE_REFUSED, kernel_error(tree, "kernel/" MAIN ".ko"));
}

/* What the kernel has needs no command. */
static void test_command_of_built_in(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("install virtready_test_built_in /bin/false\n"
                                                      "softdep " MAIN " pre: virtready_test_built_in\n");

        assert_answer(tree, "virtready_test_built_in", MODPROBE_DONE, 0);
        assert_answer(tree, MAIN, MODPROBE_REFUSED, kernel_error(tree, "kernel/" MAIN ".ko"));
}

static void test_softdep_circle(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("softdep " MAIN " pre: " OTHER "\n"
                                                      "softdep " OTHER " pre: " MAIN " post: " OTHER "\n");

        assert_answer(tree, MAIN, MODPROBE_REFUSED, kernel_error(tree, "kernel/" MAIN ".ko"));
}

/* A module that is only wished for may be missing. */
static void test_softdep_missing(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("softdep " MAIN " pre: virtready_test_nothing\n");

        assert_answer(tree, MAIN, MODPROBE_REFUSED, kernel_error(tree, "kernel/" MAIN ".ko"));
}

/* 2000 modules that are wished for by one. */
static void test_too_many(void) {
        g_autoptr(GString) configuration = g_string_new("softdep " MAIN " pre:");
        _cleanup_tree_ char *tree = NULL;

        for (unsigned i = 0; i < 2000; i++)
                g_string_append_printf(configuration, " virtready_test_%u", i);
        for (unsigned i = 0; i < 2000; i++)
                g_string_append_printf(configuration, "\nalias virtready_test_%u virtready_test_to_%u", i,
                                       i);
        g_string_append(configuration, "\n");

        tree = modprobe_tree_new(configuration->str);
        assert_answer(tree, MAIN, MODPROBE_FAILED, E2BIG);
}

static void test_built_in(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");

        assert_answer(tree, "virtready_test_built_in", MODPROBE_DONE, 0);
}

/* The first module that the running kernel has, loaded or built in; in any case there are parameters of one.
 */
static void test_in_kernel_without_tree(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autoptr(GDir) modules = g_dir_open("/sys/module", 0, NULL);
        const char *name;

        g_assert_nonnull(modules);
        while ((name = g_dir_read_name(modules))) {
                g_autofree char *state = g_build_filename("/sys/module", name, "initstate", NULL);
                g_autofree char *text = NULL;

                if (!g_file_get_contents(state, &text, NULL, NULL) || g_str_equal(text, "live\n"))
                        break;
        }

        g_assert_nonnull(name);
        assert_answer(tree, name, MODPROBE_DONE, 0);
}

static void test_no_tree(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *missing = g_build_filename(tree, "missing", NULL);

        assert_found_nothing(tree, MAIN);
        assert_found_nothing(missing, MAIN);
}

/* The kernel's own -ENOENT is something else: a symbol that is missing. */
static void test_file_missing(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");
        g_autofree char *file = g_build_filename(tree, "kernel", OTHER ".ko", NULL);

        g_assert_no_errno(unlink(file));
        assert_found_nothing(tree, OTHER);
}

static void test_damaged(void) {
        _cleanup_tree_ char *tree = modprobe_tree_new("");

        tree_file(tree, "modules.dep.bin", "This is no index.");
        assert_answer(tree, MAIN, MODPROBE_FAILED, EINVAL);
        tree_file(tree, "modules.dep.bin", "x");
        assert_answer(tree, MAIN, MODPROBE_FAILED, EINVAL);
}

/* libkmod closes all indexes when one of them is missing. In those that it opens later, for a search, an
 * error ends the process. */
static void test_index_missing(void) {
        static const char *const files[] = { "modules.alias.bin", "modules.symbols.bin",
                                             "modules.builtin.bin" };

        FOREACH_ELEMENT(file, files) {
                _cleanup_tree_ char *tree = modprobe_tree_new("");
                g_autofree char *path = g_build_filename(tree, *file, NULL);

                g_assert_no_errno(unlink(path));
                assert_answer(tree, MAIN, MODPROBE_FAILED, ENOENT);
                tree_file(tree, "modules.dep.bin", "This is no index.");
                assert_answer(tree, MAIN, MODPROBE_FAILED, EINVAL);
        }
}

/* As nobody, in a process of its own, for root may read everything. */
static void assert_answer_as_nobody(const char *tree, ModprobeOutcome outcome, int error) {
        int status;
        pid_t child;

        child = fork();
        g_assert_no_errno(child);
        if (child == 0) {
                ModprobeAnswer answer;

                if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
                        _exit(1);
                answer = load(tree, MAIN);
                _exit(answer.outcome != outcome ? 2 : answer.error != error ? 3 : 0);
        }

        g_assert_no_errno(waitpid(child, &status, 0));
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* Where root may load modules, nobody may not (kernel/module/main.c: may_init_module()). */
static int error_to_nobody(const char *tree) {
        int error = kernel_error(tree, "kernel/" MAIN ".ko");

        return error == ENOSYS ? error : EPERM;
}

static void test_unreadable(void) {
        static const char *const files[] = { "modules.dep.bin", "kernel/" MAIN ".ko",
                                             "kernel/" NEEDED ".ko" };

        FOREACH_ELEMENT(file, files) {
                _cleanup_tree_ char *tree = modprobe_tree_new("");
                g_autofree char *path = g_build_filename(tree, *file, NULL);

                /* It is this file alone that nobody cannot read. */
                g_assert_no_errno(chmod(tree, 0755));
                assert_answer_as_nobody(tree, MODPROBE_REFUSED, error_to_nobody(tree));
                g_assert_no_errno(chmod(path, 0));
                assert_answer_as_nobody(tree, MODPROBE_FAILED, EACCES);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/modprobe-load/not-found", test_not_found);
        g_test_add_func("/modprobe-load/aliases", test_aliases);
        g_test_add_func("/modprobe-load/alias-of-module", test_alias_of_module);
        g_test_add_func("/modprobe-load/refused", test_refused);
        g_test_add_func("/modprobe-load/blacklisted", test_blacklisted);
        g_test_add_func("/modprobe-load/needed-refused", test_needed_refused);
        g_test_add_func("/modprobe-load/command", test_command);
        g_test_add_func("/modprobe-load/command-of-needed", test_command_of_needed);
        g_test_add_func("/modprobe-load/command-of-softdep", test_command_of_softdep);
        g_test_add_func("/modprobe-load/command-beside-softdep", test_command_beside_softdep);
        g_test_add_func("/modprobe-load/command-of-another", test_command_of_another);
        g_test_add_func("/modprobe-load/command-of-built-in", test_command_of_built_in);
        g_test_add_func("/modprobe-load/softdep-circle", test_softdep_circle);
        g_test_add_func("/modprobe-load/softdep-missing", test_softdep_missing);
        g_test_add_func("/modprobe-load/too-many", test_too_many);
        g_test_add_func("/modprobe-load/built-in", test_built_in);
        g_test_add_func("/modprobe-load/in-kernel-without-tree", test_in_kernel_without_tree);
        g_test_add_func("/modprobe-load/no-tree", test_no_tree);
        g_test_add_func("/modprobe-load/file-missing", test_file_missing);
        g_test_add_func("/modprobe-load/damaged", test_damaged);
        g_test_add_func("/modprobe-load/index-missing", test_index_missing);
        g_test_add_func("/modprobe-load/unreadable", test_unreadable);

        return g_test_run();
}
