/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes facts instead of reading them. Copies are flat: strings are the original's, or constants. */

#include <errno.h>

#include "daemon/basic/macro.h"
#include "variants.h"

static const Tristate tristates[] = { TRISTATE_UNKNOWN, TRISTATE_NO, TRISTATE_YES };

static void vary_probe(const Facts *facts, VariantHandler handler, void *userdata) {
        static const int errors[] = { 0,       -ENOENT, -ENODEV, -ENXIO,  -EACCES, -EPERM,     -EBUSY,
                                      -ENOMEM, -EMFILE, -EAGAIN, -EINVAL, -EIO,    -ETIMEDOUT, -524 };

        for (KvmStage stage = KVM_STAGE_NONE; stage <= KVM_STAGE_DONE; stage++)
                FOREACH_ELEMENT(error, errors) {
                        Facts variant = *facts;

                        /* Only these stages can fail without a system call that does (kvm.c). */
                        if (*error == 0 && stage != KVM_STAGE_API_VERSION && stage != KVM_STAGE_RUN)
                                continue;

                        variant.kvm.stage = stage;
                        variant.kvm.error = *error;
                        handler(&variant, userdata);
                }
}

static void vary_devices(const Facts *facts, VariantHandler handler, void *userdata) {
        FOREACH_ELEMENT(registered, tristates)
                FOREACH_ELEMENT(has_node, tristates)
                        for (unsigned made = 0; made <= (*has_node == TRISTATE_UNKNOWN); made++) {
                                Facts variant = *facts;

                                FOREACH_ELEMENT(device, variant.devices.devices) {
                                        device->registered = *registered;
                                        device->has_node = *has_node;
                                        device->made_at_start = made;
                                }
                                handler(&variant, userdata);
                        }
}

static void vary_permissions(const Facts *facts, VariantHandler handler, void *userdata) {
        static const mode_t modes[] = { 0000, 0600, 0640, 0660, 0666 };

        FOREACH_ELEMENT(mode, modes)
                for (unsigned i = 0; i < 4; i++)
                        for (size_t n_acl = 0; n_acl < 2; n_acl++) {
                                uid_t owner = i & 1;
                                gid_t group = i >> 1;
                                Facts variant = *facts;
                                DeviceFacts *kvm = &variant.devices.devices[DEVICE_KVM];

                                kvm->mode = *mode;
                                kvm->uid = owner;
                                kvm->gid = group;
                                kvm->group_read_write = (*mode & 0060) == 0060;
                                kvm->n_acl = n_acl;
                                kvm->acl[0] = (DeviceAclEntry){ .id = 1000, .read_write = true };
                                handler(&variant, userdata);
                        }
}

static void set_modules(Facts *facts, ModulePresence presence, bool available, ModuleBan ban,
                        const char *source) {
        for (size_t id = 0; id < _MODULE_MAX; id++) {
                facts->modules.presence[id] = presence;
                facts->module_tree.available[id] = available;
                facts->module_tree.built_in[id] = false;
                facts->module_tree.ban[id] = ban;
                facts->module_tree.ban_source[id] = (char *) source;
        }
}

/* Without devices, the modules have to explain why. */
static void call_also_without_devices(Facts *variant, VariantHandler handler, void *userdata) {
        handler(variant, userdata);

        FOREACH_ELEMENT(device, variant->devices.devices)
                device->registered = TRISTATE_NO;
        handler(variant, userdata);
}

static void vary_bans(const Facts *facts, VariantHandler handler, void *userdata) {
        static const ModuleBan bans[] = { MODULE_BAN_ALIAS, MODULE_BAN_ALL };
        static const char *const sources[] = { "/etc/modprobe.d/a.conf", "the kernel command line" };

        FOREACH_ELEMENT(ban, bans)
                FOREACH_ELEMENT(source, sources) {
                        Facts variant = *facts;

                        set_modules(&variant, MODULE_PRESENCE_NONE, /* available= */ true, *ban, *source);
                        variant.modules.supported = TRISTATE_YES;
                        call_also_without_devices(&variant, handler, userdata);
                }
}

static void vary_modules(const Facts *facts, VariantHandler handler, void *userdata) {
        for (ModulePresence presence = 0; presence <= MODULE_PRESENCE_BUILT_IN; presence++)
                FOREACH_ELEMENT(supported, tristates)
                        for (unsigned i = 0; i < 16; i++) {
                                Facts variant = *facts;

                                set_modules(&variant, presence, i & 1, MODULE_BAN_NONE, NULL);
                                variant.module_tree.has_index = i & 2;
                                variant.module_tree.is_gone = !(i & 2) && (facts->live || i & 8);
                                variant.modules.supported = *supported;
                                variant.modules.disabled = i & 4 ? TRISTATE_YES : TRISTATE_NO;
                                call_also_without_devices(&variant, handler, userdata);
                        }
}

