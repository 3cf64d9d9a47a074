/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl analyze on archives: those of sos(1), and those that are out for mischief. */

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive-fixture.h"
#include "documents.h"

static void test_compressions(Fixture *fixture, gconstpointer data) {
        static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
                                       ARCHIVE_FILTER_XZ };

        (void) data;
        for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
                g_auto(Outcome) outcome = { NULL };

                pack_open(&fixture->pack, fixture->file, filters[i]);
                pack_machine(&fixture->pack, i % 2 == 0 ? TOP : "./" TOP);
                outcome = analyze_pack(fixture);
                assert_machine(&outcome);
        }
}

/* The archive and the directory that it was made of come out the same. */
static void test_same_as_directory(Fixture *fixture, gconstpointer data) {
        g_autofree char *root = g_strdup_printf("--root=%s/" TOP, fixture->machine.path);
        const char *argv[] = { "tar", "-x", "-f", fixture->file, "-C", fixture->machine.path, NULL };
        g_auto(Outcome) archive = { NULL }, directory = { NULL };
        g_autoptr(GError) error = NULL;
        int status;

        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        pack_machine(&fixture->pack, TOP);
        archive = analyze_pack(fixture);

        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                     &error);
        g_assert_no_error(error);
        g_assert_cmpint(status, ==, 0);
        directory = run_client("analyze", root);
        g_assert_cmpint(directory.status, ==, 0);
        g_assert_cmpstr(archive.out, ==, directory.out);
}

static void test_paths_out(Fixture *fixture, gconstpointer data) {
        static const struct {
                const char *name, *error;
        } cases[] = {
                { "/" TOP "/proc/version", "the path of one of its members is absolute" },
                { TOP "/proc/../../../evil", "the path of one of its members has '..' in it" },
                { "../evil", "the path of one of its members has '..' in it" },
                { TOP "/..", "the path of one of its members has '..' in it" },
        };
        g_autofree char *evil = g_build_filename(fixture->machine.path, "evil", NULL);

        (void) data;
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Outcome) outcome = { NULL };

                pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
                pack_machine(&fixture->pack, TOP);
                pack_file(&fixture->pack, cases[i].name, "evil");
                outcome = analyze_pack(fixture);
                assert_refused(&outcome, cases[i].error);
                g_assert_false(g_file_test(evil, G_FILE_TEST_EXISTS));
        }
}

/* Links are kept, but nothing is written, removed or read through them. */
static void test_links_out(Fixture *fixture, gconstpointer data) {
        g_autofree char *precious = g_build_filename(fixture->machine.path, "outside/precious", NULL),
                        *outside = g_path_get_dirname(precious),
                        *secret = g_build_filename(outside, "secret", NULL),
                        *evil = g_build_filename(outside, "evil", NULL);
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        machine_write(&fixture->machine, "outside/precious", "");
        machine_write(&fixture->machine, "outside/secret", "vendor_id\t: X\nmodel name\t: SECRET\n");

        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
        pack_link(&fixture->pack, TOP "/proc/out", outside);
        pack_file(&fixture->pack, TOP "/proc/out/evil", "evil");
        pack_link(&fixture->pack, TOP "/proc/out/evil", "evil");
        pack_node(&fixture->pack, TOP "/proc/out/evil", AE_IFDIR);
        pack_link(&fixture->pack, TOP "/sys", outside);
        pack_file(&fixture->pack, TOP "/sys/evil", "evil");
        pack_link(&fixture->pack, TOP "/proc/cpuinfo", secret);
        pack_file(&fixture->pack, TOP "/proc/cpuinfo", "evil");
        pack_file(&fixture->pack, TOP "/proc/sys/kernel/osrelease", "6.1.0-test\n");
        outcome = analyze_pack(fixture);

        g_assert_cmpint(outcome.status, ==, 0);
        assert_contains(outcome.out, "Linux 6.1.0-test\n");
        assert_lacks(outcome.out, "SECRET");
        g_assert_false(g_file_test(evil, G_FILE_TEST_EXISTS));
        g_assert_true(g_file_test(precious, G_FILE_TEST_EXISTS));
}

