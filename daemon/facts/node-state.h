/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a device node matters, to tell a change of it from a touch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "root.h"

typedef struct NodeState {
        bool exists;
        mode_t mode;
        uid_t uid;
        gid_t gid;
        dev_t device;
        ssize_t acl_size; /* 0: there is none; a negative errno: it could not be read */
        uint64_t acl_hash;
} NodeState;

/* Looks at the node without opening it. What cannot be seen does not exist. Returns a descriptor that leads
 * to the node (O_PATH) and what it is, or why there is none, as root_open_path() does. */
int node_state_read(const Root *root, const char *path, struct stat *ret_st, NodeState *ret);

/* Tells whether two looks at a node saw the same. One that cannot be read is the same each time: a node that
 * is touched often must not count as changed each time. */
bool node_state_equal(const NodeState *a, const NodeState *b);
