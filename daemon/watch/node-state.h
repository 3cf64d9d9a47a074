/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a device node matters, to tell a change of it from a touch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../facts/root.h"

/* Entries have 8 bytes, after 4 for the version (include/uapi/linux/posix_acl_xattr.h). Room for more than
 * the facts keep. */
#define NODE_STATE_ACL_MAX (4U + 64U * 8U)

typedef struct NodeState {
        bool exists;
        mode_t mode;
        uid_t uid;
        gid_t gid;
        dev_t device;
        ssize_t acl_size; /* 0: there is none; negative: it could not be read whole */
        uint8_t acl[NODE_STATE_ACL_MAX];
} NodeState;

/* Looks at the node without opening it. What cannot be seen does not exist. */
void node_state_read(const Root *root, const char *path, NodeState *ret);

/* Tells whether two looks at a node saw the same; an access control list that could not be read is never the
 * same. */
bool node_state_equal(const NodeState *a, const NodeState *b);