/* What the kernel asks of a module, and the packages that have more of them. */
static void vary_kernel(const Facts *facts, VariantHandler handler, void *userdata) {
        for (Lockdown lockdown = 0; lockdown < _LOCKDOWN_MAX; lockdown++)
                FOREACH_ELEMENT(signatures, tristates)
                        for (Distribution id = 0; id < _DISTRIBUTION_MAX; id++) {
                                Facts variant = *facts;

                                set_modules(&variant, MODULE_PRESENCE_NONE, false, MODULE_BAN_NONE, NULL);
                                variant.module_tree.has_index = true;
                                variant.modules.supported = TRISTATE_YES;
                                variant.modules.disabled = TRISTATE_NO;
                                variant.modules.lockdown = lockdown;
                                variant.modules.signatures_needed = *signatures;
                                variant.distribution.id = id;
                                call_also_without_devices(&variant, handler, userdata);
                        }
}

/* Other products' modules, and KVM's, each there or not. */
static void vary_other_hypervisors(const Facts *facts, VariantHandler handler, void *userdata) {
        static const ModuleId modules[] = { MODULE_VBOXDRV, MODULE_VMMON, MODULE_VMW_VSOCK_VMCI_TRANSPORT };
        static const unsigned versions[] = { 4, 6 };

        for (unsigned live = 0; live < 1U << ELEMENTSOF(modules); live++)
                FOREACH_ELEMENT(tristate, tristates)
                        FOREACH_ELEMENT(version, versions) {
                                Facts variant = *facts;

                                for (size_t i = 0; i < ELEMENTSOF(modules); i++)
                                        variant.modules.presence[modules[i]] =
                                                live & (1U << i) ? MODULE_PRESENCE_LIVE
                                                                 : MODULE_PRESENCE_NONE;
                                variant.modules.kvm_holds_cpu = *tristate;
                                variant.kernel.version[0] = *version;
                                call_also_without_devices(&variant, handler, userdata);
                        }
}

/* The device node of a machine on which opening it loads KVM. */
static void vary_static_node(const Facts *facts, VariantHandler handler, void *userdata) {
        static const Architecture architectures[] = { ARCHITECTURE_S390X, ARCHITECTURE_PPC64,
                                                      ARCHITECTURE_X86 };

        FOREACH_ELEMENT(architecture, architectures)
                for (unsigned i = 0; i < 2; i++) {
                        Facts variant = *facts;
                        DeviceFacts *kvm = &variant.devices.devices[DEVICE_KVM];

                        set_modules(&variant, MODULE_PRESENCE_NONE, /* available= */ i, MODULE_BAN_NONE,
                                    NULL);
                        variant.cpu.architecture = *architecture;
                        variant.kvm.stage = KVM_STAGE_NONE;
                        kvm->registered = TRISTATE_NO;
                        kvm->has_node = TRISTATE_YES;
                        handler(&variant, userdata);
                }
}

static void vary_cpu(const Facts *facts, VariantHandler handler, void *userdata) {
        static const char *const vendors[] = { NULL, "GenuineIntel", "AuthenticAMD", "Unknown" };

        for (Architecture a = 0; a < _ARCHITECTURE_MAX; a++)
                FOREACH_ELEMENT(vendor, vendors)
                        FOREACH_ELEMENT(tristate, tristates)
                                for (unsigned i = 0; i < 8; i++) {
                                        Facts variant = *facts;

                                        variant.cpu.architecture = a;
                                        variant.cpu.vendor = (char *) *vendor;
                                        variant.cpu.hypervisor = *tristate;
                                        variant.hypervisor.guest = *tristate;
                                        variant.hypervisor.xen_owns_cpu = *tristate == TRISTATE_YES;
                                        variant.cpu.long_mode = *tristate;
                                        variant.cpu.extension =
                                                i & 1 ? CPU_EXTENSION_VMX : CPU_EXTENSION_NONE;
                                        variant.cpu.raw_known = i & 2;
                                        variant.cpu.raw = i & 4 ? CPU_EXTENSION_VMX : CPU_EXTENSION_NONE;
                                        call_also_without_devices(&variant, handler, userdata);
                                }
}

static void vary_cgroup(const Facts *facts, VariantHandler handler, void *userdata) {
        for (CgroupLayout layout = 0; layout < _CGROUP_LAYOUT_MAX; layout++)
                for (CgroupState state = 0; state <= CGROUP_STATE_ABSENT; state++)
                        for (CgroupBase base = 0; base < _CGROUP_BASE_MAX; base++) {
                                Facts variant = *facts;

                                variant.cgroup.layout = layout;
                                variant.cgroup.base = base;
                                variant.cgroup.in_kernel = true;
                                FOREACH_ELEMENT(controller, variant.cgroup.controllers)
                                        *controller = state;
                                handler(&variant, userdata);
                        }
}

