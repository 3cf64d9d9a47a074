/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl analyze on archives that are larger than they look. */

#include "archive-fixture.h"
#include "documents.h"

static void assert_bomb(const Fixture *fixture) {
        g_auto(Outcome) outcome = run_client("analyze", fixture->option);

        assert_refused(&outcome,
                       "is larger than any report that this program unpacks.\nUnpack it with tar(1)");
}

static GByteArray *zeroes_new(guint size) {
        GByteArray *zeroes = g_byte_array_new();

        g_byte_array_set_size(zeroes, size);
        memset(zeroes->data, 0, size);
        return zeroes;
}

/* A file that nobody reads, of 4 GiB; the archive has 4 MB. */
static void test_large_bomb(Fixture *fixture, gconstpointer data) {
        g_autoptr(GByteArray) header = tar_header(TOP "/var/log/messages", G_GUINT64_CONSTANT(1) << 32),
                              zeroes = zeroes_new(32 * MIB);

        (void) data;
        write_gzip(fixture->file, header, zeroes, 128);
        assert_bomb(fixture);
}

/* Files that are read: of one that is too long 16 MiB are kept, 33 times. */
static void test_kept_bomb(Fixture *fixture, gconstpointer data) {
        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_GZIP);
        for (guint i = 0; i < 33; i++) {
                g_autofree char *name = g_strdup_printf(TOP "/proc/long%u", i);

                pack_zeroes(&fixture->pack, name, 17 * MIB);
        }
        pack_close(&fixture->pack);
        assert_bomb(fixture);
}

/* Members without content: more than a million that nobody reads, or more than 262,144 that somebody does.
 */
static void test_many_members(Fixture *fixture, gconstpointer data) {
        static const struct {
                const char *name;
                guint n;
        } cases[] = { { TOP "/var/log/messages", MIB }, { TOP "/proc/version", 256 * 1024 } };

        (void) data;
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GByteArray) header = tar_header(cases[i].name, 0), many = g_byte_array_new();

                for (guint j = 0; j < 1024; j++)
                        g_byte_array_append(many, header->data, header->len);
                write_gzip(fixture->file, header, many, cases[i].n / 1024);
                assert_bomb(fixture);
        }
}

/* A long file is not cut to one that could be taken for whole: no reader accepts it. */
static void test_long_member(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        pack_open(&fixture->pack, fixture->file, ARCHIVE_FILTER_XZ);
        pack_machine(&fixture->pack, TOP);
        pack_zeroes(&fixture->pack, TOP "/usr/lib/modules/5.14.0-test/modules.builtin", 100 * MIB);
        outcome = analyze_pack(fixture);
        assert_machine(&outcome);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *path;
                void (*run)(Fixture *fixture, gconstpointer data);
        } tests[] = {
                { "/bombs/large-bomb", test_large_bomb },
                { "/bombs/kept-bomb", test_kept_bomb },
                { "/bombs/many-members", test_many_members },
                { "/bombs/long-member", test_long_member },
        };

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);

        return g_test_run();
}
