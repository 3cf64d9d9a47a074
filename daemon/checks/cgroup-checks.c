/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.*: the resource controllers that guests and containers are confined with. */

#include <stdio.h>

#include "catalogue.h"
#include "reads.h"
#include "remedies.h"

static const Reason hierarchy_mounted = {
        .id = "mounted",
        .state = CHECK_PASS,
        .detail = "Control groups are mounted ({layout}).",
        .explanation = DOC("A hierarchy with resource controllers can be used; each controller has a check "
                           "of its own."),
};

static const Reason hierarchy_not_mounted = {
        .id = "not-mounted",
        .state = CHECK_FAIL,
        .detail = "No hierarchy of control groups with resource controllers is mounted.",
        .explanation = DOC("The init system mounts control groups when the machine starts. Where it does "
                           "not, such as under OpenRC without its service cgroups, no program can use a "
                           "controller. Let the init system mount them, or mount version 2, which has all "
                           "controllers since Linux 5.2; on an older kernel, mount version 1."),
        .remedies = REMEDIES({ .kind = REMEDY_MOUNT,
                               .argument = "control groups at /sys/fs/cgroup",
                               .command = "mount -t {type} none /sys/fs/cgroup",
                               .privileged = true }),
};

static const Reason hierarchy_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether control groups are mounted, or could be, could not be read.",
        .explanation = DOC("Neither a table of mounts nor what is in /sys/fs/cgroup was there to read, or "
                           "the table has no control groups, and without /proc/cgroups nothing shows that "
                           "the kernel has them. A snapshot must contain them."),
};

static const Reason controller_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The control group controller {controller} is available ({layout}).",
        .explanation = DOC("Guests and containers can be put into groups that this controller governs."),
};

static const Reason controller_disabled = {
        .id = "disabled",
        .state = CHECK_FAIL,
        .detail = "The control group controller {controller} is disabled.",
        .explanation =
                DOC("The kernel says so in /proc/cgroups; its command line, which may be why, was not there "
                    "to read. The kernel's log begins with it: take cgroup_disable= out if it is there. If "
                    "it is not, this may be a Raspberry Pi's kernel that waits for cgroup_enable=."),
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("the command line", "'command line'")),
};

static const Reason controller_disabled_by_parameter = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The control group controller {controller} is disabled on the kernel command line.",
        .explanation =
                DOC("The boot loader hands the kernel this controller's name in cgroup_disable=. Some "
                    "distributions for small computers do so with memory, to save what its accounting "
                    "costs. Take the name out of the boot loader's configuration and restart."),
        .remedies = REMEDIES({ .kind = REMEDY_KERNEL_PARAMETER,
                               .action = "remove",
                               .argument = "cgroup_disable={controller}",
                               .privileged = true }),
};

#define REMEDY_TO_ENABLE                                                                                    \
        {                                                                                                   \
                .kind = REMEDY_KERNEL_PARAMETER, .action = "add", .argument = "cgroup_enable={controller}", \
                .privileged = true                                                                          \
        }

static const Reason controller_disabled_by_firmware = {
        .id = "disabled-by-firmware",
        .state = CHECK_FAIL,
        .detail = "The control group controller {controller} is disabled on the kernel command line, where "
                  "a Raspberry Pi's firmware puts cgroup_disable={controller}.",
        .explanation = DOC("The firmware begins the command line with what the board's devicetree says, and "
                           "that disables memory to save what its accounting costs. What cmdline.txt has "
                           "comes after it and cannot take it out, but Raspberry Pi's kernels know "
                           "cgroup_enable=, and the later one holds. Add that to cmdline.txt and restart; "
                           "other kernels do not know it, and need a devicetree without cgroup_disable=."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE),
};

static const Reason controller_disabled_by_default = {
        .id = "disabled-by-default",
        .state = CHECK_FAIL,
        .detail = "This kernel leaves the control group controller {controller} disabled unless its command "
                  "line enables it.",
        .explanation = DOC(
                "The kernel says that the controller is disabled, and its command line is not why. Kernels "
                "of some distributions, such as older ones of Raspberry Pi OS, do so with memory, to save "
                "what its accounting costs. They know cgroup_enable=, which Linux itself does not: add it "
                "to the boot loader's configuration, which is cmdline.txt on a Raspberry Pi, and restart."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE),
};

static const Reason controller_not_mounted = {
        .id = "not-mounted",
        .state = CHECK_FAIL,
        .detail = "The kernel has the control group controller {controller}, but no hierarchy offers it.",
        .explanation =
                DOC("The kernel has the controller, but no hierarchy of version 1 with it is mounted, and "
                    "version 2 is not or does not offer it. The init system mounts the hierarchies; where "
                    "it leaves this one out, mount it, or let the machine start with version 2 alone."),
        .remedies = REMEDIES({ .kind = REMEDY_MOUNT,
                               .argument = "{controller}",
                               .command = "{mount_command}",
                               .privileged = true }),
};

