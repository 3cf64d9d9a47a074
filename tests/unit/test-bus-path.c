/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Object paths from ids and back. */

#include <errno.h>
#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/basic/cleanup.h"
#include "daemon/checks/catalogue.h"
#include "daemon/checks/profile.h"
#include "dbus/bus-path.h"
#include "dbus/names.h"

static void assert_encodes(const char *prefix, const char *id, const char *expected) {
        _cleanup_free_ char *path = NULL, *decoded = NULL;

        g_assert_cmpint(bus_path_encode(prefix, id, &path), ==, 0);
        g_assert_cmpstr(path, ==, expected);
        g_assert_cmpint(bus_path_decode(prefix, path, &decoded), ==, 0);
        g_assert_cmpstr(decoded, ==, id);
}

static void test_encode(void) {
        assert_encodes(BUS_PATH_CHECK, "kvm.usable", "/org/virtready1/check/kvm/usable");
        assert_encodes(BUS_PATH_CHECK, "kvm.vendor_module", "/org/virtready1/check/kvm/vendor_module");
        assert_encodes(BUS_PATH_PROFILE, "qemu", "/org/virtready1/profile/qemu");
        assert_encodes("/prefix.with.dots", "a.b.c", "/prefix.with.dots/a/b/c");
}

static void test_decode_refuses(void) {
        static const char *const paths[] = {
                "",
                "/",
                "/org/virtready1",
                "/org/virtready1/check",
                "/org/virtready1/checks/kvm",
                "/org/virtready1/profile/qemu",
                "org/virtready1/check/kvm",
        };
        char *id = NULL;

        FOREACH_ELEMENT(path, paths)
                g_assert_cmpint(bus_path_decode(BUS_PATH_CHECK, *path, &id), ==, -ENOENT);
        g_assert_null(id);
}

static void test_addresses(void) {
        static const struct {
                const char *address, *path;
        } cases[] = {
                { "0000:01:00.0", "/org/virtready1/device/0000_01_00_0" },
                { "10000:e1:1f.7", "/org/virtready1/device/10000_e1_1f_7" },
        };
        static const char *const others[] = { "/org/virtready1/device",
                                              "/org/virtready1/devices/0000_01_00_0" };
        char *decoded = NULL;

        FOREACH_ELEMENT(c, cases) {
                _cleanup_free_ char *path = NULL, *address = NULL;

                g_assert_cmpint(bus_path_encode_address(BUS_PATH_DEVICE, c->address, &path), ==, 0);
                g_assert_cmpstr(path, ==, c->path);
                g_assert_true(sd_bus_object_path_is_valid(path));
                g_assert_cmpint(bus_path_decode_address(BUS_PATH_DEVICE, path, &address), ==, 0);
                g_assert_cmpstr(address, ==, c->address);
        }

        FOREACH_ELEMENT(path, others)
                g_assert_cmpint(bus_path_decode_address(BUS_PATH_DEVICE, *path, &decoded), ==, -ENOENT);
        g_assert_null(decoded);
}

static const char *check_id(size_t index) {
        return catalogue_get(index)->id;
}

static const char *profile_id(size_t index) {
        return profiles_get(index)->id;
}

/* Every id there is makes a path that the bus accepts, and one of its own. */
static void assert_all(const char *prefix, size_t n, const char *(*id_at)(size_t index)) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        char **paths;

        g_assert_cmpint(bus_path_encode_all(prefix, n, id_at, &paths), ==, 0);
        g_assert_cmpuint(g_strv_length(paths), ==, n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *id = NULL;

                g_assert_true(sd_bus_object_path_is_valid(paths[i]));
                g_assert_true(g_hash_table_add(seen, paths[i]));
                g_assert_cmpint(bus_path_decode(prefix, paths[i], &id), ==, 0);
                g_assert_cmpstr(id, ==, id_at(i));
        }

        g_hash_table_remove_all(seen);
        g_strfreev(paths);
}

static void test_all_ids(void) {
        assert_all(BUS_PATH_CHECK, catalogue_size(), check_id);
        assert_all(BUS_PATH_PROFILE, profiles_size(), profile_id);
        assert_all(BUS_PATH_CHECK, 0, check_id);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/bus-path/encode", test_encode);
        g_test_add_func("/bus-path/decode-refuses", test_decode_refuses);
        g_test_add_func("/bus-path/addresses", test_addresses);
        g_test_add_func("/bus-path/all-ids", test_all_ids);

        return g_test_run();
}
