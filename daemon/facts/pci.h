/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PCI devices: what they are, who drives them, and which of them an IOMMU cannot tell apart. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../basic/cleanup.h"
#include "root.h"
#include "tristate.h"

/* So many entries of all directories are looked at, and so many devices are kept: some thousands are real,
 * with virtual functions. */
#define PCI_ENTRIES_MAX 65536U
#define PCI_DEVICES_MAX 16384U

/* A group's members are kept as long as their names, told to each device that says it is in the group, take
 * no more bytes than this for all groups: enough for four hundred devices in one. The document has a few
 * bytes more for each. */
#define PCI_TOLD_MAX (2U * 1024U * 1024U)

/* Base class and, where it is told, subclass (PCI Code and ID Assignment Specification 1.11, 1). */
#define PCI_CLASS_DISPLAY 0x03U
#define PCI_CLASS_VGA 0x0300U
#define PCI_CLASS_USB 0x0c03U

/* What part a device plays (PCI Code and ID Assignment Specification 1.11, 1.7: base class 06h). */
typedef enum PciRole {
        PCI_ROLE_UNKNOWN,
        PCI_ROLE_FUNCTION, /* something that can be used, and so be given to a guest */
        PCI_ROLE_BOARD,  /* a bridge to the processor or to what is no bus of this kind: the board itself */
        PCI_ROLE_BRIDGE, /* leads to another bus: the kernel knows it by the type of its header */
} PciRole;

/* English, and "" where nobody knows. */
typedef struct PciNames {
        char *vendor;
        char *device;
        char *class; /* what sort of device it is */
} PciNames;

typedef struct PciDevice {
        char *address;  /* "0000:01:00.0" */
        ino_t inode;    /* of its directory on the running system: what it is stays as long as that; or 0 */
        char *modalias; /* what it is in one word; NULL: not known, and the numbers are 0 */
        uint32_t class; /* base class, subclass and programming interface: 0x030000 */
        uint16_t vendor, device, subsystem_vendor, subsystem;
        PciNames names; /* of those that are no bridges */
        PciRole role;

        Tristate has_driver;
        char *driver; /* NULL: none, or not known */
        Tristate has_group;
        unsigned group;                 /* the number of its IOMMU group, if it has one */
        Tristate has_virtual_functions; /* devices that are there as long as its driver is */
        const char *framebuffer; /* what draws the console on it, if its own driver does not; or NULL */
} PciDevice;

/* Something in a group of devices. */
typedef struct PciMember {
        char *name;
        const PciDevice *device; /* NULL: it is on another bus, and DRIVER is its own */
        Tristate has_driver;
        char *driver;
} PciMember;

typedef struct PciGroup {
        unsigned number;
        ino_t inode;                   /* of its directory on the running system, or 0 */
        unsigned n_devices;            /* that say they are in it */
        Tristate is_real;              /* made by an IOMMU's driver; VFIO makes up others */
        Tristate is_bound_to_firmware; /* the firmware has told a device to keep using some memory */
        bool complete;                 /* its members are known; if not, none is listed */
        bool is_too_large;             /* that is because there are too many */
        PciMember *members;
        size_t n_members;
} PciGroup;

/* It never changes once it has been read, so that it can be shared: by the facts and by the verdicts. */
typedef struct PciFacts {
        unsigned n_references;
        unsigned generation; /* of the groups */
        PciDevice *devices;  /* by address */
        size_t n_devices;
        PciGroup *groups; /* those that the devices are in, by number */
        size_t n_groups;
} PciFacts;

/* Reads sys/bus/pci/devices and, of the groups of these devices, sys/kernel/iommu_groups. Names come from
 * this system's hardware database. What cannot have changed comes from PREVIOUS, which may be NULL: names,
 * if it has all of a kind of device; on the running system, what a device is, which is as old as its
 * directory; and there, while GENERATION is the same, who belongs to a group, which is as old as that.
 * GENERATION is a number that differs once groups may have changed. Yields a reference. Returns -ENOMEM, or
 * 0: what cannot be read is left unknown. */
int pci_facts_read(const Root *root, const PciFacts *previous, unsigned generation, PciFacts **ret);

/* Both take NULL. */
PciFacts *pci_facts_ref(PciFacts *facts);
PciFacts *pci_facts_unref(PciFacts *facts);
DEFINE_POINTER_CLEANUP(PciFacts *, pci_facts_unref);

/* Find a device by its address, and the group of a device. NULL: there is none. */
const PciDevice *pci_facts_find(const PciFacts *facts, const char *address);
const PciGroup *pci_facts_find_group(const PciFacts *facts, const PciDevice *device);

/* Whether a guest could be given such a device: it is, or may be, no bridge. VFIO refuses what has another
 * header (drivers/vfio/pci/vfio_pci_core.c: vfio_pci_core_register_device()), and the others are no use. */
bool pci_device_is_for_guests(const PciDevice *device);

/* Whether two are the same device: at the same place, and of the same kind. What it is called may differ. */
bool pci_device_is_same(const PciDevice *a, const PciDevice *b);

/* Whether two names, which may be NULL, are the same; none is an empty one. */
bool pci_name_is_same(const char *a, const char *b);

/* Orders addresses: by domain, bus, slot and function. */
int pci_address_compare(const char *a, const char *b);

/* Whether two groups, or none, consist of the same devices. */
bool pci_group_has_same_members(const PciGroup *a, const PciGroup *b);

/* Yields the number of a group from its directory's name. */
bool pci_group_number(const char *name, unsigned *ret);