/* What is no file, directory or symbolic link is left out, and so is what nobody reads. */
static void test_odd_members(Fixture *fixture, gconstpointer data) {
        g_autofree char *long_name = g_strnfill(3000, 'a'), *deep = NULL, *wide = NULL;
        g_autoptr(GString) path = g_string_new(TOP "/proc");
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        for (guint i = 0; i < 2000; i++)
                g_string_append(path, "/a");
        deep = g_string_free(g_steal_pointer(&path), FALSE);
        wide = g_strconcat(TOP "/proc/", long_name, NULL);

        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
        pack_node(&fixture->pack, TOP "/proc/sys/kernel/arch", AE_IFIFO);
        pack_node(&fixture->pack, TOP "/proc/modules", AE_IFCHR);
        pack_node(&fixture->pack, TOP "/dev/kvm", AE_IFCHR);
        pack_node(&fixture->pack, TOP "/proc/cmdline", AE_IFBLK);
        pack_file(&fixture->pack, TOP "/proc/misc", "1 psaux\n");
        pack_hard_link(&fixture->pack, TOP "/proc/sys/kernel/modules_disabled", "/etc/passwd");
        pack_file(&fixture->pack, TOP "/sos_commands/kernel/lsmod", "kvm 1 0\n");
        pack_file(&fixture->pack, deep, "");
        pack_file(&fixture->pack, wide, "");
        pack_node(&fixture->pack, TOP "/proc/cpuinfo", AE_IFDIR);
        pack_file(&fixture->pack, TOP "/proc/cpuinfo", "model name\t: AMD EPYC Test\n");
        pack_file(&fixture->pack, TOP "/proc/version", "");
        pack_file(&fixture->pack, TOP "/proc/version/below", "");
        pack_file(&fixture->pack, TOP "/proc/sys/kernel/osrelease", "6.1.0-test\n");
        outcome = analyze_pack(fixture);

        g_assert_cmpstr(outcome.err, ==, "");
        g_assert_cmpint(outcome.status, ==, 0);
        assert_contains(outcome.out, "Linux 6.1.0-test\n");
        assert_contains(outcome.out, "tun is not loaded;");
        assert_lacks(outcome.out, "loads no modules");
        assert_lacks(outcome.out, "EPYC");
}

/* Such an archive has no programs, but the files of units. */
static void test_units(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        pack_machine(&fixture->pack, TOP);
        pack_link(&fixture->pack, TOP "/lib", "usr/lib");
        pack_file(&fixture->pack, TOP "/usr/lib/systemd/system/libvirtd.service", "[Service]\n");
        pack_link(&fixture->pack, TOP "/etc/systemd/system/libvirtd.service", "/dev/null");
        outcome = analyze_pack(fixture);

        g_assert_cmpint(outcome.status, ==, 0);
        assert_contains(outcome.out, "libvirtd.service is masked");
        assert_contains(outcome.out, "systemctl unmask libvirtd.service");
        assert_contains(outcome.out, "Whether QEMU is installed could not be read.");
}

static void test_no_report(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) two = { NULL }, nothing = { NULL }, empty = { NULL };

        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
        pack_machine(&fixture->pack, TOP);
        pack_file(&fixture->pack, "other/proc/cpuinfo", "");
        two = analyze_pack(fixture);
        assert_refused(&two, "its members are not all in one directory");

        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
        pack_file(&fixture->pack, TOP "/version.txt", "");
        nothing = analyze_pack(fixture);
        assert_refused(&nothing, "holds nothing of /proc and /sys");

        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        empty = analyze_pack(fixture);
        assert_refused(&empty, "is no tar archive, plain or compressed with xz, gzip or bzip2: it is empty");
}

static void test_no_archive(Fixture *fixture, gconstpointer data) {
        static const char *const contents[] = {
                "", "garbage", "BZh", "BZh91AY&SYgarbage", "\x1f\x8bgarbage", "\3757zXZ"
        };
        g_autofree char *garbage = g_strnfill(MIB, 'x');
        g_auto(Outcome) missing = run_client("analyze", fixture->option), directory = { NULL },
                        fifo = { NULL }, much = { NULL };
        g_autofree char *option = g_strconcat("--sosreport=", fixture->scratch, NULL);

        (void) data;
        assert_refused(&missing, "No such file or directory");
        directory = run_client("analyze", option);
        assert_refused(&directory, "is a directory, not an archive.\nJudge it with: --root=");

        for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
                g_auto(Outcome) outcome = { NULL };

                machine_write(&fixture->machine, "archive", contents[i]);
                outcome = run_client("analyze", fixture->option);
                assert_refused(&outcome, "is no tar archive, plain or compressed with xz, gzip or bzip2: ");
        }

        machine_write(&fixture->machine, "archive", garbage);
        much = run_client("analyze", fixture->option);
        assert_refused(&much, "is no tar archive");

        g_assert_no_errno(unlink(fixture->file));
        g_assert_no_errno(mkfifo(fixture->file, 0644));
        fifo = run_client("analyze", fixture->option);
        assert_refused(&fifo, "is no regular file");
}

