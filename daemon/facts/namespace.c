/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads which namespaces there are and who may have them (namespaces(7), user_namespaces(7)). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "namespace.h"

static const char *const namespace_kind_table[_NAMESPACE_KIND_MAX] = {
        [NAMESPACE_IPC] = "ipc", [NAMESPACE_MNT] = "mnt",   [NAMESPACE_NET] = "net",
        [NAMESPACE_PID] = "pid", [NAMESPACE_USER] = "user", [NAMESPACE_UTS] = "uts",
};
DEFINE_STRING_TABLE(namespace_kind, NamespaceKind);

/* Mount namespaces cannot be left out of a kernel. */
static Tristate supported_by_config(const KernelFacts *kernel, NamespaceKind kind) {
        static const KernelOption options[_NAMESPACE_KIND_MAX] = {
                [NAMESPACE_IPC] = KERNEL_OPTION_IPC_NS, [NAMESPACE_NET] = KERNEL_OPTION_NET_NS,
                [NAMESPACE_PID] = KERNEL_OPTION_PID_NS, [NAMESPACE_USER] = KERNEL_OPTION_USER_NS,
                [NAMESPACE_UTS] = KERNEL_OPTION_UTS_NS,
        };

        if (kind == NAMESPACE_MNT)
                return kernel->release ? TRISTATE_YES : TRISTATE_UNKNOWN;

        return kernel->options[options[kind]];
}

/* Yields whether the file holds exactly VALUE; unknown when it cannot be read. */
static Tristate file_says(const Root *root, const char *path, const char *value) {
        _cleanup_free_ char *line = NULL;
        int r;

        r = root_read_line(root, path, &line);
        return r < 0 ? TRISTATE_UNKNOWN : tristate_from_result(streq(line, value));
}

/* A kernel without such a restriction has no file for it. That a file is missing tells only where the others
 * of proc/sys are to be seen; a snapshot has them if it has one that every kernel since Linux 4.9 has. */
static Tristate restriction(const Root *root, const char *path, const char *value) {
        const char *other = root->live ? "proc/sys/kernel/osrelease" : "proc/sys/user/max_user_namespaces";

        if (root_exists(root, path) == 0)
                return root_exists(root, other) > 0 ? TRISTATE_NO : TRISTATE_UNKNOWN;

        return file_says(root, path, value);
}

/* Yields the directory that lists what kinds the kernel has (fs/proc/namespaces.c: ns_entries), or NULL.
 * Every process has the same ones; a copy of proc may have left out the one that made it. The limits in
 * proc/sys/user are no such list: they have all kinds (kernel/ucount.c: user_table). */
static const char *find_list(const Root *root) {
        /* A list that is there has mount namespaces in it, but for a few kernels before Linux 3.8. */
        if (root_exists(root, "proc/self/ns/mnt") > 0)
                return "proc/self/ns";

        return root_exists(root, "proc/1/ns/mnt") > 0 ? "proc/1/ns" : NULL;
}

int namespace_facts_read(const Root *root, const KernelFacts *kernel, NamespaceFacts *facts) {
        const char *list = find_list(root);

        for (NamespaceKind kind = 0; kind < _NAMESPACE_KIND_MAX; kind++) {
                char ns[64], limit[64];

                snprintf(ns, sizeof(ns), "%s/%s", list ? list : "", namespace_kind_table[kind]);
                snprintf(limit, sizeof(limit), "proc/sys/user/max_%s_namespaces",
                         namespace_kind_table[kind]);

                facts->supported[kind] = list ? tristate_from_result(root_exists(root, ns))
                                              : supported_by_config(kernel, kind);
                facts->forbidden[kind] = file_says(root, limit, "0");
        }

        facts->user_privileged_only = restriction(root, "proc/sys/kernel/unprivileged_userns_clone", "0");
        facts->user_restricted =
                restriction(root, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
        return 0;
}
