/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of sources, and how one is read again. */

#include <stdio.h>

#include "../basic/macro.h"
#include "facts.h"
#include "subcore.h"

static int read_kernel(Facts *facts, const Root *root) {
        return kernel_facts_read(root, &facts->kernel);
}

static int read_cpu(Facts *facts, const Root *root) {
        return cpu_facts_read(root, &facts->kernel, &facts->cpu);
}

static int read_distribution(Facts *facts, const Root *root) {
        return distribution_facts_read(root, &facts->distribution);
}

static int read_topology(Facts *facts, const Root *root) {
        return topology_facts_read(root, &facts->cpu, &facts->topology);
}

static int read_hypervisor(Facts *facts, const Root *root) {
        return hypervisor_facts_read(root, &facts->cpu, &facts->hypervisor);
}

static int read_module_tree(Facts *facts, const Root *root) {
        return module_tree_facts_read(root, &facts->kernel, &facts->module_tree);
}

static int read_modules(Facts *facts, const Root *root) {
        return module_facts_read(root, &facts->kernel, &facts->modules);
}

static int read_devices(Facts *facts, const Root *root) {
        return devices_facts_read(root, &facts->kernel, &facts->devices);
}

static int read_kvm(Facts *facts, const Root *root) {
        const DeviceFacts *device = &facts->devices.devices[DEVICE_KVM];
        int r;

        r = kvm_facts_read(root, device, &facts->kvm);
        if (r < 0 || root->live)
                return r;

        return subcore_threads_infer(root, &facts->cpu, device, &facts->kvm.subcore_threads);
}

static int read_kvm_access(Facts *facts, const Root *root) {
        const DeviceFacts *device = &facts->devices.devices[DEVICE_KVM];

        return kvm_opens_as_before(root, device, &facts->kvm) ? 0 : read_kvm(facts, root);
}

static int read_nested(Facts *facts, const Root *root) {
        return nested_facts_read(root, &facts->cpu, &facts->nested);
}

static int read_iommu(Facts *facts, const Root *root) {
        facts->iommu_generation++;
        return iommu_facts_read(root, &facts->iommu);
}

static int read_pci(Facts *facts, const Root *root) {
        PciFacts *previous = facts->pci;
        int r;

        r = pci_facts_read(root, previous, facts->iommu_generation, &facts->pci);
        if (r < 0)
                return r;

        pci_facts_unref(previous);
        return 0;
}

static int read_confidential(Facts *facts, const Root *root) {
        return confidential_facts_read(root, &facts->kernel, &facts->cpu, &facts->hypervisor, &facts->kvm,
                                       &facts->confidential);
}

static int read_cgroup(Facts *facts, const Root *root) {
        return cgroup_facts_read(root, &facts->kernel, &facts->cgroup);
}

static int read_namespaces(Facts *facts, const Root *root) {
        return namespace_facts_read(root, &facts->kernel, &facts->namespaces);
}

static int read_programs(Facts *facts, const Root *root) {
        program_facts_read(root, &facts->distribution, &facts->cpu, &facts->programs);
        return 0;
}

static int read_units(Facts *facts, const Root *root) {
        unit_facts_read(root, &facts->units);
        return 0;
}

static const struct {
        const char *name;
        int (*read)(Facts *facts, const Root *root);
} source_table[_SOURCE_MAX] = {
        [SOURCE_KERNEL] = { "kernel", read_kernel },
        [SOURCE_DISTRIBUTION] = { "distribution", read_distribution },
        [SOURCE_CPU] = { "cpu", read_cpu },
        [SOURCE_TOPOLOGY] = { "topology", read_topology },
        [SOURCE_HYPERVISOR] = { "hypervisor", read_hypervisor },
        [SOURCE_MODULE_TREE] = { "module-tree", read_module_tree },
        [SOURCE_MODULES] = { "modules", read_modules },
        [SOURCE_DEVICES] = { "devices", read_devices },
        [SOURCE_KVM] = { "kvm", read_kvm },
        [SOURCE_KVM_ACCESS] = { "kvm-access", read_kvm_access },
        [SOURCE_NESTED] = { "nested", read_nested },
        [SOURCE_IOMMU] = { "iommu", read_iommu },
        [SOURCE_PCI] = { "pci", read_pci },
        [SOURCE_CONFIDENTIAL] = { "confidential", read_confidential },
        [SOURCE_CGROUP] = { "cgroup", read_cgroup },
        [SOURCE_NAMESPACES] = { "namespaces", read_namespaces },
        [SOURCE_PROGRAMS] = { "programs", read_programs },
        [SOURCE_UNITS] = { "units", read_units },
};

const char *source_to_string(Source source) {
        return source >= 0 && source < _SOURCE_MAX ? source_table[source].name : NULL;
}

int facts_read(Facts *facts, const Root *root, SourceMask sources) {
        int r;

        facts->live = root->live;
        root_begin_pass(root);

        /* Who has everything read again takes nothing from what was read before: below a snapshot's root
         * there may be another kernel now, and the names of devices may have become known. */
        if (sources == SOURCE_MASK_ALL) {
                module_facts_forget(root, &facts->modules);
                facts->pci = pci_facts_unref(facts->pci);
        }

        if (sources & SOURCE_MASK(SOURCE_KVM))
                sources &= ~SOURCE_MASK(SOURCE_KVM_ACCESS);

        for (Source source = 0; source < _SOURCE_MAX; source++) {
                if (!(sources & SOURCE_MASK(source)))
                        continue;

                r = source_table[source].read(facts, root);
                if (r < 0)
                        return r;
        }

        return 0;
}

TopologyFacts facts_take_topology(Facts *facts) {
        TopologyFacts topology = facts->topology;

        facts->topology = (TopologyFacts){};
        return topology;
}

