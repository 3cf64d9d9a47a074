/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What errors of loading a module mean on this machine. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "module-reasons.h"
#include "module-refusal.h"
#include "other-hypervisor.h"

/* What an error means whatever else is known. */
static const struct {
        int error;
        const char *cause;
} causes[] = {
        { EBUSY, "What it needs of the hardware is in use." },
        { EEXIST, "A module that excludes it is loaded: of kvm_amd and kvm_intel there can be one." },
        { EINVAL, "It does not take an option that modprobe.d gives it, or its file is damaged." },
        { EIO, "The hardware does not do what it promises." },
        { EKEYREJECTED,
          "It is not signed with a key that this kernel trusts, and this kernel takes no other: "
          "sign it and enroll the key, or install the kernel's own modules." },
        { ENODEV, "This machine does not have the hardware that it is for." },
        { ENOENT, "It needs something that this kernel does not have: it was built for another one." },
        { ENOEXEC, "Its file is damaged, or was built for another kernel." },
        { ENOKEY, "It is signed with a key that this kernel does not know: enroll the key, or install the "
                  "kernel's own modules." },
        { ENOMEM, "The machine has no memory left for it." },
        { ENOSYS, "This kernel was built without support for modules: start another one." },
        { EOPNOTSUPP,
          "The hardware does not offer what it needs, or the firmware or an outer hypervisor keeps "
          "it back." },
};

static const char *cause_of(int error) {
        FOREACH_ELEMENT(known, causes)
                if (known->error == error)
                        return known->cause;

        return "The kernel's log may say more: dmesg.";
}

/* With EPERM the kernel keeps modules out on principle, and the facts may tell on which. */
static const char *principle(const Facts *facts, int module) {
        const ModuleFacts *modules = &facts->modules;

        if (modules->disabled == TRISTATE_YES)
                return "This kernel takes no more modules until the next start (kernel.modules_disabled).";
        if (module >= 0 && facts->module_tree.ban[module] == MODULE_BAN_ALL)
                return "The kernel's parameter module_blacklist= forbids it.";
        if (modules->lockdown == LOCKDOWN_INTEGRITY || modules->lockdown == LOCKDOWN_CONFIDENTIALITY)
                return "The kernel is locked down, as with Secure Boot, and takes signed modules alone.";

        return "A security module forbids it, or virtready-modprobe runs in a container, which may not load "
               "modules.";
}

static int explain_busy(const Facts *facts, char **ret) {
        _cleanup_(finding_done) Finding finding = {};

        if (!find_other_hypervisor(facts, &finding))
                return asprintf(ret, "Another hypervisor may own the CPU's virtualization.") < 0 ? -ENOMEM
                                                                                                 : 0;

        return finding_expand(&finding,
                              "{owner} may own the CPU's virtualization: end its machines, and unload "
                              "{owner_module}.",
                              ret);
}

/* The kernel does not tell one from another, and the check of the CPU often does. */
static int explain_unsupported(const Facts *facts, int module, char **ret) {
        const Check *check = catalogue_get((size_t) catalogue_find("cpu.virtualization"));
        _cleanup_(finding_done) Finding finding = {};
        int of_this_cpu = module_of_kvm(&facts->cpu);
        const Reason *reason;

        if (of_this_cpu >= 0 && of_this_cpu != module)
                return asprintf(ret, "The module for this CPU is %s.",
                                module_to_string((ModuleId) of_this_cpu)) < 0
                               ? -ENOMEM
                               : 0;

        reason = check->judge(facts, check, &finding);
        if (finding.out_of_memory)
                return -ENOMEM;
        if (reason->state == CHECK_FAIL)
                return finding_expand(&finding, reason->detail, ret);

        return asprintf(ret, "This CPU has no %s, or the firmware or an outer hypervisor keeps it back.",
                        module == MODULE_KVM_AMD ? "AMD-V" : "VT-x") < 0
                       ? -ENOMEM
                       : 0;
}