/* Compressed twice, it could unpack to anything. */
static void test_nested(Fixture *fixture, gconstpointer data) {
        g_autoptr(GByteArray) inner = g_byte_array_new(), nothing = g_byte_array_new();
        g_auto(Outcome) outcome = { NULL };
        g_autofree char *content = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;

        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        pack_machine(&fixture->pack, TOP);
        pack_close(&fixture->pack);
        (void) g_file_get_contents(fixture->file, &content, &size, &error);
        g_assert_no_error(error);
        g_byte_array_append(inner, (const guint8 *) content, (guint) size);
        write_gzip(fixture->file, inner, nothing, 0);

        outcome = run_client("analyze", fixture->option);
        assert_refused(&outcome, "is no tar archive");
}

/* Cut off anywhere it is an error, however much could be read. */
static void test_truncated(Fixture *fixture, gconstpointer data) {
        static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
                                       ARCHIVE_FILTER_XZ };

        (void) data;
        for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
                g_auto(Outcome) outcome = { NULL };
                GStatBuf st;

                pack_open(&fixture->pack, fixture->file, filters[i]);
                pack_machine(&fixture->pack, TOP);
                pack_zeroes(&fixture->pack, TOP "/var/log/messages.1", 3 * MIB);
                pack_close(&fixture->pack);
                g_assert_no_errno(g_stat(fixture->file, &st));
                g_assert_no_errno(truncate(fixture->file, st.st_size * 9 / 10));

                outcome = run_client("analyze", fixture->option);
                g_assert_cmpint(outcome.status, ==, 4);
                g_assert_cmpstr(outcome.out, ==, "");
                g_assert_true(strstr(outcome.err, "is damaged or cut off after ") ||
                              strstr(outcome.err, "is no tar archive"));
        }
}

/* What takes a decompressor its time: no byte tells the next one. */
static GByteArray *noise_new(guint size) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        GByteArray *noise = g_byte_array_new();

        g_byte_array_set_size(noise, size);
        for (guint i = 0; i < size; i++)
                noise->data[i] = (guint8) g_rand_int_range(rand, 'a', 'e');
        return noise;
}

/* Ctrl-C while it unpacks, which would go on for seconds: it ends of the signal, and leaves nothing behind.
 */
static void test_signal(Fixture *fixture, gconstpointer data) {
        g_autoptr(GByteArray) header = tar_header(TOP "/var/log/messages", G_GUINT64_CONSTANT(512) * MIB),
                              noise = noise_new(16 * MIB);
        g_autoptr(GSubprocess) client = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;
        write_gzip(fixture->file, header, noise, 32);
        client = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, g_getenv("VIRTREADYCTL"),
                                  "analyze", fixture->option, NULL);
        g_assert_no_error(error);
        wait_until(is_not_empty, fixture->scratch, "the client to unpack");
        g_subprocess_send_signal(client, SIGINT);
        wait_for_exit(client);
        g_assert_true(g_subprocess_get_if_signaled(client));
        g_assert_cmpint(g_subprocess_get_term_sig(client), ==, SIGINT);
}

static void test_no_scratch(Fixture *fixture, gconstpointer data) {
        g_autofree char *missing = g_build_filename(fixture->scratch, "missing", NULL);
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        g_assert_true(g_setenv("TMPDIR", missing, TRUE));
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        pack_machine(&fixture->pack, TOP);
        outcome = analyze_pack(fixture);
        assert_refused(&outcome, "Set TMPDIR to a directory that this user may write to.");
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*run)(Fixture *fixture, gconstpointer data);
        } tests[] = {
                { "/sosreport/compressions", test_compressions },
                { "/sosreport/same-as-directory", test_same_as_directory },
                { "/sosreport/paths-out", test_paths_out },
                { "/sosreport/links-out", test_links_out },
                { "/sosreport/odd-members", test_odd_members },
                { "/sosreport/units", test_units },
                { "/sosreport/no-report", test_no_report },
                { "/sosreport/no-archive", test_no_archive },
                { "/sosreport/nested", test_nested },
                { "/sosreport/truncated", test_truncated },
                { "/sosreport/signal", test_signal },
                { "/sosreport/no-scratch", test_no_scratch },
        };

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);

        return g_test_run();
}
