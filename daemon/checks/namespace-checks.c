/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.*: the kinds of namespace that containers are made of. */

#include "catalogue.h"
#include "reads.h"
#include "remedies.h"

static const Reason namespace_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "The kernel has {kind} namespaces, and root may create them.",
        .explanation = DOC("Containers that root starts can have namespaces of this kind."),
};

static const Reason namespace_unsupported = {
        .id = "unsupported",
        .state = CHECK_FAIL,
        .detail = "The kernel was built without {kind} namespaces.",
        .explanation = DOC("Each kind of namespace is an option of the kernel's configuration, such as "
                           "CONFIG_USER_NS, and no setting adds one that was left out. Start a kernel that "
                           "has it; those of the common distributions have all kinds."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("a kernel with {kind} namespaces")),
};

static const Reason namespace_forbidden = {
        .id = "forbidden",
        .state = CHECK_FAIL,
        .detail = "No {kind} namespace may be created: user.max_{kind}_namespaces is 0.",
        .explanation = DOC("The setting limits how many namespaces of this kind each user may have, root "
                           "included, and 0 forbids them. Guides to hardening advise that, and some "
                           "distributions shipped it. Raise the limit, and also change the file below "
                           "/etc/sysctl.d that sets it, or the next boot brings it back."),
        .remedies = REMEDIES({ .kind = REMEDY_SYSCTL,
                               .argument = "user.max_{kind}_namespaces=15000",
                               .command = "sysctl user.max_{kind}_namespaces=15000",
                               .privileged = true }),
};

static const Reason namespace_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel has {kind} namespaces could not be read.",
        .explanation = DOC("Neither /proc/self/ns or /proc/1/ns nor the kernel's configuration was there to "
                           "read. A snapshot must contain one of them."),
};

static const Reason unprivileged_available = {
        .id = "available",
        .state = CHECK_PASS,
        .detail = "Every user may create user namespaces.",
        .explanation = DOC("Users can run containers of their own, and programs can put themselves into a "
                           "sandbox, without root's help."),
};

static const Reason unprivileged_root_only = {
        .id = "privileged-only",
        .state = CHECK_FAIL,
        .detail = "Only root may create user namespaces: kernel.unprivileged_userns_clone is 0.",
        .explanation = DOC("The kernels of Debian and some other distributions have this switch in addition "
                           "to what Linux itself has; 0 reserves user namespaces for root. Containers that "
                           "root starts still work. Turn it on where users are to have containers of their "
                           "own, and keep the setting in a file below /etc/sysctl.d."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_SYSCTL,
                               .argument = "kernel.unprivileged_userns_clone=1",
                               .command = "sysctl kernel.unprivileged_userns_clone=1",
                               .privileged = true }),
};

static const Reason unprivileged_restricted = {
        .id = "restricted-by-apparmor",
        .state = CHECK_FAIL,
        .detail = "Without root's privileges, only programs whose AppArmor profile allows it may use user "
                  "namespaces: kernel.apparmor_restrict_unprivileged_userns is 1.",
        .explanation =
                DOC("Ubuntu sets this since 24.04, because user namespaces open parts of the kernel to "
                    "attackers. Containers that root starts are not restricted, libvirt's among them. A "
                    "program that needs user namespaces should get a profile with the rule \"userns,\" in "
                    "/etc/apparmor.d; setting the sysctl to 0 lifts the restriction for all programs."),
        .needs_met = true,
        .remedies = REMEDIES({ .kind = REMEDY_SYSCTL,
                               .argument = "kernel.apparmor_restrict_unprivileged_userns=0",
                               .command = "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
                               .privileged = true }),
};

static const Reason unprivileged_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether every user may create user namespaces could not be read.",
        .explanation = DOC("It takes /proc/self/ns, /proc/1/ns or the kernel's configuration, and the "
                           "settings below /proc/sys. A snapshot must contain them."),
};

/* Yields what keeps everybody from such namespaces, or NULL. */
static const Reason *find_obstacle(const NamespaceFacts *namespaces, NamespaceKind kind) {
        if (namespaces->supported[kind] == TRISTATE_NO)
                return &namespace_unsupported;

        return namespaces->forbidden[kind] == TRISTATE_YES ? &namespace_forbidden : NULL;
}

static const Reason *judge_namespace(const Facts *facts, const Check *check, Finding *finding) {
        NamespaceKind kind = (NamespaceKind) check->subject;
        const Reason *obstacle;

        finding_add(finding, "kind", namespace_kind_to_string(kind));

        if (facts->namespaces.supported[kind] == TRISTATE_UNKNOWN)
                return &namespace_unknown;

        obstacle = find_obstacle(&facts->namespaces, kind);
        return obstacle ? obstacle : &namespace_available;
}

/* Neither restriction is for root (Debian's patch of kernel/fork.c: capable(); AppArmor's wiki,
 * unprivileged_userns_restriction). */
