/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files for modules-load.d(5): whole or not there, and nothing beside them. */

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/modprobe/persist.h"
#include "namespaces.h"
#include "tree.h"

#define FILE_NAME "virtready-kvm_amd.conf"
#define CONTENT "# Written by virtready. To undo it: virtreadyctl unpersist kvm_amd\nkvm_amd\n"

/* Of a version before. */
#define OLD_CONTENT "# Written by virtready.\nkvm_amd\n"

#define EXIT_CANNOT 77

static void assert_is(ModprobeAnswer answer, ModprobeOutcome outcome, int error) {
        g_assert_cmpstr(modprobe_outcome_to_string(answer.outcome), ==, modprobe_outcome_to_string(outcome));
        g_assert_cmpint(answer.error, ==, error);
}

static void assert_persists(const char *directory) {
        assert_is(module_persist(directory, "kvm_amd"), MODPROBE_DONE, 0);
}

static void assert_forgets(const char *directory) {
        assert_is(module_forget(directory, "kvm_amd"), MODPROBE_DONE, 0);
}

static unsigned count_entries(const char *directory) {
        g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
        unsigned n = 0;

        g_assert_nonnull(dir);
        while (g_dir_read_name(dir))
                n++;

        return n;
}

/* The file is a regular one that everybody may read, and has all of its content. */
static void assert_is_there(const char *directory) {
        g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL), *content = NULL;
        struct stat st;

        g_assert_no_errno(lstat(path, &st));
        g_assert_cmpuint(st.st_mode, ==, S_IFREG | 0644);
        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, CONTENT);
}

static void assert_is_old(const char *directory) {
        g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL), *content = NULL;

        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, OLD_CONTENT);
}

static void test_persist(void) {
        _cleanup_tree_ char *tree = tree_new();

        assert_persists(tree);
        assert_is_there(tree);
        assert_persists(tree);
        assert_is_there(tree);
        g_assert_cmpuint(count_entries(tree), ==, 1);
}

static void test_forget(void) {
        _cleanup_tree_ char *tree = tree_new();

        assert_forgets(tree);
        assert_persists(tree);
        assert_forgets(tree);
        g_assert_cmpuint(count_entries(tree), ==, 0);
        assert_forgets(tree);
}

/* Each module has a file of its own, and others' files are left alone. */
static void test_others(void) {
        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, "kvm_amd.conf", "kvm_amd\n");
        assert_is(module_persist(tree, "tun"), MODPROBE_DONE, 0);
        assert_persists(tree);
        g_assert_cmpuint(count_entries(tree), ==, 3);
        assert_forgets(tree);
        g_assert_cmpuint(count_entries(tree), ==, 2);
        assert_is(module_forget(tree, "tun"), MODPROBE_DONE, 0);
        g_assert_cmpuint(count_entries(tree), ==, 1);
}

static void assert_is_left_alone(const char *directory, const char *content) {
        g_autofree char *path = g_build_filename(directory, FILE_NAME, NULL), *now = NULL;

        assert_is(module_persist(directory, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        assert_is(module_forget(directory, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        g_assert_true(g_file_get_contents(path, &now, NULL, NULL));
        g_assert_cmpstr(now, ==, content);
        g_assert_cmpuint(count_entries(directory), ==, 1);
}

/* What somebody else has written is theirs. */
static void test_foreign(void) {
        static const char *const contents[] = {
                "",
                "\n",
                "kvm_amd\n",
                "# Written by virtready",
                "# Written by hand.\nkvm_amd\n",
                "kvm_amd\n# Written by virtready. To undo it: virtreadyctl unpersist kvm_amd\n",
                " # Written by virtready. To undo it: virtreadyctl unpersist kvm_amd\nkvm_amd\n",
        };
        g_autofree char *blanks = g_strnfill(1000000, ' ');

        FOREACH_ELEMENT(content, contents) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, FILE_NAME, *content);
                assert_is_left_alone(tree, *content);
        }

        _cleanup_tree_ char *tree = tree_new();

        tree_file(tree, FILE_NAME, blanks);
        assert_is_left_alone(tree, blanks);
}

/* What we have written "persist" writes anew, whoever changed the rest of it. */
static void test_replaces(void) {
        static const char *const contents[] = {
                "# Written by virtready. To undo it: virtreadyctl unpersist kvm_amd\n# not now: kvm_amd\n",
                "# Written by virtready, which said something else in those days\nkvm_amd\n",
                CONTENT "tun\n",
        };

        FOREACH_ELEMENT(content, contents) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, FILE_NAME, *content);
                assert_persists(tree);
                assert_is_there(tree);
                tree_file(tree, FILE_NAME, *content);
                assert_forgets(tree);
                g_assert_cmpuint(count_entries(tree), ==, 0);
        }
}

