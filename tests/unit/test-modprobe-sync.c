/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file for modules-load.d(5) outlives a crash: fsync(2) is counted here, and may fail. */

#include <errno.h>
#include <sys/stat.h>

#include "daemon/modprobe/persist.h"
#include "tree.h"

/* Out here, for fsync() has no other argument. */
static struct {
        const char *tree;
        unsigned n_files;       /* synced with all their content and mode, before they had their name */
        unsigned n_directories; /* synced when what was done to them had been done */
        bool expects_file;
        int file_error, directory_error;
} disk;

static bool has_file(void) {
        g_autofree char *path = g_build_filename(disk.tree, "virtready-tun.conf", NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

int fsync(int fd) {
        struct stat st;
        int error;

        g_assert_no_errno(fstat(fd, &st));
        if (S_ISDIR(st.st_mode)) {
                g_assert_cmpint(has_file(), ==, disk.expects_file);
                disk.n_directories++;
                error = disk.directory_error;
        } else {
                g_assert_false(has_file());
                g_assert_cmpint(st.st_size, >, 0);
                g_assert_cmpuint(st.st_mode, ==, S_IFREG | 0644);
                disk.n_files++;
                error = disk.file_error;
        }

        errno = error;
        return error == 0 ? 0 : -1;
}

static void assert_is(ModprobeAnswer answer, int error) {
        g_assert_cmpint(answer.outcome, ==, error == 0 ? MODPROBE_DONE : MODPROBE_FAILED);
        g_assert_cmpint(answer.error, ==, error);
}

static void reset(const char *tree) {
        memset(&disk, 0, sizeof(disk));
        disk.tree = tree;
}

static void test_sync(void) {
        _cleanup_tree_ char *tree = tree_new();

        reset(tree);
        disk.expects_file = true;
        assert_is(module_persist(tree, "tun"), 0);
        g_assert_cmpuint(disk.n_files, ==, 1);
        g_assert_cmpuint(disk.n_directories, ==, 1);

        disk.expects_file = false;
        assert_is(module_forget(tree, "tun"), 0);
        g_assert_cmpuint(disk.n_files, ==, 1);
        g_assert_cmpuint(disk.n_directories, ==, 2);
}

/* What may not be on the disk gets no name. */
static void test_file_fails(void) {
        _cleanup_tree_ char *tree = tree_new();

        reset(tree);
        disk.file_error = EIO;
        assert_is(module_persist(tree, "tun"), EIO);
        g_assert_false(has_file());
        g_assert_cmpuint(disk.n_directories, ==, 0);
}

/* Some filesystems cannot do it. */
static void test_directory_fails(void) {
        _cleanup_tree_ char *tree = tree_new();

        reset(tree);
        disk.expects_file = true;
        disk.directory_error = EIO;
        assert_is(module_persist(tree, "tun"), EIO);

        disk.expects_file = false;
        assert_is(module_forget(tree, "tun"), EIO);

        disk.expects_file = true;
        disk.directory_error = EINVAL;
        assert_is(module_persist(tree, "tun"), 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/modprobe-sync/sync", test_sync);
        g_test_add_func("/modprobe-sync/file-fails", test_file_fails);
        g_test_add_func("/modprobe-sync/directory-fails", test_directory_fails);

        return g_test_run();
}