static const Reason *judge_unprivileged(const Facts *facts, const Check *check, Finding *finding) {
        const NamespaceFacts *namespaces = &facts->namespaces;
        const Reason *obstacle;

        (void) check;
        finding_add(finding, "kind", namespace_kind_to_string(NAMESPACE_USER));

        if (namespaces->supported[NAMESPACE_USER] == TRISTATE_UNKNOWN)
                return &unprivileged_unknown;

        obstacle = find_obstacle(namespaces, NAMESPACE_USER);
        if (obstacle)
                return obstacle;
        if (namespaces->user_privileged_only == TRISTATE_YES)
                return &unprivileged_root_only;
        if (namespaces->user_restricted == TRISTATE_YES)
                return &unprivileged_restricted;
        if (namespaces->user_privileged_only == TRISTATE_UNKNOWN ||
            namespaces->user_restricted == TRISTATE_UNKNOWN)
                return &unprivileged_unknown;

        return &unprivileged_available;
}

static const Reason *const reasons[] = {
        &namespace_available, &namespace_unsupported, &namespace_forbidden, &namespace_unknown, NULL,
};

static const Reason *const unprivileged_reasons[] = {
        &unprivileged_available,
        &namespace_unsupported,
        &namespace_forbidden,
        &unprivileged_root_only,
        &unprivileged_restricted,
        &unprivileged_unknown,
        NULL,
};

#define READS_CONFIGURATION READS_OF_CONFIGURATION ", without /proc/self/ns"
#define READS_LIST(kind) "/proc/self/ns/" kind ", or /proc/1/ns/" kind " in a snapshot"
#define READS_OF_KIND(kind) READS_LIST(kind), "/proc/sys/user/max_" kind "_namespaces", READS_CONFIGURATION

#define REFERENCES_OF_ALL                                          \
        "https://man7.org/linux/man-pages/man7/namespaces.7.html", \
                "https://docs.kernel.org/admin-guide/sysctl/user.html"
#define REFERENCES_OF_KIND(kind) \
        "https://man7.org/linux/man-pages/man7/" kind "_namespaces.7.html", REFERENCES_OF_ALL

#define REFERENCE_DEBIAN \
        "https://www.debian.org/releases/bullseye/amd64/release-notes/ch-information.en.html"

static const Check checks[] = {
        {
                .id = "namespace.ipc",
                .title = "IPC namespaces",
                .description = "Containers can have System V IPC objects and message queues of their own.",
                .reads = DOC_LIST(READS_OF_KIND("ipc")),
                .references = DOC_LIST(REFERENCES_OF_KIND("ipc")),
                .judge = judge_namespace,
                .subject = NAMESPACE_IPC,
                .reasons = reasons,
        },
        {
                .id = "namespace.mnt",
                .title = "Mount namespaces",
                .description = "Containers can have file systems of their own.",
                .reads = DOC_LIST(READS_LIST("mnt"), "/proc/sys/user/max_mnt_namespaces"),
                .references = DOC_LIST(REFERENCES_OF_KIND("mount")),
                .judge = judge_namespace,
                .subject = NAMESPACE_MNT,
                .reasons = reasons,
        },
        {
                .id = "namespace.net",
                .title = "Network namespaces",
                .description = "Containers can have network interfaces of their own.",
                .reads = DOC_LIST(READS_OF_KIND("net")),
                .references = DOC_LIST(REFERENCES_OF_KIND("network")),
                .judge = judge_namespace,
                .subject = NAMESPACE_NET,
                .reasons = reasons,
        },
        {
                .id = "namespace.pid",
                .title = "Process namespaces",
                .description = "Containers can have process numbers of their own.",
                .reads = DOC_LIST(READS_OF_KIND("pid")),
                .references = DOC_LIST(REFERENCES_OF_KIND("pid")),
                .judge = judge_namespace,
                .subject = NAMESPACE_PID,
                .reasons = reasons,
        },
        {
                .id = "namespace.user",
                .title = "User namespaces",
                .description = "Containers that root starts can have users of their own, so that root in a "
                               "container is nobody outside.",
                .reads = DOC_LIST(READS_OF_KIND("user")),
                .references = DOC_LIST("https://man7.org/linux/man-pages/man7/user_namespaces.7.html",
                                       REFERENCES_OF_ALL, "https://libvirt.org/drvlxc.html"),
                .judge = judge_namespace,
                .subject = NAMESPACE_USER,
                .reasons = reasons,
        },
        {
                .id = "namespace.user_unprivileged",
                .title = "User namespaces for all users",
                .description = "Users other than root can create user namespaces, which containers without "
                               "root and many sandboxes are made of.",
                .reads = DOC_LIST(READS_OF_KIND("user"), "/proc/sys/kernel/unprivileged_userns_clone",
                                  "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
                .references = DOC_LIST(
                        "https://man7.org/linux/man-pages/man7/user_namespaces.7.html", REFERENCES_OF_ALL,
                        "https://gitlab.com/apparmor/apparmor/-/wikis/unprivileged_userns_restriction",
                        REFERENCE_DEBIAN),
                .needs = { "namespace.user" },
                .judge = judge_unprivileged,
                .reasons = unprivileged_reasons,
        },
        {
                .id = "namespace.uts",
                .title = "Host name namespaces",
                .description = "Containers can have a host name of their own.",
                .reads = DOC_LIST(READS_OF_KIND("uts")),
                .references = DOC_LIST(REFERENCES_OF_KIND("uts")),
                .judge = judge_namespace,
                .subject = NAMESPACE_UTS,
                .reasons = reasons,
        },
};

const CheckTable namespace_checks = CHECK_TABLE(checks);
