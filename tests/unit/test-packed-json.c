/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was packed is the same again when it is asked for, and takes less memory until then. */

#include <glib.h>
#include <malloc.h>

#include "daemon/packed-json.h"

#define CONTAINERS 1000

static const char text[] = "{\"state\":\"running\",\"path\":\"/a/\\u00e9 \\\"quoted\\\"\",\"nothing\":null,"
                           "\"largest\":18446744073709551615,\"domains\":[{\"arch\":\"x86_64\"},[],{}]}";

static void test_same_again(void) {
        _cleanup_(json_object_putp) Json *plain = json_tokener_parse(text), *again = NULL;
        PackedJson packed = {};

        g_assert_nonnull(plain);
        packed_json_set(&packed, plain);
        for (unsigned i = 0; i < 3; i++) {
                g_assert_true(packed_json_is_set(&packed));
                g_assert_cmpint(packed_json_get(&packed, &again), ==, 0);
                g_assert_true(json_object_equal(plain, again));
                g_clear_pointer(&again, json_object_put);

                packed_json_pack(&packed);
                g_assert_null(packed.tree);
        }

        packed_json_set(&packed, NULL);
        g_assert_false(packed_json_is_set(&packed));
}

/* A new value is not mistaken for what was packed before. */
static void test_replaced(void) {
        _cleanup_(json_object_putp) Json *first = json_object_new_string("first"), *found = NULL,
                                         *second = json_object_new_string("second");
        PackedJson packed = {};

        packed_json_set(&packed, first);
        packed_json_pack(&packed);
        packed_json_set(&packed, second);
        packed_json_pack(&packed);
        g_assert_cmpint(packed_json_get(&packed, &found), ==, 0);
        g_assert_cmpstr(json_object_get_string(found), ==, "second");
        packed_json_set(&packed, NULL);
}

static void test_nothing(void) {
        PackedJson packed = {};
        Json *found = (Json *) text;

        g_assert_false(packed_json_is_set(&packed));
        packed_json_pack(&packed);
        g_assert_false(packed_json_is_set(&packed));
        g_assert_cmpint(packed_json_get(&packed, &found), ==, 0);
        g_assert_null(found);
}

static void test_small(void) {
        Json *array = json_object_new_array();
        PackedJson packed = {};
        size_t before, after;

        for (unsigned i = 0; i < CONTAINERS; i++)
                g_assert_cmpint(json_object_array_add(array, json_object_new_object()), ==, 0);

        packed_json_set(&packed, array);
        json_object_put(array);
        before = mallinfo2().uordblks;
        packed_json_pack(&packed);
        after = mallinfo2().uordblks;
        g_test_message("%zu bytes, then %zu", before, after);
#if !defined(__SANITIZE_ADDRESS__)
        g_assert_cmpuint(before - after, >, CONTAINERS * 100);
#endif
        packed_json_set(&packed, NULL);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/packed-json/same-again", test_same_again);
        g_test_add_func("/packed-json/replaced", test_replaced);
        g_test_add_func("/packed-json/nothing", test_nothing);
        g_test_add_func("/packed-json/small", test_small);

        return g_test_run();
}
