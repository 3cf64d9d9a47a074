/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kvm.access: who may open /dev/kvm. */

#include <errno.h>
#include <stdio.h>

#include "account-commands.h"
#include "catalogue.h"
#include "remedies.h"

static const Reason access_everybody = {
        .id = "everybody",
        .state = CHECK_PASS,
        .detail = "Everybody may open {device} ({user}:{group}, mode {mode}).",
        .explanation = DOC("All users of this machine can run virtual machines. systemd sets this mode "
                           "unless a distribution chooses another."),
};

static const Reason access_owner = {
        .id = "owner",
        .state = CHECK_PASS,
        .detail = "{user} may open {device}, and nobody else but root ({user}:{group}, mode {mode}).",
        .explanation = DOC("One user can run virtual machines. To admit more, give the node to a group, and "
                           "the users to that group."),
};

static const Reason access_group = {
        .id = "group",
        .state = CHECK_PASS,
        .detail = "Members of the group {group} may open {device} ({user}:{group}, mode {mode}).",
        .explanation = DOC("Users can run virtual machines once they are members of the group. A new "
                           "membership counts from the next login on."),
};

static const Reason access_acl = {
        .id = "acl",
        .state = CHECK_PASS,
        .detail =
                "The access control list of {device} lets some users open it ({user}:{group}, mode {mode}).",
        .explanation = DOC("An access control list admits users beside owner and group. systemd-logind "
                           "writes one for who sits at the machine, and takes it back at the end of the "
                           "session. An entry that was set by hand can be gone when the next virtual "
                           "machine comes or goes, for udev then does the same: a group lasts."),
};

static const Reason access_root_only = {
        .id = "root-only",
        .state = CHECK_FAIL,
        .detail = "Only root may open {device} ({user}:{group}, mode {mode}).",
        .explanation = DOC("When the device appears, udev gives it to the group kvm or opens it to all. "
                           "Here it did not: it is not running, lacks the rule or did not find the group, "
                           "or somebody has changed the node since. Give the node to the group, and see to "
                           "it that udev does so at the next start."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS,
                               .argument = "{device}",
                               .command = COMMAND_TO_GIVE_TO_KVM,
                               .privileged = true }),
};

static const Reason access_denied = {
        .id = "permission-denied",
        .state = CHECK_FAIL,
        .detail = "The user {prober} may not open {device} ({user}:{group}, mode {mode}).",
        .explanation =
                DOC("Mode, owner, group and access control list of the node leave out the user who tried, "
                    "which is the one whom virtreadyd runs as. Other users may still get in. The service is "
                    "a member of the group kvm: if the node belongs to another group, add the user to that "
                    "one, with usermod or what the distribution has for it, and restart the service."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_ADD_TO_GROUP,
                               .argument = "{group}",
                               .command = "{join_command}",
                               .privileged = true }),
};

static const Reason access_refused = {
        .id = "refused",
        .state = CHECK_FAIL,
        .detail = "The kernel refuses to open {device} for {prober}, whatever its mode: a control group's "
                  "device rules or a security module forbid it.",
        .explanation = DOC("The mode of the node admits the user, so something above it refuses. That is "
                           "the device rules of a control group, as containers and services with "
                           "DeviceAllow= have them, or a security module such as SELinux or AppArmor. Allow "
                           "/dev/kvm there; what a security module refuses is in the audit log."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("denied", "denied")),
};

static const Reason access_no_device = {
        .id = "no-device",
        .state = CHECK_FAIL,
        .detail = "There is no {device} with a driver behind it.",
        .explanation = DOC("Without a device there is nothing to have access to. The check kvm.device tells "
                           "why there is none."),
};

static const Reason access_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Who may open {device} is not known.",
        .explanation = DOC("The node or its access control list was not there to read; most snapshots carry "
                           "no device nodes. Ask on the machine itself."),
};

static bool acl_admits_somebody(const DeviceFacts *device) {
        FOREACH_ARRAY(entry, device->acl, device->n_acl)
                if (entry->read_write && entry->id != 0)
                        return true;

        return false;
}

/* Root is not asked: it may open everything, and would hide that nobody else may. */
static const Reason *judge_permissions(const DeviceFacts *device) {
        if ((device->mode & 0006) == 0006)
                return &access_everybody;
        if (device->group_read_write && device->gid != 0)
                return &access_group;
        if (acl_admits_somebody(device))
                return &access_acl;
        if (device->acl_unknown)
                return &access_unknown;

        return device->uid != 0 && (device->mode & 0600) == 0600 ? &access_owner : &access_root_only;
}

static const Reason *judge_access(const Facts *facts, const Check *check, Finding *finding) {
        const DeviceFacts *device = &facts->devices.devices[DEVICE_KVM];
        const Reason *permissions;
        char mode[8];

        (void) check;
        finding_add(finding, "device", device_path(DEVICE_KVM));

        if (facts_kvm_is_missing(facts) || device->has_node == TRISTATE_NO)
                return &access_no_device;
        if (device->registered == TRISTATE_UNKNOWN || device->has_node == TRISTATE_UNKNOWN)
                return &access_unknown;

        snprintf(mode, sizeof(mode), "%04o", (unsigned) device->mode);
        finding_add(finding, "user", device->user);
        finding_add(finding, "group", device->group);
        finding_add(finding, "mode", mode);

        permissions = judge_permissions(device);
        if (facts->kvm.stage != KVM_STAGE_OPEN || permissions == &access_root_only)
                return permissions;

        finding_add(finding, "prober", facts->kvm.user);
        finding->evidence = EVIDENCE_PROBED;
        switch (facts->kvm.error) {
        case -EACCES:
                if (permissions == &access_everybody)
                        return &access_refused;
                finding_add_join_command(finding, &facts->distribution, device->group, device->group_in_etc,
                                         facts->kvm.user, facts->kvm.user_in_etc);
                return &access_denied;
        case -EPERM:
                return &access_refused;
        default:
                return permissions;
        }
}

static const Check checks[] = {
        {
                .id = "kvm.access",
                .title = "Access to /dev/kvm",
                .description =
                        "Users other than root may open /dev/kvm, and the one who checks is not refused.",
                .reads = DOC_LIST("/dev/kvm: owner, group, mode and access control list",
                                  "/etc/passwd and /etc/group, /usr/lib/passwd and /usr/lib/group",
                                  "open(2) of /dev/kvm"),
                .references =
                        DOC_LIST("https://man7.org/linux/man-pages/man5/acl.5.html",
                                 "https://man7.org/linux/man-pages/man7/udev.7.html",
                                 "https://man7.org/linux/man-pages/man5/systemd.resource-control.5.html",
                                 "https://docs.kernel.org/admin-guide/cgroup-v2.html"),
                .needs = { "kvm.device" },
                .judge = judge_access,
                .reasons =
                        (const Reason *const[]){ &access_everybody, &access_owner, &access_group,
                                                 &access_acl, &access_root_only, &access_denied,
                                                 &access_refused, &access_no_device, &access_unknown, NULL },
        },
};

const CheckTable kvm_access_checks = CHECK_TABLE(checks);
