/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains a missing module. */

#include "module-reasons.h"

#define REMEDY_TO_LOAD                                                                              \
        {                                                                                           \
                .kind = REMEDY_LOAD_MODULE, .argument = "{module}", .command = "modprobe {module}", \
                .privileged = true                                                                  \
        }

#define REMEDY_TO_ALLOW \
        { .kind = REMEDY_CONFIGURATION_FILE, .argument = "{source}", .privileged = true }

const Reason module_not_loaded = {
        .id = "module-not-loaded",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded.",
        .remedies = { REMEDY_TO_LOAD },
};

const Reason module_blacklisted = {
        .id = "module-blacklisted",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} blacklists it.",
        .remedies = { REMEDY_TO_LOAD, REMEDY_TO_ALLOW },
};

const Reason module_forbidden = {
        .id = "module-forbidden",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} forbids it.",
        .remedies = { REMEDY_TO_ALLOW },
};

const Reason module_blacklisted_by_parameter = {
        .id = "module-blacklisted-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} blacklists it.",
        .remedies = { REMEDY_TO_LOAD,
                      { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "modprobe.blacklist={module}",
                        .privileged = true } },
};

const Reason module_forbidden_by_parameter = {
        .id = "module-forbidden-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} forbids it.",
        .remedies = { { .kind = REMEDY_KERNEL_PARAMETER,
                        .action = "remove",
                        .argument = "module_blacklist={module}",
                        .privileged = true } },
};

const Reason module_not_installed = {
        .id = "module-not-installed",
        .state = CHECK_FAIL,
        .detail = "The kernel {release} comes without the module {module}.",
};

const Reason module_impossible = {
        .id = "modules-impossible",
        .state = CHECK_FAIL,
        .detail = "{module} is not built into this kernel, and this kernel loads no modules.",
};

const Reason module_unknown = {
        .id = "module-unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel has {module} cannot be seen.",
};

/* Its source is a file or, by name, the kernel command line. */
static const Reason *explain_ban(ModuleBan ban, const char *source) {
        if (!source || source[0] != '/')
                return ban == MODULE_BAN_ALL ? &module_forbidden_by_parameter
                                             : &module_blacklisted_by_parameter;

        return ban == MODULE_BAN_ALL ? &module_forbidden : &module_blacklisted;
}

const Reason *explain_module(const Facts *facts, ModuleId id, Finding *finding) {
        finding_add(finding, "module", module_to_string(id));

        switch (facts_module_state(facts, id)) {
        case MODULE_STATE_AVAILABLE:
        case MODULE_STATE_NOT_LOADED:
        /* An event follows when it has succeeded, and none when it fails. */
        case MODULE_STATE_LOADING:
                return &module_not_loaded;
        case MODULE_STATE_BLACKLISTED:
                finding_add(finding, "source", facts->module_tree.ban_source[id]);
                return explain_ban(facts->module_tree.ban[id], facts->module_tree.ban_source[id]);
        case MODULE_STATE_ABSENT:
                finding_add(finding, "release", facts->kernel.release);
                return &module_not_installed;
        case MODULE_STATE_IMPOSSIBLE:
                return &module_impossible;
        default:
                return &module_unknown;
        }
}
