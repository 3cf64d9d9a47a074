/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's decision on one process and one node, taken without asking it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/hash.h"
#include "../basic/macro.h"
#include "access-reasons.h"
#include "access.h"
#include "account-commands.h"

/* What udev makes of the nodes (systemd, rules.d/50-udev-default.rules.in). */
static const Reason *const root_only_table[_DEVICE_MAX] = {
        [DEVICE_FUSE] = &access_root_only_everybody,  [DEVICE_IOMMU] = &access_root_only,
        [DEVICE_KVM] = &access_root_only_kvm,         [DEVICE_TUN] = &access_root_only_everybody,
        [DEVICE_VFIO] = &access_root_only_everybody,  [DEVICE_VHOST_NET] = &access_root_only_kvm,
        [DEVICE_VHOST_VSOCK] = &access_root_only_kvm,
};

static bool has_group(const AccessCaller *caller, gid_t gid) {
        FOREACH_ARRAY(group, caller->groups, caller->n_groups)
                if (*group == gid)
                        return true;

        return false;
}

static bool others_may(const DeviceFacts *device) {
        return (device->mode & 0006) == 0006;
}

/* Where the group bits of the mode are all zero, the kernel does not look at the list: nobody is named then,
 * and who would have been is one of the others. acl(5) does not say so. */
static size_t n_entries(const DeviceFacts *device) {
        return (device->mode & 0070) != 0 ? device->n_acl : 0;
}

/* A list that was not read matters, unless no entry of it can admit anybody, and the others are not let in
 * either. */
static bool list_matters(const DeviceFacts *device) {
        return device->acl_unknown && (device->mode & 0070) != 0 &&
               ((device->mode & 0060) == 0060 || others_may(device));
}

static const DeviceAclEntry *find_user(const DeviceFacts *device, uid_t uid) {
        FOREACH_ARRAY(entry, device->acl, n_entries(device))
                if (!entry->is_group && entry->id == uid)
                        return entry;

        return NULL;
}

/* A group that the node is about, in the order in which the kernel looks at them. */
typedef struct Group {
        gid_t gid;
        const char *name;
        bool in_etc;
        bool read_write;
        bool in_list;
} Group;

static size_t list_groups(const DeviceFacts *device, Group groups[DEVICE_ACL_ENTRIES_MAX + 1]) {
        size_t n = 0;

        groups[n++] =
                (Group){ device->gid, device->group, device->group_in_etc, device->group_read_write, false };
        FOREACH_ARRAY(entry, device->acl, n_entries(device))
                if (entry->is_group)
                        groups[n++] = (Group){ entry->id, entry->group, entry->group_in_etc,
                                               entry->read_write, true };

        return n;
}

/* Somebody but root may, though no group may: then root is not the only one. */
static bool admits_single_users(const DeviceFacts *device) {
        FOREACH_ARRAY(entry, device->acl, n_entries(device))
                if (!entry->is_group && entry->read_write && entry->id != 0)
                        return true;

        return device->uid != 0 && (device->mode & 0600) == 0600;
}

/* The group of root is nobody's to join. */
static const Reason *explain_denial(const Facts *facts, DeviceId id, const AccessCaller *caller,
                                    const Group *groups, size_t n_groups, Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[id];
        const Account *account = caller->account;
        const Group *missing = NULL;

        FOREACH_ARRAY(group, groups, n_groups) {
                if (!group->read_write || group->gid == 0)
                        continue;

                if (account_has_group(account, group->gid)) {
                        finding_add(finding, "admitting_group", group->name);
                        finding_add_newgrp_command(finding, &facts->distribution, group->name);
                        return &access_group_not_in_session;
                }
                if (!missing)
                        missing = group;
        }

        if (missing) {
                finding_add(finding, "admitting_group", missing->name);
                finding_add_join_command(finding, &facts->distribution, missing->name, missing->in_etc,
                                         account->name, account->in_etc);
                return &access_not_in_group;
        }

        if (others_may(device))
                return &access_group_denied;

        return admits_single_users(device) ? &access_not_admitted : root_only_table[id];
}

/* One group that permits is enough; where none that matches does, the others' bits do not count. */
static const Reason *judge_groups(const Facts *facts, DeviceId id, const AccessCaller *caller,
                                  Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[id];
        Group groups[DEVICE_ACL_ENTRIES_MAX + 1];
        size_t n = list_groups(device, groups);
        bool matches = false, all_agree = true;

        FOREACH_ARRAY(group, groups, n) {
                all_agree = all_agree && group->read_write == others_may(device);
                if (!has_group(caller, group->gid))
                        continue;

                matches = true;
                if (group->read_write) {
                        finding_add(finding, "admitting_group", group->name);
                        return group->in_list ? &access_acl_group : &access_group;
                }
        }

        if (!caller->has_groups && !all_agree)
                return &access_unknown;
        if (!matches && others_may(device))
                return &access_everybody;

        return explain_denial(facts, id, caller, groups, n, finding);
}

