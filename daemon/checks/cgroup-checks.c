/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.*: the resource controllers that guests and containers are confined with. */

#include "catalogue.h"
#include "remedies.h"

static const Reason controller_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The control group controller {controller} is available ({layout}).",
        .explanation = "Guests and containers can be put into groups that this controller governs.",
};

static const Reason controller_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The control group controller {controller} is disabled on the kernel command line.",
        .explanation = "The boot loader hands the kernel this controller's name in cgroup_disable=. Some "
                       "distributions for small computers do so with memory, to save what its accounting "
                       "costs. Take the name out of the boot loader's configuration and restart.",
        .remedies = { { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "cgroup_disable={controller}",
                        .privileged = true } },
};

static const Reason controller_not_mounted = {
        .id = "not-mounted",
        .state = CHECK_FAIL,
        .detail = "The kernel has the control group controller {controller}, but no hierarchy offers it.",
        .explanation =
                "The kernel has the controller, but no hierarchy of version 1 with it is mounted, and "
                "version 2 is not or does not offer it. The init system mounts the hierarchies; where it "
                "leaves this one out, mount it, or let the machine start with version 2 alone.",
        .remedies = { { .kind = REMEDY_MOUNT,
                        .argument = "{controller}",
                        .command = "mount -t cgroup -o {controller} cgroup /sys/fs/cgroup/{controller}",
                        .privileged = true } },
};

static const Reason controller_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "The kernel does not offer the control group controller {controller} ({layout}).",
        .explanation = "The kernel was configured without the controller, or this is a container whose "
                       "manager did not delegate it. Start a kernel that has it, as those of the common "
                       "distributions do, or let the manager of the container delegate it.",
        .remedies = { REMEDY_TO_BOOT("a kernel with the control group controller {controller}") },
};

static const Reason controller_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the control group controller {controller} is available could not be read.",
        .explanation = "The table of mounts, /proc/cgroups or the list of controllers was not there to "
                       "read. A snapshot must contain them.",
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

static const Reason *judge_controller(const Facts *facts, const Check *check, Finding *finding) {
        CgroupController controller = (CgroupController) check->subject;

        finding_add(finding, "controller", cgroup_controller_to_string(controller));
        finding_add(finding, "layout", layout_in_words(facts->cgroup.layout));

        switch (facts->cgroup.controllers[controller]) {
        case CGROUP_STATE_AVAILABLE:
                /* No file of version 2 names these two: the kernel's version tells that they must
                 * be there. */
                if (facts->cgroup.layout == CGROUP_LAYOUT_V2 &&
                    (controller == CGROUP_DEVICES || controller == CGROUP_FREEZER))
                        finding->evidence = EVIDENCE_INFERRED;
                return &controller_available;
        case CGROUP_STATE_DISABLED:
                return &controller_disabled;
        case CGROUP_STATE_NOT_MOUNTED:
                return &controller_not_mounted;
        case CGROUP_STATE_ABSENT:
                return &controller_absent;
        default:
                return &controller_unknown;
        }
}

static const Reason *const reasons[] = {
        &controller_available, &controller_disabled, &controller_not_mounted,
        &controller_absent,    &controller_unknown,  NULL,
};

/* What tells of every controller, and of those that version 2 has a list of. */
#define READS_LISTS "/proc/self/mounts", "/proc/cgroups", "/proc/cmdline"
#define READS_V2 "cgroup.controllers at the root of the version 2 hierarchy"

#define REFERENCES(page)                                                                               \
        "https://docs.kernel.org/admin-guide/cgroup-v2.html", "https://docs.kernel.org/" page ".html", \
                "https://libvirt.org/cgroups.html"

static const Check checks[] = {
        {
                .id = "cgroup.cpu",
                .title = "CPU shares of guests",
                .description = "The control group controller cpu is available: guests can be given shares "
                               "of CPU time, and limits.",
                .reads = CHECK_LIST(READS_LISTS, READS_V2),
                .references = CHECK_LIST(REFERENCES("scheduler/sched-design-CFS")),
                .judge = judge_controller,
                .subject = CGROUP_CPU,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuacct",
                .title = "CPU accounting of guests",
                .description = "The control group controller cpuacct is available: the CPU time of guests "
                               "is counted. In version 2 every group counts it.",
                .reads = CHECK_LIST(READS_LISTS),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/cpuacct")),
                .judge = judge_controller,
                .subject = CGROUP_CPUACCT,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuset",
                .title = "CPU pinning of guests",
                .description = "The control group controller cpuset is available: guests can be bound to "
                               "CPUs and memory nodes.",
                .reads = CHECK_LIST(READS_LISTS, READS_V2),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/cpusets")),
                .judge = judge_controller,
                .subject = CGROUP_CPUSET,
                .reasons = reasons,
        },
        {
                .id = "cgroup.memory",
                .title = "Memory limits of guests",
                .description = "The control group controller memory is available: the memory of guests can "
                               "be limited.",
                .reads = CHECK_LIST(READS_LISTS, READS_V2),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/memory")),
                .judge = judge_controller,
                .subject = CGROUP_MEMORY,
                .reasons = reasons,
        },
        {
                .id = "cgroup.devices",
                .title = "Device access of guests",
                .description = "The control group controller devices is available: guests can be kept from "
                               "devices. In version 2 a BPF program does that.",
                .reads = CHECK_LIST(READS_LISTS, "/proc/sys/kernel/osrelease",
                                    "/boot/config-RELEASE, /lib/modules/RELEASE/config or /proc/config.gz"),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/devices")),
                .judge = judge_controller,
                .subject = CGROUP_DEVICES,
                .reasons = reasons,
        },
        {
                .id = "cgroup.blkio",
                .title = "Disk bandwidth of guests",
                .description = "The control group controller blkio, io in version 2, is available: the "
                               "bandwidth of disks can be shared out.",
                .reads = CHECK_LIST(READS_LISTS, READS_V2),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/blkio-controller")),
                .judge = judge_controller,
                .subject = CGROUP_BLKIO,
                .reasons = reasons,
        },
        {
                .id = "cgroup.freezer",
                .title = "Freezing containers",
                .description = "The control group controller freezer is available: a container can be "
                               "stopped as a whole. In version 2 every group can.",
                .reads = CHECK_LIST(READS_LISTS, "/proc/sys/kernel/osrelease"),
                .references = CHECK_LIST(REFERENCES("admin-guide/cgroup-v1/freezer-subsystem")),
                .judge = judge_controller,
                .subject = CGROUP_FREEZER,
                .reasons = reasons,
        },
};

const CheckTable cgroup_checks = CHECK_TABLE(checks);
