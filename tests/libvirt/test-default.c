/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program with the driver that libvirt has for tests, and without any libvirt. */

#include <unistd.h>

#include "compare.h"
#include "daemon/basic/macro.h"
#include "libvirtd.h"

static void test_describe(void) {
        Answer answer;
        Json *domains;

        assert_like_virsh("test:///default", &answer);
        g_assert_cmpstr(answer_string(&answer, "type"), ==, "TEST");
        domains = json_object_object_get(answer.document, "domains");
        g_assert_cmpuint(json_object_array_length(domains), ==, 1);
        answer_done(&answer);
}

/* The guest that the driver always has. */
static void test_usage(void) {
        static const Libvirtd driver = { .uri = (char *) "test:///default" };
        g_autofree char *expected = NULL;
        Answer answer;

        ask(&answer, "usage", "--uri=test:///default", NULL);
        expected = g_strdup_printf("{\"guests\":{\"count\":1,\"vcpus\":%" G_GUINT64_FORMAT
                                   ",\"memory_bytes\":%" G_GUINT64_FORMAT ",\"huge_page_bytes\":0"
                                   ",\"resident_bytes\":%" G_GUINT64_FORMAT
                                   "},\"storage\":null,\"detail\":null}\n",
                                   libvirtd_virsh_number(&driver, "dominfo", "test", "CPU(s)"),
                                   libvirtd_virsh_number(&driver, "dominfo", "test", "Max memory") * 1024,
                                   libvirtd_virsh_number(&driver, "dommemstat", "test", "rss") * 1024);
        g_assert_cmpstr(answer.text, ==, expected);
        answer_done(&answer);
}

/* Has libvirt's driver for tests run guests, and yields the answer about them. */
static void ask_about(const char *domains, Answer *answer) {
        g_autofree char *directory = g_dir_make_tmp("virtready-guests-XXXXXX", NULL),
                        *path = g_build_filename(directory, "node.xml", NULL),
                        *xml = g_strdup_printf("<node>%s</node>", domains),
                        *option = g_strdup_printf("--uri=test://%s", path);

        g_assert_true(g_file_set_contents(path, xml, -1, NULL));
        ask(answer, "usage", option, NULL);
        g_assert_null(answer_string(answer, "detail"));
        g_assert_no_errno(unlink(path));
        g_assert_no_errno(rmdir(directory));
}

static uint64_t number_of_guests(const Answer *answer, const char *key) {
        return json_object_get_uint64(
                json_object_object_get(json_object_object_get(answer->document, "guests"), key));
}

#define DOMAIN(name, kib, more)                                                             \
        "<domain type='test'><name>" name "</name><memory unit='KiB'>" kib "</memory>" more \
        "<os><type>hvm</type></os></domain>"

/* The most that libvirt takes is half of what a number can be, nearly. */
static void test_usage_sums(void) {
        Answer answer;

        ask_about(DOMAIN("a", "9007199254740991", "") DOMAIN("b", "9007199254740991", "")
                          DOMAIN("c", "9007199254740991", ""),
                  &answer);
        g_assert_cmpuint(number_of_guests(&answer, "count"), ==, 3);
        g_assert_cmpuint(number_of_guests(&answer, "memory_bytes"), ==, UINT64_MAX);
        answer_done(&answer);
}

#define NODES                                                \
        "<cpu><numa><cell id='0' cpus='0' memory='262144'/>" \
        "<cell id='1' cpus='1' memory='786432'/></numa></cpu><vcpu>2</vcpu>"

/* As libvirt has it, which writes the document anew. */
static void test_usage_huge_pages(void) {
        Answer answer;

        ask_about(DOMAIN("a", "524288", "<memoryBacking><hugepages/></memoryBacking>")
                          DOMAIN("b", "1048576",
                                 "<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='0'/>"
                                 "</hugepages></memoryBacking>" NODES) DOMAIN("c", "65536", ""),
                  &answer);
        g_assert_cmpuint(number_of_guests(&answer, "count"), ==, 3);
        g_assert_cmpuint(number_of_guests(&answer, "memory_bytes"), ==, (512 + 1024 + 64) * 1048576U);
        g_assert_cmpuint(number_of_guests(&answer, "huge_page_bytes"), ==, (512 + 256) * 1048576U);
        answer_done(&answer);
}

static void assert_missing(const char *directory, const char *name, bool missing) {
        g_autofree char *option = g_strdup_printf("--storage=%s/%s", directory, name);
        Json *value = NULL;
        Answer answer;

        ask(&answer, "usage", option, NULL);
        g_assert_null(json_object_object_get(answer.document, "storage"));
        g_assert_nonnull(answer_string(&answer, "detail"));
        g_assert_true(g_str_has_suffix(answer_string(&answer, "detail"), "; give a path that exists") ==
                      missing);
        g_assert_true(json_object_object_get_ex(answer.document, "storage_missing", &value) == missing);
        g_assert_true(!missing || json_object_get_boolean(value));
        answer_done(&answer);
}

/* A link that leads nowhere is something, and so is what is no directory. */
static void test_storage_missing(void) {
        g_autofree char *directory = g_mkdtemp(g_strdup("/dev/shm/virtready-storage-XXXXXX")),
                        *link = g_build_filename(directory, "link", NULL),
                        *file = g_build_filename(directory, "file", NULL);

        g_assert_no_errno(symlink("/nonexistent", link));
        g_assert_true(g_file_set_contents(file, "", 0, NULL));
        assert_missing(directory, "images", true);
        assert_missing(directory, "images/more", true);
        assert_missing(directory, "link", false);
        assert_missing(directory, "file/images", false);
        g_assert_no_errno(unlink(link));
        g_assert_no_errno(unlink(file));
        g_assert_no_errno(rmdir(directory));
}

