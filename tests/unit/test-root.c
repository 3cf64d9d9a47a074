/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads under a root: bounded, never blocked, never outside. */

#include <errno.h>
#include <string.h>

#include "daemon/basic/clock.h"
#include "tree.h"

static void test_reads_whole_file(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *text = NULL, *line = NULL, *empty = NULL;

        tree_file(tree, "proc/lines", "one\ntwo\n");
        tree_file(tree, "empty", "");

        g_assert_cmpint(root_read(root, "proc/lines", 100, &text), ==, 0);
        g_assert_cmpstr(text, ==, "one\ntwo\n");
        g_assert_cmpint(root_read_line(root, "proc/lines", &line), ==, 0);
        g_assert_cmpstr(line, ==, "one");
        g_assert_cmpint(root_read(root, "empty", 100, &empty), ==, 0);
        g_assert_cmpstr(empty, ==, "");
}

/* What is read must not depend on how often the buffer had to grow. */
static void test_limit_is_exact(void) {
        static const size_t sizes[] = { 1, 10, 4095, 4096, 4097, 8192, 100000 };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);

        FOREACH_ELEMENT(size, sizes) {
                g_autofree char *content = g_strnfill(*size, 'x');
                _cleanup_free_ char *whole = NULL, *untouched = NULL, *head = NULL;

                tree_file(tree, "file", content);

                g_assert_cmpint(root_read(root, "file", *size, &whole), ==, 0);
                g_assert_cmpstr(whole, ==, content);

                g_assert_cmpint(root_read(root, "file", *size - 1, &untouched), ==, -EFBIG);
                g_assert_null(untouched);

                g_assert_cmpint(root_read_head(root, "file", *size - 1, &head), ==, 0);
                g_assert_cmpuint(strlen(head), ==, *size - 1);
        }
}

/* The size is what the file says; one of the kernel's says 0, and is counted by who reads it. */
static void test_limits_of_lines_and_pieces(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        g_autofree char *content = g_strnfill(ROOT_LINE_MAX, 'x'),
                        *longer = g_strconcat(content, "\n", NULL);
        _cleanup_free_ char *line = NULL, *untouched = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        FILE *none = NULL;

        tree_file(tree, "line", content);
        tree_file(tree, "longer", longer);

        g_assert_cmpint(root_read_line(root, "line", &line), ==, 0);
        g_assert_cmpstr(line, ==, content);
        g_assert_cmpint(root_read_line(root, "longer", &untouched), ==, -EFBIG);
        g_assert_null(untouched);

        g_assert_cmpint(root_fopen(root, "line", ROOT_LINE_MAX, &file), ==, 0);
        g_assert_nonnull(file);
        g_assert_cmpint(root_fopen(root, "longer", ROOT_LINE_MAX, &none), ==, -EFBIG);
        g_assert_null(none);
}

static void assert_no_file(const Root *root, const char *path, int error) {
        char *text = NULL;

        g_assert_cmpint(root_read(root, path, 100, &text), ==, error);
        g_assert_cmpint(root_read_head(root, path, 100, &text), ==, error);
        g_assert_cmpint(root_read_line(root, path, &text), ==, error);
        g_assert_null(text);
}

/* Opening, reading and listing count, in a snapshot. */
static void test_work_is_limited(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree), *live = NULL;
        _cleanup_(closedirp) DIR *directory = NULL;
        _cleanup_free_ char *text = NULL;

        g_assert_cmpint(root_new("/", &live), ==, 0);
        g_assert_null(live->snapshot);

        tree_file(tree, "file", "12345");
        g_assert_false(root_was_cut_short(root));
        root->snapshot->work = 3 * ROOT_WORK_OPEN + 5 + ROOT_WORK_ENTRY;
        g_assert_cmpint(root_read(root, "file", 5, &text), ==, 0);
        g_assert_cmpint(root_opendir(root, ".", &directory), ==, 0);
        g_assert_nonnull(root_readdir(root, directory));
        g_assert_cmpuint(root->snapshot->work, ==, 0);
        g_assert_true(root_is_exhausted(root));

        g_assert_null(root_readdir(root, directory));
        assert_no_file(root, "file", -EDQUOT);
        g_assert_cmpint(root_exists(root, "file"), ==, -EDQUOT);

        root_begin_pass(root);
        g_assert_false(root_is_exhausted(root));
        g_assert_true(root_was_cut_short(root));
        g_assert_cmpint(root_exists(root, "file"), ==, 1);
}

