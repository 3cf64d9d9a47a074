/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads where hypervisors leave their names. */

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "../basic/macro.h"
#include "../basic/words.h"
#include "hypervisor.h"

/* Xen's features by their number (xen, public/features.h): this is its control domain. */
#define XENFEAT_DOM0 11U

#define DMI "sys/class/dmi/id/"

/* The second extension byte of the BIOS's characteristics, which an entry need not have, and its bit for
 * "this describes a virtual machine" (SMBIOS Reference Specification, DSP0134, 7.1.2.2). */
#define SMBIOS_EXTENSION 19U
#define SMBIOS_VIRTUAL_MACHINE (1U << 4)

/* The words that a text begins with, and the hypervisor that it then speaks of. */
typedef struct Mark {
        const char *text;
        const char *name;
} Mark;

static const char *find_mark(const Mark *marks, size_t n, const char *text) {
        const char *rest;

        if (!text)
                return NULL;

        FOREACH_ARRAY(mark, marks, n) {
                rest = startswith(text, mark->text);
                if (rest && !isalpha((unsigned char) rest[0]))
                        return mark->name;
        }

        return NULL;
}

/* Leaves RET at NULL where the file does not tell. Returns -ENOMEM or 0. */
static int read_line_if_any(const Root *root, const char *path, char **ret) {
        return root_read_line(root, path, ret) == -ENOMEM ? -ENOMEM : 0;
}

/* The twelve bytes in which a hypervisor names itself (CPUID leaf 0x40000000; Linux,
 * arch/x86/kernel/cpu/hypervisor.c and what it calls). */
static const char *ask_cpuid(void) {
#if defined(__x86_64__) || defined(__i386__)
        static const Mark marks[] = {
                { "ACRNACRNACRN", "ACRN" },      { "KVMKVMKVM", "KVM" },
                { "Linux KVM Hv", "KVM" },       { "Microsoft Hv", "Hyper-V" },
                { "TCGTCGTCGTCG", "QEMU" },      { "VBoxVBoxVBox", "VirtualBox" },
                { "VMwareVMware", "VMware" },    { "XenVMMXenVMM", "Xen" },
                { "bhyve bhyve ", "bhyve" },     { " lrpepyh vr", "Parallels" },
                { "prl hyperv  ", "Parallels" },
        };
        uint32_t highest, signature[4] = {};

        __cpuid(0x40000000, highest, signature[0], signature[1], signature[2]);
        (void) highest;
        return find_mark(marks, ELEMENTSOF(marks), (const char *) signature);
#else
        return NULL;
#endif
}

/* Amazon has its own firmware on machines without a hypervisor, too; their types end in "metal". Its Nitro
 * hypervisor is KVM, and its older virtual machines have Xen's firmware. */
static bool is_amazon_guest(const char *vendor, const char *product) {
        return vendor && startswith(vendor, "Amazon EC2") && product && !strstr(product, "metal");
}

/* The firmware that a hypervisor brings names it (Linux, drivers/firmware/dmi-id.c has the files). Clouds
 * often give a virtual machine their own product and vendor, and leave the rest as it was. The mere names of
 * Apple, Google, Microsoft and Oracle are no marks: they make machines as well. */
