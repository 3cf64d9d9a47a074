/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel modules that virtualization needs or that stand in its way: loaded, loadable, or neither. */
#pragma once

#include "../basic/string-table.h"
#include "cpu.h"
#include "kernel.h"
#include "root.h"

typedef enum ModuleId {
        MODULE_ARM_SMMU,
        MODULE_ARM_SMMU_V3,
        MODULE_FUSE,
        MODULE_IOMMUFD,
        MODULE_KVM,
        MODULE_KVM_AMD,
        MODULE_KVM_HV,
        MODULE_KVM_INTEL,
        MODULE_KVM_PR,
        MODULE_KVM_PVM, /* out of tree: KVM without hardware virtualization */
        MODULE_TUN,
        MODULE_VBOXDRV, /* VirtualBox */
        MODULE_VFIO,
        MODULE_VFIO_IOMMU_TYPE1,
        MODULE_VFIO_PCI,
        MODULE_VHOST_NET,
        MODULE_VHOST_VSOCK,
        MODULE_VIRTIO_IOMMU,
        MODULE_VMMON,                    /* VMware Workstation and Player */
        MODULE_VMW_VSOCK_VMCI_TRANSPORT, /* VMware's sockets between host and guest */
        _MODULE_MAX,
} ModuleId;

typedef enum ModuleState {
        MODULE_STATE_UNKNOWN,
        MODULE_STATE_LIVE,        /* loaded and initialised */
        MODULE_STATE_BUILT_IN,    /* part of the kernel image */
        MODULE_STATE_LOADING,     /* its initialisation has not returned */
        MODULE_STATE_AVAILABLE,   /* not loaded, in the module tree */
        MODULE_STATE_BLACKLISTED, /* not loaded, in the module tree, and configured not to be, or to lack
                                     what it depends on */
        MODULE_STATE_NOT_LOADED,  /* not loaded; the module tree was not there to look into */
        MODULE_STATE_GONE,   /* not loaded; the module tree of the running kernel is known not to be there */
        MODULE_STATE_ABSENT, /* neither loaded nor in the module tree */
        MODULE_STATE_IMPOSSIBLE, /* not built in, and this kernel loads no module, or no longer */
        _MODULE_STATE_MAX,
} ModuleState;

/* What the running kernel says. */
typedef enum ModulePresence {
        MODULE_PRESENCE_UNKNOWN,
        MODULE_PRESENCE_NONE,
        MODULE_PRESENCE_UNLOADING, /* as good as gone */
        MODULE_PRESENCE_LOADING,
        MODULE_PRESENCE_LIVE,
        MODULE_PRESENCE_BUILT_IN,
} ModulePresence;

/* How much of the kernel is kept from root (kernel_lockdown(7)); with either, modules have to be signed. */
typedef enum Lockdown {
        LOCKDOWN_UNKNOWN,
        LOCKDOWN_NONE,
        LOCKDOWN_INTEGRITY,
        LOCKDOWN_CONFIDENTIALITY,
        _LOCKDOWN_MAX,
} Lockdown;

typedef struct ModuleFacts {
        ModulePresence presence[_MODULE_MAX];
        bool was_live[_MODULE_MAX]; /* it was loaded when this, or an earlier pass, looked */
        Tristate supported;         /* the kernel was built with modules */
        Tristate disabled;          /* it accepts no more of them until the next boot */
        Tristate signatures_needed; /* it was built, or started, to take signed ones alone */
        Lockdown lockdown;
        Tristate kvm_holds_cpu; /* KVM takes the CPU's virtualization when it is loaded, not with the first
                                   guest */
} ModuleFacts;

/* Why a module that is there is not loaded on demand. */
typedef enum ModuleBan {
        MODULE_BAN_NONE,
        MODULE_BAN_ALIAS, /* "blacklist" in modprobe.d(5), modprobe.blacklist=: loading it by name still
                             works */
        MODULE_BAN_ALL,   /* "install NAME /bin/false", module_blacklist=: loading it by name fails, too */
} ModuleBan;