/* One open can take milliseconds, where links lead over thousands of directories: so the time counts, too.
 */
static void test_time_is_limited(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);

        tree_file(tree, "file", "12345");
        g_assert_cmpint(root_exists(root, "file"), ==, 1);
        g_assert_cmpuint(root->snapshot->end_usec - now_usec(CLOCK_THREAD_CPUTIME_ID), <=,
                         ROOT_TIME_MAX_USEC);

        /* It is CPU time: what keeps us from having it does not count. */
        root->snapshot->earliest_usec = 0;
        g_assert_cmpint(root_exists(root, "file"), ==, 1);

        root->snapshot->end_usec = 0;
        assert_no_file(root, "file", -EDQUOT);
        g_assert_true(root_is_exhausted(root));

        root_begin_pass(root);
        g_assert_cmpint(root_exists(root, "file"), ==, 1);
}

/* The first file counts that this user may not read, and what keeps the user away may be a directory. */
static void test_denied(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        g_autofree char *directory = g_build_filename(tree, "closed", NULL);
        uid_t user = geteuid();

        tree_file(tree, "closed/one", "1");
        tree_file(tree, "closed/two", "2");
        g_assert_cmpint(chmod(tree, 0755), ==, 0);
        g_assert_cmpint(chmod(directory, 0), ==, 0);
        if (user == 0)
                g_assert_cmpint(seteuid(65534), ==, 0);

        assert_no_file(root, "none", -ENOENT);
        g_assert_null(root_denied(root));
        assert_no_file(root, "closed/one", -EACCES);
        assert_no_file(root, "closed/two", -EACCES);
        root_begin_pass(root);
        g_assert_cmpstr(root_denied(root), ==, "closed/one");

        g_assert_cmpint(seteuid(user), ==, 0);
        g_assert_cmpint(chmod(directory, 0700), ==, 0);
}

static void test_zero_byte(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *text = NULL, *head = NULL;

        tree_bytes(tree, "binary", "text\0more", 9);
        g_assert_cmpint(root_read(root, "binary", 100, &text), ==, -EBADMSG);
        g_assert_cmpint(root_read_head(root, "binary", 100, &text), ==, -EBADMSG);
        g_assert_null(text);

        /* What lies behind the head does not matter. */
        g_assert_cmpint(root_read_head(root, "binary", 4, &head), ==, 0);
        g_assert_cmpstr(head, ==, "text");
}

/* Linux 5.15 has one at the end of lists of CPUs. */
static void test_zero_byte_at_end(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *text = NULL, *line = NULL, *zeroes = NULL, *untouched = NULL;

        tree_bytes(tree, "list", "0-3\n", 5);
        g_assert_cmpint(root_read(root, "list", 100, &text), ==, 0);
        g_assert_cmpstr(text, ==, "0-3\n");
        g_assert_cmpint(root_read_line(root, "list", &line), ==, 0);
        g_assert_cmpstr(line, ==, "0-3");

        /* It is no end of a text that goes on. */
        tree_bytes(tree, "list", "0-3\n\0\n", 7);
        g_assert_cmpint(root_read(root, "list", 100, &untouched), ==, -EBADMSG);
        tree_bytes(tree, "list", "\0\0", 2);
        g_assert_cmpint(root_read(root, "list", 100, &zeroes), ==, -EBADMSG);
}

static void test_is_made_printable(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *text = NULL;

        tree_file(tree, "file", "a\tb\n\033[2J \xff\xc3\xa4\x7f~");
        g_assert_cmpint(root_read(root, "file", 100, &text), ==, 0);
        g_assert_cmpstr(text, ==, "a\tb\n?[2J ????~");
}

