/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which hypervisor is below a machine, by what it has left in files. */

#include "daemon/facts/hypervisor.h"
#include "tree.h"

/* The files of a machine, each with its content, and what they say. */
typedef struct Case {
        const char *name;
        Tristate flag; /* the CPU's */
        const char *files[12];
        Tristate guest;
        const char *hypervisor;
        bool xen_owns_cpu;
} Case;

static const Case cases[] = {
        { "nothing", TRISTATE_UNKNOWN, {}, TRISTATE_UNKNOWN, NULL, false },
        { "flag", TRISTATE_YES, {}, TRISTATE_YES, NULL, false },
        { "no-flag", TRISTATE_NO, {}, TRISTATE_NO, NULL, false },
        { "desktop",
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "LENOVO\n", "sys/class/dmi/id/product_name", "20L5CTO1WW\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "arm-server",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Ampere\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "flag-and-dmi",
          TRISTATE_YES,
          { "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n", "sys/class/dmi/id/product_name",
            "Virtual Machine\n" },
          TRISTATE_YES,
          "Hyper-V",
          false },
        { "old-esx",
          TRISTATE_NO,
          { "sys/class/dmi/id/product_name", "VMware Virtual Platform\n", "sys/class/dmi/id/sys_vendor",
            "VMware, Inc.\n" },
          TRISTATE_YES,
          "VMware",
          false },
        { "bios-only",
          TRISTATE_NO,
          { "sys/class/dmi/id/bios_vendor", "innotek GmbH\n" },
          TRISTATE_YES,
          "VirtualBox",
          false },
        { "surface", /* whose maker makes Hyper-V as well */
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n", "sys/class/dmi/id/product_name",
            "Surface Pro 7\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "arm-guest",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "QEMU\n", "sys/class/dmi/id/product_name",
            "KVM Virtual Machine\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "amazon-arm-guest",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", "sys/class/dmi/id/product_name", "c7g.large\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "amazon-x86-guest",
          TRISTATE_YES,
          { "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", "sys/class/dmi/id/product_name", "m6i.large\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "vmbus", /* WSL 2 has no DMI */
          TRISTATE_UNKNOWN,
          { "sys/bus/vmbus/drivers_autoprobe", "1\n" },
          TRISTATE_YES,
          "Hyper-V",
          false },
        { "amazon-arm-metal",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", "sys/class/dmi/id/product_name", "c7g.metal\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "amazon-x86-metal", /* no flag: the CPU's word goes before the product's */
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", "sys/class/dmi/id/product_name", "i3.other\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "google-guest",
          TRISTATE_YES,
          { "sys/class/dmi/id/sys_vendor", "Google\n", "sys/class/dmi/id/product_name",
            "Google Compute Engine\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "google-arm-guest",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Google\n", "sys/class/dmi/id/product_name",
            "Google Compute Engine\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "google-metal", /* rented without a hypervisor: only the CPU tells */
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Google\n", "sys/class/dmi/id/product_name",
            "Google Compute Engine\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "chromebook",
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Google\n", "sys/class/dmi/id/product_name", "Eve\n",
            "sys/class/dmi/id/bios_vendor", "coreboot\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "oracle-server", /* whose maker makes VirtualBox as well */
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Oracle Corporation\n", "sys/class/dmi/id/product_name",
            "ORACLE SERVER X7-2\n", "sys/class/dmi/id/board_vendor", "Oracle Corporation\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "mac",
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Apple Inc.\n", "sys/class/dmi/id/product_name",
            "MacBookPro11,1\n", "sys/class/dmi/id/bios_vendor", "Apple Inc.\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "name-that-goes-on", /* a longer word is another one */
          TRISTATE_NO,
          { "sys/class/dmi/id/sys_vendor", "Else\n", "sys/class/dmi/id/product_name", "Xenon 17\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "name-with-a-version",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/product_name", "VMware20,1\n" },
          TRISTATE_YES,
          "VMware",
          false },
        { "bios-of-no-one", /* firmware for boards and virtual machines alike */
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/bios_vendor", "EDK II\n" },
          TRISTATE_UNKNOWN,
          NULL,
          false },
        { "apple-virtualization",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Apple Inc.\n", "sys/class/dmi/id/product_name",
            "Apple Virtualization Generic Platform\n", "sys/class/dmi/id/bios_vendor", "Apple Inc.\n" },
          TRISTATE_YES,
          "Apple Virtualization",
          false },
        { "kubevirt",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "KubeVirt\n", "sys/class/dmi/id/product_name", "None\n",
            "sys/class/dmi/id/bios_vendor", "EDK II\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "cloud-hypervisor",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Cloud Hypervisor\n", "sys/class/dmi/id/product_name",
            "cloud-hypervisor\n" },
          TRISTATE_YES,
          "Cloud Hypervisor",
          false },
        { "own-name-but-board",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Hetzner\n", "sys/class/dmi/id/product_name", "vServer\n",
            "sys/class/dmi/id/board_vendor", "KVM\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "own-name-but-chassis",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Hetzner\n", "sys/class/dmi/id/product_name", "vServer\n",
            "sys/class/dmi/id/chassis_vendor", "QEMU\n" },
          TRISTATE_YES,
          "QEMU",
          false },
        { "bhyve-product",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "FreeBSD\n", "sys/class/dmi/id/product_name", "BHYVE\n" },
          TRISTATE_YES,
          "bhyve",
          false },
        { "hyper-v-version",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n", "sys/class/dmi/id/product_name",
            "Else\n", "sys/class/dmi/id/product_version", "Hyper-V UEFI Release v4.1\n" },
          TRISTATE_YES,
          "Hyper-V",
          false },
        { "pci-virtualbox", /* without flag and firmware's word */
          TRISTATE_NO,
          { "proc/bus/pci/devices",
            "0000\t80861237\t0\t               0\t\n0010\t80eebeef\t12\t        e0000008\t\n"
            "0020\t80eecafe\t14\t            d021\tvboxguest\n" },
          TRISTATE_YES,
          "VirtualBox",
          false },
        { "pci-qemu",
          TRISTATE_UNKNOWN,
          { "sys/class/dmi/id/sys_vendor", "Else\n", "proc/bus/pci/devices",
            "0000\t1b360008\t0\t               0\t\n0008\t1af41041\t1b\t               0\tvirtio-pci\n" },
          TRISTATE_YES,
          "QEMU",
          false },
        { "pci-names-what-the-flag-shows",
          TRISTATE_YES,
          { "proc/bus/pci/devices", "0038\t15ad0740\t10\t            1081\tvmw_vmci\n" },
          TRISTATE_YES,
          "VMware",
          false },
        { "pci-xen",
          TRISTATE_NO,
          { "proc/bus/pci/devices", "0018\t58530001\t1c\t            c001\txen-platform-pci\n" },
          TRISTATE_YES,
          "Xen",
          false },
        { "pci-hyper-v",
          TRISTATE_NO,
          { "proc/bus/pci/devices", "0040\t14145353\tb\t        f8000000\thyperv_fb\n" },
          TRISTATE_YES,
          "Hyper-V",
          false },
        { "pci-hardware", /* there are virtio devices that are real, and ids elsewhere in a line are none */
          TRISTATE_NO,
          { "proc/bus/pci/devices",
            "0000\t80869b61\t0\t        80eecafe\tigb\n80ee\t1af41041\t1b\t80eecafe\tvirtio-pci\n"
            "80eecafe\n\n\t\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "pci-is-no-word-of-hardware",
          TRISTATE_UNKNOWN,
          { "proc/bus/pci/devices", "0000\t80869b61\t0\t               0\t\n" },
          TRISTATE_UNKNOWN,
          NULL,
          false },
        { "pci-cut-short",
          TRISTATE_UNKNOWN,
          { "proc/bus/pci/devices", "0020\t80ee" },
          TRISTATE_UNKNOWN,
          NULL,
          false },
        { "devicetree-kvm",
          TRISTATE_UNKNOWN,
          { "proc/device-tree/hypervisor/compatible", "linux,kvm", "proc/device-tree/compatible",
            "qemu,pseries" },
          TRISTATE_YES,
          "KVM",
          false },
        { "devicetree-qemu",
          TRISTATE_UNKNOWN,
          { "proc/device-tree/compatible", "linux,dummy-virt" },
          TRISTATE_YES,
          "QEMU",
          false },
        { "devicetree-board",
          TRISTATE_UNKNOWN,
          { "proc/device-tree/compatible", "raspberrypi,4-model-b" },
          TRISTATE_NO,
          NULL,
          false },
        { "power-partition",
          TRISTATE_UNKNOWN,
          { "proc/device-tree/compatible", "IBM,9080-HEX", "proc/device-tree/ibm,partition-name", "lp1" },
          TRISTATE_YES,
          "PowerVM",
          false },
        { "s390-partition",
          TRISTATE_UNKNOWN,
          { "proc/sysinfo", "Manufacturer:  IBM\nLPAR Number:  12\n" },
          TRISTATE_NO,
          NULL,
          false },
        { "s390-zvm",
          TRISTATE_UNKNOWN,
          { "proc/sysinfo", "LPAR Number:  12\n\nVM00 Name:  A\nVM00 Control Program: z/VM    7.3.0\n" },
          TRISTATE_YES,
          "z/VM",
          false },
        { "s390-kvm",
          TRISTATE_UNKNOWN,
          { "proc/sysinfo", "VM00 Control Program: KVM/Linux\n" },
          TRISTATE_YES,
          "KVM",
          false },
        { "s390-other",
          TRISTATE_UNKNOWN,
          { "proc/sysinfo", "VM00 Control Program: Else\n" },
          TRISTATE_YES,
          NULL,
          false },
        { "xen-control-domain",
          TRISTATE_YES,
          { "sys/hypervisor/type", "xen\n", "proc/xen/capabilities", "control_d\n",
            "sys/class/dmi/id/sys_vendor", "Dell Inc.\n" },
          TRISTATE_NO,
          "Xen",
          true },
        { "xen-control-domain-by-features",
          TRISTATE_NO,
          { "sys/hypervisor/type", "xen\n", "sys/hypervisor/properties/features", "00002fff\n" },
          TRISTATE_NO,
          "Xen",
          true },
        { "xen-paravirtualized",
          TRISTATE_YES,
          { "sys/hypervisor/type", "xen\n", "sys/hypervisor/guest_type", "PV\n", "proc/xen/capabilities",
            "\n" },
          TRISTATE_YES,
          "Xen",
          true },
        { "xen-hardware",
          TRISTATE_YES,
          { "sys/hypervisor/type", "xen\n", "sys/hypervisor/guest_type", "HVM\n",
            "sys/hypervisor/properties/features", "000027ff\n" },
          TRISTATE_YES,
          "Xen",
          false },
        { "hypervisor-type-else",
          TRISTATE_NO,
          { "sys/hypervisor/type", "else\n" },
          TRISTATE_NO,
          NULL,
          false },
};

