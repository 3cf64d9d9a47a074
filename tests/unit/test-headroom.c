/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory that is left of a NUMA node: never more than the kernel's own estimate of a machine that is
 * that node alone. */

#include "daemon/facts/headroom.h"
#include "tree.h"

#define KIB UINT64_C(1024)

/* The file's shape is that of mm/vmstat.c, zoneinfo_show_print(). */
#define ZONE_OF(node, name, low, high, managed, protection)                                          \
        "Node " node ", zone " name "\n  pages free     7\n        boost    0\n        min      9\n" \
        "        low      " low "\n        high     " high "\n        promo    99999999\n"           \
        "        spanned  99999999\n        present  99999999\n        managed  " managed            \
        "\n        cma      0\n        protection: (" protection ")\n      nr_free_pages 99999999\n" \
        "  pagesets\n    cpu: 0\n              count:    252\n              high:     99999999\n"    \
        "              high_min: 99999999\n  start_pfn:           1\n"
#define UNPOPULATED "Node 0, zone  Movable\n  pages free     0\n        high     0\n        managed  0\n"

#define MEMINFO(node, total, free, active, inactive, reclaimable)                                 \
        "Node " node " MemTotal: " total " kB\nNode " node " MemFree: " free " kB\nNode " node    \
        " Active(file): " active " kB\nNode " node " Inactive(file): " inactive " kB\nNode " node \
        " SReclaimable: " reclaimable " kB\n"

/* Reads a machine of two nodes, and yields what is left of each. */
static void read_nodes(const char *zoneinfo, const char *meminfo0, const char *meminfo1, uint64_t ret[2]) {
        NumaNode nodes[] = { { .id = 0 }, { .id = 1 } };
        const TopologyFacts topology = { .nodes = nodes, .n_nodes = 2 };
        _cleanup_(headroom_facts_done) HeadroomFacts headroom = {};
        _cleanup_(root_freep) Root *root = NULL;
        _cleanup_tree_ char *tree = tree_new();

        if (zoneinfo)
                tree_file(tree, "proc/zoneinfo", zoneinfo);
        tree_file(tree, "sys/devices/system/node/node0/meminfo", meminfo0);
        tree_file(tree, "sys/devices/system/node/node1/meminfo", meminfo1);
        root = tree_root(tree);
        g_assert_cmpint(headroom_facts_read(root, &topology, &headroom), ==, 0);
        g_assert_cmpuint(headroom.n_nodes, ==, 2);
        g_assert_true(headroom.nodes[0].known && headroom.nodes[1].known);
        ret[0] = headroom.nodes[0].memory_bytes;
        ret[1] = headroom.nodes[1].memory_bytes;
}

/* What the kernel would say (mm/show_mem.c: si_mem_available()), in KiB. */
static uint64_t by_the_kernel(uint64_t free, uint64_t reserve, uint64_t file, uint64_t reclaimable,
                              uint64_t low) {
        return free - reserve + file - MIN(file / 2, low) + reclaimable - MIN(reclaimable / 2, low);
}

/* Of node 0 the zones have 4000, 500000 and 1000000 pages of 4 KiB, and keep 20 + 300, 3000 + 200 and 8000;
 * of node 1 it is 1000 of 250000. */
static void test_reserve(void) {
        static const char zones[] = ZONE_OF("0", "     DMA", "15", "20", "4000", "0, 100, 300, 300")
                ZONE_OF("0", "   DMA32", "2000", "3000", "500000", "0, 0, 200, 200")
                        ZONE_OF("0", "  Normal", "6000", "8000", "1000000", "0, 0, 0, 0")
                                UNPOPULATED ZONE_OF("1", "  Normal", "700", "1000", "250000", "0, 0, 0");
        const uint64_t reserve = (320 + 3200 + 8000) * 4, low = (15 + 2000 + 6000) * 4;
        uint64_t left[2];

        read_nodes(zones, MEMINFO("0", "6016000", "1000000", "200000", "100000", "50000"),
                   MEMINFO("1", "1000000", "700000", "0", "0", "0"), left);
        g_assert_cmpuint(left[0], ==, (1000000 - reserve + 150000 + 25000) * KIB);
        g_assert_cmpuint(left[0], <=, by_the_kernel(1000000, reserve, 300000, 50000, low) * KIB);
        g_assert_cmpuint(left[1], ==, (700000 - 4000) * KIB);
}

