/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of CPUs, and the kernel's two notations of them. */

#include <errno.h>
#include <glib.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/cpu-set.h"
#include "daemon/basic/macro.h"

#define _cleanup_set_ _cleanup_(cpu_set_done)

static void assert_list(const CpuSet *set, const char *expected) {
        _cleanup_free_ char *list = NULL;

        g_assert_cmpint(cpu_set_format(set, &list), ==, 0);
        g_assert_cmpstr(list, ==, expected);
}

static void test_ranges(void) {
        static const struct {
                unsigned first, last;
                const char *list;
        } cases[] = {
                { 0, 0, "0" },     { 63, 63, "63" },    { 63, 64, "63-64" },
                { 0, 63, "0-63" }, { 1, 200, "1-200" }, { 64, 127, "64-127" },
                { 5, 6, "5-6" },   { 128, 128, "128" }, { CPU_SET_MAX - 1, CPU_SET_MAX - 1, "65535" },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_set_ CpuSet set = {};

                g_assert_cmpint(cpu_set_add_range(&set, c->first, c->last), ==, 0);
                g_assert_cmpuint(cpu_set_count(&set), ==, c->last - c->first + 1);
                assert_list(&set, c->list);
        }
}

static void test_add(void) {
        _cleanup_set_ CpuSet set = {}, more = {};

        g_assert_cmpint(cpu_set_add_range(&set, 3, 2), ==, -ERANGE);
        g_assert_cmpint(cpu_set_add_range(&set, 3, CPU_SET_MAX), ==, -ERANGE);
        g_assert_cmpint(cpu_set_add(&set, CPU_SET_MAX), ==, -ERANGE);
        assert_list(&set, "");

        /* What is in it stays, whichever of both is longer. */
        g_assert_cmpint(cpu_set_add(&set, 1), ==, 0);
        g_assert_cmpint(cpu_set_add_range(&more, 100, 101), ==, 0);
        g_assert_cmpint(cpu_set_add_all(&set, &more), ==, 0);
        assert_list(&set, "1,100-101");
        g_assert_cmpint(cpu_set_add_all(&more, &(CpuSet){}), ==, 0);
        assert_list(&more, "100-101");
}

static void assert_parses(int (*parse)(const char *text, CpuSet *ret), const char *text, const char *list) {
        _cleanup_set_ CpuSet set = {};

        g_assert_cmpint(parse(text, &set), ==, 0);
        assert_list(&set, list);
}

static void assert_fails(int (*parse)(const char *text, CpuSet *ret), const char *text, int error) {
        CpuSet untouched = {};

        g_assert_cmpint(parse(text, &untouched), ==, error);
        g_assert_null(untouched.words);
}

static void test_lists(void) {
        assert_parses(cpu_set_parse_list, "", "");
        assert_parses(cpu_set_parse_list, "\n", "");
        assert_parses(cpu_set_parse_list, "0-3,8,10-15\n", "0-3,8,10-15");
        assert_parses(cpu_set_parse_list, "0,1-2,65535", "0-2,65535");

        assert_fails(cpu_set_parse_list, "0-4294967295", -ERANGE);
        assert_fails(cpu_set_parse_list, "65536", -ERANGE);
        assert_fails(cpu_set_parse_list, "3-0", -EINVAL);
        assert_fails(cpu_set_parse_list, "0-3,", -EINVAL);
        assert_fails(cpu_set_parse_list, ",0", -EINVAL);
        assert_fails(cpu_set_parse_list, " 0", -EINVAL);
        assert_fails(cpu_set_parse_list, "0\n1", -EINVAL);
        assert_fails(cpu_set_parse_list, "-1", -EINVAL);
}

/* The kernel prints each CPU once and in order. Whatever repeats them could do so a hundred thousand times.
 */
static void test_lists_ascend(void) {
        assert_fails(cpu_set_parse_list, "8,0-3", -EINVAL);
        assert_fails(cpu_set_parse_list, "0-3,3", -EINVAL);
        assert_fails(cpu_set_parse_list, "0-65535,0-65535", -EINVAL);
}

static void test_masks(void) {
        assert_parses(cpu_set_parse_mask, "0", "");
        assert_parses(cpu_set_parse_mask, "ff,00000003\n", "0-1,32-39");
        assert_parses(cpu_set_parse_mask, "00000000,00000000,80000000", "31");

        assert_fails(cpu_set_parse_mask, "", -EINVAL);
        assert_fails(cpu_set_parse_mask, "0x3", -EINVAL);
        assert_fails(cpu_set_parse_mask, "1,2", -EINVAL);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/cpu-set/ranges", test_ranges);
        g_test_add_func("/cpu-set/add", test_add);
        g_test_add_func("/cpu-set/lists", test_lists);
        g_test_add_func("/cpu-set/lists-ascend", test_lists_ascend);
        g_test_add_func("/cpu-set/masks", test_masks);

        return g_test_run();
}