static void test_case(const void *data) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        HypervisorFacts hypervisor = {};
        const Case *c = data;

        for (size_t i = 0; i < ELEMENTSOF(c->files) && c->files[i]; i += 2)
                tree_file(tree, c->files[i], c->files[i + 1]);

        g_assert_cmpint(hypervisor_facts_read(root, &(CpuFacts){ .hypervisor = c->flag }, &hypervisor), ==,
                        0);
        g_assert_cmpint(hypervisor.guest, ==, c->guest);
        g_assert_cmpstr(hypervisor.name, ==, c->hypervisor);
        g_assert_cmpint(hypervisor.xen_owns_cpu, ==, c->xen_owns_cpu);
}

/* Properties of a devicetree hold several strings, and a zero byte behind each. */
static void test_zero_bytes(void) {
        static const char compatible[] = "vendor,board\0riscv-virtio";
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        HypervisorFacts hypervisor = {};

        tree_bytes(tree, "proc/device-tree/compatible", compatible, sizeof(compatible));
        g_assert_cmpint(
                hypervisor_facts_read(root, &(CpuFacts){ .hypervisor = TRISTATE_UNKNOWN }, &hypervisor), ==,
                0);
        g_assert_cmpint(hypervisor.guest, ==, TRISTATE_YES);
        g_assert_cmpstr(hypervisor.name, ==, "QEMU");
}

