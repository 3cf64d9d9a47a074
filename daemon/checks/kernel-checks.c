/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.*: what the kernel as a whole must be. */

#include <stdio.h>

#include "catalogue.h"
#include "reads.h"
#include "remedies.h"

static const Reason version_recent = {
        .id = "recent",
        .state = CHECK_PASS,
        .detail = "Linux {release} is at least {minimum}.",
        .explanation = DOC("Kernels of this age have everything that containers need."),
};

static const Reason version_too_old = {
        .id = "too-old",
        .state = CHECK_FAIL,
        .detail = "Linux {release} is older than {minimum}.",
        .explanation =
                DOC("Before Linux 2.6.26, of 2008, the kernel lacked kinds of namespaces that containers "
                    "are made of. Update the distribution, or start a kernel of its that is newer."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("Linux {minimum} or later")),
};

static const Reason version_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "The version of the kernel could not be read.",
        .explanation = DOC("/proc/sys/kernel/osrelease was not there to read. A snapshot must contain it, "
                           "or /proc/version."),
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

static const Reason modules_any = {
        .id = "any",
        .state = CHECK_PASS,
        .detail = "The kernel loads modules, signed or not.",
        .explanation = DOC("Every module that was built for this kernel can be loaded."),
};

static const Reason modules_signed_only = {
        .id = "signed-only",
        .state = CHECK_PASS,
        .detail = "The kernel loads modules that are signed with a key which it trusts ({cause}).",
        .explanation = DOC("The distribution's own modules are signed. What was built on this machine, such "
                           "as the modules of VirtualBox, VMware or an own KVM, has to be signed with a key "
                           "that the firmware or the kernel knows (\"machine owner key\")."),
};

static const Reason modules_signatures_unknown = {
        .id = "signatures-unknown",
        .state = CHECK_PASS,
        .detail = "The kernel loads modules; whether they have to be signed cannot be seen.",
        .explanation = DOC("The kernel tells in /sys/kernel/security/lockdown, which is there once "
                           "securityfs is mounted."),
};

static const Reason modules_not_supported = {
        .id = "no-modules",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "The kernel was built without modules: it has what it was built with.",
        .explanation = DOC("A kernel without CONFIG_MODULES has all of its drivers built in. Those that it "
                           "lacks cannot be added, which the checks of the devices tell one by one."),
};

static const Reason modules_disabled = {
        .id = "disabled",
        .state = CHECK_FAIL,
        .detail = "The kernel takes no more modules until the next start: kernel.modules_disabled is 1.",
        .explanation = DOC(
                "The setting is a one-way switch, which guides to hardening recommend: after it, no module "
                "can be loaded, nor the setting be taken back. Have the modules that are needed loaded "
                "before it is set, with a file below /etc/modules-load.d, or do not set it; then restart."),
        .remedies = REMEDIES(
                { .kind = REMEDY_CONFIGURATION_FILE, .argument = "/etc/sysctl.d", .privileged = true }),
};

static const Reason modules_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel loads modules could not be read.",
        .explanation = DOC("It takes /proc/sys/kernel/modules_disabled, /proc/modules or the kernel's "
                           "configuration. A snapshot must contain one of them."),
};

static const Reason *judge_signatures(const ModuleFacts *modules, Finding *finding) {
        char cause[32];

        if (modules->lockdown == LOCKDOWN_INTEGRITY || modules->lockdown == LOCKDOWN_CONFIDENTIALITY) {
                snprintf(cause, sizeof(cause), "lockdown=%s", lockdown_to_string(modules->lockdown));
                finding_add(finding, "cause", cause);
                return &modules_signed_only;
        }
        if (modules->signatures_needed == TRISTATE_YES) {
                finding_add(finding, "cause", "module.sig_enforce");
                return &modules_signed_only;
        }

        return modules->lockdown == LOCKDOWN_NONE && modules->signatures_needed == TRISTATE_NO
                       ? &modules_any
                       : &modules_signatures_unknown;
}

static const Reason *judge_modules(const Facts *facts, const Check *check, Finding *finding) {
        const ModuleFacts *modules = &facts->modules;

        (void) check;

        if (modules->supported == TRISTATE_NO)
                return &modules_not_supported;
        if (modules->disabled == TRISTATE_YES)
                return &modules_disabled;
        if (modules->supported == TRISTATE_UNKNOWN)
                return &modules_unknown;

        return judge_signatures(modules, finding);
}

static const Check checks[] = {
        {
                .id = "kernel.version",
                .title = "Linux recent enough",
                .description = "The kernel is Linux 2.6.26 or later, the first that containers work with.",
                .reads = DOC_LIST("/proc/sys/kernel/osrelease", "/proc/version, without the former"),
                .references = DOC_LIST("https://libvirt.org/drvlxc.html",
                                       "https://man7.org/linux/man-pages/man7/namespaces.7.html"),
                .judge = judge_version,
                .reasons =
                        (const Reason *const[]){ &version_recent, &version_too_old, &version_unknown, NULL },
        },
        {
                .id = "kernel.modules",
                .title = "Loading of kernel modules",
                .description = "The kernel takes modules, so that KVM and the drivers of guests' devices "
                               "can be loaded when they are needed.",
                .reads = DOC_LIST("/proc/sys/kernel/modules_disabled", "/proc/modules",
                                  "/sys/kernel/security/lockdown",
                                  "/sys/module/module/parameters/sig_enforce", READS_OF_CONFIGURATION),
                .references = DOC_LIST("https://docs.kernel.org/admin-guide/sysctl/kernel.html",
                                       "https://docs.kernel.org/admin-guide/module-signing.html",
                                       "https://man7.org/linux/man-pages/man7/kernel_lockdown.7.html"),
                .judge = judge_modules,
                .reasons = (const Reason *const[]){ &modules_any, &modules_signed_only,
                                                    &modules_signatures_unknown, &modules_not_supported,
                                                    &modules_disabled, &modules_unknown, NULL },
        },
};

const CheckTable kernel_checks = CHECK_TABLE(checks);