/* Parameters of VFIO that allow what it refuses otherwise. They are off unless somebody turns them on. */
typedef enum VfioSwitch {
        VFIO_SWITCH_TYPE1_UNSAFE_INTERRUPTS,   /* vfio_iommu_type1.allow_unsafe_interrupts */
        VFIO_SWITCH_IOMMUFD_UNSAFE_INTERRUPTS, /* iommufd.allow_unsafe_interrupts */
        VFIO_SWITCH_DISABLE_DENYLIST,          /* vfio_pci.disable_denylist */
        _VFIO_SWITCH_MAX,
} VfioSwitch;

/* What the module tree of the running release and the configuration of modprobe say. */
typedef struct ModuleTreeFacts {
        bool has_index; /* modules.dep was found: what it does not list is not installed */
        bool is_gone;   /* it is known not to be there: this is a live machine, or others' trees are there */
        bool available[_MODULE_MAX];
        bool built_in[_MODULE_MAX];
        ModuleBan ban[_MODULE_MAX];
        char *ban_source[_MODULE_MAX];    /* the file, or "the kernel command line"; NULL without a ban */
        bool nested_off[_MODULE_MAX];     /* modprobe is told to turn the parameter "nested" off */
        char *nested_source[_MODULE_MAX]; /* the file that tells it about that parameter, or NULL */
        bool vfio_on[_VFIO_SWITCH_MAX];   /* modprobe is told to turn the parameter on */
        char *vfio_source[_VFIO_SWITCH_MAX];
} ModuleTreeFacts;

/* Reads which modules the kernel holds: proc/modules or, in a snapshot, ROOT_SOS_LSMOD; sys/module/NAME; and
 * which it would take: proc/sys/kernel/modules_disabled, sys/module/module/parameters/sig_enforce,
 * sys/kernel/security/lockdown, sys/module/kvm/parameters/enable_virt_at_load. FACTS hold what was
 * read before, of the same kernel, or zeroes. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int module_facts_read(const Root *root, const KernelFacts *kernel, ModuleFacts *facts);

/* Forgets what was read. Of the running system it stays known what was loaded once. */
void module_facts_forget(const Root *root, ModuleFacts *facts);

/* Reads a FILE of the module tree of RELEASE, from lib/modules, usr/lib/modules or NixOS's place.
 * Errors: -ENOENT when no place has it, and those of root_read(). */
int module_tree_read(const Root *root, const char *release, const char *file, char **ret);

/* Reads lib/modules/RELEASE/modules.{dep,builtin} and every modprobe.d directory, in the order that
 * modprobe.d(5) gives. Returns -ENOMEM, or 0: what cannot be read is left unknown. */
int module_tree_facts_read(const Root *root, const KernelFacts *kernel, ModuleTreeFacts *facts);
void module_tree_facts_done(ModuleTreeFacts *tree);

/* The module and the name of a parameter. */
ModuleId vfio_switch_module(VfioSwitch id);
const char *vfio_switch_parameter(VfioSwitch id);

/* Puts both together. */
ModuleState module_state(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id);

/* The module whose ban makes ID blacklisted: ID itself, or one that it depends on and that is forbidden. */
ModuleId module_in_the_way(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id);

/* Is it in the kernel and ready, loaded or built in? */
bool module_is_ready(const ModuleFacts *modules, const ModuleTreeFacts *tree, ModuleId id);

DECLARE_STRING_TABLE(module, ModuleId);
DECLARE_STRING_TABLE(lockdown, Lockdown); /* the kernel's words */
DECLARE_STRING_TABLE(module_state, ModuleState);

/* Finds a module by its name with dashes or underscores, as a file name ("kvm-amd") or the kernel has it.
 * Returns -EINVAL for one that we do not watch. */
int module_from_name(const char *name, size_t length);

/* The module that makes KVM work on this CPU: by its extension, or else by its vendor. Returns -EINVAL where
 * the CPU does not tell, or where KVM is always a part of the kernel. */
int module_of_kvm(const CpuFacts *cpu);
