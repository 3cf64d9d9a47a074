/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which modules the running kernel holds. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "module.h"
#include "values.h"

static const char *const module_table[_MODULE_MAX] = {
        [MODULE_ARM_SMMU] = "arm_smmu",
        [MODULE_ARM_SMMU_V3] = "arm_smmu_v3",
        [MODULE_FUSE] = "fuse",
        [MODULE_IOMMUFD] = "iommufd",
        [MODULE_KVM] = "kvm",
        [MODULE_KVM_AMD] = "kvm_amd",
        [MODULE_KVM_HV] = "kvm_hv",
        [MODULE_KVM_INTEL] = "kvm_intel",
        [MODULE_KVM_PR] = "kvm_pr",
        [MODULE_KVM_PVM] = "kvm_pvm",
        [MODULE_TUN] = "tun",
        [MODULE_VBOXDRV] = "vboxdrv",
        [MODULE_VFIO] = "vfio",
        [MODULE_VFIO_IOMMU_TYPE1] = "vfio_iommu_type1",
        [MODULE_VFIO_PCI] = "vfio_pci",
        [MODULE_VHOST_NET] = "vhost_net",
        [MODULE_VHOST_VSOCK] = "vhost_vsock",
        [MODULE_VIRTIO_IOMMU] = "virtio_iommu",
        [MODULE_VMMON] = "vmmon",
        [MODULE_VMW_VSOCK_VMCI_TRANSPORT] = "vmw_vsock_vmci_transport",
};
DEFINE_STRING_TABLE(module, ModuleId);

static const struct {
        ModuleId module;
        const char *parameter;
} vfio_switch_table[_VFIO_SWITCH_MAX] = {
        [VFIO_SWITCH_TYPE1_UNSAFE_INTERRUPTS] = { MODULE_VFIO_IOMMU_TYPE1, "allow_unsafe_interrupts" },
        [VFIO_SWITCH_IOMMUFD_UNSAFE_INTERRUPTS] = { MODULE_IOMMUFD, "allow_unsafe_interrupts" },
        [VFIO_SWITCH_DISABLE_DENYLIST] = { MODULE_VFIO_PCI, "disable_denylist" },
};

ModuleId vfio_switch_module(VfioSwitch id) {
        return vfio_switch_table[id].module;
}

const char *vfio_switch_parameter(VfioSwitch id) {
        return vfio_switch_table[id].parameter;
}

static const char *const module_state_table[_MODULE_STATE_MAX] = {
        [MODULE_STATE_UNKNOWN] = "unknown",       [MODULE_STATE_LIVE] = "live",
        [MODULE_STATE_BUILT_IN] = "built-in",     [MODULE_STATE_LOADING] = "loading",
        [MODULE_STATE_AVAILABLE] = "available",   [MODULE_STATE_BLACKLISTED] = "blacklisted",
        [MODULE_STATE_NOT_LOADED] = "not-loaded", [MODULE_STATE_GONE] = "gone",
        [MODULE_STATE_ABSENT] = "absent",         [MODULE_STATE_IMPOSSIBLE] = "impossible",
};
DEFINE_STRING_TABLE(module_state, ModuleState);

