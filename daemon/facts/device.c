/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads device nodes, their permissions and the list of drivers behind them. */

#include <acl/libacl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/acl.h>

#include "../basic/macro.h"
#include "device.h"
#include "owner.h"

/* drivers/net/tun.c, drivers/vhost/, drivers/vfio/, drivers/iommu/iommufd/, fs/fuse/dev.c and
 * virt/kvm/kvm_main.c register these names. */
static const struct {
        const char *path;
        const char *misc_name;
        ModuleId module;
} device_table[_DEVICE_MAX] = {
        [DEVICE_FUSE] = { "/dev/fuse", "fuse", MODULE_FUSE },
        [DEVICE_IOMMU] = { "/dev/iommu", "iommu", MODULE_IOMMUFD },
        [DEVICE_KVM] = { "/dev/kvm", "kvm", MODULE_KVM },
        [DEVICE_TUN] = { "/dev/net/tun", "tun", MODULE_TUN },
        [DEVICE_VFIO] = { "/dev/vfio/vfio", "vfio", MODULE_VFIO },
        [DEVICE_VHOST_NET] = { "/dev/vhost-net", "vhost-net", MODULE_VHOST_NET },
        [DEVICE_VHOST_VSOCK] = { "/dev/vhost-vsock", "vhost-vsock", MODULE_VHOST_VSOCK },
};

const char *device_path(DeviceId id) {
        return device_table[id].path;
}

ModuleId device_module(DeviceId id) {
        return device_table[id].module;
}

int device_from_misc_name(const char *name) {
        for (int id = 0; id < _DEVICE_MAX; id++)
                if (streq(device_table[id].misc_name, name))
                        return id;

        return -EINVAL;
}

/* One line: the minor number and the name (drivers/char/misc.c: misc_seq_show()). Yields the name,
 * or NULL. */
static const char *misc_name(const char *line) {
        size_t digits;

        line += strspn(line, " ");
        digits = strspn(line, "0123456789");
        return digits > 0 && line[digits] == ' ' ? line + digits + 1 : NULL;
}

static int read_proc_misc(const Root *root, DevicesFacts *devices) {
        _cleanup_free_ char *text = NULL;
        bool registered[_DEVICE_MAX] = {};
        bool is_list = root->live; /* a list without an entry is none, unless the kernel itself shows it */
        char *cursor, *line;
        int r;

        r = root_read(root, "proc/misc", ROOT_FILE_MAX, &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                const char *name = misc_name(line);
                int id = name ? device_from_misc_name(name) : -EINVAL;

                if (name)
                        is_list = true;
                if (id >= 0)
                        registered[id] = true;
        }

        for (size_t id = 0; is_list && id < _DEVICE_MAX; id++)
                devices->devices[id].registered = tristate_from_result(registered[id]);

        return 0;
}

/* The misc class has the same devices, by the same names: for a snapshot that has taken it along alone. */
static void read_misc_class(const Root *root, DevicesFacts *devices) {
        bool has_class = root_exists(root, "sys/class/misc") > 0;

        for (size_t id = 0; has_class && id < _DEVICE_MAX; id++) {
                DeviceFacts *device = &devices->devices[id];
                char path[64];

                if (device->registered != TRISTATE_UNKNOWN)
                        continue;

                snprintf(path, sizeof(path), "sys/class/misc/%s", device_table[id].misc_name);
                device->registered = tristate_from_result(root_exists(root, path));
        }
}

static int entry_read_write(acl_entry_t entry) {
        acl_permset_t permissions;
        int can_read, can_write;

        if (acl_get_permset(entry, &permissions) < 0)
                return -errno;

        can_read = acl_get_perm(permissions, ACL_READ);
        can_write = acl_get_perm(permissions, ACL_WRITE);
        return can_read < 0 || can_write < 0 ? -errno : can_read && can_write;
}

static int add_acl_entry(DeviceFacts *device, acl_entry_t entry, bool mask_read_write) {
        acl_tag_t tag;
        id_t *qualifier;
        int read_write;

        if (acl_get_tag_type(entry, &tag) < 0)
                return -errno;
        read_write = entry_read_write(entry);
        if (read_write < 0)
                return read_write;

        if (tag == ACL_GROUP_OBJ)
                device->group_read_write = read_write && mask_read_write;
        if (tag != ACL_USER && tag != ACL_GROUP)
                return 0;
        if (device->n_acl >= DEVICE_ACL_ENTRIES_MAX)
                return -EFBIG;

        qualifier = acl_get_qualifier(entry);
        if (!qualifier)
                return -errno;

        device->acl[device->n_acl++] = (DeviceAclEntry){
                .is_group = tag == ACL_GROUP,
                .id = *qualifier,
                .read_write = read_write && mask_read_write,
        };
        (void) acl_free(qualifier);
        return 0;
}

/* An O_PATH descriptor has no ACL of its own to ask for; its link in /proc leads to the file. */
static int read_acl(int fd, DeviceFacts *device) {
        _cleanup_(acl_freep) acl_t acl = NULL;
        char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
        acl_entry_t entry;
        int r;

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        r = acl_extended_file(link);
        device->acl_unknown = r < 0 && errno != ENOTSUP;
        if (r <= 0)
                return 0;

        acl = acl_get_file(link, ACL_TYPE_ACCESS);
        if (!acl && errno == ENOMEM)
                return -ENOMEM;
        device->acl_unknown = !acl;
        if (!acl)
                return 0;

        /* With an ACL, stat(2) shows its mask as the mode's group bits (acl(5)). */
        for (r = acl_get_entry(acl, ACL_FIRST_ENTRY, &entry); r > 0;
             r = acl_get_entry(acl, ACL_NEXT_ENTRY, &entry)) {
                r = add_acl_entry(device, entry, (device->mode & 0060) == 0060);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        device->acl_unknown = true;
        }
        if (r < 0)
                device->acl_unknown = true;

        return 0;
}

