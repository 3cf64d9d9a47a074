/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device nodes that guests are run with: is there a driver behind them, and who may open them. */
#pragma once

#include <sys/types.h>

#include "kernel.h"
#include "module.h"
#include "node-state.h"
#include "root.h"
#include "tristate.h"

typedef enum DeviceId {
        DEVICE_FUSE,
        DEVICE_IOMMU,
        DEVICE_KVM,
        DEVICE_TUN,
        DEVICE_VFIO,
        DEVICE_VHOST_NET,
        DEVICE_VHOST_VSOCK,
        _DEVICE_MAX,
} DeviceId;

/* One entry of a node's access control list that names a user or a group; the mask is already applied. */
typedef struct DeviceAclEntry {
        bool is_group;
        id_t id;
        bool read_write;
        char *group;       /* name of the group, or its number; NULL where it names a user */
        bool group_in_etc; /* etc/group has it */
} DeviceAclEntry;

#define DEVICE_ACL_ENTRIES_MAX 32U

typedef struct DeviceFacts {
        Tristate registered; /* a driver serves it: it is in proc/misc, or in sys/class/misc without that */
        Tristate has_node;   /* a character device is at its path */
        NodeState node;      /* what was seen there, for another look to be compared with */
        ino_t inode;         /* of the node: one that is made anew has another */
        bool made_at_start;  /* the start makes the node, as modules.devname asks; read where HAS_NODE is
                                unknown */
        mode_t mode;         /* the permission bits of the node; with an ACL, the group bits are its mask */
        uid_t uid;
        gid_t gid;
        bool acl_unknown;      /* there is, or may be, an access control list that could not be read, or not
                                  to its end */
        bool group_read_write; /* the owning group may read and write, ACL mask applied */
        size_t n_acl;
        DeviceAclEntry acl[DEVICE_ACL_ENTRIES_MAX];
        char *user;        /* name of the owner, or its number */
        char *group;       /* name of the owning group, or its number */
        bool group_in_etc; /* etc/group has it */
} DeviceFacts;

typedef struct DevicesFacts {
        DeviceFacts devices[_DEVICE_MAX];
        uint64_t accounts_stamp; /* owner.h */
} DevicesFacts;

typedef enum DeviceState {
        DEVICE_STATE_UNKNOWN,
        DEVICE_STATE_LIVE,         /* driver and node are there */
        DEVICE_STATE_NO_NODE,      /* the driver is there, its node is not */
        DEVICE_STATE_AUTOLOADABLE, /* a static node whose module opening it will load */
        DEVICE_STATE_ABSENT,       /* no driver, and opening a node would not bring one */
} DeviceState;

/* Looks at every node without opening it, for that could load a module. Static nodes exist without a driver
 * (modules.devname), so the misc drivers tell. In a snapshot a node can be missing only where dev/null is
 * there, and without that modules.devname of the running release tells which the start makes. Returns
 * -ENOMEM, or 0: what cannot be read is left unknown.
 */
int devices_facts_read(const Root *root, const KernelFacts *kernel, DevicesFacts *facts);
void devices_facts_done(DevicesFacts *devices);

/* Puts the driver, the node and the state of its module together. */
DeviceState device_state(const DeviceFacts *device, ModuleState module);

/* The path of the node ("/dev/kvm"), and the module whose driver serves it. */
const char *device_path(DeviceId id);
ModuleId device_module(DeviceId id);

/* Finds a device by the name its driver registers with the kernel ("vhost-net"), which is also its name in
 * the misc class. Returns -EINVAL for one that we do not watch. */
int device_from_misc_name(const char *name);