void facts_put_topology(Facts *facts, TopologyFacts *topology) {
        topology_facts_done(&facts->topology);
        facts->topology = *topology;
        *topology = (TopologyFacts){};
}

void facts_done(Facts *facts) {
        kernel_facts_done(&facts->kernel);
        distribution_facts_done(&facts->distribution);
        cpu_facts_done(&facts->cpu);
        topology_facts_done(&facts->topology);
        module_tree_facts_done(&facts->module_tree);
        devices_facts_done(&facts->devices);
        kvm_facts_done(&facts->kvm);
        pci_facts_unref(facts->pci);
        *facts = (Facts){};
}

/* Files of another machine may hold the nodes' tables without that of the whole. */
static void sum_memory(MemoryFacts *memory, const TopologyFacts *topology) {
        if (memory->total_bytes == 0)
                memory->total_bytes = numa_nodes_memory(topology->nodes, topology->n_nodes);
}

int current_memory_read(MemoryFacts *memory, const Facts *facts, const Root *root) {
        int r;

        root_begin_pass(root);

        r = memory_facts_read(root, memory);
        if (r < 0)
                return r;

        sum_memory(memory, &facts->topology);
        return 0;
}

int current_headroom_read(HeadroomFacts *headroom, const Facts *facts, const Root *root) {
        root_begin_pass(root);

        return headroom_facts_read(root, &facts->topology, headroom);
}

static int read_node_info(NodeInfo *info, const Facts *facts, const MemoryFacts *memory, const Root *root) {
        return node_info_read(root, &facts->cpu, &facts->kvm, &facts->topology, memory, info);
}

int current_node_info_read(NodeInfo *info, const Facts *facts, const Root *root) {
        _cleanup_(memory_facts_done) MemoryFacts memory = {};
        int r;

        r = current_memory_read(&memory, facts, root);
        if (r < 0)
                return r;

        return read_node_info(info, facts, &memory, root);
}

int current_facts_read(CurrentFacts *current, const Facts *facts, const Root *root) {
        int r;

        r = current_memory_read(&current->memory, facts, root);
        if (r < 0)
                return r;

        r = vulnerability_facts_read(root, &current->vulnerabilities);
        if (r < 0)
                return r;

        return read_node_info(&current->node_info, facts, &current->memory, root);
}

void current_facts_done(CurrentFacts *current) {
        memory_facts_done(&current->memory);
        vulnerability_facts_done(&current->vulnerabilities);
        *current = (CurrentFacts){};
}

int current_account_read(Account *account, const Root *root, uid_t uid) {
        _cleanup_(accounts_done) Accounts accounts = { .root = root };

        root_begin_pass(root);
        return account_read(&accounts, uid, account);
}

ModuleState facts_module_state(const Facts *facts, ModuleId id) {
        return module_state(&facts->modules, &facts->module_tree, id);
}

DeviceState facts_device_state(const Facts *facts, DeviceId id) {
        return device_state(&facts->devices.devices[id], facts_module_state(facts, device_module(id)));
}

/* A virtual machine has interpretive execution only if its host gives it that, and Linux since 4.5 says so
 * (arch/s390/kvm/kvm-s390.c: kvm_s390_init(); arch/s390/kernel/processor.c: int_hwcap_str[]). */
static bool lacks_sie(const Facts *facts) {
        return facts->cpu.architecture == ARCHITECTURE_S390X && facts->hypervisor.guest == TRISTATE_YES &&
               facts->cpu.flags && facts->cpu.extension == CPU_EXTENSION_NONE &&
               kernel_at_least(&facts->kernel, 4, 5, 0) == TRISTATE_YES;
}

Tristate facts_kvm_loads_on_demand(const Facts *facts) {
        Architecture architecture = facts->cpu.architecture;
        const DeviceFacts *kvm = &facts->devices.devices[DEVICE_KVM];

        if (architecture != ARCHITECTURE_S390X && architecture != ARCHITECTURE_PPC64)
                return TRISTATE_NO;

        if (lacks_sie(facts))
                return TRISTATE_NO;

        switch (device_state(kvm, facts_module_state(facts, (ModuleId) module_of_kvm(&facts->cpu)))) {
        case DEVICE_STATE_AUTOLOADABLE:
                /* The module loads in a partition or a guest only if what is below lets it nest
                 * (arch/powerpc/kvm/book3s_hv_nested.c: kvmhv_nested_init()). */
                return architecture == ARCHITECTURE_PPC64 && facts->hypervisor.guest == TRISTATE_YES
                               ? TRISTATE_UNKNOWN
                               : TRISTATE_YES;
        case DEVICE_STATE_UNKNOWN:
                return TRISTATE_UNKNOWN;
        default:
                return TRISTATE_NO;
        }
}

bool facts_kvm_is_missing(const Facts *facts) {
        return facts->devices.devices[DEVICE_KVM].registered == TRISTATE_NO &&
               facts_kvm_loads_on_demand(facts) == TRISTATE_NO;
}

/* A module that is in the kernel shows its parameters. One that is loaded later gets those of the command
 * line after those of the files (kmod, libkmod-module.c: kmod_module_get_options()). */
bool facts_vfio_allows(const Facts *facts, VfioSwitch id) {
        Tristate is_on = facts->iommu.vfio_switches[id];
        char key[64], word[96];

        if (is_on != TRISTATE_UNKNOWN)
                return is_on == TRISTATE_YES;

        (void) snprintf(key, sizeof(key), "%s.%s", module_to_string(vfio_switch_module(id)),
                        vfio_switch_parameter(id));
        is_on = command_line_bool(facts->kernel.command_line, key, sizeof(word), word);

        return is_on != TRISTATE_UNKNOWN ? is_on == TRISTATE_YES : facts->module_tree.vfio_on[id];
}
