/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The IOMMU: whether devices can be given to guests without the guests reaching the host's memory. */
#pragma once

#include "../basic/string-table.h"
#include "cpu.h"
#include "module.h"
#include "root.h"
#include "tristate.h"

#define IOMMU_GROUPS "sys/kernel/iommu_groups"

/* VFIO gives this name to a group that it makes up (drivers/vfio/group.c: vfio_noiommu_group_alloc()). */
#define IOMMU_GROUP_OF_VFIO "vfio-noiommu"

/* What a group does by default with what its devices access, by the words of the kernel
 * (drivers/iommu/iommu.c: iommu_group_show_type(); Linux 5.11). */
typedef enum IommuGroupType {
        IOMMU_GROUP_NOT_TOLD, /* an older kernel, or a driver without default domains */
        IOMMU_GROUP_DMA,      /* translates */
        IOMMU_GROUP_DMA_FQ,   /* translates, and forgets translations in batches */
        IOMMU_GROUP_IDENTITY, /* lets everything through, until the device is given to a guest */
        IOMMU_GROUP_BLOCKED,
        IOMMU_GROUP_UNMANAGED,
        _IOMMU_GROUP_TYPE_MAX,
} IommuGroupType;

/* The ACPI tables in which firmware describes an IOMMU. */
typedef enum IommuTable {
        IOMMU_TABLE_DMAR, /* Intel, Zhaoxin */
        IOMMU_TABLE_IVRS, /* AMD, Hygon */
        IOMMU_TABLE_IORT, /* ARM; also there without an IOMMU, for it routes interrupts as well */
        IOMMU_TABLE_VIOT, /* virtual machines: virtio-iommu */
        _IOMMU_TABLE_MAX,
} IommuTable;

typedef struct IommuFacts {
        Tristate present;    /* the kernel drives one: there is something in sys/class/iommu */
        Tristate has_groups; /* there is a group of real devices */
        unsigned n_groups;   /* such groups */
        unsigned n_of_type[_IOMMU_GROUP_TYPE_MAX]; /* such groups, by type */
        unsigned n_no_iommu;                       /* groups that VFIO made up because there is no IOMMU */
        unsigned n_mediated;                       /* groups of mediated devices, which need no IOMMU */
        Tristate has_pci;                          /* there is a PCI device */
        Tristate tables[_IOMMU_TABLE_MAX];
        Tristate remaps_interrupts;               /* on x86: a device can cause no interrupt but its own */
        Tristate vfio_switches[_VFIO_SWITCH_MAX]; /* of modules that are in the kernel */
} IommuFacts;

/* Reads sys/class/iommu, sys/kernel/iommu_groups, sys/bus/pci/devices and, to explain what is missing, the
 * names of the tables in sys/firmware/acpi/tables; parameters in sys/module; and what
 * interrupt_remapping_read() does. Returns -ENOMEM, or 0: what cannot be read is left
 * unknown. */
int iommu_facts_read(const Root *root, IommuFacts *facts);

/* Tells whether an IOMMU of x86 checks interrupts as well, by the name of what the first interrupts come
 * from: sys/kernel/irq/NUMBER/chip_name (Linux 4.9) or the beginning of proc/interrupts. "IR-IO-APIC" is one
 * behind an IOMMU that does, "IO-APIC" one that is not (arch/x86/kernel/apic/io_apic.c: ioapic_ir_chip);
 * either all are or none (drivers/iommu/intel/irq_remapping.c: intel_prepare_irq_remapping()). On other
 * architectures neither name is found, and so it is unknown. Returns -ENOMEM or 0. */
int interrupt_remapping_read(const Root *root, Tristate *ret);

/* Tells whether an IOMMU is effective: the kernel drives one, and real devices are behind it. */
Tristate iommu_is_effective(const IommuFacts *iommu, Architecture architecture);

DECLARE_STRING_TABLE(iommu_group_type, IommuGroupType);
DECLARE_STRING_TABLE(iommu_table, IommuTable);