static const Reason controller_none_mounted = {
        .id = "none-mounted",
        .state = CHECK_FAIL,
        .detail = "There is no control group controller {controller} without a hierarchy of control groups.",
        .explanation = DOC("No hierarchy of either version is mounted, so that no controller can be used. "
                           "What to do about that is with the check of the hierarchy."),
        .cause = "cgroup.mounted",
};

static const Reason controller_not_delegated = {
        .id = "not-delegated",
        .state = CHECK_FAIL,
        .detail = "The kernel has the control group controller {controller}, but not for what is mounted "
                  "here ({layout}).",
        .explanation = DOC("The root of version 2 offers every controller that no hierarchy of version 1 "
                           "has, and a group what the group above has enabled. So this is a container whose "
                           "manager has not delegated the controller (with systemd: Delegate=), or the host "
                           "has it in a hierarchy of version 1."),
        .remedies = REMEDIES({ .kind = REMEDY_CONTAINER_MANAGER,
                               .argument = "the control group controller {controller}" }),
};

static const Reason controller_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "The kernel does not offer the control group controller {controller} ({layout}).",
        .explanation = DOC(
                "The kernel was configured without the controller or, where /proc/cgroups cannot tell, this "
                "may be a container whose manager did not delegate it. Start a kernel that has it, as those "
                "of the common distributions do, or let the manager of the container delegate it."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("a kernel with the control group controller {controller}")),
};

static const Reason controller_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the control group controller {controller} is available could not be read.",
        .explanation = DOC("The table of mounts, /proc/cgroups or the list of controllers was not there to "
                           "read. A snapshot must contain them."),
};

static const char *layout_in_words(CgroupLayout layout) {
        switch (layout) {
        case CGROUP_LAYOUT_V1:
                return "cgroup v1";
        case CGROUP_LAYOUT_V2:
                return "cgroup v2";
        case CGROUP_LAYOUT_HYBRID:
                return "cgroup v1 beside v2";
        case CGROUP_LAYOUT_NONE:
                return "no control groups mounted";
        default:
                return "unknown layout";
        }
}

/* Version 2 has all that the other checks look for since Linux 5.2, the freezer being the last to come.
 * Without options, version 1 is mounted with all controllers (kernel/cgroup/cgroup-v1.c:
 * check_cgroupfs_options()). */
static const Reason *judge_hierarchy(const Facts *facts, const Check *check, Finding *finding) {
        bool old = kernel_at_least(&facts->kernel, 5, 2, 0) == TRISTATE_NO;

        (void) check;
        finding_add(finding, "layout", layout_in_words(facts->cgroup.layout));

        switch (facts->cgroup.layout) {
        case CGROUP_LAYOUT_UNKNOWN:
                return &hierarchy_unknown;
        case CGROUP_LAYOUT_NONE:
                if (!facts->cgroup.in_kernel)
                        return &hierarchy_unknown;
                finding_add(finding, "type", old ? "cgroup" : "cgroup2");
                return &hierarchy_not_mounted;
        default:
                return &hierarchy_mounted;
        }
}

/* The place for a hierarchy of version 1 is a directory of a tmpfs, which systemd leaves read-only
 * (src/shared/mount-setup.c: mount_cgroup_controllers()). */
static void add_mount_command(Finding *finding, const char *controller, CgroupBase base) {
        static const char *const before[_CGROUP_BASE_MAX] = {
                [CGROUP_BASE_NONE] = "mount -t tmpfs cgroup /sys/fs/cgroup && ",
                [CGROUP_BASE_READ_ONLY] = "mount -o remount,rw /sys/fs/cgroup && ",
                [CGROUP_BASE_WRITABLE] = "",
        };
        char command[256];

        snprintf(command, sizeof(command),
                 "%smkdir -p /sys/fs/cgroup/%s && mount -t cgroup -o %s cgroup /sys/fs/cgroup/%s",
                 before[base], controller, controller, controller);
        finding_add(finding, "mount_command", command);
}

static const Reason *judge_controller(const Facts *facts, const Check *check, Finding *finding) {
        CgroupController controller = (CgroupController) check->subject;

        finding_add(finding, "controller", cgroup_controller_to_string(controller));
        finding_add(finding, "layout", layout_in_words(facts->cgroup.layout));

        switch (facts->cgroup.controllers[controller]) {
        case CGROUP_STATE_AVAILABLE:
                return &controller_available;
        case CGROUP_STATE_IMPLIED:
                finding->evidence = EVIDENCE_INFERRED;
                return &controller_available;
        case CGROUP_STATE_DISABLED:
                return &controller_disabled;
        case CGROUP_STATE_DISABLED_BY_PARAMETER:
                return &controller_disabled_by_parameter;
        case CGROUP_STATE_DISABLED_BY_FIRMWARE:
                return &controller_disabled_by_firmware;
        case CGROUP_STATE_DISABLED_BY_DEFAULT:
                return &controller_disabled_by_default;
        case CGROUP_STATE_NOT_MOUNTED:
                if (facts->cgroup.layout == CGROUP_LAYOUT_NONE)
                        return &controller_none_mounted;
                add_mount_command(finding, cgroup_controller_to_string(controller), facts->cgroup.base);
                return &controller_not_mounted;
        case CGROUP_STATE_NOT_DELEGATED:
                return &controller_not_delegated;
        case CGROUP_STATE_ABSENT:
                return &controller_absent;
        default:
                return &controller_unknown;
        }
}

