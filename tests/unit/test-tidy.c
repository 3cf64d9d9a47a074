/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that was freed goes back to the kernel in a pause, and then nothing goes on happening. */

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/basic/clock.h"
#include "daemon/tidy.h"

#define BLOCKS 4096U
#define BLOCK_SIZE 1000U

static gsize resident_bytes(void) {
        g_autofree char *text = NULL;
        unsigned long resident;

        g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
        g_assert_cmpint(sscanf(text, "%*u %lu", &resident), ==, 1);
        return resident * (gsize) sysconf(_SC_PAGESIZE);
}

static int do_nothing(sd_event_source *source, void *userdata) {
        (void) source, (void) userdata;
        return 0;
}

/* One event of the event loop's. */
static void happen(sd_event *event) {
        g_assert_cmpint(sd_event_add_defer(event, NULL, do_nothing, NULL), >=, 0);
        while (sd_event_run(event, 0) > 0)
                ;
}

/* What can be made again, and how often it was asked for. */
typedef struct Memory {
        void *blocks[BLOCKS];
        guint calls;
} Memory;

static void free_blocks(void *userdata) {
        Memory *memory = userdata;

        memory->calls++;
        for (size_t i = 0; i < BLOCKS; i++)
                g_clear_pointer(&memory->blocks[i], g_free);
}

/* What is allocated last keeps malloc() from giving the rest back by itself. */
static void *fill(Memory *memory) {
        for (size_t i = 0; i < BLOCKS; i++)
                memory->blocks[i] = g_malloc0(BLOCK_SIZE);

        return g_malloc0(BLOCK_SIZE);
}

static void test_gives_back(void) {
        _cleanup_(tidy_freep) Tidy *tidy = NULL;
        static Memory memory;
        sd_event *event = NULL;
        gsize before, after;
        void *last;

        g_assert_cmpint(sd_event_new(&event), >=, 0);
        g_assert_cmpint(tidy_new(event, free_blocks, &memory, &tidy), ==, 0);
        last = fill(&memory);
        before = resident_bytes();

        happen(event);
        g_assert_cmpint(sd_event_run(event, 20 * USEC_PER_SEC), >, 0);
        while (sd_event_run(event, 0) > 0)
                ;
        after = resident_bytes();
#if !defined(__SANITIZE_ADDRESS__)
        g_assert_cmpuint(after + BLOCKS * BLOCK_SIZE / 2, <, before);
#endif
        g_test_message("%zu bytes, then %zu", before, after);
        g_assert_cmpuint(memory.calls, ==, 1);

        /* The pause is none after which another one would follow. */
        g_assert_cmpint(sd_event_run(event, 2 * TIDY_AFTER_USEC), ==, 0);
        g_assert_cmpuint(memory.calls, ==, 1);

        /* But the next event is. */
        happen(event);
        g_assert_cmpint(sd_event_run(event, 20 * USEC_PER_SEC), >, 0);

        g_free(last);
        tidy = tidy_free(tidy);
        sd_event_unref(event);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tidy/gives-back", test_gives_back);
        return g_test_run();
}