/* The BIOS's entry of SMBIOS, with its second extension byte, and what that and the CPU's flag come to. */
static void check_smbios(unsigned char length, unsigned char extension, size_t size, Tristate flag,
                         Tristate guest) {
        const unsigned char entry[24] = { 0, length, [19] = extension };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        HypervisorFacts hypervisor = {};

        tree_bytes(tree, "sys/firmware/dmi/entries/0-0/raw", entry, size);
        g_assert_cmpint(hypervisor_facts_read(root, &(CpuFacts){ .hypervisor = flag }, &hypervisor), ==, 0);
        g_assert_cmpint(hypervisor.guest, ==, guest);
        g_assert_null(hypervisor.name);
}

static void test_smbios(void) {
        check_smbios(24, 0x1c, 24, TRISTATE_UNKNOWN, TRISTATE_YES);
        check_smbios(20, 0x10, 20, TRISTATE_NO, TRISTATE_YES);

        /* Many a virtual machine leaves the bit clear. */
        check_smbios(24, 0x0c, 24, TRISTATE_UNKNOWN, TRISTATE_UNKNOWN);
        check_smbios(24, 0xef, 24, TRISTATE_NO, TRISTATE_NO);

        /* Older entries end before that byte, and what follows them are strings. */
        check_smbios(19, 0x10, 24, TRISTATE_NO, TRISTATE_NO);
        check_smbios(24, 0x10, 19, TRISTATE_NO, TRISTATE_NO);
        check_smbios(24, 0x10, 0, TRISTATE_NO, TRISTATE_NO);
}

/* On the running machine a hypervisor that CPUID tells of may still be one without a name here. */
static void test_live(void) {
        _cleanup_(root_freep) Root *root = tree_root("/");
        HypervisorFacts flagged = {}, unflagged = {};

        g_assert_cmpint(hypervisor_facts_read(root, &(CpuFacts){ .hypervisor = TRISTATE_YES }, &flagged), ==,
                        0);
        g_assert_cmpint(hypervisor_facts_read(root, &(CpuFacts){ .hypervisor = TRISTATE_NO }, &unflagged),
                        ==, 0);
        if (!flagged.xen_owns_cpu)
                g_assert_cmpint(flagged.guest, ==, TRISTATE_YES);
        g_assert_cmpint(unflagged.guest, !=, TRISTATE_UNKNOWN);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_strconcat("/hypervisor/", c->name, NULL);

                g_test_add_data_func(path, c, test_case);
        }
        g_test_add_func("/hypervisor/zero-bytes", test_zero_bytes);
        g_test_add_func("/hypervisor/smbios", test_smbios);
        g_test_add_func("/hypervisor/live", test_live);

        return g_test_run();
}
