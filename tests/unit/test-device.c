/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device nodes, their owners and lists, and the drivers behind them. */

#include <acl/libacl.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <sys/acl.h>
#include <sys/sysmacros.h>

#include "daemon/facts/device.h"
#include "tree.h"

#define KVM_NUMBER makedev(10, 232)
#define NULL_NUMBER makedev(1, 3)

#define RELEASE "6.1.0-test"

static DevicesFacts read_devices(const char *tree) {
        const KernelFacts kernel = { .release = (char *) RELEASE };
        _cleanup_(root_freep) Root *root = tree_root(tree);
        DevicesFacts devices = {};

        g_assert_cmpint(devices_facts_read(root, &kernel, &devices), ==, 0);
        return devices;
}

static void test_proc_misc(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;

        tree_file(tree, "proc/misc",
                  "238 vhost-net\n200 tun\n 58 vsock\n232 kvm\n  1 psaux\n241 vhost_vsock\n");
        devices = read_devices(tree);
        g_assert_cmpint(devices.devices[DEVICE_KVM].registered, ==, TRISTATE_YES);
        g_assert_cmpint(devices.devices[DEVICE_TUN].registered, ==, TRISTATE_YES);
        g_assert_cmpint(devices.devices[DEVICE_VHOST_NET].registered, ==, TRISTATE_YES);
        g_assert_cmpint(devices.devices[DEVICE_VHOST_VSOCK].registered, ==, TRISTATE_NO);
        g_assert_cmpint(devices.devices[DEVICE_FUSE].registered, ==, TRISTATE_NO);

        /* A snapshot without nodes says nothing of them. */
        FOREACH_ELEMENT(device, devices.devices)
                g_assert_cmpint(device->has_node, ==, TRISTATE_UNKNOWN);
        devices_facts_done(&devices);
}

static void test_misc_class(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;

        tree_directory(tree, "sys/class/misc/kvm");
        devices = read_devices(tree);
        g_assert_cmpint(devices.devices[DEVICE_KVM].registered, ==, TRISTATE_YES);
        g_assert_cmpint(devices.devices[DEVICE_TUN].registered, ==, TRISTATE_NO);
        devices_facts_done(&devices);

        /* The drivers' own list is the better one. */
        tree_file(tree, "proc/misc", "200 tun\n");
        devices = read_devices(tree);
        g_assert_cmpint(devices.devices[DEVICE_KVM].registered, ==, TRISTATE_NO);
        g_assert_cmpint(devices.devices[DEVICE_TUN].registered, ==, TRISTATE_YES);
        devices_facts_done(&devices);
}

static void test_list_is_none(void) {
        static const char *const lists[] = { NULL, "", "\n", "kvm\n", "a kvm\n", "232kvm\n", "232\n" };

        FOREACH_ELEMENT(list, lists) {
                _cleanup_tree_ char *tree = tree_new();
                DevicesFacts devices;

                if (*list)
                        tree_file(tree, "proc/misc", *list);
                devices = read_devices(tree);
                FOREACH_ELEMENT(device, devices.devices)
                        g_assert_cmpint(device->registered, ==, TRISTATE_UNKNOWN);
                devices_facts_done(&devices);
        }
}

/* What lies at the path but is no character device is no node. */
static void test_node_is_none(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;

        tree_file(tree, "dev/kvm", "");
        tree_fifo(tree, "dev/fuse");
        tree_directory(tree, "dev/net/tun");
        tree_link(tree, "dev/vhost-net", "/dev/null");
        tree_link(tree, "dev/vhost-vsock", "vhost-vsock");
        devices = read_devices(tree);
        FOREACH_ELEMENT(device, devices.devices)
                g_assert_cmpint(device->has_node, ==, TRISTATE_UNKNOWN);
        devices_facts_done(&devices);
}

