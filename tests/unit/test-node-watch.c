/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to device nodes is noticed, and a touch is nothing. */

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/watch/uevent.h"
#include "path-fixture.h"

static void make_node(PathFixture *fixture, const char *name) {
        g_autofree char *path = path_in(fixture, name), *parent = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        g_assert_cmpint(mknod(path, S_IFCHR | 0600, makedev(10, 232)), ==, 0);
        g_assert_cmpint(chmod(path, 0600), ==, 0);
}

static bool can_make_nodes(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, "node", NULL);

        if (mknod(path, S_IFCHR | 0600, makedev(10, 232)) == 0)
                return true;

        g_test_skip("no device nodes can be made here");
        return false;
}

static void test_node(PathFixture *fixture, const void *data) {
        const SourceMask of_kvm = uevent_sources_of_node(DEVICE_KVM);
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        tree_directory(fixture->tree, "dev");
        start_watching(fixture);
        make_node(fixture, "dev/kvm");
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        g_assert_cmpint(chmod(path, 0660), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        g_assert_cmpint(chown(path, 0, 104), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
        delete_file(fixture, "dev/kvm");
        g_assert_cmpuint(take_dirty(fixture), ==, of_kvm);
}

/* udevd sets the times of a node at every event of its device, and the probe causes such events. */
static void test_touch_is_no_change(PathFixture *fixture, const void *data) {
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        make_node(fixture, "dev/kvm");
        start_watching(fixture);
        g_assert_cmpint(utimensat(AT_FDCWD, path, NULL, 0), ==, 0);
        g_assert_cmpint(chmod(path, 0600), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
        g_assert_cmpuint(fixture->calls, ==, 0);
}

/* What the pass has read in between is what is outdated. */
static void test_changed_back(PathFixture *fixture, const void *data) {
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        make_node(fixture, "dev/kvm");
        start_watching(fixture);
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_node(DEVICE_KVM));

        g_assert_cmpint(chmod(path, 0600), ==, 0);
        read_nodes(fixture);
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_node(DEVICE_KVM));
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

static void test_acl(PathFixture *fixture, const void *data) {
        _cleanup_(acl_freep) acl_t acl = acl_from_text("u::rw-,u:4711:rw-,g::---,m::rw-,o::---");
        g_autofree char *path = path_in(fixture, "dev/kvm");

        (void) data;

        if (!can_make_nodes())
                return;

        make_node(fixture, "dev/kvm");
        start_watching(fixture);
        if (acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0 && errno == ENOTSUP) {
                g_test_skip("this file system has no access control lists");
                return;
        }
        g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_node(DEVICE_KVM));
        g_assert_cmpint(acl_set_file(path, ACL_TYPE_ACCESS, acl), ==, 0);
        g_assert_cmpuint(take_dirty(fixture), ==, 0);
}

/* Every event of the device would be one of the node otherwise, and each pass over KVM causes some. */
static void test_touch_with_long_acl(PathFixture *fixture, const void *data) {
        g_autofree char *path = path_in(fixture, "dev/kvm");
        g_autoptr(GString) text = g_string_new("u::rw-,g::---,m::rw-,o::---");
        _cleanup_(acl_freep) acl_t acl = NULL;

        (void) data;

        if (!can_make_nodes())
                return;

        for (unsigned i = 0; i < 200; i++)
                g_string_append_printf(text, ",u:%u:rw-", 5000 + i);
        acl = acl_from_text(text->str);
        make_node(fixture, "dev/kvm");
        if (acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0 && errno == ENOTSUP) {
                g_test_skip("hardware: this file system has no access control lists");
                return;
        }

        start_watching(fixture);
        for (unsigned i = 0; i < 3; i++) {
                g_assert_cmpint(utimensat(AT_FDCWD, path, NULL, 0), ==, 0);
                g_assert_cmpuint(take_dirty(fixture), ==, 0);
        }
}

/* Whatever happens in between, the last state is known. */
static void test_node_in_a_loop(PathFixture *fixture, const void *data) {
        const SourceMask of_tun = uevent_sources_of_node(DEVICE_TUN);
        g_autofree char *path = path_in(fixture, "dev/net/tun"), *net = path_in(fixture, "dev/net");

        (void) data;

        if (!can_make_nodes())
                return;

        tree_directory(fixture->tree, "dev");
        start_watching(fixture);
        for (unsigned i = 0; i < 200; i++) {
                make_node(fixture, "dev/net/tun");
                if (i % 3 == 0)
                        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
                g_assert_cmpint(unlink(path), ==, 0);
                g_assert_cmpint(rmdir(net), ==, 0);
                if (i % 3 == 0)
                        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
        }
        (void) take_dirty(fixture);
        make_node(fixture, "dev/net/tun");
        g_assert_cmpuint(take_dirty(fixture), ==, of_tun);
}

static void test_every_node(PathFixture *fixture, const void *data) {
        (void) data;

        if (!can_make_nodes())
                return;

        start_watching(fixture);
        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                make_node(fixture, device_path(id) + 1);
                g_assert_cmpuint(take_dirty(fixture), ==, uevent_sources_of_node(id));
        }
}

static void add(const char *path, void (*test)(PathFixture *fixture, const void *data)) {
        g_test_add(path, PathFixture, NULL, path_fixture_up, test, path_fixture_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/node-watch/node", test_node);
        add("/node-watch/touch-is-no-change", test_touch_is_no_change);
        add("/node-watch/changed-back", test_changed_back);
        add("/node-watch/acl", test_acl);
        add("/node-watch/touch-with-long-acl", test_touch_with_long_acl);
        add("/node-watch/node-in-a-loop", test_node_in_a_loop);
        add("/node-watch/every-node", test_every_node);

        return g_test_run();
}
