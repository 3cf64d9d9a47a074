/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups: which resource controllers a guest can be confined with. */
#pragma once

#include "../basic/string-table.h"
#include "kernel.h"
#include "root.h"

typedef enum CgroupController {
        CGROUP_BLKIO, /* "io" in version 2 */
        CGROUP_CPU,
        CGROUP_CPUACCT, /* part of "cpu" in version 2 */
        CGROUP_CPUSET,
        CGROUP_DEVICES, /* a BPF program in version 2 */
        CGROUP_FREEZER, /* cgroup.freeze in version 2 */
        CGROUP_MEMORY,
        _CGROUP_CONTROLLER_MAX,
} CgroupController;

typedef enum CgroupLayout {
        CGROUP_LAYOUT_UNKNOWN,
        CGROUP_LAYOUT_NONE,   /* nothing is mounted */
        CGROUP_LAYOUT_V1,     /* controllers in hierarchies of their own */
        CGROUP_LAYOUT_HYBRID, /* the same, and an empty version 2 hierarchy beside them */
        CGROUP_LAYOUT_V2,     /* one hierarchy with all controllers */
        _CGROUP_LAYOUT_MAX,
} CgroupLayout;

typedef enum CgroupState {
        CGROUP_STATE_UNKNOWN,
        CGROUP_STATE_AVAILABLE,
        CGROUP_STATE_IMPLIED,  /* available by the kernel's version: no file of version 2 names it */
        CGROUP_STATE_DISABLED, /* the command line, which may be why, is not known */
        CGROUP_STATE_DISABLED_BY_PARAMETER, /* cgroup_disable= on the kernel command line */
        CGROUP_STATE_DISABLED_BY_FIRMWARE,  /* the same, written there by the firmware of a Raspberry Pi */
        CGROUP_STATE_DISABLED_BY_DEFAULT,   /* by a kernel that waits for cgroup_enable= */
        CGROUP_STATE_NOT_MOUNTED,           /* the kernel has it, or may have, and no hierarchy offers it */
        CGROUP_STATE_NOT_DELEGATED,         /* the kernel has it, and this part of version 2 does not */
        CGROUP_STATE_ABSENT,                /* the kernel does not have it */
} CgroupState;

/* What is mounted at sys/fs/cgroup, an empty directory that the kernel makes and nobody can write into. */
typedef enum CgroupBase {
        CGROUP_BASE_NONE,
        CGROUP_BASE_READ_ONLY,
        CGROUP_BASE_WRITABLE,
        _CGROUP_BASE_MAX,
} CgroupBase;

typedef struct CgroupFacts {
        CgroupLayout layout;
        CgroupBase base;
        bool in_kernel; /* the kernel shows that it has control groups; what is mounted shows it, too */
        CgroupState controllers[_CGROUP_CONTROLLER_MAX];
} CgroupFacts;

/* Reads proc/self/mounts (in a snapshot proc/mounts, proc/1/mounts, or what is in sys/fs/cgroup),
 * proc/cgroups, cgroup.controllers of the version 2 mount, proc/device-tree/compatible, and the kernel
 * facts. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int cgroup_facts_read(const Root *root, const KernelFacts *kernel, CgroupFacts *facts);

DECLARE_STRING_TABLE(cgroup_controller, CgroupController); /* the names of version 1 */
DECLARE_STRING_TABLE(cgroup_layout, CgroupLayout);
