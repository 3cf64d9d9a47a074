/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt prints of guests, and what is counted with of it. */

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "daemon/capacity/inputs.h"

#define GIB (UINT64_C(1024) * BYTES_PER_MIB)
#define GUESTS(more) "{\"guests\": {\"count\": 2, \"vcpus\": 6, \"memory_bytes\": 17179869184" more "}}"

static void parse(const char *text, Usage *ret) {
        g_assert_cmpint(usage_parse(text, strlen(text), ret), ==, 0);
}

static void test_huge_pages(void) {
        static const struct {
                const char *text;
                uint64_t huge;
        } cases[] = {
                { GUESTS(""), 0 },
                { GUESTS(", \"huge_page_bytes\": null"), 0 },
                { GUESTS(", \"huge_page_bytes\": 0"), 0 },
                { GUESTS(", \"huge_page_bytes\": 8589934592"), 8 * GIB },
        };

        FOREACH_ELEMENT(c, cases) {
                Usage usage = {};

                parse(c->text, &usage);
                g_assert_cmpuint(usage.guests.memory_bytes, ==, 16 * GIB);
                g_assert_cmpuint(usage.guests.huge_page_bytes, ==, c->huge);
                usage_done(&usage);
        }
}

static void test_refused(void) {
        static const char *const cases[] = { GUESTS(", \"huge_page_bytes\": -1"),
                                             GUESTS(", \"huge_page_bytes\": \"1\""),
                                             GUESTS(", \"huge_page_bytes\": 1.5") };

        FOREACH_ELEMENT(c, cases) {
                Usage usage = {};

                g_assert_cmpint(usage_parse(*c, strlen(*c), &usage), ==, -EBADMSG);
                g_assert_false(usage.guests.known);
        }
}

/* What is promised of ordinary memory, on a machine with a pool of 16 GiB of which all are in use. */
static uint64_t promised(const char *text, uint64_t pages_used) {
        HugePages pool = { .node = HUGE_PAGES_WHOLE_MACHINE, .size_bytes = GIB, .total = 16 };
        const Facts facts = { .live = true };
        const MemoryFacts memory = { .total_bytes = 64 * GIB,
                                     .available_known = true,
                                     .available_bytes = 41 * GIB,
                                     .huge_pages = &pool,
                                     .n_huge_pages = 1 };
        const HeadroomFacts headroom = {};
        const CapacityGuest guest = { .vcpus = 1, .memory = GIB };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 };
        Usage usage = {};
        const CapacityInputs inputs = {
                .facts = &facts, .memory = &memory, .headroom = &headroom, .usage = &usage
        };
        CapacityMachine machine;
        CapacityEstimate estimate;

        pool.free = 16 - pages_used;
        parse(text, &usage);
        machine = capacity_machine(&inputs);
        g_assert_cmpint(capacity_estimate(&machine, &guest, &policy, &estimate), ==, 0);
        usage_done(&usage);
        return estimate.entries[CAPACITY_MEMORY].used - guest_overhead(2, 6, 16 * GIB, false, 0).total;
}

/* A pool that somebody else fills makes no room, and guests have no more of it than is in use. */
static void test_promised(void) {
        g_assert_cmpuint(promised(GUESTS(""), 16), ==, 16 * GIB);
        g_assert_cmpuint(promised(GUESTS(", \"huge_page_bytes\": 0"), 16), ==, 16 * GIB);
        g_assert_cmpuint(promised(GUESTS(", \"huge_page_bytes\": 8589934592"), 16), ==, 8 * GIB);
        g_assert_cmpuint(promised(GUESTS(", \"huge_page_bytes\": 8589934592"), 3), ==, 13 * GIB);
        g_assert_cmpuint(promised(GUESTS(", \"huge_page_bytes\": 18446744073709551615"), 16), ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/usage/huge-pages", test_huge_pages);
        g_test_add_func("/usage/refused", test_refused);
        g_test_add_func("/usage/promised", test_promised);

        return g_test_run();
}