/* Where the mask lets nothing through, more in the entry is of no use, and a wider mask would let others in.
 */
static const Reason *explain_entry(const Facts *facts, DeviceId id, const AccessCaller *caller,
                                   Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[id];

        if ((device->mode & 0060) == 0060)
                finding_add_setfacl_command(finding, caller->account->name, device_path(id));

        return &access_acl_user_denied;
}

static const Reason *judge_permissions(const Facts *facts, DeviceId id, const AccessCaller *caller,
                                       Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[id];
        const DeviceAclEntry *entry;

        if (caller->uid == 0)
                return &access_root;
        if (caller->uid == device->uid)
                return (device->mode & 0600) == 0600 ? &access_owner : &access_owner_denied;
        if (list_matters(device))
                return &access_unknown;

        entry = find_user(device, caller->uid);
        if (!entry)
                return judge_groups(facts, id, caller, finding);

        return entry->read_write ? &access_acl_user : explain_entry(facts, id, caller, finding);
}

/* Whether there is something to have access to: NULL where there is. Of KVM's node more is known. */
static const Reason *judge_presence(const Facts *facts, DeviceId id) {
        const DeviceFacts *device = &facts->devices.devices[id];
        DeviceState state = facts_device_state(facts, id);

        if (id == DEVICE_KVM && device->registered == TRISTATE_NO) {
                if (facts_kvm_is_missing(facts))
                        return &access_no_driver;
                state = facts_kvm_loads_on_demand(facts) == TRISTATE_YES ? DEVICE_STATE_AUTOLOADABLE
                                                                         : DEVICE_STATE_UNKNOWN;
        }

        switch (state) {
        case DEVICE_STATE_LIVE:
        case DEVICE_STATE_AUTOLOADABLE:
                return device->has_node == TRISTATE_YES ? NULL : &access_unknown;
        case DEVICE_STATE_NO_NODE:
                return &access_no_node;
        case DEVICE_STATE_ABSENT:
                return &access_no_driver;
        default:
                return &access_unknown;
        }
}

static void add_caller(Finding *finding, const AccessCaller *caller) {
        if (caller->has_uid && !caller->account->name)
                finding_add_unsigned(finding, "caller", caller->uid);
        else
                finding_add(finding, "caller", caller->has_uid ? caller->account->name : NULL);
}

static const Reason *judge(const Facts *facts, DeviceId id, const AccessCaller *caller, Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[id];
        const Reason *reason;
        char mode[8];

        finding_add(finding, "device", device_path(id));
        add_caller(finding, caller);

        reason = judge_presence(facts, id);
        if (reason)
                return reason;

        snprintf(mode, sizeof(mode), "%04o", (unsigned) device->mode);
        finding_add(finding, "user", device->user);
        finding_add(finding, "group", device->group);
        finding_add(finding, "mode", mode);

        return caller->has_uid ? judge_permissions(facts, id, caller, finding) : &access_unknown;
}

int access_judge(const Facts *facts, DeviceId id, const AccessCaller *caller, CheckResult *ret) {
        CheckResult result = { .finding = finding_begin(facts) };

        result.finding.reason = judge(facts, id, caller, &result.finding);
        result.state = result.finding.reason->state;
        if (result.finding.out_of_memory) {
                finding_done(&result.finding);
                return -ENOMEM;
        }

        *ret = result;
        return 0;
}

static uint64_t add_device(uint64_t hash, const DeviceFacts *device) {
        hash = hash_number(hash, device->mode);
        hash = hash_number(hash, device->uid);
        hash = hash_number(hash, device->gid);
        hash = hash_number(hash, device->acl_unknown);
        hash = hash_number(hash, device->group_read_write);
        hash = hash_number(hash, device->n_acl);
        FOREACH_ARRAY(entry, device->acl, device->n_acl) {
                hash = hash_number(hash, entry->is_group);
                hash = hash_number(hash, entry->id);
                hash = hash_number(hash, entry->read_write);
        }

        return hash;
}

uint64_t access_device_stamp(const Facts *facts, DeviceId id) {
        return add_device(hash_number(HASH_BEGIN, (uintptr_t) judge_presence(facts, id)),
                          &facts->devices.devices[id]);
}

uint64_t access_stamp(const Facts *facts) {
        uint64_t hash = hash_number(HASH_BEGIN, facts->devices.accounts_stamp);

        for (DeviceId id = 0; id < _DEVICE_MAX; id++)
                hash = hash_number(hash, access_device_stamp(facts, id));

        return hash;
}
