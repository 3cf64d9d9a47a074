/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads with libarchive(3) in two stages: the first one only decompresses, the second one only reads tar. So
 * every byte that comes out of a decompressor is counted, whatever then becomes of it, and there is one
 * decompressor, however often the file has been compressed. */

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../daemon/basic/log.h"
#include "exit-status.h"
#include "scratch.h"
#include "tar-reader.h"

#define BLOCK_BYTES (64U * 1024U)

typedef struct archive Archive;

struct TarReader {
        const char *file;
        int fd;
        Archive *decompressor;
        Archive *tar;
        uint64_t bytes;
        unsigned members;
        bool too_large;
};

int tar_reader_complain_too_large(const TarReader *reader) {
        log_error("%s is larger than any report that this program unpacks.\n"
                  "Unpack it with tar(1), and give the directory: --root=DIRECTORY",
                  reader->file);
        return STATUS_UNKNOWN;
}

static int complain(const TarReader *reader, Archive *stage) {
        const char *error = archive_error_string(stage);

        if (scratch_interrupted())
                return STATUS_UNKNOWN; /* nobody waits for a message */
        if (reader->too_large)
                return tar_reader_complain_too_large(reader);

        if (reader->members == 0)
                log_error("%s is no tar archive, plain or compressed with xz, gzip or bzip2: %s\n"
                          "Give the archive that 'sos report' has written.",
                          reader->file, error ? error : "it is empty");
        else
                log_error("%s is damaged or cut off after %u members: %s\nCopy it again.", reader->file,
                          reader->members, error ? error : "no reason is known");

        return STATUS_UNKNOWN;
}

/* The second stage reads what the first one yields. */
static la_ssize_t read_decompressed(Archive *tar, void *userdata, const void **ret) {
        TarReader *reader = userdata;
        la_int64_t offset;
        size_t size = 0;
        int r;

        if (scratch_interrupted())
                return ARCHIVE_FATAL;

        r = archive_read_data_block(reader->decompressor, ret, &size, &offset);
        if (r == ARCHIVE_EOF)
                return 0;
        if (r < ARCHIVE_WARN) {
                archive_set_error(tar, archive_errno(reader->decompressor), "%s",
                                  archive_error_string(reader->decompressor));
                return ARCHIVE_FATAL;
        }

        reader->bytes += size;
        reader->too_large = reader->bytes > TAR_BYTES_MAX;
        return reader->too_large ? ARCHIVE_FATAL : (la_ssize_t) size;
}

/* Where these numbers are from: RFC 1952, 2.3.1; "The .xz File Format", 2.1.1.1; bzlib_private.h (BZ_HDR_B).
 */
static int detect_filter(int fd) {
        static const struct {
                unsigned char magic[6];
                size_t size;
                int filter;
        } filters[] = {
                { { 0x1f, 0x8b }, 2, ARCHIVE_FILTER_GZIP },
                { { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, ARCHIVE_FILTER_XZ },
                { { 'B', 'Z', 'h' }, 3, ARCHIVE_FILTER_BZIP2 },
        };
        unsigned char head[6] = {};

        if (pread(fd, head, sizeof(head), 0) < 0)
                return -errno;

        FOREACH_ELEMENT(f, filters)
                if (memcmp(head, f->magic, f->size) == 0)
                        return f->filter;

        return ARCHIVE_FILTER_NONE;
}

static int open_stages(TarReader *reader) {
        struct archive_entry *entry;
        int filter;

        filter = detect_filter(reader->fd);
        if (filter < 0) {
                (void) log_error_errno(filter, "Failed to read %s: %m", reader->file);
                return STATUS_UNKNOWN;
        }

        /* ARCHIVE_WARN would mean that another program is to decompress. */
        if (archive_read_support_format_raw(reader->decompressor) != ARCHIVE_OK ||
            (filter != ARCHIVE_FILTER_NONE &&
             archive_read_append_filter(reader->decompressor, filter) != ARCHIVE_OK) ||
            archive_read_open_fd(reader->decompressor, reader->fd, BLOCK_BYTES) < ARCHIVE_WARN ||
            archive_read_next_header(reader->decompressor, &entry) < ARCHIVE_WARN)
                return complain(reader, reader->decompressor);

        if (archive_read_support_format_tar(reader->tar) != ARCHIVE_OK ||
            archive_read_open(reader->tar, reader, NULL, read_decompressed, NULL) < ARCHIVE_WARN)
                return complain(reader, reader->tar);

        return 0;
}

/* A FIFO must not be waited for. */
static int open_file(const char *file, int *ret) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
                (void) log_error_errno(-errno, "Failed to open %s: %m", file);
                return STATUS_UNKNOWN;
        }

        if (S_ISDIR(st.st_mode)) {
                log_error("%s is a directory, not an archive.\nJudge it with: --root=%s", file, file);
                return STATUS_UNKNOWN;
        }
        if (!S_ISREG(st.st_mode)) {
                log_error("%s is no regular file.\nGive the archive that 'sos report' has written.", file);
                return STATUS_UNKNOWN;
        }

        *ret = TAKE_FD(fd);
        return 0;
}

int tar_reader_new(const char *file, TarReader **ret) {
        _cleanup_(tar_reader_freep) TarReader *reader = NULL;
        int r;

        reader = calloc(1, sizeof(TarReader));
        if (!reader)
                return -ENOMEM;

        reader->file = file;
        reader->fd = -EBADF;
        reader->decompressor = archive_read_new();
        reader->tar = archive_read_new();
        if (!reader->decompressor || !reader->tar)
                return -ENOMEM;

        r = open_file(file, &reader->fd);
        if (r != 0)
                return r;

        r = open_stages(reader);
        if (r != 0)
                return r;

        *ret = TAKE_PTR(reader);
        return 0;
}

TarReader *tar_reader_free(TarReader *reader) {
        if (!reader)
                return NULL;

        (void) archive_read_free(reader->tar);
        (void) archive_read_free(reader->decompressor);
        (void) safe_close(reader->fd);
        free(reader);
        return NULL;
}

int tar_reader_next(TarReader *reader, struct archive_entry **ret) {
        int r;

        r = archive_read_next_header(reader->tar, ret);
        if (r == ARCHIVE_EOF && reader->members > 0) {
                *ret = NULL;
                return 0;
        }
        if (r == ARCHIVE_EOF || r < ARCHIVE_WARN)
                return complain(reader, reader->tar);

        return ++reader->members > TAR_MEMBERS_MAX ? tar_reader_complain_too_large(reader) : 0;
}

static int write_all(int fd, const char *data, size_t size, off_t offset) {
        while (size > 0) {
                ssize_t n = pwrite(fd, data, size, offset);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        size -= (size_t) n;
                        offset += n;
                }
        }

        return 0;
}

int tar_reader_copy(TarReader *reader, int fd, int64_t length) {
        la_int64_t offset, end = 0;
        const void *data;
        size_t size;
        int r;

        while ((r = archive_read_data_block(reader->tar, &data, &size, &offset)) != ARCHIVE_EOF) {
                if (r < ARCHIVE_WARN)
                        return complain(reader, reader->tar);
                if (offset < 0 || offset >= length)
                        break;

                if ((int64_t) size > length - offset)
                        size = (size_t) (length - offset);
                r = write_all(fd, data, size, offset);
                if (r < 0)
                        return r;
                end = offset + (la_int64_t) size;
        }

        return end < length && ftruncate(fd, length) < 0 ? -errno : 0;
}
