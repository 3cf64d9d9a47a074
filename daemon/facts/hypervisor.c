/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads where hypervisors leave their names. */

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

/* What a text begins with, and the hypervisor that it then speaks of. */
typedef struct Mark {
        const char *text;
        const char *name;
} Mark;

static const char *find_mark(const Mark *marks, size_t n, const char *text) {
        if (text)
                FOREACH_ARRAY(mark, marks, n)
                        if (startswith(text, mark->text))
                                return mark->name;

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

/* Amazon has its own firmware on machines without a hypervisor, too; their types end in "metal". */
static bool is_amazon_guest(const char *vendor, const char *product) {
        return vendor && startswith(vendor, "Amazon EC2") && product && !strstr(product, "metal");
}

/* The firmware that a hypervisor brings names it (Linux, drivers/firmware/dmi-id.c has the files). */
static int read_dmi(const Root *root, HypervisorFacts *facts) {
        static const Mark products[] = {
                { "Alibaba Cloud ECS", "KVM" }, { "Google Compute Engine", "KVM" },
                { "HVM domU", "Xen" },          { "KVM", "KVM" },
                { "KubeVirt", "KVM" },          { "OpenStack", "KVM" },
                { "RHEV Hypervisor", "KVM" },   { "Virtual Machine", "Hyper-V" },
                { "VirtualBox", "VirtualBox" },
        };
        static const Mark vendors[] = {
                { "Apple Virtualization", "Apple Virtualization" },
                { "BHYVE", "bhyve" },
                { "Bochs", "QEMU" },
                { "Parallels", "Parallels" },
                { "QEMU", "QEMU" },
                { "VMware", "VMware" },
                { "Xen", "Xen" },
                { "innotek GmbH", "VirtualBox" },
        };
        _cleanup_free_ char *product = NULL, *vendor = NULL, *bios = NULL;
        const char *name;

        if (read_line_if_any(root, DMI "product_name", &product) < 0 ||
            read_line_if_any(root, DMI "sys_vendor", &vendor) < 0 ||
            read_line_if_any(root, DMI "bios_vendor", &bios) < 0)
                return -ENOMEM;

        name = find_mark(products, ELEMENTSOF(products), product);
        if (!name)
                name = find_mark(vendors, ELEMENTSOF(vendors), vendor);
        if (!name)
                name = find_mark(vendors, ELEMENTSOF(vendors), bios);

        if (!facts->name)
                facts->name = name;
        if (name || (facts->guest == TRISTATE_UNKNOWN && is_amazon_guest(vendor, product)))
                facts->guest = TRISTATE_YES;
        else if (facts->guest == TRISTATE_UNKNOWN && (product || vendor))
                facts->guest = TRISTATE_NO;

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

        if (read_dmi(root, &hypervisor) < 0 || read_devicetree(root, &hypervisor) < 0 ||
            read_sysinfo(root, &hypervisor) < 0 || read_xen(root, &hypervisor) < 0)
                return -ENOMEM;

        *facts = hypervisor;
        return 0;
}