/* A file system without a size is not one that is full (statvfs(3); fs/fuse/inode.c: fuse_statfs() says so
 * of other users' file systems). */
static void test_storage_without_size(void) {
        Json *value = NULL;
        Answer answer;

        ask(&answer, "usage", "--storage=/proc", NULL);
        g_assert_true(json_object_object_get_ex(answer.document, "storage", &value));
        g_assert_null(value);
        g_assert_cmpstr(answer_string(&answer, "detail"), ==,
                        "/proc: the file system does not tell its size");
        g_assert_false(json_object_object_get_ex(answer.document, "storage_missing", NULL));
        answer_done(&answer);
}

static void assert_hidden(const char *path, const char *hidden) {
        g_autofree char *option = g_strconcat("--storage=", path, NULL),
                        *expected = g_strdup_printf("The service does not see what is in %s.", hidden);
        Answer answer;

        ask(&answer, "usage", option, NULL);
        if (hidden)
                g_assert_cmpstr(answer_string(&answer, "detail"), ==, expected);
        else
                g_assert_null(strstr(answer_string(&answer, "detail") ?: "", "service"));
        g_assert_true(!hidden || !json_object_object_get(answer.document, "storage"));
        g_assert_false(hidden && json_object_object_get_ex(answer.document, "storage_missing", NULL));
        answer_done(&answer);
}

/* What the unit hides is not mistaken for what is there instead, whatever the path to it. */
static void test_storage_hidden(void) {
        static const struct {
                const char *path, *hidden;
        } cases[] = {
                { "/home", "/home" },
                { "/home/nobody-has-this/disks", "/home" },
                { "//home", "/home" },
                { "/./home/", "/home" },
                { "/usr/../home", "/home" },
                { "/root/disks", "/root" },
                { "/run/user/0", "/run/user" },
                { "/tmp", "/tmp" },
                { "/tmp/nonexistent/disks", "/tmp" },
                { "/var/tmp/disks", "/var/tmp" },
                { "/homes", NULL },
                { "/run/users", NULL },
                { "/tmpfs", NULL },
                { "/nonexistent/tmp", NULL },
                { "/", NULL },
        };
        g_autofree char *directory = g_mkdtemp(g_strdup("/dev/shm/virtready-storage-XXXXXX")),
                        *link = g_build_filename(directory, "link", NULL),
                        *below = g_build_filename(link, "disks", NULL);

        FOREACH_ELEMENT(c, cases)
                assert_hidden(c->path, c->hidden);

        g_assert_no_errno(symlink("/tmp/nonexistent", link));
        assert_hidden(link, "/tmp");
        assert_hidden(below, "/tmp");
        g_assert_no_errno(unlink(link));
        g_assert_no_errno(symlink("../../../home", link));
        assert_hidden(link, "/home");
        assert_hidden(below, "/home");
        g_assert_no_errno(unlink(link));
        g_assert_no_errno(rmdir(directory));
}

static void test_states(void) {
        static const struct {
                const char *uri, *state, *detail;
        } cases[] = {
                { "nonsense", "not-installed", "no connection driver" },
                { "qemu+unix:///system?socket=/nonexistent/socket", "stopped", "/nonexistent/socket" },
                { "qemu+unix:///system?socket=/dev/null", "stopped", "refused" },
                { "test:///nonexistent/file", "unreachable", "/nonexistent/file" },
        };

        FOREACH_ELEMENT(c, cases) {
                Answer answer;

                ask(&answer, "describe", c->uri, NULL);
                assert_no_description(&answer, c->state, c->detail);
                answer_done(&answer);
        }
}

static void test_usage_errors(void) {
        static const char *const lines[][4] = { { NULL },
                                                { "describe", NULL },
                                                { "describe", "", NULL },
                                                { "describe", "test:///default", "more", NULL },
                                                { "describe", "--uri=test:///default", "x", NULL },
                                                { "usage", "more", NULL },
                                                { "usage", "--storage=", NULL },
                                                { "ask", "test:///default", NULL },
                                                { "--unknown", NULL } };

        FOREACH_ELEMENT(line, lines) {
                Answer answer;

                ask_within(10, *line, &answer);
                g_assert_cmpint(answer.status, ==, 1);
                g_assert_cmpstr(answer.text, ==, "");
                g_assert_cmpstr(answer.errors, !=, "");
                answer_done(&answer);
        }
}

static void test_help(void) {
        static const char *const lines[][2] = { { "--help", NULL }, { "-h", NULL }, { "--version", NULL } };

        FOREACH_ELEMENT(line, lines) {
                Answer answer;

                ask_within(10, *line, &answer);
                g_assert_cmpint(answer.status, ==, 0);
                g_assert_true(g_str_has_prefix(answer.text, "virtready-libvirt "));
                g_assert_cmpstr(answer.errors, ==, "");
                answer_done(&answer);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/libvirt/default/describe", test_describe);
        g_test_add_func("/libvirt/default/usage", test_usage);
        g_test_add_func("/libvirt/default/usage-sums", test_usage_sums);
        g_test_add_func("/libvirt/default/usage-huge-pages", test_usage_huge_pages);
        g_test_add_func("/libvirt/default/storage-missing", test_storage_missing);
        g_test_add_func("/libvirt/default/storage-without-size", test_storage_without_size);
        g_test_add_func("/libvirt/default/storage-hidden", test_storage_hidden);
        g_test_add_func("/libvirt/default/states", test_states);
        g_test_add_func("/libvirt/default/usage-errors", test_usage_errors);
        g_test_add_func("/libvirt/default/help", test_help);

        return g_test_run();
}
