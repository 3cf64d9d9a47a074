/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the hierarchies of control groups are mounted. */
#pragma once

#include "cgroup.h"

typedef struct CgroupMounts {
        bool v1[_CGROUP_CONTROLLER_MAX];
        bool any_v1;
        bool is_table; /* there was a line that can be one of a mount table; otherwise there may be more
                          mounts */
        CgroupBase base;
        char *v2; /* mount point, without its leading slash; NULL if not mounted */
} CgroupMounts;

/* Reads proc/self/mounts; in a snapshot proc/mounts or proc/1/mounts, and without any table what is in
 * sys/fs/cgroup. Returns -ENOMEM, or another negative errno where nothing tells. RET has to be empty, and
 * takes cgroup_mounts_done() in any case. */
int cgroup_mounts_read(const Root *root, CgroupMounts *ret);
void cgroup_mounts_done(CgroupMounts *mounts);
