/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format is that of kmod's libkmod/libkmod-index.c: a tree whose edges are characters. All numbers have
 * 32 bits, the highest byte first; a node's number is its offset in the file, with flags in the highest four
 * bits. */

#include <glib.h>

#include "module-index.h"
#include "tree.h"

#define MAGIC 0xb007f457
#define VERSION 0x00020001
#define HAS_VALUES 0x40000000U
#define HAS_CHILDREN 0x20000000U

static void append_number(GByteArray *file, uint32_t number) {
        uint32_t bytes = GUINT32_TO_BE(number);

        g_byte_array_append(file, (const uint8_t *) &bytes, sizeof(bytes));
}

static void append_string(GByteArray *file, const char *string) {
        g_byte_array_append(file, (const uint8_t *) string, (unsigned) strlen(string) + 1);
}

/* Where the names end that have the same character at DEPTH. */
static const char *const *same_character(const char *const *entries, const char *const *end, size_t depth) {
        const char *const *other = entries;

        while (other < end && other[0][depth] == entries[0][depth])
                other += 2;

        return other;
}

/* Appends the node for what these names, which are the same up to DEPTH, have behind it. */
static uint32_t append_node(GByteArray *file, const char *const *entries, const char *const *end,
                            size_t depth) {
        const char *value = entries < end && entries[0][depth] == '\0' ? entries[1] : NULL;
        uint32_t children[128] = {}, offset;
        uint8_t first = 127, last = 0;

        if (value)
                entries += 2;

        for (const char *const *next; entries < end; entries = next) {
                uint8_t character = (uint8_t) entries[0][depth];

                next = same_character(entries, end, depth);
                children[character] = append_node(file, entries, next, depth + 1);
                first = MIN(first, character);
                last = MAX(last, character);
        }

        offset = file->len;
        if (first <= last) {
                offset |= HAS_CHILDREN;
                g_byte_array_append(file, &first, 1);
                g_byte_array_append(file, &last, 1);
                for (unsigned i = first; i <= last; i++)
                        append_number(file, children[i]);
        }
        if (value) {
                offset |= HAS_VALUES;
                append_number(file, 1);
                append_number(file, 0); /* its priority */
                append_string(file, value);
        }

        return offset;
}

void module_index_write(const char *tree, const char *path, const char *const *entries) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        uint32_t root;
        size_t n = 0;

        while (entries[n])
                n += 2;

        append_number(file, MAGIC);
        append_number(file, VERSION);
        append_number(file, 0);
        root = append_node(file, entries, entries + n, 0);
        root = GUINT32_TO_BE(root);
        memcpy(file->data + 2 * sizeof(root), &root, sizeof(root));
        tree_bytes(tree, path, file->data, file->len);
}
