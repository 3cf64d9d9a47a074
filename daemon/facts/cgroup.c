/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the control group hierarchies, version 1, 2 and both (Documentation/admin-guide/cgroup-v1, -v2). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "../basic/words.h"
#include "cgroup-mounts.h"

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

/* What the hierarchies have, as far as it could be read. */
typedef struct CgroupOffer {
        bool in_v2[_CGROUP_CONTROLLER_MAX];
        bool v2_known;
        bool in_kernel[_CGROUP_CONTROLLER_MAX];
        Tristate enabled[_CGROUP_CONTROLLER_MAX];
        bool kernel_known;
        bool raspberry_pi;
} CgroupOffer;

/* Notes a line of proc/cgroups: name, hierarchy, number of groups, whether it is enabled. */
static void note_kernel_line(CgroupOffer *offer, char *line) {
        const char *name = strsep(&line, "\t");

        for (unsigned i = 0; i < 2; i++)
                (void) strsep(&line, "\t");

        for (size_t i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                if (streq(name, cgroup_controller_table[i])) {
                        offer->in_kernel[i] = true;
                        if (line && streq(line, "0"))
                                offer->enabled[i] = TRISTATE_NO;
                        else if (line && streq(line, "1"))
                                offer->enabled[i] = TRISTATE_YES;
                }
}

/* Which controllers the kernel lists: proc/cgroups has a line for each; since Linux 6.11 only for those that
 * version 1 can have (CONFIG_CPUSETS_V1, CONFIG_MEMCG_V1). */
static int read_proc_cgroups(const Root *root, CgroupOffer *ret) {
        _cleanup_free_ char *text = NULL;
        char *cursor, *line;
        int r;

        r = root_read(root, "proc/cgroups", ROOT_FILE_MAX, &text);
        if (r < 0)
                return r;
        if (!startswith(text, "#subsys_name"))
                return -EBADMSG;

        for (cursor = text; (line = strsep(&cursor, "\n"));)
                note_kernel_line(ret, line);

        return 0;
}

static int read_devicetree(const Root *root, CgroupOffer *ret) {
        _cleanup_free_ char *compatible = NULL;
        int r;

        r = root_read_property(root, "proc/device-tree/compatible", &compatible);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        ret->raspberry_pi = startswith(compatible, "raspberrypi,");
        return 0;
}

/* Tells whether KEY= on the command line lists a controller, by either of its names. */
static bool command_line_has(const KernelFacts *kernel, const char *key, CgroupController controller) {
        return command_line_lists(kernel->command_line, key, cgroup_controller_table[controller]) ||
               (controller == CGROUP_BLKIO && command_line_lists(kernel->command_line, key, "io"));
}

/* What the kernel says decides; the command line, where it says nothing. What a kernel makes of both
 * parameters together depends on whose it is. */
static Tristate is_disabled(const KernelFacts *kernel, const CgroupOffer *offer,
                            CgroupController controller) {
        if (offer->enabled[controller] != TRISTATE_UNKNOWN)
                return offer->enabled[controller] == TRISTATE_NO ? TRISTATE_YES : TRISTATE_NO;
        if (!command_line_has(kernel, "cgroup_disable", controller))
                return TRISTATE_NO;

        return command_line_has(kernel, "cgroup_enable", controller) ? TRISTATE_UNKNOWN : TRISTATE_YES;
}

/* Linux knows cgroup_disable= alone (kernel/cgroup/cgroup.c). Raspberry Pi's kernels know cgroup_enable=,
 * too, and of both the later one holds: either they have the memory controller off by default, or the
 * bootargs of their devicetrees say cgroup_disable=memory, which firmware puts before what the user has
 * (github.com/raspberrypi/linux, pull requests 2201, 6439 and 6524). */
static CgroupState how_disabled(const KernelFacts *kernel, const CgroupOffer *offer,
                                CgroupController controller) {
        if (!kernel->command_line)
                return CGROUP_STATE_DISABLED;
        if (!command_line_has(kernel, "cgroup_disable", controller))
                return CGROUP_STATE_DISABLED_BY_DEFAULT;
        if (offer->raspberry_pi && controller == CGROUP_MEMORY &&
            !command_line_has(kernel, "cgroup_enable", controller))
                return CGROUP_STATE_DISABLED_BY_FIRMWARE;

        return CGROUP_STATE_DISABLED_BY_PARAMETER;
}

/* Which controllers version 2 offers by name. It offers none where version 1 has them all; elsewhere an
 * empty list is one on a running kernel alone. */
static int read_v2_controllers(const Root *root, const CgroupMounts *mounts, bool *ret) {
        _cleanup_free_ char *path = NULL, *list = NULL;
        int r;

        if (asprintf(&path, "%s/cgroup.controllers", mounts->v2) < 0)
                return -ENOMEM;

        r = root_read_line(root, path, &list);
        if (r < 0)
                return r;
        if (isempty(list) && !mounts->any_v1 && !root->live)
                return -ENODATA;

        ret[CGROUP_BLKIO] = words_contain(list, "io");
        ret[CGROUP_CPU] = words_contain(list, "cpu");
        ret[CGROUP_CPUSET] = words_contain(list, "cpuset");
        ret[CGROUP_MEMORY] = words_contain(list, "memory");
        return 0;
}

static CgroupState state_since(const KernelFacts *kernel, unsigned version, unsigned patchlevel) {
        switch (kernel_at_least(kernel, version, patchlevel, 0)) {
        case TRISTATE_YES:
                return CGROUP_STATE_IMPLIED;
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

        return state_since(kernel, 4, 15);
}

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
                return state_since(kernel, 5, 2);
        default:
                if (!offer->v2_known)
                        return CGROUP_STATE_UNKNOWN;
                if (offer->in_v2[controller])
                        return CGROUP_STATE_AVAILABLE;
                return offer->enabled[controller] == TRISTATE_YES ? CGROUP_STATE_NOT_DELEGATED
                                                                  : CGROUP_STATE_ABSENT;
        }
}