/* Makes a node, which nothing opens. Returns whether that is permitted. */
static bool make_node_at(const char *tree, const char *name, dev_t number) {
        g_autofree char *path = g_build_filename(tree, name, NULL);

        tree_directory(tree, "dev");
        if (mknod(path, S_IFCHR, number) < 0) {
                g_assert_cmpint(errno, ==, EPERM);
                g_test_skip("No device node can be made here: CAP_MKNOD is missing.");
                return false;
        }

        return true;
}

static bool make_node(const char *tree, mode_t mode, gid_t group) {
        g_autofree char *path = g_build_filename(tree, "dev/kvm", NULL);

        if (!make_node_at(tree, "dev/kvm", KVM_NUMBER))
                return false;

        g_assert_no_errno(chown(path, 0, group));
        g_assert_no_errno(g_chmod(path, mode));
        return true;
}

static void test_node(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;
        const DeviceFacts *kvm = &devices.devices[DEVICE_KVM];

        if (!make_node(tree, 0640, 104))
                return;

        tree_file(tree, "etc/group", "kvm:x:104:\n");
        devices = read_devices(tree);
        g_assert_cmpint(kvm->has_node, ==, TRISTATE_YES);
        g_assert_cmpint(kvm->mode, ==, 0640);
        g_assert_cmpuint(kvm->uid, ==, 0);
        g_assert_cmpuint(kvm->gid, ==, 104);
        g_assert_cmpstr(kvm->user, ==, "0");
        g_assert_cmpstr(kvm->group, ==, "kvm");
        g_assert_false(kvm->group_read_write);
        g_assert_cmpuint(kvm->n_acl, ==, 0);
        devices_facts_done(&devices);
}

/* Nodes share owners and differ in them, and each gets the names of its own. */
static void test_owners_of_nodes(void) {
        static const struct {
                DeviceId id;
                const char *node;
                uid_t uid;
                gid_t gid;
                const char *user, *group;
        } nodes[] = {
                { DEVICE_FUSE, "dev/fuse", 0, 0, "root", "0" },
                { DEVICE_IOMMU, "dev/iommu", 64055, 0, "virt", "0" },
                { DEVICE_KVM, "dev/kvm", 0, 104, "root", "kvm" },
                { DEVICE_VHOST_NET, "dev/vhost-net", 64055, 104, "virt", "kvm" },
        };
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;

        FOREACH_ELEMENT(node, nodes) {
                g_autofree char *path = g_build_filename(tree, node->node, NULL);

                if (!make_node_at(tree, node->node, NULL_NUMBER))
                        return;
                g_assert_no_errno(chown(path, node->uid, node->gid));
        }

        tree_file(tree, "etc/passwd", "root:x:0:0::/root:/bin/sh\nvirt:x:64055:64055::/:/bin/false\n");
        tree_file(tree, "etc/group", "kvm:x:104:\n");
        devices = read_devices(tree);
        FOREACH_ELEMENT(node, nodes) {
                g_assert_cmpstr(devices.devices[node->id].user, ==, node->user);
                g_assert_cmpstr(devices.devices[node->id].group, ==, node->group);
        }
        devices_facts_done(&devices);
}

/* The copy of a container's /dev: where it has brought nodes along, one that is not among them is not there.
 */
static void test_node_is_left_out(void) {
        _cleanup_tree_ char *tree = tree_new(), *other = tree_new();
        DevicesFacts devices;

        if (!make_node_at(tree, "dev/null", NULL_NUMBER) || !make_node_at(tree, "dev/kvm", KVM_NUMBER))
                return;

        tree_file(tree, "dev/fuse", "");
        devices = read_devices(tree);
        g_assert_cmpint(devices.devices[DEVICE_KVM].has_node, ==, TRISTATE_YES);
        g_assert_cmpint(devices.devices[DEVICE_FUSE].has_node, ==, TRISTATE_NO);
        g_assert_cmpint(devices.devices[DEVICE_TUN].has_node, ==, TRISTATE_NO);
        devices_facts_done(&devices);

        /* What a program has written there by mistake is no node. */
        tree_file(other, "dev/null", "");
        devices = read_devices(other);
        g_assert_cmpint(devices.devices[DEVICE_TUN].has_node, ==, TRISTATE_UNKNOWN);
        devices_facts_done(&devices);
}