static void vary_namespaces(const Facts *facts, VariantHandler handler, void *userdata) {
        FOREACH_ELEMENT(supported, tristates)
                FOREACH_ELEMENT(forbidden, tristates)
                        FOREACH_ELEMENT(limited, tristates) {
                                Facts variant = *facts;

                                for (size_t kind = 0; kind < _NAMESPACE_KIND_MAX; kind++) {
                                        variant.namespaces.supported[kind] = *supported;
                                        variant.namespaces.forbidden[kind] = *forbidden;
                                }
                                variant.namespaces.user_privileged_only = *limited;
                                variant.namespaces.user_restricted = *limited;
                                handler(&variant, userdata);
                        }
}

static void vary_groups(const Facts *facts, VariantHandler handler, void *userdata) {
        FOREACH_ELEMENT(present, tristates)
                FOREACH_ELEMENT(has_groups, tristates)
                        for (IommuGroupType type = 0; type < _IOMMU_GROUP_TYPE_MAX; type++) {
                                Facts variant = *facts;

                                variant.iommu = (IommuFacts){ .present = *present,
                                                              .has_groups = *has_groups,
                                                              .has_pci = *present };
                                if (*has_groups == TRISTATE_YES)
                                        variant.iommu.n_groups = variant.iommu.n_of_type[type] = 2;
                                handler(&variant, userdata);
                        }
}

static void set_cause(Facts *facts, IommuTable table, Tristate guest, Tristate option) {
        for (IommuTable i = 0; i < _IOMMU_TABLE_MAX; i++)
                facts->iommu.tables[i] = table == i ? TRISTATE_YES : option;
        facts->hypervisor = (HypervisorFacts){ .guest = guest };
        FOREACH_ELEMENT(o, facts->kernel.options)
                *o = option;
}

/* Why there is no IOMMU. */
static void vary_causes(const Facts *facts, VariantHandler handler, void *userdata) {
        static const char *const command_lines[] = { NULL, "iommu=off", "intel_iommu=on", "intel_iommu=off",
                                                     "amd_iommu=off" };

        FOREACH_ELEMENT(command_line, command_lines)
                for (IommuTable table = 0; table <= _IOMMU_TABLE_MAX; table++)
                        FOREACH_ELEMENT(guest, tristates)
                                FOREACH_ELEMENT(option, tristates) {
                                        Facts variant = *facts;

                                        variant.iommu = (IommuFacts){};
                                        variant.kernel.command_line = (char *) *command_line;
                                        set_cause(&variant, table, *guest, *option);
                                        handler(&variant, userdata);
                                }

        for (unsigned i = 0; i < 16; i++) {
                Tristate guest = i & 8 ? TRISTATE_NO : TRISTATE_UNKNOWN;
                Facts variant = *facts;

                variant.iommu = (IommuFacts){ .n_no_iommu = i & 1, .n_mediated = i & 2 };
                set_cause(&variant, _IOMMU_TABLE_MAX, guest, TRISTATE_UNKNOWN);
                variant.hypervisor.xen_owns_cpu = i & 4;
                handler(&variant, userdata);
        }
}

static void set_vendor(Facts *facts, CpuExtension extension) {
        facts->cpu.architecture = ARCHITECTURE_X86;
        facts->cpu.extension = extension;
        facts->cpu.vendor = (char *) (extension == CPU_EXTENSION_VMX ? "GenuineIntel" : "AuthenticAMD");
}

static void vary_nested(const Facts *facts, VariantHandler handler, void *userdata) {
        static const Architecture architectures[] = { ARCHITECTURE_X86, ARCHITECTURE_ARM64,
                                                      ARCHITECTURE_PPC64, ARCHITECTURE_S390X };
        static const char *const command_lines[] = { "quiet", "kvm-intel.nested=N", "kvm-arm.mode=nested" };

        FOREACH_ELEMENT(architecture, architectures)
                FOREACH_ELEMENT(command_line, command_lines)
                        FOREACH_ELEMENT(enabled, tristates)
                                FOREACH_ELEMENT(capability, tristates)
                                        for (unsigned i = 0; i < 4; i++) {
                                                Facts variant = *facts;

                                                set_modules(&variant,
                                                            i & 1 ? MODULE_PRESENCE_LIVE
                                                                  : MODULE_PRESENCE_BUILT_IN,
                                                            /* available= */ true, MODULE_BAN_NONE, NULL);
                                                set_vendor(&variant, CPU_EXTENSION_VMX);
                                                variant.cpu.architecture = *architecture;
                                                variant.kernel.command_line = (char *) *command_line;
                                                variant.kernel.version[0] = i & 2 ? 7 : 5;
                                                variant.nested.module = MODULE_KVM_INTEL;
                                                variant.nested.has_module = *enabled != TRISTATE_UNKNOWN;
                                                variant.nested.enabled = *enabled;
                                                variant.kvm.nested = *capability;
                                                handler(&variant, userdata);
                                        }
}