static int read_dmi(const Root *root, HypervisorFacts *facts) {
        static const Mark marks[] = {
                { "Alibaba Cloud ECS", "KVM" },
                { "Apple Virtualization", "Apple Virtualization" },
                { "BHYVE", "bhyve" },
                { "Bochs", "QEMU" },
                { "Cloud Hypervisor", "Cloud Hypervisor" },
                { "Google Compute Engine", "KVM" },
                { "HVM domU", "Xen" },
                { "Hyper-V", "Hyper-V" },
                { "KVM", "KVM" },
                { "KubeVirt", "KVM" },
                { "OpenStack", "KVM" },
                { "Parallels", "Parallels" },
                { "QEMU", "QEMU" },
                { "RHEV Hypervisor", "KVM" },
                { "VMware", "VMware" },
                { "Virtual Machine", "Hyper-V" },
                { "VirtualBox", "VirtualBox" },
                { "Xen", "Xen" },
                { "innotek GmbH", "VirtualBox" },
        };
        _cleanup_free_ char *product = NULL, *vendor = NULL, *board = NULL, *bios = NULL, *chassis = NULL,
                            *version = NULL;
        const char *name = NULL;

        if (read_line_if_any(root, DMI "product_name", &product) < 0 ||
            read_line_if_any(root, DMI "sys_vendor", &vendor) < 0 ||
            read_line_if_any(root, DMI "board_vendor", &board) < 0 ||
            read_line_if_any(root, DMI "bios_vendor", &bios) < 0 ||
            read_line_if_any(root, DMI "chassis_vendor", &chassis) < 0 ||
            read_line_if_any(root, DMI "product_version", &version) < 0)
                return -ENOMEM;

        /* The product comes first: with KVM below, QEMU is the vendor. */
        const char *const texts[] = { product, vendor, board, bios, chassis, version };
        FOREACH_ELEMENT(text, texts)
                if (!name)
                        name = find_mark(marks, ELEMENTSOF(marks), *text);

        /* Google's machines without a hypervisor have the same name. On x86 the CPU's flag tells. */
        if (facts->guest == TRISTATE_NO && product && startswith(product, "Google Compute Engine"))
                name = NULL;

        if (!name && facts->guest != TRISTATE_NO && is_amazon_guest(vendor, product))
                name = "KVM";

        if (!facts->name)
                facts->name = name;
        if (name)
                facts->guest = TRISTATE_YES;
        else if (facts->guest == TRISTATE_UNKNOWN && (product || vendor))
                facts->guest = TRISTATE_NO;

        return 0;
}

/* Firmware of a virtual machine may say so. That it does not is no evidence: many leave the bit clear, and
 * root alone may read the file (drivers/firmware/dmi-sysfs.c). */
static int read_smbios(const Root *root, HypervisorFacts *facts) {
        _cleanup_(fclosep) FILE *file = NULL;
        unsigned char entry[SMBIOS_EXTENSION + 1];
        int r;

        r = root_fopen(root, "sys/firmware/dmi/entries/0-0/raw", ROOT_FILE_MAX, &file);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        /* The entry's second byte is its length; strings follow it. */
        if (fread(entry, 1, sizeof(entry), file) == sizeof(entry) && entry[1] >= sizeof(entry) &&
            (entry[SMBIOS_EXTENSION] & SMBIOS_VIRTUAL_MACHINE))
                facts->guest = TRISTATE_YES;

        return 0;
}

/* Devices that no hardware has: VMware's VMCI, VirtualBox's graphics and guest device, Xen's platform
 * device, the graphics of older Hyper-V machines (Linux, drivers/misc/vmw_vmci, drivers/virt/vboxguest,
 * include/linux/pci_ids.h), and the host bridge that QEMU has elsewhere than on x86 (QEMU,
 * docs/specs/pci-ids.rst). Neither virtio's are among them, which real cards have, nor VMware's graphics,
 * which others imitate. Each line has bus and function, and then vendor and device (drivers/pci/proc.c:
 * show_device()). */