static const char *const lockdown_table[_LOCKDOWN_MAX] = {
        [LOCKDOWN_UNKNOWN] = "unknown",
        [LOCKDOWN_NONE] = "none",
        [LOCKDOWN_INTEGRITY] = "integrity",
        [LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
};
DEFINE_STRING_TABLE(lockdown, Lockdown);

int module_from_name(const char *name, size_t length) {
        for (int id = 0; id < _MODULE_MAX; id++)
                if (strlen(module_table[id]) == length && kernel_name_equal(module_table[id], name, length))
                        return id;

        return -EINVAL;
}

/* One line: name, size, reference count, users, state, address (kernel/module/procfs.c: m_show()). Returns
 * whether it is one. */
static bool parse_modules_line(ModuleFacts *modules, char *line) {
        char *cursor = line, *name, *state = NULL;
        int id;

        name = strsep(&cursor, " ");
        for (unsigned field = 0; field < 4 && cursor; field++)
                state = strsep(&cursor, " ");

        if (!state || (!streq(state, "Live") && !streq(state, "Loading") && !streq(state, "Unloading")))
                return false;

        id = module_from_name(name, strlen(name));
        if (id >= 0 && streq(state, "Live"))
                modules->presence[id] = MODULE_PRESENCE_LIVE;
        else if (id >= 0 && streq(state, "Loading"))
                modules->presence[id] = MODULE_PRESENCE_LOADING;
        else if (id >= 0)
                modules->presence[id] = MODULE_PRESENCE_UNLOADING;

        return true;
}

/* The same list as lsmod prints it (kmod, tools/lsmod.c): name, size, number and names of users. It leaves
 * the state out; a module that is not live is so for a moment. */
static bool parse_lsmod_line(ModuleFacts *modules, char *line) {
        char *saved = NULL, *name = strtok_r(line, " ", &saved), *size = strtok_r(NULL, " ", &saved);
        int id;

        if (!size || strspn(size, "0123456789") != strlen(size))
                return false;

        id = module_from_name(name, strlen(name));
        if (id >= 0)
                modules->presence[id] = MODULE_PRESENCE_LIVE;

        return true;
}

static int read_list(const Root *root, ModuleFacts *modules, const char *path,
                     bool (*parse_line)(ModuleFacts *modules, char *line)) {
        _cleanup_free_ char *text = NULL;
        bool is_list = root->live; /* a list without an entry is none, unless the kernel itself shows it */
        char *cursor, *line;
        int r;

        r = root_read(root, path, ROOT_FILE_MAX, &text);
        if (r < 0)
                return r;

        for (cursor = text; (line = strsep(&cursor, "\n"));)
                is_list |= parse_line(modules, line);
        if (!is_list)
                return -ENODATA;

        FOREACH_ELEMENT(presence, modules->presence)
                if (*presence == MODULE_PRESENCE_UNKNOWN)
                        *presence = MODULE_PRESENCE_NONE;

        return 0;
}

static int read_proc_modules(const Root *root, ModuleFacts *modules) {
        int r;

        r = read_list(root, modules, "proc/modules", parse_modules_line);
        if (r >= 0 || r == -ENOMEM || root->live)
                return r;

        return read_list(root, modules, ROOT_SOS_LSMOD, parse_lsmod_line);
}

/* A kernel does not change what is built in. */
static bool was_not_built_in(const ModuleFacts *old, size_t id) {
        return old->presence[id] != MODULE_PRESENCE_UNKNOWN && old->presence[id] != MODULE_PRESENCE_BUILT_IN;
}

/* Every loaded module has a directory with "initstate" in it; a built-in one has a directory when it has
 * parameters or a version, and never "initstate" (kernel/params.c: param_sysfs_builtin()). */
static void read_sys_module(const Root *root, const ModuleFacts *old, ModuleFacts *modules) {
        bool has_sys_module = root_exists(root, "sys/module") > 0;

        for (size_t id = 0; has_sys_module && id < _MODULE_MAX; id++) {
                char directory[64], initstate[80];
                int exists;

                if (modules->presence[id] > MODULE_PRESENCE_NONE)
                        continue;
                if (modules->presence[id] == MODULE_PRESENCE_NONE && was_not_built_in(old, id))
                        continue;

                snprintf(directory, sizeof(directory), "sys/module/%s", module_table[id]);
                snprintf(initstate, sizeof(initstate), "%s/initstate", directory);

                /* Most have none, so that one look is enough for them. */
                exists = root_exists(root, directory);
                if (exists == 0)
                        modules->presence[id] = MODULE_PRESENCE_NONE;
                if (exists <= 0)
                        continue;

                exists = root_exists(root, initstate);
                if (exists == 0)
                        modules->presence[id] = MODULE_PRESENCE_BUILT_IN;
                else if (exists > 0 && modules->presence[id] == MODULE_PRESENCE_UNKNOWN)
                        modules->presence[id] = MODULE_PRESENCE_LIVE;
        }
}

/* A file that every kernel with modules has (kernel/module/main.c: module_sysctl_table), and with it
 * proc/modules. A live kernel with neither has no modules; a snapshot may just not have taken them along. */
static Tristate read_supported(const Root *root, const KernelFacts *kernel, const ModuleFacts *modules,
                               bool has_proc_modules) {
        if (modules->disabled != TRISTATE_UNKNOWN || has_proc_modules)
                return TRISTATE_YES;

        return root->live && kernel->release ? TRISTATE_NO : kernel->options[KERNEL_OPTION_MODULES];
}

static int read_switches(const Root *root, ModuleFacts *modules) {
        const struct {
                const char *path;
                Tristate *value;
        } switches[] = {
                { "proc/sys/kernel/modules_disabled", &modules->disabled },
                { "sys/module/module/parameters/sig_enforce", &modules->signatures_needed },
                { "sys/module/kvm/parameters/enable_virt_at_load", &modules->kvm_holds_cpu },
        };

        FOREACH_ELEMENT(s, switches) {
                int r = read_switch_at(root, "%s", s->path);

                if (r == -ENOMEM)
                        return r;
                *s->value = tristate_from_result(r);
        }

        return 0;
}

/* The one in force stands in brackets: "none [integrity] confidentiality" (security/lockdown/lockdown.c:
 * lockdown_read()). The file is missing also where securityfs is not mounted. */
static int read_lockdown(const Root *root, Lockdown *ret) {
        _cleanup_free_ char *line = NULL;
        const char *word = NULL;
        int r;

        r = root_read_line(root, "sys/kernel/security/lockdown", &line);
        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                word = strchr(line, '[');

        *ret = LOCKDOWN_UNKNOWN;
        for (Lockdown lockdown = LOCKDOWN_NONE; word && lockdown < _LOCKDOWN_MAX; lockdown++) {
                const char *rest = startswith(word + 1, lockdown_table[lockdown]);

                if (rest && rest[0] == ']')
                        *ret = lockdown;
        }

        return 0;
}

int module_facts_read(const Root *root, const KernelFacts *kernel, ModuleFacts *facts) {
        ModuleFacts modules = {};
        int r;

        if (read_switches(root, &modules) < 0 || read_lockdown(root, &modules.lockdown) < 0)
                return -ENOMEM;

        r = read_proc_modules(root, &modules);
        if (r == -ENOMEM)
                return r;

        modules.supported = read_supported(root, kernel, &modules, r >= 0);
        read_sys_module(root, facts, &modules);
        for (ModuleId id = 0; id < _MODULE_MAX; id++)
                modules.was_live[id] = facts->was_live[id] || modules.presence[id] == MODULE_PRESENCE_LIVE;

        *facts = modules;
        return 0;
}

void module_facts_forget(const Root *root, ModuleFacts *facts) {
        ModuleFacts forgotten = {};

        if (root->live)
                memcpy(forgotten.was_live, facts->was_live, sizeof(forgotten.was_live));
        *facts = forgotten;
}

/* What cannot be loaded at all, not for another either. */
static bool is_forbidden(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id) {
        return tree->ban[id] == MODULE_BAN_ALL &&
               module_state(modules, tree, id) == MODULE_STATE_BLACKLISTED;
}

ModuleId module_in_the_way(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id) {
        /* As modules.dep has them. */
        static const struct {
                ModuleId module, needs;
        } dependencies[] = {
                { MODULE_KVM_AMD, MODULE_KVM },   { MODULE_KVM_HV, MODULE_KVM },
                { MODULE_KVM_INTEL, MODULE_KVM }, { MODULE_VFIO_PCI, MODULE_VFIO },
                { MODULE_VHOST_NET, MODULE_TUN },
        };

        if (tree->ban[id] != MODULE_BAN_ALL)
                FOREACH_ELEMENT(dependency, dependencies)
                        if (dependency->module == id && is_forbidden(modules, tree, dependency->needs))
                                return dependency->needs;

        return id;
}

ModuleState module_state(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id) {
        switch (modules->presence[id]) {
        case MODULE_PRESENCE_LIVE:
                return MODULE_STATE_LIVE;
        case MODULE_PRESENCE_LOADING:
                return MODULE_STATE_LOADING;
        case MODULE_PRESENCE_BUILT_IN:
                return MODULE_STATE_BUILT_IN;
        case MODULE_PRESENCE_UNKNOWN:
        case MODULE_PRESENCE_NONE:
        case MODULE_PRESENCE_UNLOADING:
                break;
        }

        if (tree->built_in[id])
                return MODULE_STATE_BUILT_IN;
        if (modules->presence[id] == MODULE_PRESENCE_UNKNOWN)
                return MODULE_STATE_UNKNOWN;
        if (modules->supported == TRISTATE_NO || modules->disabled == TRISTATE_YES)
                return MODULE_STATE_IMPOSSIBLE;
        if ((tree->available[id] || !tree->has_index) &&
            tree->ban[module_in_the_way(modules, tree, id)] != MODULE_BAN_NONE)
                return MODULE_STATE_BLACKLISTED;
        if (tree->available[id])
                return MODULE_STATE_AVAILABLE;

        if (tree->has_index)
                return MODULE_STATE_ABSENT;

        return tree->is_gone ? MODULE_STATE_GONE : MODULE_STATE_NOT_LOADED;
}

bool module_is_ready(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id) {
        ModuleState state = module_state(modules, tree, id);

        return state == MODULE_STATE_LIVE || state == MODULE_STATE_BUILT_IN;
}

int module_of_kvm(const CpuFacts *cpu) {
        CpuExtension extension;

        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                extension =
                        cpu->extension == CPU_EXTENSION_NONE ? cpu_vendor_extension(cpu) : cpu->extension;
                return extension == CPU_EXTENSION_VMX   ? (int) MODULE_KVM_INTEL
                       : extension == CPU_EXTENSION_SVM ? (int) MODULE_KVM_AMD
                                                        : -EINVAL;
        case ARCHITECTURE_PPC64:
                return MODULE_KVM_HV;
        case ARCHITECTURE_S390X:
        case ARCHITECTURE_RISCV:
        case ARCHITECTURE_LOONGARCH:
                return MODULE_KVM;
        default:
                return -EINVAL;
        }
}