/* The first N kinds are enabled, the others are not; or they are unknown. */
static void set_confidential(Facts *facts, Tristate possible, int n) {
        for (ConfidentialKind kind = 0; kind < _CONFIDENTIAL_KIND_MAX; kind++) {
                facts->confidential.possible[kind] = possible;
                facts->confidential.enabled[kind] = n < 0            ? TRISTATE_UNKNOWN
                                                    : (int) kind < n ? TRISTATE_YES
                                                                     : TRISTATE_NO;
        }
}

static void vary_confidential_x86(const Facts *facts, VariantHandler handler, void *userdata) {
        static const CpuExtension extensions[] = { CPU_EXTENSION_VMX, CPU_EXTENSION_SVM };
        static const char *const flags[] = { "svm", "vmx sev sev_es sev_snp tdx_host_platform" };
        static const char *const command_lines[] = {
                "quiet",
                "kvm_amd.sev=0 kvm_amd.sev_es=0 kvm_amd.sev_snp=0 kvm_intel.tdx=n",
                "kvm_amd.sev=1 kvm_intel.tdx=y",
                "iommu=pt",
        };

        FOREACH_ELEMENT(extension, extensions)
                FOREACH_ELEMENT(flag, flags)
                        FOREACH_ELEMENT(command_line, command_lines)
                                FOREACH_ELEMENT(possible, tristates)
                                        for (int i = 0; i < 4 * 4; i++) {
                                                Facts variant = *facts;

                                                set_vendor(&variant, *extension);
                                                set_confidential(&variant, *possible, i / 4 - 1);
                                                if (i % 4 == 1)
                                                        variant.cpu.extension = CPU_EXTENSION_NONE;
                                                variant.cpu.flags = (char *) *flag;
                                                variant.kernel.command_line = (char *) *command_line;
                                                variant.hypervisor.guest =
                                                        i % 4 == 2 ? TRISTATE_YES : TRISTATE_NO;
                                                for (size_t k = 0; k < _CONFIDENTIAL_KIND_MAX; k++)
                                                        variant.confidential.missing[k] = i % 4 == 3;
                                                variant.modules.kvm_holds_cpu =
                                                        (i / 4) & 1 ? TRISTATE_NO : TRISTATE_YES;
                                                call_also_without_devices(&variant, handler, userdata);
                                        }
}

static void vary_confidential(const Facts *facts, VariantHandler handler, void *userdata) {
        static const Architecture architectures[] = { ARCHITECTURE_ARM64, ARCHITECTURE_PPC64,
                                                      ARCHITECTURE_RISCV, ARCHITECTURE_S390X };
        static const char *const command_lines[] = { NULL, "prot_virt=1", "kvm-arm.mode=protected" };

        FOREACH_ELEMENT(architecture, architectures)
                FOREACH_ELEMENT(command_line, command_lines)
                        FOREACH_ELEMENT(possible, tristates)
                                for (int n = -1; n <= _CONFIDENTIAL_KIND_MAX; n++) {
                                        Facts variant = *facts;

                                        set_confidential(&variant, *possible, n);
                                        variant.cpu.architecture = *architecture;
                                        variant.kernel.command_line = (char *) *command_line;
                                        variant.confidential.ultravisor = *possible;
                                        call_also_without_devices(&variant, handler, userdata);
                                }
}

void variants_foreach(const Facts *facts, VariantHandler handler, void *userdata) {
        vary_probe(facts, handler, userdata);
        vary_devices(facts, handler, userdata);
        vary_permissions(facts, handler, userdata);
        vary_bans(facts, handler, userdata);
        vary_modules(facts, handler, userdata);
        vary_kernel(facts, handler, userdata);
        vary_other_hypervisors(facts, handler, userdata);
        vary_static_node(facts, handler, userdata);
        vary_cpu(facts, handler, userdata);
        vary_cgroup(facts, handler, userdata);
        vary_namespaces(facts, handler, userdata);
        vary_groups(facts, handler, userdata);
        vary_causes(facts, handler, userdata);
        vary_nested(facts, handler, userdata);
        vary_confidential_x86(facts, handler, userdata);
        vary_confidential(facts, handler, userdata);
}
