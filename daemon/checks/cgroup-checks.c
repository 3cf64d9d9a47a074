/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.*: the resource controllers that guests and containers are confined with. */

#include "catalogue.h"

static const Reason controller_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The control group controller {controller} is available ({layout}).",
};

static const Reason controller_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The control group controller {controller} is disabled on the kernel command line.",
        .remedies = { { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "cgroup_disable={controller}",
                        .privileged = true } },
};

static const Reason controller_not_mounted = {
        .id = "not-mounted",
        .state = CHECK_FAIL,
        .detail = "The kernel has the control group controller {controller}, but no hierarchy offers it.",
        .remedies = { { .kind = REMEDY_MOUNT,
                        .argument = "{controller}",
                        .command = "mount -t cgroup -o {controller} cgroup /sys/fs/cgroup/{controller}",
                        .privileged = true } },
};

static const Reason controller_absent = {
        .id = "absent",
        .state = CHECK_FAIL,
        .detail = "The kernel does not offer the control group controller {controller} ({layout}).",
};

static const Reason controller_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the control group controller {controller} is available could not be read.",
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

static const Check checks[] = {
        {
                .id = "cgroup.cpu",
                .title = "CPU shares of guests",
                .description = "The control group controller cpu is available: guests can be given shares "
                               "of CPU time.",
                .judge = judge_controller,
                .subject = CGROUP_CPU,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuacct",
                .title = "CPU accounting of guests",
                .description = "The control group controller cpuacct is available: the CPU time of guests "
                               "is counted.",
                .judge = judge_controller,
                .subject = CGROUP_CPUACCT,
                .reasons = reasons,
        },
        {
                .id = "cgroup.cpuset",
                .title = "CPU pinning of guests",
                .description = "The control group controller cpuset is available: guests can be bound to "
                               "CPUs and nodes.",
                .judge = judge_controller,
                .subject = CGROUP_CPUSET,
                .reasons = reasons,
        },
        {
                .id = "cgroup.memory",
                .title = "Memory limits of guests",
                .description = "The control group controller memory is available: the memory of guests can "
                               "be limited.",
                .judge = judge_controller,
                .subject = CGROUP_MEMORY,
                .reasons = reasons,
        },
        {
                .id = "cgroup.devices",
                .title = "Device access of guests",
                .description = "The control group controller devices is available: guests can be kept from "
                               "devices.",
                .judge = judge_controller,
                .subject = CGROUP_DEVICES,
                .reasons = reasons,
        },
        {
                .id = "cgroup.blkio",
                .title = "Disk bandwidth of guests",
                .description = "The control group controller blkio (io) is available: disk bandwidth can be "
                               "shared out.",
                .judge = judge_controller,
                .subject = CGROUP_BLKIO,
                .reasons = reasons,
        },
        {
                .id = "cgroup.freezer",
                .title = "Freezing containers",
                .description = "The control group controller freezer is available: a container can be "
                               "stopped as a whole.",
                .judge = judge_controller,
                .subject = CGROUP_FREEZER,
                .reasons = reasons,
        },
};

const CheckTable cgroup_checks = CHECK_TABLE(checks);