/* A FIFO without a writer would make open(2) wait for ever. */
static void test_what_is_no_file(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);

        tree_fifo(tree, "fifo");
        tree_directory(tree, "directory");
        tree_file(tree, "file", "content");

        assert_no_file(root, "fifo", -ENOTSUP);
        assert_no_file(root, "directory", -ENOTSUP);
        assert_no_file(root, "missing", -ENOENT);
        assert_no_file(root, "file/below", -ENOTDIR);
}

static void test_device_is_not_read(void) {
        _cleanup_(root_freep) Root *root = NULL, *live = NULL;

        /* The kernel's own device nodes do as well, and need no privilege. */
        g_assert_cmpint(root_new("/dev", &root), ==, 0);
        g_assert_false(root->live);
        assert_no_file(root, "zero", -ENOTSUP);

        g_assert_cmpint(root_new("/", &live), ==, 0);
        assert_no_file(live, "dev/zero", -ENOTSUP);
        assert_no_file(live, "proc", -ENOTSUP);
}

static void test_links_stay_inside(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *absolute = NULL, *climbed = NULL, *path = NULL;

        tree_file(tree, "etc/hostname", "inside\n");
        tree_link(tree, "absolute", "/etc/hostname");
        tree_link(tree, "a/b/climbing", "../../../../../../../../etc/hostname");
        tree_link(tree, "outside", "/etc/passwd");

        g_assert_cmpint(root_read_line(root, "absolute", &absolute), ==, 0);
        g_assert_cmpstr(absolute, ==, "inside");
        g_assert_cmpint(root_read_line(root, "a/b/climbing", &climbed), ==, 0);
        g_assert_cmpstr(climbed, ==, "inside");
        g_assert_cmpint(root_read_line(root, "../../../etc/hostname", &path), ==, 0);
        g_assert_cmpstr(path, ==, "inside");

        assert_no_file(root, "outside", -ENOENT);
        assert_no_file(root, "../../etc/passwd", -ENOENT);
}

/* A snapshot may hold a link into its reader's /proc; followed there, it would lead out. */
static void test_magic_link_leads_nowhere(void) {
        _cleanup_(root_freep) Root *root = NULL;

        g_assert_cmpint(root_new("/proc", &root), ==, 0);
        g_assert_false(root->live);
        assert_no_file(root, "self/root/etc/passwd", -ELOOP);
        assert_no_file(root, "self/cwd/etc/passwd", -ELOOP);
}

static void test_link_loop(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        DIR *directory = NULL;

        tree_link(tree, "loop", "loop");
        tree_link(tree, "ping", "pong");
        tree_link(tree, "pong", "ping");

        assert_no_file(root, "loop", -ELOOP);
        assert_no_file(root, "ping/file", -ELOOP);
        g_assert_cmpint(root_opendir(root, "ping", &directory), ==, -ELOOP);
        g_assert_cmpint(root_exists(root, "ping/file"), ==, -ELOOP);
}

static void test_exists(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);

        tree_file(tree, "file", "");
        tree_link(tree, "dangling", "nowhere");
        tree_link(tree, "loop", "loop");

        g_assert_cmpint(root_exists(root, "file"), ==, 1);
        g_assert_cmpint(root_exists(root, "."), ==, 1);
        g_assert_cmpint(root_exists(root, "dangling"), ==, 1);
        g_assert_cmpint(root_exists(root, "missing"), ==, 0);
        g_assert_cmpint(root_exists(root, "missing/file"), ==, 0);
        g_assert_cmpint(root_exists(root, "file/below"), ==, 0);
        g_assert_cmpint(root_exists(root, "loop/file"), ==, -ELOOP);
}

static void test_opendir_and_open_path(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(closedirp) DIR *directory = NULL;
        _cleanup_close_ int fd = -EBADF;
        DIR *untouched = NULL;
        struct stat st;

        tree_file(tree, "d/file", "12345");
        tree_link(tree, "link", "/d/file");

        g_assert_cmpint(root_opendir(root, "d", &directory), ==, 0);
        g_assert_nonnull(directory);
        g_assert_cmpint(root_opendir(root, "d/file", &untouched), ==, -ENOTDIR);
        g_assert_cmpint(root_opendir(root, "missing", &untouched), ==, -ENOENT);
        g_assert_null(untouched);

        fd = root_open_path(root, "link", &st);
        g_assert_cmpint(fd, >=, 0);
        g_assert_true(S_ISREG(st.st_mode));
        g_assert_cmpint(st.st_size, ==, 5);
}