static int read_pci(const Root *root, HypervisorFacts *facts) {
        static const Mark devices[] = {
                { "14145353", "Hyper-V" }, { "15ad0740", "VMware" },     { "1b360008", "QEMU" },
                { "58530001", "Xen" },     { "80eebeef", "VirtualBox" }, { "80eecafe", "VirtualBox" },
        };
        _cleanup_free_ char *text = NULL;
        const char *name = NULL, *ids;
        char *cursor, *line;
        int r;

        if (facts->guest == TRISTATE_YES && facts->name)
                return 0;

        r = root_read_head(root, "proc/bus/pci/devices", ROOT_FILE_MAX, &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        for (cursor = text; !name && (line = strsep(&cursor, "\n"));) {
                ids = strchr(line, '\t');
                name = find_mark(devices, ELEMENTSOF(devices), ids ? ids + 1 : NULL);
        }

        if (!facts->name)
                facts->name = name;
        if (name)
                facts->guest = TRISTATE_YES;

        return 0;
}

/* The bus between Hyper-V and its guests, which the root partition is none of (Linux,
 * drivers/hv/vmbus_drv.c: hv_acpi_init()). WSL 2 has nothing else that names it. */
static int read_vmbus(const Root *root, HypervisorFacts *facts) {
        int r = root_exists(root, "sys/bus/vmbus");

        if (r == -ENOMEM)
                return r;
        if (r > 0) {
                facts->guest = TRISTATE_YES;
                if (!facts->name)
                        facts->name = "Hyper-V";
        }

        return 0;
}

/* A machine that QEMU makes up says so, and so does one that is a partition of PowerVM (Linux,
 * Documentation/devicetree/bindings; Power Architecture Platform Requirements, "ibm,partition-name"). */
static int read_devicetree(const Root *root, HypervisorFacts *facts) {
        static const Mark hypervisors[] = {
                { "linux,kvm", "KVM" },
                { "vmware", "VMware" },
                { "xen", "Xen" },
        };
        static const char *const qemu_machines[] = { "linux,dummy-virt", "qemu,pseries", "riscv-virtio" };
        _cleanup_free_ char *hypervisor = NULL, *compatible = NULL;
        const char *name;

        if (root_read_property(root, "proc/device-tree/hypervisor/compatible", &hypervisor) == -ENOMEM ||
            root_read_property(root, "proc/device-tree/compatible", &compatible) == -ENOMEM)
                return -ENOMEM;

        name = find_mark(hypervisors, ELEMENTSOF(hypervisors), hypervisor);
        FOREACH_ELEMENT(machine, qemu_machines)
                if (!name && words_contain(compatible, *machine))
                        name = "QEMU";
        if (!name && root_exists(root, "proc/device-tree/ibm,partition-name") > 0)
                name = "PowerVM";

        if (!facts->name)
                facts->name = name;
        if (name)
                facts->guest = TRISTATE_YES;
        else if (facts->guest == TRISTATE_UNKNOWN && compatible)
                facts->guest = TRISTATE_NO;

        return 0;
}

/* A logical partition is as good as a machine; what runs below in software has a line of its own (Linux,
 * arch/s390/kernel/sysinfo.c: stsi_3_2_2()). */
static int read_sysinfo(const Root *root, HypervisorFacts *facts) {
        static const Mark marks[] = { { "KVM", "KVM" }, { "z/VM", "z/VM" } };
        static const char key[] = "VM00 Control Program:";
        _cleanup_free_ char *text = NULL;
        const char *program;
        int r;

        r = root_read(root, "proc/sysinfo", ROOT_FILE_MAX, &text);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        program = strstr(text, key);
        if (program) {
                program += strlen(key);
                program += strspn(program, " \t");
                facts->name = find_mark(marks, ELEMENTSOF(marks), program);
        }

        facts->guest = program ? TRISTATE_YES : TRISTATE_NO;
        return 0;
}

/* Xen gives its control domain the machine's devices and firmware tables, but not the CPU's virtualization
 * (Documentation/ABI/stable/sysfs-hypervisor-xen). */
static int read_xen(const Root *root, HypervisorFacts *facts) {
        _cleanup_free_ char *type = NULL, *guest_type = NULL, *capabilities = NULL, *features = NULL;
        bool is_control_domain;

        if (read_line_if_any(root, "sys/hypervisor/type", &type) < 0 ||
            read_line_if_any(root, "sys/hypervisor/guest_type", &guest_type) < 0 ||
            read_line_if_any(root, "sys/hypervisor/properties/features", &features) < 0 ||
            read_line_if_any(root, "proc/xen/capabilities", &capabilities) < 0)
                return -ENOMEM;

        if (!capabilities && (!type || !streq(type, "xen")))
                return 0;

        is_control_domain = (capabilities && strstr(capabilities, "control_d")) ||
                            (features && (strtoull(features, NULL, 16) & (1U << XENFEAT_DOM0)));

        facts->name = "Xen";
        facts->guest = is_control_domain ? TRISTATE_NO : TRISTATE_YES;
        facts->xen_owns_cpu = is_control_domain || (guest_type && streq(guest_type, "PV"));
        return 0;
}

int hypervisor_facts_read(const Root *root, const CpuFacts *cpu, HypervisorFacts *facts) {
        HypervisorFacts hypervisor = { .guest = cpu->hypervisor };

        if (root->live && cpu->hypervisor == TRISTATE_YES)
                hypervisor.name = ask_cpuid();

        if (read_dmi(root, &hypervisor) < 0 || read_smbios(root, &hypervisor) < 0 ||
            read_devicetree(root, &hypervisor) < 0 || read_sysinfo(root, &hypervisor) < 0 ||
            read_pci(root, &hypervisor) < 0 || read_vmbus(root, &hypervisor) < 0 ||
            read_xen(root, &hypervisor) < 0)
                return -ENOMEM;

        *facts = hypervisor;
        return 0;
}
