/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that is known of the machine: plain data, read source by source, judged by the checks. */
#pragma once

#include <stdint.h>

#include "../basic/string-table.h"
#include "cgroup.h"
#include "confidential.h"
#include "cpu.h"
#include "device.h"
#include "distribution.h"
#include "headroom.h"
#include "hypervisor.h"
#include "iommu.h"
#include "kernel.h"
#include "kvm.h"
#include "memory.h"
#include "module.h"
#include "namespace.h"
#include "nested.h"
#include "node-info.h"
#include "owner.h"
#include "pci.h"
#include "programs.h"
#include "root.h"
#include "topology.h"
#include "units.h"
#include "vulnerability.h"

/* One kind of fact each, in the order in which they are read: a source may use those before it. */
typedef enum Source {
        SOURCE_KERNEL,
        SOURCE_DISTRIBUTION,
        SOURCE_CPU,
        SOURCE_TOPOLOGY,
        SOURCE_HYPERVISOR,
        SOURCE_MODULE_TREE,
        SOURCE_MODULES,
        SOURCE_DEVICES,
        SOURCE_KVM,
        SOURCE_KVM_ACCESS, /* SOURCE_KVM, if /dev/kvm opens otherwise than before */
        SOURCE_NESTED,
        SOURCE_IOMMU,
        SOURCE_PCI,
        SOURCE_CONFIDENTIAL,
        SOURCE_CGROUP,
        SOURCE_NAMESPACES,
        SOURCE_PROGRAMS,
        SOURCE_UNITS,
        _SOURCE_MAX,
} Source;

/* A set of sources. */
typedef uint32_t SourceMask;
#define SOURCE_MASK(source) ((SourceMask) 1U << (source))
#define SOURCE_MASK_ALL (SOURCE_MASK(_SOURCE_MAX) - 1U)

typedef struct Facts {
        bool live; /* read from the running system, not from a snapshot */
        KernelFacts kernel;
        DistributionFacts distribution;
        CpuFacts cpu;
        TopologyFacts topology;
        HypervisorFacts hypervisor;
        ModuleTreeFacts module_tree;
        ModuleFacts modules;
        DevicesFacts devices;
        KvmFacts kvm;
        NestedFacts nested;
        IommuFacts iommu;
        unsigned iommu_generation; /* how often it was read */
        PciFacts *pci;             /* NULL: not read yet */
        ConfidentialFacts confidential;
        CgroupFacts cgroup;
        NamespaceFacts namespaces;
        ProgramFacts programs;
        UnitFacts units;
} Facts;

/* Reads the given sources under ROOT again and leaves the others as they are. FACTS, like the part of it
 * that each source replaces with what it reads, begins as all zeroes. Returns -ENOMEM (the source then keeps
 * what it had), or 0: what cannot be read is unknown, never an error. */
int facts_read(Facts *facts, const Root *root, SourceMask sources);
void facts_done(Facts *facts);

/* Hands the topology over, and leaves none: what is read next can then be compared with it. */
TopologyFacts facts_take_topology(Facts *facts);

/* Puts it back in place of what was read meanwhile. */
void facts_put_topology(Facts *facts, TopologyFacts *topology);

/* What changes without an event, and costs something to read: read when somebody asks for it. */
typedef struct CurrentFacts {
        MemoryFacts memory;
        NodeInfo node_info;
        VulnerabilityFacts vulnerabilities;
} CurrentFacts;

/* Reads it under ROOT; FACTS are from there, too. Returns -ENOMEM or 0. */
int current_facts_read(CurrentFacts *current, const Facts *facts, const Root *root);
void current_facts_done(CurrentFacts *current);

/* Read parts of it, for those who want no more: cpuinfo, which only the latter reads, is long. */
int current_memory_read(MemoryFacts *memory, const Facts *facts, const Root *root);
int current_headroom_read(HeadroomFacts *headroom, const Facts *facts, const Root *root);
int current_node_info_read(NodeInfo *info, const Facts *facts, const Root *root);

/* Looks a user up in the account files, which change without an event, too. Returns -ENOMEM or 0. */
int current_account_read(Account *account, const Root *root, uid_t uid);

/* Shorthands over more than one source. */
ModuleState facts_module_state(const Facts *facts, ModuleId id);
/* Whether opening /dev/kvm would load KVM, and KVM then work: on s390x and ppc64 it is a static node
 * (arch/s390/kvm/kvm-s390.c, arch/powerpc/kvm/book3s_hv.c: MODULE_ALIAS("devname:kvm")). */
Tristate facts_kvm_loads_on_demand(const Facts *facts);

/* Whether KVM is known not to be there, and not to come when it is asked for. */
bool facts_kvm_is_missing(const Facts *facts);

/* Whether a parameter of VFIO is on, or would be once its module is loaded: off if nothing says that it is.
 */
bool facts_vfio_allows(const Facts *facts, VfioSwitch id);
DeviceState facts_device_state(const Facts *facts, DeviceId id);

DECLARE_STRING_TABLE(source, Source);
