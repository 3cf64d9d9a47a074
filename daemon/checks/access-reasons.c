/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sentences and remedies on the access of one process. */

#include "access-reasons.h"
#include "access.h"
#include "remedies.h"

#define OWNER_AND_MODE " ({user}:{group}, mode {mode})."

const Reason access_root = {
        .id = "root",
        .state = CHECK_PASS,
        .detail = "root may open {device}, whatever its mode" OWNER_AND_MODE,
};

const Reason access_owner = {
        .id = "owner",
        .state = CHECK_PASS,
        .detail = "The user {caller} owns {device} and may open it" OWNER_AND_MODE,
};

const Reason access_acl_user = {
        .id = "acl-user",
        .state = CHECK_PASS,
        .detail = "The access control list of {device} lets the user {caller} open it.",
};

const Reason access_group = {
        .id = "group",
        .state = CHECK_PASS,
        .detail = "The group {admitting_group} may open {device}, and this process has it" OWNER_AND_MODE,
};

const Reason access_acl_group = {
        .id = "acl-group",
        .state = CHECK_PASS,
        .detail = "The access control list of {device} lets the group {admitting_group} open it, and this "
                  "process has that group.",
};

const Reason access_everybody = {
        .id = "everybody",
        .state = CHECK_PASS,
        .detail = "{device} is open to everybody" OWNER_AND_MODE,
};

const Reason access_not_in_group = {
        .id = "not-in-group",
        .state = CHECK_FAIL,
        .detail = "The group {admitting_group} may open {device}, but this process, of the user {caller}, "
                  "does not have it" OWNER_AND_MODE,
        .remedies = REMEDIES({ .kind = REMEDY_ADD_TO_GROUP,
                               .argument = "{admitting_group}",
                               .command = "{join_command}",
                               .privileged = true }),
};

const Reason access_group_not_in_session = {
        .id = "group-not-in-session",
        .state = CHECK_FAIL,
        .detail = "The user {caller} is in the group {admitting_group}, which may open {device}, but not "
                  "in this session: it began before, or gave the group up.",
        .remedies = REMEDIES({ .kind = REMEDY_LOG_IN_AGAIN,
                               .argument = "{admitting_group}",
                               .command = "{newgrp_command}" }),
};

#define ROOT_ONLY \
        .id = "root-only", .state = CHECK_FAIL, .detail = "Only root may open {device}" OWNER_AND_MODE

const Reason access_root_only = {
        ROOT_ONLY,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS, .argument = "{device}", .privileged = true }),
};

const Reason access_root_only_kvm = {
        ROOT_ONLY,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS,
                               .argument = "{device}",
                               .command = COMMAND_TO_GIVE_TO_KVM,
                               .privileged = true }),
};

const Reason access_root_only_everybody = {
        ROOT_ONLY,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS,
                               .argument = "{device}",
                               .command = "chmod 0666 {device}",
                               .privileged = true }),
};

const Reason access_owner_denied = {
        .id = "owner-denied",
        .state = CHECK_FAIL,
        .detail = "The user {caller} owns {device}, and its mode keeps the owner out" OWNER_AND_MODE,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS,
                               .argument = "{device}",
                               .command = "chmod u+rw {device}" }),
};

const Reason access_acl_user_denied = {
        .id = "acl-user-denied",
        .state = CHECK_FAIL,
        .detail = "The access control list of {device} has an entry for the user {caller}, and what it "
                  "permits is not enough to open the device.",
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS,
                               .argument = "{device}",
                               .command = "{setfacl_command}",
                               .privileged = true }),
};

const Reason access_group_denied = {
        .id = "group-denied",
        .state = CHECK_FAIL,
        .detail = "{device} is open to everybody but a group that this process has" OWNER_AND_MODE,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS, .argument = "{device}", .privileged = true }),
};

const Reason access_not_admitted = {
        .id = "not-admitted",
        .state = CHECK_FAIL,
        .detail = "{device} admits single users, and {caller} is none of them" OWNER_AND_MODE,
        .remedies = REMEDIES({ .kind = REMEDY_SET_PERMISSIONS, .argument = "{device}", .privileged = true }),
};

const Reason access_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail = "The driver is there, but {device} is not.",
        .remedies = remedies_for_node,
};

const Reason access_no_driver = {
        .id = "no-driver",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "No driver serves {device}.",
};

const Reason access_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether this process may open {device} is not known.",
};

const Reason *const *access_reasons(void) {
        static const Reason *const reasons[] = {
                &access_root,
                &access_owner,
                &access_acl_user,
                &access_group,
                &access_acl_group,
                &access_everybody,
                &access_not_in_group,
                &access_group_not_in_session,
                &access_root_only,
                &access_root_only_kvm,
                &access_root_only_everybody,
                &access_owner_denied,
                &access_acl_user_denied,
                &access_group_denied,
                &access_not_admitted,
                &access_no_node,
                &access_no_driver,
                &access_unknown,
                NULL,
        };

        return reasons;
}
