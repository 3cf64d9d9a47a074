/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the control group hierarchies, version 1, 2 and both (Documentation/admin-guide/cgroup-v1, -v2). */

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "../basic/words.h"
#include "cgroup.h"

static const char *const cgroup_controller_table[_CGROUP_CONTROLLER_MAX] = {
        [CGROUP_BLKIO] = "blkio",   [CGROUP_CPU] = "cpu",         [CGROUP_CPUACCT] = "cpuacct",
        [CGROUP_CPUSET] = "cpuset", [CGROUP_DEVICES] = "devices", [CGROUP_FREEZER] = "freezer",
        [CGROUP_MEMORY] = "memory",
};
DEFINE_STRING_TABLE(cgroup_controller, CgroupController);

static const char *const cgroup_layout_table[_CGROUP_LAYOUT_MAX] = {
        [CGROUP_LAYOUT_UNKNOWN] = "unknown", [CGROUP_LAYOUT_NONE] = "none", [CGROUP_LAYOUT_V1] = "v1",
        [CGROUP_LAYOUT_HYBRID] = "hybrid",   [CGROUP_LAYOUT_V2] = "v2",
};
DEFINE_STRING_TABLE(cgroup_layout, CgroupLayout);

typedef struct CgroupMounts {
        bool v1[_CGROUP_CONTROLLER_MAX];
        bool any_v1;
        bool is_table; /* there was a line that can be one of a mount table */
        char *v2;      /* mount point, without its leading slash; NULL if not mounted */
} CgroupMounts;

static void cgroup_mounts_done(CgroupMounts *mounts) {
        free(mounts->v2);
}

static int read_mounts_text(const Root *root, char **ret) {
        static const char *const paths[] = { "proc/self/mounts", "proc/mounts", "proc/1/mounts" };
        int r = -ENOENT;

        FOREACH_ELEMENT(path, paths) {
                /* A host of many containers has a long table. */
                r = root_read(root, *path, ROOT_INDEX_MAX, ret);
                if (r >= 0 || r == -ENOMEM)
                        return r;
        }

        return r;
}

static int note_mount(CgroupMounts *mounts, const struct mntent *mount) {
        mounts->is_table |= mount->mnt_dir[0] == '/';

        if (streq(mount->mnt_type, "cgroup2") && !mounts->v2 && mount->mnt_dir[0] == '/') {
                mounts->v2 = strdup(mount->mnt_dir + 1);
                if (!mounts->v2)
                        return -ENOMEM;
        }

        if (!streq(mount->mnt_type, "cgroup"))
                return 0;

        for (size_t i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                if (hasmntopt(mount, cgroup_controller_table[i])) {
                        mounts->v1[i] = true;
                        mounts->any_v1 = true;
                }

        return 0;
}

static int read_mounts(const Root *root, CgroupMounts *ret) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        struct mntent storage;
        char buffer[4096];
        int r;

        r = read_mounts_text(root, &text);
        if (r < 0)
                return r;
        if (text[0] == '\0')
                return -ENODATA;

        f = fmemopen(text, strlen(text), "r");
        if (!f)
                return -errno;

        while (getmntent_r(f, &storage, buffer, sizeof(buffer))) {
                r = note_mount(ret, &storage);
                if (r < 0)
                        return r;
        }

        return ret->is_table ? 0 : -ENODATA;
}

/* Which controllers the kernel lists: proc/cgroups has a line for each with its name first; since Linux 6.11
 * only those that version 1 can have (CONFIG_CPUSETS_V1, CONFIG_MEMCG_V1). */
static int read_proc_cgroups(const Root *root, bool *ret) {
        _cleanup_free_ char *text = NULL;
        char *cursor, *line;
        int r;

        r = root_read(root, "proc/cgroups", ROOT_FILE_MAX, &text);
        if (r < 0)
                return r;
        if (!startswith(text, "#subsys_name"))
                return -EBADMSG;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                line[strcspn(line, "\t")] = '\0';
                for (size_t i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                        if (streq(line, cgroup_controller_table[i]))
                                ret[i] = true;
        }

        return 0;
}

static bool is_disabled(const KernelFacts *kernel, CgroupController controller) {
        if (command_line_lists(kernel->command_line, "cgroup_disable", cgroup_controller_table[controller]))
                return true;

        return controller == CGROUP_BLKIO &&
               command_line_lists(kernel->command_line, "cgroup_disable", "io");
}

