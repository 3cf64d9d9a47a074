/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.*: the kinds of namespace that containers are made of. */

#include "catalogue.h"

static const Reason namespace_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The kernel has {kind} namespaces, and they may be created.",
};

static const Reason namespace_unsupported = {
        .id = "unsupported",
        .state = CHECK_FAIL,
        .detail = "The kernel was built without {kind} namespaces.",
};

static const Reason namespace_forbidden = {
        .id = "forbidden",
        .state = CHECK_FAIL,
        .detail = "No {kind} namespace may be created: user.max_{kind}_namespaces is 0.",
        .remedies = { { .kind = REMEDY_SYSCTL,
                        .argument = "user.max_{kind}_namespaces=15000",
                        .command = "sysctl user.max_{kind}_namespaces=15000",
                        .privileged = true } },
};

static const Reason namespace_privileged_only = {
        .id = "privileged-only",
        .state = CHECK_FAIL,
        .detail = "Only root may create {kind} namespaces: kernel.unprivileged_userns_clone is 0.",
        .remedies = { { .kind = REMEDY_SYSCTL,
                        .argument = "kernel.unprivileged_userns_clone=1",
                        .command = "sysctl kernel.unprivileged_userns_clone=1",
                        .privileged = true } },
};

static const Reason namespace_restricted = {
        .id = "restricted-by-apparmor",
        .state = CHECK_FAIL,
        .detail = "Only programs with an AppArmor profile for it may use {kind} namespaces: "
                  "kernel.apparmor_restrict_unprivileged_userns is 1.",
        .remedies = { { .kind = REMEDY_SYSCTL,
                        .argument = "kernel.apparmor_restrict_unprivileged_userns=0",
                        .command = "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
                        .privileged = true } },
};

static const Reason namespace_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel has {kind} namespaces could not be read.",
};

static const Reason *judge_namespace(const Facts *facts, const Check *check, Finding *finding) {
        const NamespaceFacts *namespaces = &facts->namespaces;
        NamespaceKind kind = (NamespaceKind) check->subject;

        finding_add(finding, "kind", namespace_kind_to_string(kind));

        if (namespaces->supported[kind] == TRISTATE_UNKNOWN)
                return &namespace_unknown;
        if (namespaces->supported[kind] == TRISTATE_NO)
                return &namespace_unsupported;
        if (namespaces->forbidden[kind] == TRISTATE_YES)
                return &namespace_forbidden;

        if (kind == NAMESPACE_USER && namespaces->user_privileged_only == TRISTATE_YES)
                return &namespace_privileged_only;
        if (kind == NAMESPACE_USER && namespaces->user_restricted == TRISTATE_YES)
                return &namespace_restricted;

        return &namespace_available;
}

static const Reason *const reasons[] = {
        &namespace_available, &namespace_unsupported, &namespace_forbidden, &namespace_unknown, NULL,
};

static const Reason *const user_reasons[] = {
        &namespace_available,
        &namespace_unsupported,
        &namespace_forbidden,
        &namespace_privileged_only,
        &namespace_restricted,
        &namespace_unknown,
        NULL,
};

static const Check checks[] = {
        {
                .id = "namespace.ipc",
                .title = "IPC namespaces",
                .description = "Containers can have System V IPC objects and message queues of their own.",
                .judge = judge_namespace,
                .subject = NAMESPACE_IPC,
                .reasons = reasons,
        },
        {
                .id = "namespace.mnt",
                .title = "Mount namespaces",
                .description = "Containers can have file systems of their own.",
                .judge = judge_namespace,
                .subject = NAMESPACE_MNT,
                .reasons = reasons,
        },
        {
                .id = "namespace.net",
                .title = "Network namespaces",
                .description = "Containers can have network interfaces of their own.",
                .judge = judge_namespace,
                .subject = NAMESPACE_NET,
                .reasons = reasons,
        },
        {
                .id = "namespace.pid",
                .title = "Process namespaces",
                .description = "Containers can have process numbers of their own.",
                .judge = judge_namespace,
                .subject = NAMESPACE_PID,
                .reasons = reasons,
        },
        {
                .id = "namespace.user",
                .title = "User namespaces",
                .description =
                        "Containers can have users of their own, and unprivileged users can run containers.",
                .judge = judge_namespace,
                .subject = NAMESPACE_USER,
                .reasons = user_reasons,
        },
        {
                .id = "namespace.uts",
                .title = "Host name namespaces",
                .description = "Containers can have a host name of their own.",
                .judge = judge_namespace,
                .subject = NAMESPACE_UTS,
                .reasons = reasons,
        },
};

const CheckTable namespace_checks = CHECK_TABLE(checks);