static void assert_live(const char *path, bool live) {
        _cleanup_(root_freep) Root *root = NULL;

        g_assert_cmpint(root_new(path, &root), ==, 0);
        g_assert_cmpint(root->live, ==, live);
}

static void test_live(void) {
        _cleanup_tree_ char *tree = tree_new();

        assert_live("/", true);
        assert_live("//", true);
        assert_live("/proc/self/root", true);
        assert_live("/usr/..", true);
        assert_live(tree, false);
        assert_live("/proc", false);
}

static void test_new_fails(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *file = g_build_filename(tree, "file", NULL);
        Root *root = NULL;

        tree_file(tree, "file", "");
        g_assert_cmpint(root_new("/nonexistent/directory", &root), ==, -ENOENT);
        g_assert_cmpint(root_new(file, &root), ==, -ENOTDIR);
        g_assert_null(root);
        g_assert_null(root_free(NULL));
}

static void test_readlink(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_free_ char *target = NULL, *inside = NULL, *odd = NULL, *untouched = NULL;

        tree_link(tree, "devices/one/driver", "../../drivers/nvme");
        tree_link(tree, "bus/one", "/devices/one");
        tree_link(tree, "odd", "dri\033[31mver");
        tree_link(tree, "loop/a", "b");
        tree_link(tree, "loop/b", "a");
        tree_link(tree, "out", "../../../../../../etc");
        tree_file(tree, "file", "text\n");

        /* The target need not be there, and the way to the link stays inside. */
        g_assert_cmpint(root_readlink(root, "devices/one/driver", &target), ==, 0);
        g_assert_cmpstr(target, ==, "../../drivers/nvme");
        g_assert_cmpint(root_readlink(root, "bus/one/driver", &inside), ==, 0);
        g_assert_cmpstr(inside, ==, "../../drivers/nvme");
        g_assert_cmpint(root_readlink(root, "odd", &odd), ==, 0);
        g_assert_cmpstr(odd, ==, "dri?[31mver");

        g_assert_cmpint(root_readlink(root, "loop/a/driver", &untouched), ==, -ELOOP);
        g_assert_cmpint(root_readlink(root, "out/mtab", &untouched), ==, -ENOENT);
        g_assert_cmpint(root_readlink(root, "file", &untouched), ==, -EINVAL);
        g_assert_cmpint(root_readlink(root, "devices", &untouched), ==, -EINVAL);
        g_assert_cmpint(root_readlink(root, "nothing", &untouched), ==, -ENOENT);
        g_assert_null(untouched);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/root/reads-whole-file", test_reads_whole_file);
        g_test_add_func("/root/limit-is-exact", test_limit_is_exact);
        g_test_add_func("/root/limits-of-lines-and-pieces", test_limits_of_lines_and_pieces);
        g_test_add_func("/root/work-is-limited", test_work_is_limited);
        g_test_add_func("/root/time-is-limited", test_time_is_limited);
        g_test_add_func("/root/denied", test_denied);
        g_test_add_func("/root/zero-byte", test_zero_byte);
        g_test_add_func("/root/zero-byte-at-end", test_zero_byte_at_end);
        g_test_add_func("/root/is-made-printable", test_is_made_printable);
        g_test_add_func("/root/what-is-no-file", test_what_is_no_file);
        g_test_add_func("/root/device-is-not-read", test_device_is_not_read);
        g_test_add_func("/root/links-stay-inside", test_links_stay_inside);
        g_test_add_func("/root/magic-link-leads-nowhere", test_magic_link_leads_nowhere);
        g_test_add_func("/root/link-loop", test_link_loop);
        g_test_add_func("/root/exists", test_exists);
        g_test_add_func("/root/readlink", test_readlink);
        g_test_add_func("/root/opendir-and-open-path", test_opendir_and_open_path);
        g_test_add_func("/root/live", test_live);
        g_test_add_func("/root/new-fails", test_new_fails);

        return g_test_run();
}