/* Few archives carry device nodes, so that one without a node says nothing of it, unless it has the node
 * that every /dev has (Documentation/admin-guide/devices.rst). */
static bool shows_nodes(const Root *root) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (root->live)
                return true;

        fd = root_open_path(root, "dev/null", &st);
        return fd >= 0 && S_ISCHR(st.st_mode);
}

static int name_owners(Accounts *accounts, DeviceFacts *device) {
        int r;

        FOREACH_ARRAY(entry, device->acl, device->n_acl) {
                r = entry->is_group
                            ? accounts_group_name(accounts, entry->id, &entry->group, &entry->group_in_etc)
                            : 0;
                if (r < 0)
                        return r;
        }

        r = accounts_user_name(accounts, device->uid, &device->user, NULL);
        if (r < 0)
                return r;

        return accounts_group_name(accounts, device->gid, &device->group, &device->group_in_etc);
}

static int read_node(const Root *root, Accounts *accounts, DeviceId id, bool all_shown,
                     DeviceFacts *device) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        fd = node_state_read(root, device_table[id].path + 1, &st, &device->node);
        if (fd < 0 || !S_ISCHR(st.st_mode)) {
                if (all_shown && (fd >= 0 || fd == -ENOENT || fd == -ENOTDIR))
                        device->has_node = TRISTATE_NO;
                return 0;
        }

        device->has_node = TRISTATE_YES;
        device->inode = st.st_ino;
        device->mode = st.st_mode & 07777;
        device->uid = st.st_uid;
        device->gid = st.st_gid;
        device->group_read_write = (st.st_mode & 0060) == 0060;

        r = read_acl(fd, device);
        if (r < 0)
                return r;

        return name_owners(accounts, device);
}

/* "tun net/tun c10:200": a module, a path below /dev, the kind and the numbers (kmod, tools/depmod.c:
 * output_devname()). systemd's kmod-static-nodes.service has these nodes made at every start, and so have
 * other distributions' scripts. Yields the device, or -EINVAL. */
static int device_from_devname_line(char *line) {
        char *saved = NULL, *module = strtok_r(line, " ", &saved), *name = strtok_r(NULL, " ", &saved),
             *number = strtok_r(NULL, " ", &saved);

        if (!number || module[0] == '#' || number[0] != 'c')
                return -EINVAL;

        for (int id = 0; id < _DEVICE_MAX; id++)
                if (streq(device_table[id].path + strlen("/dev/"), name))
                        return id;

        return -EINVAL;
}

static int read_static_nodes(const Root *root, const char *release, DevicesFacts *devices) {
        _cleanup_free_ char *text = NULL;
        char *cursor, *line;
        int r;

        if (!release)
                return 0;

        r = module_tree_read(root, release, "modules.devname", &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                int id = device_from_devname_line(line);

                if (id >= 0 && devices->devices[id].has_node == TRISTATE_UNKNOWN)
                        devices->devices[id].made_at_start = true;
        }

        return 0;
}

int devices_facts_read(const Root *root, const KernelFacts *kernel, DevicesFacts *facts) {
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        bool all_shown = shows_nodes(root);
        /* Before they are read: what is written meanwhile makes another one. */
        DevicesFacts devices = { .accounts_stamp = accounts_stamp(root) };
        int r;

        FOREACH_ELEMENT(device, devices.devices)
                *device = (DeviceFacts){ .registered = TRISTATE_UNKNOWN, .has_node = TRISTATE_UNKNOWN };

        r = read_proc_misc(root, &devices);
        if (r >= 0)
                read_misc_class(root, &devices);
        for (DeviceId id = 0; r >= 0 && id < _DEVICE_MAX; id++)
                r = read_node(root, &accounts, id, all_shown, &devices.devices[id]);
        if (r >= 0 && !all_shown)
                r = read_static_nodes(root, kernel->release, &devices);
        if (r < 0) {
                devices_facts_done(&devices);
                return r;
        }

        devices_facts_done(facts);
        *facts = devices;
        return 0;
}

void devices_facts_done(DevicesFacts *devices) {
        FOREACH_ELEMENT(device, devices->devices) {
                free(device->user);
                free(device->group);
                FOREACH_ARRAY(entry, device->acl, device->n_acl)
                        free(entry->group);
        }
        *devices = (DevicesFacts){};
}

DeviceState device_state(const DeviceFacts *device, ModuleState module) {
        bool has_node = device->has_node == TRISTATE_YES || device->made_at_start;

        if (device->registered == TRISTATE_YES)
                return device->has_node == TRISTATE_NO ? DEVICE_STATE_NO_NODE : DEVICE_STATE_LIVE;
        if (device->registered == TRISTATE_UNKNOWN)
                return DEVICE_STATE_UNKNOWN;
        if (module == MODULE_STATE_AVAILABLE && has_node)
                return DEVICE_STATE_AUTOLOADABLE;

        /* What a node would do, or whether there is one, is not known. */
        if (module == MODULE_STATE_NOT_LOADED && device->has_node != TRISTATE_NO)
                return DEVICE_STATE_UNKNOWN;
        if (module == MODULE_STATE_AVAILABLE && device->has_node == TRISTATE_UNKNOWN)
                return DEVICE_STATE_UNKNOWN;

        return DEVICE_STATE_ABSENT;
}
