/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces: which kinds the kernel has, and whether processes may create them. */
#pragma once

#include "../basic/string-table.h"
#include "kernel.h"
#include "root.h"
#include "tristate.h"

typedef enum NamespaceKind {
        NAMESPACE_IPC,
        NAMESPACE_MNT,
        NAMESPACE_NET,
        NAMESPACE_PID,
        NAMESPACE_USER,
        NAMESPACE_UTS,
        _NAMESPACE_KIND_MAX,
} NamespaceKind;

typedef struct NamespaceFacts {
        Tristate supported[_NAMESPACE_KIND_MAX];
        Tristate forbidden[_NAMESPACE_KIND_MAX]; /* user.max_*_namespaces is 0 */
        /* What restricts users without privilege, not root. A kernel without the setting has it at NO. */
        Tristate user_privileged_only; /* kernel.unprivileged_userns_clone is 0 (Debian) */
        Tristate user_restricted;      /* kernel.apparmor_restrict_unprivileged_userns is 1 */
} NamespaceFacts;

/* Reads proc/self/ns (proc/1/ns in a snapshot), the limits in proc/sys/user and proc/sys/kernel, and the
 * kernel's configuration where there is neither. Returns -ENOMEM, or 0: what cannot be read is left unknown.
 */
int namespace_facts_read(const Root *root, const KernelFacts *kernel, NamespaceFacts *facts);

DECLARE_STRING_TABLE(namespace_kind, NamespaceKind);