/* How large a page is follows from the sizes that the kernel tells. */
static void test_large_pages(void) {
        static const char zones[] = ZONE_OF("0", "Normal", "70", "100", "15625", "0")
                ZONE_OF("1", "Normal", "7", "10", "1000", "0");
        uint64_t left[2];

        read_nodes(zones, MEMINFO("0", "1000000", "700000", "0", "0", "0"),
                   MEMINFO("1", "64000", "50000", "0", "0", "0"), left);
        g_assert_cmpuint(left[0], ==, (700000 - 100 * 64) * KIB);
        g_assert_cmpuint(left[1], ==, (50000 - 10 * 64) * KIB);
}

/* No zone keeps more than it has, and no node more than there is. */
static void test_keeps_all(void) {
        static const char zones[] = ZONE_OF("0", "DMA", "1", "50", "100", "0, 1000")
                ZONE_OF("0", "Normal", "1", "10", "900", "0")
                        ZONE_OF("1", "Normal", "1", "900", "1000", "0");
        uint64_t left[2];

        read_nodes(zones, MEMINFO("0", "4000", "500", "0", "0", "0"),
                   MEMINFO("1", "4000", "400", "2000", "0", "1000"), left);
        g_assert_cmpuint(left[0], ==, (500 - (100 + 10) * 4) * KIB);
        g_assert_cmpuint(left[1], ==, 0);
}

/* What cannot be read takes nothing away, and what nobody has written this way is no zone. */
static void test_odd(void) {
        static const char *const cases[] = {
                NULL,
                "",
                "Node",
                "Node 0",
                "Node 0,",
                "Node 0, zone",
                "Node 0, zone DMA\nhigh\nmanaged\nprotection:\n",
                "Node 0, zone DMA\nhigh 5\n",
                "        high     900\n        managed  1000\n",
                ZONE_OF("7", "DMA", "1", "50", "100", "0"),
                ZONE_OF("99999999999999999999", "DMA", "1", "50", "100", "0"),
                ZONE_OF("-1", "DMA", "1", "50", "100", "0"),
                ZONE_OF("0", "DMA", "1", "x", "100", "x"),
                ZONE_OF("0", "DMA", "1", "", "100", "("),
                ZONE_OF("0", "DMA", "1", "50", "0", "0"),
        };
        uint64_t left[2];

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("%s", cases[i] ? cases[i] : "no file");
                read_nodes(cases[i], MEMINFO("0", "4000", "500", "0", "0", "0"),
                           MEMINFO("1", "4000", "400", "0", "0", "0"), left);
                g_assert_cmpuint(left[0], ==, 500 * KIB);
                g_assert_cmpuint(left[1], ==, 400 * KIB);
        }
}

/* Numbers as large as there are keep at most what is there. */
static void test_large_numbers(void) {
        static const char largest[] = "18446744073709551615";
        g_autofree char *zone = g_strdup_printf(
                                "Node 0, zone DMA\nhigh %s\nmanaged %s\nprotection: (%s, %s)\n", largest,
                                largest, largest, largest),
                        *zones = g_strconcat(zone, zone, zone, NULL);
        uint64_t left[2];

        read_nodes(zones, MEMINFO("0", "18014398509481983", "18014398509481983", "0", "0", "0"),
                   MEMINFO("1", "4000", "400", "0", "0", "0"), left);
        g_assert_cmpuint(left[0], ==, 0);
        g_assert_cmpuint(left[1], ==, 400 * KIB);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/headroom/reserve", test_reserve);
        g_test_add_func("/headroom/large-pages", test_large_pages);
        g_test_add_func("/headroom/keeps-all", test_keeps_all);
        g_test_add_func("/headroom/odd", test_odd);
        g_test_add_func("/headroom/large-numbers", test_large_numbers);

        return g_test_run();
}