/* What says it all already is not written again. */
static void test_unchanged(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, FILE_NAME, NULL);
        struct stat before, after;

        assert_persists(tree);
        g_assert_no_errno(stat(path, &before));
        assert_persists(tree);
        g_assert_no_errno(stat(path, &after));
        g_assert_cmpuint(before.st_ino, ==, after.st_ino);
        assert_is_there(tree);
}

static void test_umask(void) {
        _cleanup_tree_ char *tree = tree_new();
        mode_t mask = umask(0777);

        assert_persists(tree);
        umask(mask);
        assert_is_there(tree);
}

/* Nor is a link followed: what it leads to is neither read nor removed, even if it is as we would write it.
 */
static void test_link(void) {
        _cleanup_tree_ char *tree = tree_new(), *elsewhere = tree_new();
        g_autofree char *target = g_build_filename(elsewhere, "target", NULL);

        tree_link(tree, FILE_NAME, target);
        assert_is(module_persist(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        assert_is(module_forget(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        g_assert_cmpuint(count_entries(elsewhere), ==, 0);

        tree_file(elsewhere, "target", CONTENT);
        assert_is_left_alone(tree, CONTENT);
        g_assert_cmpuint(count_entries(elsewhere), ==, 1);
}

/* Nothing in the file's place is an obstacle that is got around, and none is waited for. */
static void test_no_file_in_place(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, FILE_NAME, NULL);

        tree_directory(tree, FILE_NAME);
        assert_is(module_persist(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        assert_is(module_forget(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        g_assert_no_errno(g_rmdir(path));

        g_assert_no_errno(mkfifo(path, 0644));
        assert_is(module_persist(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        assert_is(module_forget(tree, "kvm_amd"), MODPROBE_FAILED, EEXIST);
        g_assert_cmpuint(count_entries(tree), ==, 1);
}

static void test_no_directory(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *missing = g_build_filename(tree, "missing", NULL);
        g_autofree char *file = g_build_filename(tree, "file", NULL);

        assert_is(module_persist(missing, "kvm_amd"), MODPROBE_FAILED, ENOENT);
        assert_forgets(missing);

        tree_file(tree, "file", "");
        assert_is(module_persist(file, "kvm_amd"), MODPROBE_FAILED, ENOTDIR);
        assert_is(module_forget(file, "kvm_amd"), MODPROBE_FAILED, ENOTDIR);
}

static char *leftover_name(const char *tree, pid_t pid) {
        return g_strdup_printf("%s/.virtready-kvm_amd.%i", tree, pid);
}

/* One that was killed had our number, and left what somebody made a link of. */
static void test_leftover(void) {
        _cleanup_tree_ char *tree = tree_new(), *elsewhere = tree_new();
        g_autofree char *leftover = leftover_name(tree, getpid());
        g_autofree char *target = g_build_filename(elsewhere, "target", NULL);

        g_assert_true(g_file_set_contents(leftover, "# Writ", -1, NULL));
        assert_persists(tree);
        assert_is_there(tree);
        g_assert_cmpuint(count_entries(tree), ==, 1);

        assert_forgets(tree);
        g_assert_no_errno(symlink(target, leftover));
        assert_persists(tree);
        assert_is_there(tree);
        g_assert_cmpuint(count_entries(tree), ==, 1);
        g_assert_cmpuint(count_entries(elsewhere), ==, 0);

        assert_forgets(tree);
        g_assert_no_errno(g_mkdir(leftover, 0755));
        assert_is(module_persist(tree, "kvm_amd"), MODPROBE_FAILED, EISDIR);
}

typedef ModprobeAnswer (*Function)(const char *directory, const char *module);

/* Runs PREPARE and then FUNCTION in a child. Yields the child's PID, and in STATUS 0 when the answer is
 * OUTCOME with ERROR, EXIT_CANNOT when it could not be prepared, or what waitpid(2) says. */
static pid_t run_child(bool (*prepare)(const char *tree), Function function, const char *tree,
                       ModprobeOutcome outcome, int error, int *ret_status) {
        int status;
        pid_t child;

        child = fork();
        g_assert_no_errno(child);
        if (child == 0) {
                ModprobeAnswer answer;

                if (!prepare(tree))
                        _exit(EXIT_CANNOT);
                answer = function(tree, "kvm_amd");
                _exit(answer.outcome != outcome ? 2 : answer.error != error ? 3 : 0);
        }

        g_assert_no_errno(waitpid(child, &status, 0));
        *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        return child;
}

static bool forbid_writing(const char *tree) {
        const struct rlimit limit = {};

        (void) tree;

        return setrlimit(RLIMIT_FSIZE, &limit) >= 0 && setrlimit(RLIMIT_CORE, &limit) >= 0;
}

/* The kernel kills it while it writes. */
static void test_killed(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *leftover = NULL;
        pid_t child;
        int status;

        child = run_child(forbid_writing, module_persist, tree, MODPROBE_DONE, 0, &status);
        g_assert_cmpint(status, ==, -SIGXFSZ);

        leftover = leftover_name(tree, child);
        g_assert_true(g_file_test(leftover, G_FILE_TEST_IS_REGULAR));
        g_assert_false(g_str_has_suffix(leftover, ".conf"));
        g_assert_cmpuint(count_entries(tree), ==, 1);

        assert_persists(tree);
        assert_is_there(tree);

        /* Also what was there before is there as a whole. */
        tree_file(tree, FILE_NAME, OLD_CONTENT);
        (void) run_child(forbid_writing, module_persist, tree, MODPROBE_DONE, 0, &status);
        g_assert_cmpint(status, ==, -SIGXFSZ);
        assert_is_old(tree);
        assert_forgets(tree);
}

static bool fail_writing(const char *tree) {
        return signal(SIGXFSZ, SIG_IGN) != SIG_ERR && forbid_writing(tree);
}

/* As on a full disk. */
static void test_cannot_write(void) {
        _cleanup_tree_ char *tree = tree_new();
        int status;

        (void) run_child(fail_writing, module_persist, tree, MODPROBE_FAILED, EFBIG, &status);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpuint(count_entries(tree), ==, 0);

        tree_file(tree, FILE_NAME, OLD_CONTENT);
        (void) run_child(fail_writing, module_persist, tree, MODPROBE_FAILED, EFBIG, &status);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpuint(count_entries(tree), ==, 1);
        assert_is_old(tree);
}

static bool become_nobody(const char *tree) {
        (void) tree;

        return geteuid() != 0 || setresuid(65534, 65534, 65534) >= 0;
}

static void test_not_ours(void) {
        _cleanup_tree_ char *tree = tree_new();
        int status;

        tree_file(tree, FILE_NAME, OLD_CONTENT);
        g_assert_no_errno(chmod(tree, 0555));
        (void) run_child(become_nobody, module_persist, tree, MODPROBE_FAILED, EACCES, &status);
        g_assert_cmpint(status, ==, 0);
        (void) run_child(become_nobody, module_forget, tree, MODPROBE_FAILED, EACCES, &status);
        g_assert_cmpint(status, ==, 0);
        g_assert_no_errno(chmod(tree, 0755));
        assert_is_old(tree);
        g_assert_cmpuint(count_entries(tree), ==, 1);
}

static bool make_read_only(const char *tree) {
        return namespaces_enter() && mount(tree, tree, NULL, MS_BIND, NULL) >= 0 &&
               mount(NULL, tree, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) >= 0;
}

/* As on an image-based system. */
static void test_read_only(void) {
        _cleanup_tree_ char *tree = tree_new();
        int status;

        (void) run_child(make_read_only, module_forget, tree, MODPROBE_DONE, 0, &status);
        if (status == EXIT_CANNOT) {
                g_test_skip("No private mount namespace can be made here.");
                return;
        }
        g_assert_cmpint(status, ==, 0);

        (void) run_child(make_read_only, module_persist, tree, MODPROBE_FAILED, EROFS, &status);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpuint(count_entries(tree), ==, 0);

        assert_persists(tree);
        (void) run_child(make_read_only, module_forget, tree, MODPROBE_FAILED, EROFS, &status);
        g_assert_cmpint(status, ==, 0);
        assert_is_there(tree);
}

/* The longest name that the protocol has is not cut. */
static void test_longest_name(void) {
        g_autofree char *name = g_strnfill(MODPROBE_NAME_MAX, 'm');
        g_autofree char *file = g_strdup_printf("virtready-%s.conf", name);
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, file, NULL);

        assert_is(module_persist(tree, name), MODPROBE_DONE, 0);
        g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
        assert_is(module_forget(tree, name), MODPROBE_DONE, 0);
        g_assert_cmpuint(count_entries(tree), ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/modprobe-persist/persist", test_persist);
        g_test_add_func("/modprobe-persist/forget", test_forget);
        g_test_add_func("/modprobe-persist/others", test_others);
        g_test_add_func("/modprobe-persist/foreign", test_foreign);
        g_test_add_func("/modprobe-persist/replaces", test_replaces);
        g_test_add_func("/modprobe-persist/unchanged", test_unchanged);
        g_test_add_func("/modprobe-persist/umask", test_umask);
        g_test_add_func("/modprobe-persist/link", test_link);
        g_test_add_func("/modprobe-persist/no-file-in-place", test_no_file_in_place);
        g_test_add_func("/modprobe-persist/no-directory", test_no_directory);
        g_test_add_func("/modprobe-persist/leftover", test_leftover);
        g_test_add_func("/modprobe-persist/killed", test_killed);
        g_test_add_func("/modprobe-persist/cannot-write", test_cannot_write);
        g_test_add_func("/modprobe-persist/not-ours", test_not_ours);
        g_test_add_func("/modprobe-persist/read-only", test_read_only);
        g_test_add_func("/modprobe-persist/longest-name", test_longest_name);

        return g_test_run();
}
