/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares device nodes. udevd sets the times of a node at each of its events, of which every virtual
 * machine's beginning and end are two (systemd, src/udev/udev-node.c): they must not count. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "../basic/hash.h"
#include "node-state.h"

#define ACL_ATTRIBUTE "system.posix_acl_access"

/* An O_PATH descriptor has no attributes of its own to ask for; its link in /proc leads to the file. */
static void read_acl(int fd, NodeState *state) {
        char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
        _cleanup_free_ uint8_t *acl = NULL;
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/self/fd/%i", fd);
        n = getxattr(link, ACL_ATTRIBUTE, NULL, 0);
        acl = n > 0 ? malloc((size_t) n) : NULL;
        if (acl)
                n = getxattr(link, ACL_ATTRIBUTE, acl, (size_t) n);

        if (n < 0)
                state->acl_size = errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
        else if (n > 0 && !acl)
                state->acl_size = -ENOMEM;
        else {
                state->acl_size = n;
                state->acl_hash = hash_bytes(HASH_BEGIN, acl, (size_t) n);
        }
}

int node_state_read(const Root *root, const char *path, struct stat *ret_st, NodeState *ret) {
        NodeState state = {};
        struct stat st = {};
        int fd;

        fd = root_open_path(root, path, &st);
        if (fd >= 0) {
                state.exists = true;
                state.mode = st.st_mode;
                state.uid = st.st_uid;
                state.gid = st.st_gid;
                state.device = st.st_rdev;
                read_acl(fd, &state);
        }

        *ret_st = st;
        *ret = state;
        return fd;
}

bool node_state_equal(const NodeState *a, const NodeState *b) {
        if (!a->exists && !b->exists)
                return true;

        return a->exists && b->exists && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
               a->device == b->device && a->acl_size == b->acl_size && a->acl_hash == b->acl_hash;
}
