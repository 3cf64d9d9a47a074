/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the sizes of huge pages. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/words.h"
#include "bus-capacity-pages.h"

/* "2 MiB": sizes of pages are powers of two. */
static void put_size(FILE *file, uint64_t bytes) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        size_t unit = 0;

        for (; bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < ELEMENTSOF(units); unit++)
                bytes /= 1024;
        fprintf(file, "%" PRIu64 " %s", bytes, units[unit]);
}

/* Those of the whole machine, from small to large: the next one after a size; 0: none. */
static uint64_t next_size(const MemoryFacts *memory, uint64_t after) {
        uint64_t next = 0;

        FOREACH_ARRAY(pool, memory->huge_pages, memory->n_huge_pages)
                if (pool->node == HUGE_PAGES_WHOLE_MACHINE && pool->size_bytes > after &&
                    (next == 0 || pool->size_bytes < next))
                        next = pool->size_bytes;

        return next;
}

static void put_sentence(FILE *file, const CapacityInputs *inputs) {
        size_t n = 0, i = 0;

        for (uint64_t size = 0; (size = next_size(inputs->memory, size)) > 0;)
                n++;
        if (n == 0) {
                fputs("This kernel has no huge pages.", file);
                return;
        }

        fputs("This kernel has no pages of ", file);
        put_size(file, inputs->huge_page_bytes);
        fputs("; it has ", file);
        for (uint64_t size = 0; (size = next_size(inputs->memory, size)) > 0; i++) {
                fputs(words_separator(i, n), file);
                put_size(file, size);
        }
        fputc('.', file);
}

static bool is_there(const CapacityInputs *inputs) {
        FOREACH_ARRAY(pool, inputs->memory->huge_pages, inputs->memory->n_huge_pages)
                if (pool->node == HUGE_PAGES_WHOLE_MACHINE && pool->size_bytes == inputs->huge_page_bytes)
                        return true;

        return false;
}

int bus_capacity_explain_pages(const CapacityInputs *inputs, char **ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        /* A snapshot that shows no pools does not tell. */
        if (inputs->huge_page_bytes == 0 || is_there(inputs) ||
            (!inputs->facts->live && next_size(inputs->memory, 0) == 0)) {
                *ret = NULL;
                return 0;
        }

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;
        put_sentence(file, inputs);
        if (fflush(file) != 0)
                return -ENOMEM;

        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}
