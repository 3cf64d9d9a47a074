/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decompresses what may be made to become very long. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../basic/cleanup.h"
#include "../basic/macro.h"
#include "gzip.h"

/* The configuration of a distribution's kernel has 250 KiB. */
#define FIRST_SIZE (256U * 1024U)

typedef struct Input {
        FILE *file;
        z_stream stream;
        unsigned char buffer[4096];
} Input;

typedef struct Text {
        char *bytes;
        size_t size, allocated;
} Text;

static void text_done(Text *text) {
        free(text->bytes);
}

/* One byte beyond the limit tells a text that fits exactly from one that goes on, and one is for the NUL. */
static int text_grow(Text *text, size_t limit) {
        size_t larger = text->allocated == 0 ? FIRST_SIZE : text->allocated * 2;
        char *p;

        if (text->size > limit)
                return -EFBIG;
        if (larger > limit + 1)
                larger = limit + 1;

        p = realloc(text->bytes, larger + 1);
        if (!p)
                return -ENOMEM;

        text->bytes = p;
        text->allocated = larger;
        return 0;
}

static int refill(Input *input) {
        size_t n;

        errno = 0;
        n = fread(input->buffer, 1, sizeof(input->buffer), input->file);
        if (n == 0)
                return ferror(input->file) && errno != 0 ? -errno : -EBADMSG;

        input->stream.next_in = input->buffer;
        input->stream.avail_in = (unsigned) n;
        return 0;
}

static int decompress(Input *input, size_t limit, Text *text) {
        z_stream *stream = &input->stream;
        int r;

        do {
                if (stream->avail_in == 0) {
                        r = refill(input);
                        if (r < 0)
                                return r;
                }
                if (text->size == text->allocated) {
                        r = text_grow(text, limit);
                        if (r < 0)
                                return r;
                }

                stream->next_out = (unsigned char *) text->bytes + text->size;
                stream->avail_out = (unsigned) (text->allocated - text->size);
                r = inflate(stream, Z_NO_FLUSH);
                text->size = text->allocated - stream->avail_out;
        } while (r == Z_OK || r == Z_BUF_ERROR);

        if (r == Z_STREAM_END)
                return text->size > limit ? -EFBIG : 0;

        return r == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

int gzip_read(FILE *file, size_t limit, char **ret) {
        _cleanup_(text_done) Text text = {};
        Input input = { .file = file };
        int r;

        /* 16 stands for nothing but gzip's format (zlib.h: inflateInit2()). */
        if (inflateInit2(&input.stream, 16 + MAX_WBITS) != Z_OK)
                return -ENOMEM;

        r = decompress(&input, limit, &text);
        (void) inflateEnd(&input.stream);
        if (r < 0)
                return r;
        if (memchr(text.bytes, '\0', text.size))
                return -EBADMSG;

        text.bytes[text.size] = '\0';
        *ret = TAKE_PTR(text.bytes);
        return 0;
}