static const Reason *const hierarchy_reasons[] = {
        &hierarchy_mounted,
        &hierarchy_not_mounted,
        &hierarchy_unknown,
        NULL,
};

static const Reason *const reasons[] = {
        &controller_available,
        &controller_disabled,
        &controller_disabled_by_parameter,
        &controller_disabled_by_firmware,
        &controller_disabled_by_default,
        &controller_not_mounted,
        &controller_none_mounted,
        &controller_not_delegated,
        &controller_absent,
        &controller_unknown,
        NULL,
};

/* What tells of every controller, and of those that version 2 has a list of. */
#define READS_MOUNTS "/proc/self/mounts, or what is in /sys/fs/cgroup in a snapshot without it"
#define READS_LISTS READS_MOUNTS, "/proc/cgroups", "/proc/cmdline", "/proc/sys/kernel/osrelease"
#define READS_V2 "cgroup.controllers at the root of the version 2 hierarchy"

#define REFERENCES(page)                                                                               \
        "https://docs.kernel.org/admin-guide/cgroup-v2.html", "https://docs.kernel.org/" page ".html", \
                "https://libvirt.org/cgroups.html"

static const Check checks[] = {
        {
                .id = "cgroup.mounted",
                .title = "Control groups",
                .description = "A hierarchy of control groups with resource controllers is mounted, of "
                               "version 1, version 2, or both.",
                .reads = DOC_LIST(READS_MOUNTS, "/proc/cgroups", "/proc/sys/kernel/osrelease"),
                .references = DOC_LIST("https://docs.kernel.org/admin-guide/cgroup-v2.html",
                                       "https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html",
                                       "https://libvirt.org/cgroups.html"),
                .judge = judge_hierarchy,
                .reasons = hierarchy_reasons,
        },
        {
                .id = "cgroup.cpu",
                .title = "CPU shares of guests",
                .description = "The control group controller cpu is available: guests can be given shares "
                               "of CPU time, and limits.",
                .reads = DOC_LIST(READS_LISTS, READS_V2),
                .references = DOC_LIST(REFERENCES("scheduler/sched-design-CFS")),
                .judge = judge_controller,
                .subject = CGROUP_CPU,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuacct",
                .title = "CPU accounting of guests",
                .description = "The control group controller cpuacct is available: the CPU time of guests "
                               "is counted. In version 2 every group counts it.",
                .reads = DOC_LIST(READS_LISTS),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/cpuacct")),
                .judge = judge_controller,
                .subject = CGROUP_CPUACCT,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuset",
                .title = "CPU pinning of guests",
                .description = "The control group controller cpuset is available: guests can be bound to "
                               "CPUs and memory nodes.",
                .reads = DOC_LIST(READS_LISTS, READS_V2),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/cpusets")),
                .judge = judge_controller,
                .subject = CGROUP_CPUSET,
                .reasons = reasons,
        },
        {
                .id = "cgroup.memory",
                .title = "Memory limits of guests",
                .description = "The control group controller memory is available: the memory of guests can "
                               "be limited.",
                .reads = DOC_LIST(READS_LISTS, READS_V2, "/proc/device-tree/compatible"),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/memory")),
                .judge = judge_controller,
                .subject = CGROUP_MEMORY,
                .reasons = reasons,
        },
        {
                .id = "cgroup.devices",
                .title = "Device access of guests",
                .description = "The control group controller devices is available: guests can be kept from "
                               "devices. In version 2 a BPF program does that.",
                .reads = DOC_LIST(READS_LISTS, READS_OF_CONFIGURATION),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/devices")),
                .judge = judge_controller,
                .subject = CGROUP_DEVICES,
                .reasons = reasons,
        },
        {
                .id = "cgroup.blkio",
                .title = "Disk bandwidth of guests",
                .description = "The control group controller blkio, io in version 2, is available: the "
                               "bandwidth of disks can be shared out.",
                .reads = DOC_LIST(READS_LISTS, READS_V2),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/blkio-controller")),
                .judge = judge_controller,
                .subject = CGROUP_BLKIO,
                .reasons = reasons,
        },
        {
                .id = "cgroup.freezer",
                .title = "Freezing containers",
                .description = "The control group controller freezer is available: a container can be "
                               "stopped as a whole. In version 2 every group can.",
                .reads = DOC_LIST(READS_LISTS),
                .references = DOC_LIST(REFERENCES("admin-guide/cgroup-v1/freezer-subsystem")),
                .judge = judge_controller,
                .subject = CGROUP_FREEZER,
                .reasons = reasons,
        },
};

const CheckTable cgroup_checks = CHECK_TABLE(checks);