/* Which controllers version 2 offers by name. An empty list is one on a running kernel alone. */
static int read_v2_controllers(const Root *root, const CgroupMounts *mounts, bool *ret) {
        _cleanup_free_ char *path = NULL, *list = NULL;
        int r;

        if (asprintf(&path, "%s/cgroup.controllers", mounts->v2) < 0)
                return -ENOMEM;

        r = root_read_line(root, path, &list);
        if (r < 0)
                return r;
        if (isempty(list) && !root->live)
                return -ENODATA;

        ret[CGROUP_BLKIO] = words_contain(list, "io");
        ret[CGROUP_CPU] = words_contain(list, "cpu");
        ret[CGROUP_CPUSET] = words_contain(list, "cpuset");
        ret[CGROUP_MEMORY] = words_contain(list, "memory");
        return 0;
}

static CgroupState state_from_tristate(Tristate available) {
        switch (available) {
        case TRISTATE_YES:
                return CGROUP_STATE_AVAILABLE;
        case TRISTATE_NO:
                return CGROUP_STATE_ABSENT;
        default:
                return CGROUP_STATE_UNKNOWN;
        }
}

/* Device access is a BPF program since Linux 4.15 (CONFIG_CGROUP_BPF, which no file of a running kernel has
 * to show: every kernel that boots systemd on version 2 has it). */
static CgroupState v2_devices(const KernelFacts *kernel) {
        if (kernel->options[KERNEL_OPTION_CGROUP_BPF] == TRISTATE_NO)
                return CGROUP_STATE_ABSENT;

        return state_from_tristate(kernel_at_least(kernel, 4, 15, 0));
}

/* What the hierarchies have, as far as it could be read. */
typedef struct CgroupOffer {
        bool in_v2[_CGROUP_CONTROLLER_MAX];
        bool v2_known;
        bool in_kernel[_CGROUP_CONTROLLER_MAX];
        bool kernel_known;
} CgroupOffer;

static CgroupState v2_state(const KernelFacts *kernel, const CgroupOffer *offer,
                            CgroupController controller) {
        switch (controller) {
        case CGROUP_CPUACCT:
                /* CPU time is accounted in every group, whether the cpu controller is enabled there
                 * or not. */
                return CGROUP_STATE_AVAILABLE;
        case CGROUP_DEVICES:
                return v2_devices(kernel);
        case CGROUP_FREEZER:
                return state_from_tristate(kernel_at_least(kernel, 5, 2, 0));
        default:
                if (!offer->v2_known)
                        return CGROUP_STATE_UNKNOWN;
                return offer->in_v2[controller] ? CGROUP_STATE_AVAILABLE : CGROUP_STATE_ABSENT;
        }
}

/* A controller belongs to one version at a time, and either will do. */
static CgroupState judge(const KernelFacts *kernel, const CgroupMounts *mounts, const CgroupOffer *offer,
                         CgroupController controller) {
        CgroupState in_v2 = mounts->v2 ? v2_state(kernel, offer, controller) : CGROUP_STATE_ABSENT;

        if (mounts->v1[controller] || in_v2 == CGROUP_STATE_AVAILABLE)
                return CGROUP_STATE_AVAILABLE;
        if (is_disabled(kernel, controller))
                return CGROUP_STATE_DISABLED;
        if (in_v2 == CGROUP_STATE_UNKNOWN)
                return CGROUP_STATE_UNKNOWN;
        if (mounts->v2 && !mounts->any_v1)
                return CGROUP_STATE_ABSENT;
        if (!offer->kernel_known)
                return CGROUP_STATE_UNKNOWN;

        return offer->in_kernel[controller] ? CGROUP_STATE_NOT_MOUNTED : CGROUP_STATE_ABSENT;
}

static int read_offer(const Root *root, const CgroupMounts *mounts, CgroupOffer *ret) {
        int r;

        r = mounts->v2 ? read_v2_controllers(root, mounts, ret->in_v2) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        ret->v2_known = r >= 0;

        r = read_proc_cgroups(root, ret->in_kernel);
        if (r == -ENOMEM)
                return r;
        ret->kernel_known = r >= 0;

        return 0;
}

int cgroup_facts_read(const Root *root, const KernelFacts *kernel, CgroupFacts *facts) {
        _cleanup_(cgroup_mounts_done) CgroupMounts mounts = {};
        CgroupFacts cgroup = {};
        CgroupOffer offer = {};
        int r;

        r = read_mounts(root, &mounts);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                *facts = cgroup;
                return 0;
        }

        if (mounts.any_v1)
                cgroup.layout = mounts.v2 ? CGROUP_LAYOUT_HYBRID : CGROUP_LAYOUT_V1;
        else
                cgroup.layout = mounts.v2 ? CGROUP_LAYOUT_V2 : CGROUP_LAYOUT_NONE;

        r = read_offer(root, &mounts, &offer);
        if (r < 0)
                return r;

        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                cgroup.controllers[i] = judge(kernel, &mounts, &offer, i);

        *facts = cgroup;
        return 0;
}
