/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes archives with libarchive, and what it would not write by hand. */

#include <stdbool.h>

#include "pack.h"

#define TAR_BLOCK 512U

void pack_open(Pack *pack, const char *path, int filter) {
        pack->path = g_strdup(path);
        pack->archive = archive_write_new();
        g_assert_nonnull(pack->archive);
        g_assert_cmpint(archive_write_add_filter(pack->archive, filter), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_write_set_format_pax_restricted(pack->archive), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_write_open_filename(pack->archive, path), ==, ARCHIVE_OK);
}

void pack_close(Pack *pack) {
        g_assert_cmpint(archive_write_close(pack->archive), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_write_free(pack->archive), ==, ARCHIVE_OK);
        g_clear_pointer(&pack->path, g_free);
}

static struct archive_entry *entry_new(const char *name, unsigned type) {
        struct archive_entry *entry = archive_entry_new();

        g_assert_nonnull(entry);
        archive_entry_set_pathname(entry, name);
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, 0);
        return entry;
}

static void write_entry(const Pack *pack, struct archive_entry *entry) {
        g_assert_cmpint(archive_write_header(pack->archive, entry), ==, ARCHIVE_OK);
        archive_entry_free(entry);
}

void pack_file(const Pack *pack, const char *name, const char *content) {
        struct archive_entry *entry = entry_new(name, AE_IFREG);
        size_t size = strlen(content);

        archive_entry_set_size(entry, (la_int64_t) size);
        write_entry(pack, entry);
        g_assert_cmpint(archive_write_data(pack->archive, content, size), ==, size);
}

void pack_zeroes(const Pack *pack, const char *name, guint64 size) {
        static const char zeroes[1024 * 1024];
        struct archive_entry *entry = entry_new(name, AE_IFREG);

        archive_entry_set_size(entry, (la_int64_t) size);
        write_entry(pack, entry);
        for (guint64 n; size > 0; size -= n) {
                n = MIN(size, sizeof(zeroes));
                g_assert_cmpint(archive_write_data(pack->archive, zeroes, n), ==, n);
        }
}

void pack_link(const Pack *pack, const char *name, const char *target) {
        struct archive_entry *entry = entry_new(name, AE_IFLNK);

        archive_entry_set_symlink(entry, target);
        write_entry(pack, entry);
}

void pack_hard_link(const Pack *pack, const char *name, const char *target) {
        struct archive_entry *entry = entry_new(name, AE_IFREG);

        archive_entry_set_hardlink(entry, target);
        write_entry(pack, entry);
}

void pack_node(const Pack *pack, const char *name, unsigned type) {
        struct archive_entry *entry = entry_new(name, type);

        archive_entry_set_rdevmajor(entry, 1);
        archive_entry_set_rdevminor(entry, 3);
        write_entry(pack, entry);
}

/* What sos(1) copies (sos, sos/report/plugins: kernel.py, processor.py, cgroups.py, filesys.py, system.py):
 * /lib as the link that it is, proc/self as the process that did it, and no file twice. */
void pack_machine(const Pack *pack, const char *top) {
        static const struct {
                const char *path, *content;
                bool link;
        } members[] = {
                { "lib", "usr/lib", true },
                { "proc/4711/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", false },
                { "proc/cmdline", "ro quiet\n", false },
                { "proc/cpuinfo",
                  "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC Test\nflags\t\t: fpu "
                  "lm "
                  "svm\n",
                  false },
                { "proc/misc", "200 tun\n", false },
                { "proc/mounts", "self/mounts", true },
                { "proc/self", "4711", true },
                { "proc/sys/kernel/modules_disabled", "0\n", false },
                { "sos_commands/kernel/lsmod", "Module                  Size  Used by\ntun 1 0\n", false },
                { "sos_commands/kernel/uname_-a",
                  "Linux a 5.14.0-test #1 SMP Tue May 6 2025 x86_64 x86_64 x86_64 GNU/Linux\n", false },
                { "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n", false },
                { "usr/lib/modules/5.14.0-test/modules.dep", "kernel/arch/x86/kvm/kvm-amd.ko.xz:\n", false },
                { "var/log/messages", "nothing that matters\n", false },
        };
        g_autofree char *directory = g_strconcat(top, "/", NULL);

        pack_node(pack, directory, AE_IFDIR);
        for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
                g_autofree char *name = g_strconcat(top, "/", members[i].path, NULL);

                (members[i].link ? pack_link : pack_file)(pack, name, members[i].content);
        }
}

static void append_gzip(GByteArray *file, const GByteArray *data) {
        g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1);
        g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
        g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(gzip));
        g_autoptr(GError) error = NULL;

        (void) g_output_stream_write_all(stream, data->data, data->len, NULL, NULL, &error);
        g_assert_no_error(error);
        (void) g_output_stream_close(stream, NULL, &error);
        g_assert_no_error(error);
        g_byte_array_append(file, g_memory_output_stream_get_data(G_MEMORY_OUTPUT_STREAM(memory)),
                            (guint) g_memory_output_stream_get_data_size(G_MEMORY_OUTPUT_STREAM(memory)));
}

void write_gzip(const char *path, const GByteArray *head, const GByteArray *body, guint n) {
        g_autoptr(GByteArray) file = g_byte_array_new(), compressed = g_byte_array_new();
        g_autoptr(GError) error = NULL;

        /* A gzip file may consist of several (RFC 1952, 2.2). */
        append_gzip(file, head);
        append_gzip(compressed, body);
        for (guint i = 0; i < n; i++)
                g_byte_array_append(file, compressed->data, compressed->len);

        (void) g_file_set_contents(path, (const char *) file->data, file->len, &error);
        g_assert_no_error(error);
}

GByteArray *tar_header(const char *name, guint64 size) {
        GByteArray *header = g_byte_array_new();
        guint sum = 0;
        char *block;

        g_byte_array_set_size(header, TAR_BLOCK);
        block = (char *) header->data;
        memset(block, 0, TAR_BLOCK);
        g_snprintf(block, 100, "%s", name);
        g_snprintf(block + 100, 8, "0000644");
        g_snprintf(block + 108, 8, "0000000");
        g_snprintf(block + 116, 8, "0000000");
        g_snprintf(block + 124, 12, "%011" G_GINT64_MODIFIER "o", size);
        g_snprintf(block + 136, 12, "00000000000");
        memset(block + 148, ' ', 8);
        block[156] = '0';
        g_snprintf(block + 257, 6, "ustar");
        block[263] = block[264] = '0';

        for (guint i = 0; i < TAR_BLOCK; i++)
                sum += header->data[i];
        g_snprintf(block + 148, 8, "%06o", sum);
        return header;
}