/* A controller belongs to one version at a time, and either will do. */
static CgroupState judge(const KernelFacts *kernel, const CgroupMounts *mounts, const CgroupOffer *offer,
                         CgroupController controller) {
        CgroupState in_v2 = mounts->v2 ? v2_state(kernel, offer, controller) : CGROUP_STATE_ABSENT;
        Tristate disabled = is_disabled(kernel, offer, controller);

        if (mounts->v1[controller])
                return CGROUP_STATE_AVAILABLE;
        if (in_v2 == CGROUP_STATE_AVAILABLE || in_v2 == CGROUP_STATE_IMPLIED)
                return in_v2;
        if (disabled == TRISTATE_YES)
                return how_disabled(kernel, offer, controller);
        if (disabled == TRISTATE_UNKNOWN || in_v2 == CGROUP_STATE_UNKNOWN)
                return CGROUP_STATE_UNKNOWN;
        if (mounts->v2 && !mounts->any_v1)
                return in_v2;
        if (!offer->kernel_known)
                return CGROUP_STATE_UNKNOWN;

        if (offer->in_kernel[controller])
                return mounts->is_table ? CGROUP_STATE_NOT_MOUNTED : CGROUP_STATE_UNKNOWN;

        /* The kernel's list may be of version 1, and version 2 have more. */
        return !mounts->any_v1 && kernel_at_least(kernel, 6, 11, 0) != TRISTATE_NO ? CGROUP_STATE_NOT_MOUNTED
                                                                                   : CGROUP_STATE_ABSENT;
}

static int read_offer(const Root *root, const CgroupMounts *mounts, CgroupOffer *ret) {
        int r;

        r = mounts->v2 ? read_v2_controllers(root, mounts, ret->in_v2) : -ENOENT;
        if (r == -ENOMEM)
                return r;
        ret->v2_known = r >= 0;

        FOREACH_ELEMENT(enabled, ret->enabled)
                *enabled = TRISTATE_UNKNOWN;
        r = read_proc_cgroups(root, ret);
        if (r == -ENOMEM)
                return r;
        ret->kernel_known = r >= 0;

        return read_devicetree(root, ret);
}

int cgroup_facts_read(const Root *root, const KernelFacts *kernel, CgroupFacts *facts) {
        _cleanup_(cgroup_mounts_done) CgroupMounts mounts = {};
        CgroupFacts cgroup = {};
        CgroupOffer offer = {};
        int r;

        r = cgroup_mounts_read(root, &mounts);
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
        cgroup.base = mounts.base;
        r = read_offer(root, &mounts, &offer);
        if (r < 0)
                return r;

        cgroup.in_kernel = offer.kernel_known;
        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                cgroup.controllers[i] = judge(kernel, &mounts, &offer, i);

        *facts = cgroup;
        return 0;
}