static int explain_error(const Facts *facts, int module, ModprobeOutcome outcome, int error, char **ret) {
        bool of_cpu = module == MODULE_KVM_AMD || module == MODULE_KVM_INTEL;

        if (outcome == MODPROBE_FAILED && error == ENOENT)
                *ret = strdup("An index of the module tree is missing: make it anew with depmod.");
        else if (error == EPERM)
                *ret = strdup(principle(facts, module));
        else if (error == EBUSY && (of_cpu || module == MODULE_KVM))
                return explain_busy(facts, ret);
        else if (error == EOPNOTSUPP && of_cpu)
                return explain_unsupported(facts, module, ret);
        else
                *ret = strdup(cause_of(error));

        return *ret ? 0 : -ENOMEM;
}

static int explain_refusal(const Facts *facts, const char *module, const ModprobeAnswer *answer,
                           char **ret) {
        const char *who = answer->outcome == MODPROBE_REFUSED ? "The kernel refuses" : "Failed to load",
                   *name = strerrorname_np(answer->error);
        _cleanup_free_ char *cause = NULL;
        int r;

        r = explain_error(facts, module_from_name(module, strlen(module)), answer->outcome, answer->error,
                          &cause);
        if (r < 0)
                return r;

        r = name ? asprintf(ret, "%s %s: %s (%s). %s", who, module, strerrordesc_np(answer->error), name,
                            cause)
                 : asprintf(ret, "%s %s: error %i. %s", who, module, answer->error, cause);
        return r < 0 ? -ENOMEM : 0;
}

static bool tells_why(const Reason *reason, ModprobeOutcome outcome) {
        if (outcome == MODPROBE_OVERRIDDEN)
                return reason == &module_forbidden;

        return reason == &module_tree_missing || reason == &module_not_installed ||
               reason == &module_impossible;
}

/* The last pass may have seen why there is nothing to load; if not, FALLBACK says it. */
static int explain_absence(const Facts *facts, const char *module, ModprobeOutcome outcome,
                           const char *fallback, char **ret) {
        _cleanup_(finding_done) Finding finding = {};
        int id = module_from_name(module, strlen(module));
        const Reason *reason = id >= 0 ? explain_module(facts, id, &finding) : NULL;

        if (finding.out_of_memory)
                return -ENOMEM;
        if (reason && tells_why(reason, outcome))
                return finding_expand(&finding, reason->detail, ret);

        return asprintf(ret, "%s: %s", module, fallback) < 0 ? -ENOMEM : 0;
}

/* What keeps a module from being loaded at the start, when loading it by its name works. */
static int explain_blacklist(const Facts *facts, const char *module, char **ret) {
        int id = module_from_name(module, strlen(module));
        bool known = id >= 0 && facts->module_tree.ban[id] == MODULE_BAN_ALIAS;

        return asprintf(ret,
                        "%s is blacklisted by %s, and then systemd does not load it at the start: take that "
                        "out first.",
                        module,
                        known ? facts->module_tree.ban_source[id]
                              : "a file of modprobe.d or the kernel command line") < 0
                       ? -ENOMEM
                       : 0;
}

int module_refusal_explain(const Facts *facts, const char *module, const ModprobeAnswer *answer,
                           char **ret) {
        switch (answer->outcome) {
        case MODPROBE_NOT_FOUND:
                return explain_absence(facts, module, answer->outcome,
                                       "the running kernel has no such module installed.", ret);
        case MODPROBE_OVERRIDDEN:
                return explain_absence(
                        facts, module, answer->outcome,
                        "a file of modprobe.d has a command or an alias in place of this module, "
                        "or a command in place of one that it needs.",
                        ret);
        case MODPROBE_BLACKLISTED:
                return explain_blacklist(facts, module, ret);
        default:
                return explain_refusal(facts, module, answer, ret);
        }
}
