/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains a missing module. */

#include "module-reasons.h"
#include "package.h"
#include "remedies.h"

#define REMEDY_TO_ALLOW \
        { .kind = REMEDY_CONFIGURATION_FILE, .argument = "{source}", .privileged = true }

const Reason module_not_loaded = {
        .id = "module-not-loaded",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded.",
        .explanation =
                DOC("The module is installed, and nothing has asked for it, or loading it has failed. Load "
                    "it; if that fails, the message says why, and the kernel's log has more. A file below "
                    "/etc/modules-load.d with the module's name in it loads it at every start."),
        .remedies = REMEDIES(REMEDY_TO_LOAD_MODULE),
};

const Reason module_tree_missing = {
        .id = "module-tree-missing",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded, and cannot be: the modules of the running "
                  "kernel {release} are not installed.",
        .explanation = DOC("There is no list of modules for the running kernel below /lib/modules. Most "
                           "often the kernel was updated since the machine started, and the old modules "
                           "went with the old package: restart, and the new kernel finds its own. In a "
                           "container, /lib/modules of the host has to be there."),
        .remedies = REMEDIES({ .kind = REMEDY_BOOT_KERNEL,
                               .argument = "a kernel whose modules are installed",
                               .command = "reboot",
                               .privileged = true }),
};

const Reason module_blacklisted = {
        .id = "module-blacklisted",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} blacklists it.",
        .explanation = DOC("A line \"blacklist\" in a file of modprobe.d keeps a module from being loaded "
                           "for the hardware that it is for; asking for it by name still works. Load it for "
                           "now, and take the line out to have it after the next start."),
        .remedies = REMEDIES(REMEDY_TO_LOAD_MODULE, REMEDY_TO_ALLOW),
};

const Reason module_forbidden = {
        .id = "module-forbidden",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} forbids it.",
        .explanation = DOC("A line \"install\" in a file of modprobe.d runs a program that does nothing in "
                           "place of loading the module. Take the line out, if the reason for which it is "
                           "there allows it, and load the module then."),
        .remedies = REMEDIES(REMEDY_TO_ALLOW),
};

const Reason module_blacklisted_by_parameter = {
        .id = "module-blacklisted-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} blacklists it.",
        .explanation = DOC("The parameter modprobe.blacklist= keeps a module from being loaded for the "
                           "hardware that it is for; asking for it by name still works. Load it for now, "
                           "and take the parameter out of the boot loader's configuration."),
        .remedies = REMEDIES(REMEDY_TO_LOAD_MODULE, { .kind = REMEDY_KERNEL_PARAMETER,
                                                      .action = "remove",
                                                      .argument = "modprobe.blacklist={module}",
                                                      .privileged = true }),
};

const Reason module_forbidden_by_parameter = {
        .id = "module-forbidden-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The kernel module {module} is not loaded: {source} forbids it.",
        .explanation = DOC(
                "The kernel refuses the modules that its parameter module_blacklist= lists, whoever asks. "
                "Take the module out of the list in the boot loader's configuration, and restart."),
        .remedies = REMEDIES({ .kind = REMEDY_KERNEL_PARAMETER,
                               .action = "remove",
                               .argument = "module_blacklist={module}",
                               .privileged = true }),
};

const Reason module_not_installed = {
        .id = "module-not-installed",
        .state = CHECK_FAIL,
        .detail = "The kernel {release} comes without the module {module}.",
        .explanation =
                DOC("The module is neither built into the kernel nor among its modules below /lib/modules. "
                    "Some distributions have it in a package of its own; small kernels, such as those for "
                    "clouds, come without it, and another kernel of the distribution has it."),
        .remedies = REMEDIES(REMEDY_TO_INSTALL, REMEDY_TO_BOOT("a kernel that has {module}")),
};

const Reason module_impossible = {
        .id = "modules-impossible",
        .state = CHECK_FAIL,
        .detail = "{module} is not built into this kernel, and this kernel loads no modules.",
        .explanation = DOC("What this kernel can do is fixed: it was built without support for modules, or "
                           "was told to take no more (kernel.modules_disabled). Start a kernel that has the "
                           "driver built in, or one that loads modules."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("a kernel that has {module}")),
};

const Reason module_unknown = {
        .id = "module-unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel has {module} cannot be seen.",
        .explanation = DOC("It takes /proc/modules or /sys/module to know which modules there are. A "
                           "snapshot must contain one of them."),
};

/* Its source is a file or, by name, the kernel command line. */
static const Reason *explain_ban(const Facts *facts, ModuleId id, Finding *finding) {
        const char *source = facts->module_tree.ban_source[id];
        ModuleBan ban = facts->module_tree.ban[id];

        finding_add(finding, "source", source);
        if (!source || source[0] != '/')
                return ban == MODULE_BAN_ALL ? &module_forbidden_by_parameter
                                             : &module_blacklisted_by_parameter;

        return ban == MODULE_BAN_ALL ? &module_forbidden : &module_blacklisted;
}

const Reason *explain_module(const Facts *facts, ModuleId id, Finding *finding) {
        id = module_in_the_way(&facts->modules, &facts->module_tree, id);
        finding_add(finding, "module", module_to_string(id));

        switch (facts_module_state(facts, id)) {
        case MODULE_STATE_GONE:
                finding_add(finding, "release", facts->kernel.release);
                return &module_tree_missing;
        case MODULE_STATE_NOT_LOADED:
        case MODULE_STATE_AVAILABLE:
                return &module_not_loaded;
        /* An event follows when it has succeeded, and none when it fails: until then all is as it was. */
        case MODULE_STATE_LOADING:
                return facts->module_tree.ban[id] == MODULE_BAN_NONE ? &module_not_loaded
                                                                     : explain_ban(facts, id, finding);
        case MODULE_STATE_BLACKLISTED:
                return explain_ban(facts, id, finding);
        case MODULE_STATE_ABSENT:
                finding_add(finding, "release", facts->kernel.release);
                finding_add_package(finding, facts, PACKAGE_KERNEL_MODULES);
                return &module_not_installed;
        case MODULE_STATE_IMPOSSIBLE:
                return &module_impossible;
        default:
                return &module_unknown;
        }
}