/* What the start of a machine makes of modules.devname stands in for nodes that are not in the archive. */
static void test_static_nodes(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;

        tree_file(tree, "lib/modules/" RELEASE "/modules.devname",
                  "# Device nodes to trigger on-demand module loading.\n"
                  "tun net/tun c10:200\n"
                  "vfio vfio/vfio b10:196\n"
                  "fuse fuse\n"
                  "vhost_net vhost-nets c10:238\n"
                  "#vhost_vsock vhost-vsock c10:241\n"
                  "kvm_pr kvm c10:232\n"
                  "kvm_hv kvm c10:232");
        devices = read_devices(tree);
        for (DeviceId id = 0; id < _DEVICE_MAX; id++)
                g_assert_cmpint(devices.devices[id].made_at_start, ==, id == DEVICE_TUN || id == DEVICE_KVM);
        devices_facts_done(&devices);

        /* Where nodes are in the archive, those that are not are not there. */
        if (!make_node_at(tree, "dev/null", NULL_NUMBER))
                return;
        devices = read_devices(tree);
        g_assert_false(devices.devices[DEVICE_TUN].made_at_start);
        g_assert_cmpint(devices.devices[DEVICE_TUN].has_node, ==, TRISTATE_NO);
        devices_facts_done(&devices);
}

/* Returns whether the file system keeps such lists. */
static bool set_acl(const char *tree, const char *text) {
        g_autofree char *path = g_build_filename(tree, "dev/kvm", NULL);
        _cleanup_(acl_freep) acl_t acl = acl_from_text(text);

        g_assert_nonnull(acl);
        if (acl_set_file(path, ACL_TYPE_ACCESS, acl) < 0) {
                g_assert_cmpint(errno, ==, EOPNOTSUPP);
                g_test_skip("The file system of temporary files keeps no POSIX access control lists.");
                return false;
        }

        return true;
}

static void test_acl(void) {
        _cleanup_tree_ char *tree = tree_new();
        DevicesFacts devices;
        const DeviceFacts *kvm = &devices.devices[DEVICE_KVM];

        if (!make_node(tree, 0660, 104) ||
            !set_acl(tree, "u::rw,u:1000:rw,u:1001:r,g::rw,g:2000:rw,m::rw,o::-"))
                return;

        tree_file(tree, "etc/group", "virt:x:2000:\nother:x:1000:\n");
        devices = read_devices(tree);
        g_assert_true(kvm->group_read_write);
        g_assert_cmpuint(kvm->n_acl, ==, 3);
        g_assert_null(kvm->acl[0].group);
        g_assert_cmpstr(kvm->acl[2].group, ==, "virt");
        g_assert_false(kvm->acl[0].is_group);
        g_assert_cmpuint(kvm->acl[0].id, ==, 1000);
        g_assert_true(kvm->acl[0].read_write);
        g_assert_cmpuint(kvm->acl[1].id, ==, 1001);
        g_assert_false(kvm->acl[1].read_write);
        g_assert_true(kvm->acl[2].is_group);
        g_assert_cmpuint(kvm->acl[2].id, ==, 2000);
        g_assert_true(kvm->acl[2].read_write);
        g_assert_false(kvm->acl_unknown);
        devices_facts_done(&devices);
}

/* chmod g= on a node with a list changes its mask, and so takes everybody's access away; conversely, the
 * mode's group bits show the mask and not what the owning group may do (acl(5)). */
