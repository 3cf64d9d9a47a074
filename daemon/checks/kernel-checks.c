/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.*: what the kernel as a whole must be. */

#include "catalogue.h"

static const Reason version_recent = {
        .id = "recent",
        .state = CHECK_PASS,
        .detail = "Linux {release} is at least {minimum}.",
};

static const Reason version_too_old = {
        .id = "too-old",
        .state = CHECK_FAIL,
        .detail = "Linux {release} is older than {minimum}.",
};

static const Reason version_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "The version of the kernel could not be read.",
};

/* Linux 2.6.26 is the first with everything that libvirt's LXC driver needs (libvirt, drvlxc.rst). */
static const Reason *judge_version(const Facts *facts, const Check *check, Finding *finding) {
        (void) check;
        finding_add(finding, "release", facts->kernel.release);
        finding_add(finding, "minimum", "2.6.26");

        switch (kernel_at_least(&facts->kernel, 2, 6, 26)) {
        case TRISTATE_YES:
                return &version_recent;
        case TRISTATE_NO:
                return &version_too_old;
        default:
                return &version_unknown;
        }
}

static const Check checks[] = {
        {
                .id = "kernel.version",
                .title = "Linux recent enough for containers",
                .description = "The kernel is Linux 2.6.26 or later, the first that containers work with.",
                .judge = judge_version,
                .reasons =
                        (const Reason *const[]){ &version_recent, &version_too_old, &version_unknown, NULL },
        },
};

const CheckTable kernel_checks = CHECK_TABLE(checks);