static void test_acl_mask(void) {
        _cleanup_tree_ char *masked = tree_new(), *group = tree_new();
        DevicesFacts devices;
        const DeviceFacts *kvm = &devices.devices[DEVICE_KVM];

        if (!make_node(masked, 0660, 104) || !set_acl(masked, "u::rw,u:1000:rw,g::rw,m::r,o::-"))
                return;

        devices = read_devices(masked);
        g_assert_false(kvm->group_read_write);
        g_assert_cmpuint(kvm->n_acl, ==, 1);
        g_assert_false(kvm->acl[0].read_write);
        devices_facts_done(&devices);

        g_assert_true(make_node(group, 0660, 104));
        g_assert_true(set_acl(group, "u::rw,u:1000:rw,g::-,m::rw,o::-"));
        devices = read_devices(group);
        g_assert_cmpint(kvm->mode, ==, 0660);
        g_assert_false(kvm->group_read_write);
        g_assert_true(kvm->acl[0].read_write);
        devices_facts_done(&devices);
}

static void test_acl_is_bounded(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autoptr(GString) text = g_string_new("u::rw,g::rw,m::rw,o::-");
        DevicesFacts devices;

        for (unsigned i = 0; i < 100; i++)
                g_string_append_printf(text, ",u:%u:rw", 1000 + i);
        if (!make_node(tree, 0660, 104) || !set_acl(tree, text->str))
                return;

        devices = read_devices(tree);
        g_assert_cmpuint(devices.devices[DEVICE_KVM].n_acl, ==, DEVICE_ACL_ENTRIES_MAX);
        g_assert_true(devices.devices[DEVICE_KVM].acl_unknown);
        g_assert_true(devices.devices[DEVICE_KVM].group_read_write);
        devices_facts_done(&devices);
}

/* However many users and groups are named, their files are read once. */
static void test_accounts_are_read_once(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *comment = g_strnfill(100000, '#'), *file = g_strconcat(comment, "\n", NULL);
        g_autoptr(GString) text = g_string_new("u::rw,g::rw,m::rw,o::-");
        const KernelFacts kernel = { .release = (char *) RELEASE };
        _cleanup_(root_freep) Root *root = NULL;
        DevicesFacts devices = {};
        uint64_t before;

        for (unsigned i = 0; i < DEVICE_ACL_ENTRIES_MAX; i++)
                g_string_append_printf(text, ",g:%u:rw", 1000 + i);
        if (!make_node(tree, 0660, 104) || !set_acl(tree, text->str))
                return;

        tree_file(tree, "etc/passwd", file);
        tree_file(tree, "etc/group", file);
        root = tree_root(tree);
        before = root->snapshot->work;
        g_assert_cmpint(devices_facts_read(root, &kernel, &devices), ==, 0);
        g_assert_cmpstr(devices.devices[DEVICE_KVM].acl[1].group, ==, "1001");
        g_assert_cmpuint(before - root->snapshot->work, >, 2 * strlen(file));
        g_assert_cmpuint(before - root->snapshot->work, <, 3 * strlen(file));
        devices_facts_done(&devices);
}

static void test_live(void) {
        DevicesFacts devices = read_devices("/");

        FOREACH_ELEMENT(device, devices.devices) {
                g_assert_cmpint(device->registered, !=, TRISTATE_UNKNOWN);
                g_assert_cmpint(device->has_node, !=, TRISTATE_UNKNOWN);
                if (device->has_node == TRISTATE_YES)
                        g_assert_nonnull(device->group);
        }
        devices_facts_done(&devices);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/device/proc-misc", test_proc_misc);
        g_test_add_func("/device/misc-class", test_misc_class);
        g_test_add_func("/device/list-is-none", test_list_is_none);
        g_test_add_func("/device/node-is-none", test_node_is_none);
        g_test_add_func("/device/owners-of-nodes", test_owners_of_nodes);
        g_test_add_func("/device/node", test_node);
        g_test_add_func("/device/node-is-left-out", test_node_is_left_out);
        g_test_add_func("/device/static-nodes", test_static_nodes);
        g_test_add_func("/device/acl", test_acl);
        g_test_add_func("/device/acl-mask", test_acl_mask);
        g_test_add_func("/device/acl-is-bounded", test_acl_is_bounded);
        g_test_add_func("/device/accounts-are-read-once", test_accounts_are_read_once);
        g_test_add_func("/device/live", test_live);

        return g_test_run();
}
