/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a guest could be given, and why others not. */

#include <string.h>

#include "daemon/checks/assignable.h"
#include "pci-tree.h"

#define REGION_OF_INTERRUPTS "0x00000000fee00000 0x00000000feefffff msi\n"

/* An accelerator of Intel's that has errata. */
#define PCI_QUICK_ASSIST "pci:v00008086d000037C8sv00008086sd00000000bc0Bsc40i00"

#define CARD "0000:01:00.0"
#define SOUND "0000:01:00.1"

/* A device in group 1 of a machine on which everything is there, and what is different from that. */
typedef struct Case {
        const char *name;
        const char *modalias; /* NULL: that of a network card */
        const char *driver;
        const char *other_modalias; /* of another member of the group; NULL: there is none */
        const char *other_driver;
        const char *platform_driver; /* of a member on another bus; NULL: there is none */
        const char *tables;          /* of ACPI; NULL: they are not known */
        const char *kernel;          /* NULL: a recent one */
        const char *group_name;
        CheckState iommu, vfio; /* CHECK_UNKNOWN stands for a pass here */
        bool no_group, group_not_copied, virtual_functions;
        const char *regions; /* that the firmware has reserved */
        struct {
                const char *path, *content;
        } files[3];
        const char *console; /* where the device is that draws the console */

        const char *reason;
        bool assignable;
        const char *detail; /* a part of it, or NULL */
        const char *blocked_by;
} Case;

static const Case cases[] = {
        { .name = "no-driver", .reason = "no-driver", .assignable = true },
        { .name = "vfio", .driver = "vfio-pci", .reason = "bound-to-vfio", .assignable = true },
        { .name = "vfio-variant", .driver = "mlx5_vfio_pci", .reason = "bound-to-vfio", .assignable = true },
        { .name = "stub", .driver = "pci-stub", .reason = "reserved", .assignable = true },
        {
                .name = "driver",
                .driver = "igb",
                .reason = "driver-attached",
                .assignable = true,
                .detail = "Its driver igb has to give it up first",
        },
        {
                .name = "switch-of-gpus",
                .modalias = PCI_OTHER_BRIDGE,
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "no-group",
                .no_group = true,
                .iommu = CHECK_FAIL,
                .reason = "no-iommu-group",
                .blocked_by = "iommu.enabled",
        },
        { .name = "no-group-of-this", .no_group = true, .reason = "no-iommu-group" },
        {
                .name = "no-iommu",
                .driver = "vfio-pci",
                .group_name = "vfio-noiommu\n",
                .iommu = CHECK_FAIL,
                .reason = "group-without-iommu",
                .blocked_by = "iommu.enabled",
        },
        { .name = "named-group", .group_name = "pci0001:00\n", .reason = "no-driver", .assignable = true },
        {
                .name = "no-vfio",
                .vfio = CHECK_FAIL,
                .reason = "vfio-missing",
                .blocked_by = "vfio.pci",
        },
        {
                .name = "no-vfio-for-no-modules",
                .vfio = CHECK_BLOCKED,
                .reason = "vfio-missing",
                .blocked_by = "kernel.modules",
        },
        { .name = "vfio-not-known", .vfio = CHECK_NOT_APPLICABLE, .reason = "unknown", .detail = "VFIO" },
        {
                .name = "group-not-copied",
                .group_not_copied = true,
                .reason = "unknown",
                .detail = "its IOMMU group could not be read",
        },
        { .name = "what-it-is", .modalias = "garbage", .reason = "unknown" },
        {
                .name = "other-function",
                .other_modalias = PCI_MODALIAS("bc04sc03i00"),
                .other_driver = "snd_hda_intel",
                .reason = "group-in-use",
                .detail = "The host uses " SOUND " (snd_hda_intel), of the same IOMMU group 1",
        },
        {
                .name = "other-function-free",
                .other_modalias = PCI_MODALIAS("bc04sc03i00"),
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "other-function-of-vfio",
                .other_modalias = PCI_MODALIAS("bc04sc03i00"),
                .other_driver = "vfio-pci",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "other-function-not-known",
                .other_modalias = "garbage",
                .reason = "unknown",
                .detail = "who uses the other devices",
        },
        {
                .name = "bridge",
                .other_modalias = PCI_BRIDGE,
                .other_driver = "pcieport",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "bridge-with-hotplug",
                .other_modalias = PCI_BRIDGE,
                .other_driver = "shpchp",
                .reason = "group-in-use",
        },
        {
                .name = "bridge-with-hotplug-once",
                .other_modalias = PCI_BRIDGE,
                .other_driver = "shpchp",
                .kernel = "5.17.0\n",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "isa-bridge",
                .other_modalias = PCI_ISA_BRIDGE,
                .other_driver = "lpc_ich",
                .kernel = "5.17.0\n",
                .reason = "group-in-use",
        },
        {
                .name = "other-bus",
                .platform_driver = "stmmac",
                .reason = "group-in-use",
                .detail = "a003e00.ethernet (stmmac)",
        },
        { .name = "other-bus-of-vfio",
          .platform_driver = "vfio-platform",
          .reason = "no-driver",
          .assignable = true },
        {
                .name = "firmware",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n" REGION_OF_INTERRUPTS,
                .reason = "bound-to-firmware",
        },
        {
                .name = "firmware-yields",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct-relaxable\n" REGION_OF_INTERRUPTS,
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "firmware-of-intel-once",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "6.1.0\n",
                .reason = "bound-to-firmware",
        },
        {
                .name = "firmware-of-amd-once",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/IVRS",
                .kernel = "6.1.0\n",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "firmware-of-whom-once",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .kernel = "6.1.0\n",
                .reason = "unknown",
        },
        {
                .name = "firmware-before-relaxing",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "5.2.0\n",
                .reason = "bound-to-firmware",
        },
        {
                .name = "firmware-of-display-before-relaxing",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .other_modalias = PCI_BRIDGE,
                .other_driver = "pcieport",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "5.2.0\n",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "firmware-of-usb-before-relaxing",
                .modalias = PCI_MODALIAS("bc0Csc03i20"),
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "4.19.0\n",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "firmware-of-whose-before-relaxing",
                .modalias = PCI_MODALIAS("bc0Csc03i20"),
                .other_modalias = PCI_NETWORK,
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "4.19.0\n",
                .reason = "unknown",
        },
        {
                .name = "firmware-of-usb-now",
                .modalias = PCI_MODALIAS("bc0Csc03i20"),
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "5.3.0\n",
                .reason = "bound-to-firmware",
        },
        {
                .name = "firmware-of-usb-taken-back",
                .modalias = PCI_MODALIAS("bc0Csc03i20"),
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/DMAR",
                .kernel = "4.18.0-553.el8_10.x86_64\n",
                .reason = "unknown",
        },
        {
                .name = "firmware-of-amd-taken-back",
                .regions = "0x00000000bd800000 0x00000000bfffffff direct\n",
                .tables = "sys/firmware/acpi/tables/IVRS",
                .kernel = "5.14.0-427.13.1.el9_4.x86_64\n",
                .reason = "unknown",
        },
        {
                .name = "bridge-with-hotplug-taken-back",
                .other_modalias = PCI_BRIDGE,
                .other_driver = "shpchp",
                .kernel = "5.14.0-427.13.1.el9_4.x86_64\n",
                .reason = "unknown",
                .detail = "who uses the other devices",
        },
        {
                .name = "virtual-functions-of-vfio",
                .driver = "vfio-pci",
                .virtual_functions = true,
                .reason = "bound-to-vfio",
                .assignable = true,
        },
        {
                .name = "virtual-functions-of-stub",
                .driver = "pci-stub",
                .virtual_functions = true,
                .reason = "has-virtual-functions",
        },
        {
                .name = "interrupts-remapped",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "sys/kernel/irq/9/chip_name", "IR-IO-APIC\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-not-remapped",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "sys/kernel/irq/9/chip_name", "IO-APIC\n" } },
                .driver = "vfio-pci",
                .reason = "no-interrupt-remapping",
        },
        {
                .name = "interrupts-not-told",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-by-parameter",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/cmdline", "ro intremap=off quiet\n" } },
                .reason = "no-interrupt-remapping",
        },
        {
                .name = "interrupts-by-word",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/cmdline", "ro nointremap quiet\n" } },
                .reason = "no-interrupt-remapping",
        },
        {
                .name = "interrupts-in-spite-of-word",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/cmdline", "ro nointremap quiet\n" },
                           { "sys/kernel/irq/9/chip_name", "IR-IO-APIC\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-of-arm",
                .files = { { "proc/sys/kernel/arch", "aarch64\n" },
                           { "sys/kernel/irq/9/chip_name", "IO-APIC\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-allowed",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/interrupts", "  CPU0 \n  0:  37  IO-APIC   2-edge  timer\n" },
                           { "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-not-allowed",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/interrupts", "  CPU0 \n  0:  37  IO-APIC   2-edge  timer\n" },
                           { "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n" } },
                .reason = "no-interrupt-remapping",
        },
        {
                .name = "interrupts-allowed-by-file",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/interrupts", "  CPU0 \n  0:  37  IO-APIC   2-edge  timer\n" },
                           { "etc/modprobe.d/vfio.conf",
                             "options vfio_iommu_type1 allow_unsafe_interrupts=1\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "interrupts-allowed-on-command-line",
                .files = { { "proc/sys/kernel/arch", "x86_64\n" },
                           { "proc/cmdline", "nointremap iommufd.allow_unsafe_interrupts=1\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "refused",
                .modalias = PCI_QUICK_ASSIST,
                .reason = "refused-by-vfio",
                .detail = "of this kind, 8086:37c8:",
        },
        {
                .name = "refused-but-not-once",
                .modalias = PCI_QUICK_ASSIST,
                .kernel = "5.8.0\n",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "refused-taken-back",
                .modalias = PCI_QUICK_ASSIST,
                .kernel = "4.18.0-553.el8_10.x86_64\n",
                .reason = "unknown",
                .detail = "whether vfio-pci takes devices of its kind",
        },
        {
                .name = "refused-but-allowed",
                .modalias = PCI_QUICK_ASSIST,
                .files = { { "sys/module/vfio_pci/parameters/disable_denylist", "Y\n" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "refused-but-bound",
                .modalias = PCI_QUICK_ASSIST,
                .driver = "vfio-pci",
                .reason = "bound-to-vfio",
                .assignable = true,
        },
        {
                .name = "refused-accelerator",
                .modalias = "pci:v00008086d00000B25sv00008086sd00000000bc08sc80i00",
                .reason = "refused-by-vfio",
        },
        {
                .name = "refused-accelerator-in-updates",
                .modalias = "pci:v00008086d00000CFEsv00008086sd00000000bc08sc80i00",
                .kernel = "6.1.100\n",
                .reason = "unknown",
        },
        {
                .name = "not-refused",
                .modalias = "pci:v000010DEd000037C8sv00008086sd00000000bc08sc80i00",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "console",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" } },
                .console = "../../../../devices/platform/simple-framebuffer.0",
                .reason = "draws-console",
                .assignable = true,
                .detail = "simple-framebuffer draws the host's console on it",
        },
        {
                .name = "console-once",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" } },
                .console = "../../../../devices/platform/simple-framebuffer.0",
                .kernel = "5.19.0\n",
                .reason = "console-in-the-way",
        },
        {
                .name = "console-of-whom",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" } },
                .console = "../../../../devices/platform/simple-framebuffer.0",
                .kernel = "5.14.0-427.13.1.el9_4.x86_64\n",
                .reason = "unknown",
        },
        {
                .name = "console-below",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .console = "../../../../devices/pci0000:00/" CARD "/simple-framebuffer.0",
                .reason = "draws-console",
                .assignable = true,
        },
        {
                .name = "console-below-other-display",
                .modalias = PCI_MODALIAS("bc03sc80i00"),
                .console = "../../../../devices/pci0000:00/" CARD "/simple-framebuffer.0",
                .reason = "console-in-the-way",
        },
        {
                .name = "console-below-another",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" } },
                .console = "../../../../devices/pci0000:00/0000:00:02.0/simple-framebuffer.0",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "console-elsewhere",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "0\n" } },
                .console = "../../../../devices/platform/simple-framebuffer.0",
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "console-not-drawn",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" },
                           { "sys/bus/platform/drivers/simple-framebuffer/uevent", "" } },
                .reason = "no-driver",
                .assignable = true,
        },
        {
                .name = "console-of-driver",
                .modalias = PCI_MODALIAS("bc03sc00i00"),
                .driver = "nouveau",
                .files = { { "sys/devices/pci0000:00/" CARD "/boot_vga", "1\n" } },
                .console = "../../../../devices/platform/simple-framebuffer.0",
                .reason = "driver-attached",
                .assignable = true,
        },
        {
                .name = "virtual-functions",
                .driver = "ixgbe",
                .virtual_functions = true,
                .reason = "has-virtual-functions",
        },
};

static void make_tree(const Case *c, const char *tree) {
        const char *modalias = c->modalias ? c->modalias : PCI_NETWORK;

        tree_file(tree, "proc/sys/kernel/osrelease", c->kernel ? c->kernel : "6.12.48\n");
        pci_tree_device(tree, CARD, modalias, c->driver, c->no_group || c->group_not_copied ? -1 : 1);
        if (c->group_not_copied)
                tree_link(tree, "sys/devices/pci0000:00/" CARD "/iommu_group",
                          "../../kernel/iommu_groups/1");
        if (c->other_modalias)
                pci_tree_device(tree, SOUND, c->other_modalias, c->other_driver, 1);
        if (c->platform_driver)
                pci_tree_other_member(tree, "a003e00.ethernet", c->platform_driver, 1);
        if (c->tables)
                tree_file(tree, c->tables, "");
        if (c->group_name)
                tree_file(tree, "sys/kernel/iommu_groups/1/name", c->group_name);
        if (c->regions)
                tree_file(tree, "sys/kernel/iommu_groups/1/reserved_regions", c->regions);
        FOREACH_ELEMENT(file, c->files)
                if (file->path)
                        tree_file(tree, file->path, file->content);
        if (c->console)
                tree_link(tree, "sys/bus/platform/drivers/simple-framebuffer/simple-framebuffer.0",
                          c->console);
        if (c->virtual_functions)
                tree_link(tree, "sys/devices/pci0000:00/" CARD "/virtfn0", "../0000:01:10.0");
}

/* The checks are what the case says they are. */
static void set_check(Verdict *verdict, const char *id, CheckState state) {
        CheckResult *result = &verdict->checks[catalogue_find(id)];

        result->state = state == CHECK_UNKNOWN ? CHECK_PASS : state;
        result->blocked_by = (CheckSet){};
        if (state == CHECK_BLOCKED)
                check_set_add(&result->blocked_by, (size_t) catalogue_find("kernel.modules"));
}

static void assert_causes(const DeviceResult *result, const char *expected) {
        CheckSet causes = {};

        if (expected)
                check_set_add(&causes, (size_t) catalogue_find(expected));
        g_assert_true(check_set_equal(&result->blocked_by, &causes));
}

static void test_case(const void *data) {
        const Case *c = data;
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_(facts_done) Facts facts = {};
        _cleanup_free_ char *detail = NULL;
        DeviceResult result = {};

        make_tree(c, tree);
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK_ALL), ==, 0);
        g_assert_cmpint(verdict_new(&facts, NULL, 0, &verdict), ==, 0);
        set_check(verdict, "iommu.enabled", c->iommu);
        set_check(verdict, "vfio.pci", c->vfio);

        result.device = pci_facts_find(facts.pci, CARD);
        g_assert_cmpint(assignable_judge(&facts, verdict, &result), ==, 0);
        g_assert_cmpstr(result.finding.reason->id, ==, c->reason);
        g_assert_cmpint(result.finding.reason->state == CHECK_PASS, ==, c->assignable);
        assert_causes(&result, c->blocked_by);

        g_assert_true(finding_knows(&result.finding, result.finding.reason->detail));
        g_assert_cmpint(finding_expand(&result.finding, result.finding.reason->detail, &detail), ==, 0);
        if (c->detail && !strstr(detail, c->detail))
                g_error("'%s' is not in '%s'.", c->detail, detail);
        finding_done(&result.finding);
}

/* A long list ends with a number. */
static void test_many_users(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_(facts_done) Facts facts = {};
        _cleanup_free_ char *detail = NULL;
        DeviceResult result = {};

        for (unsigned i = 0; i < 8; i++) {
                g_autofree char *address = g_strdup_printf("0000:01:00.%u", i);

                pci_tree_device(tree, address, PCI_NETWORK, "igb", 1);
        }
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(verdict_new(&facts, NULL, 0, &verdict), ==, 0);
        set_check(verdict, "vfio.pci", CHECK_PASS);

        result.device = pci_facts_find(facts.pci, CARD);
        g_assert_cmpint(assignable_judge(&facts, verdict, &result), ==, 0);
        g_assert_cmpint(finding_expand(&result.finding, "{devices}", &detail), ==, 0);
        g_assert_cmpstr(detail, ==, "0000:01:00.1 (igb), 0000:01:00.2 (igb), 0000:01:00.3 (igb) and 4 more");
        finding_done(&result.finding);
}

/* A group that is too large was read, and is said to be too large. */
static void test_large_group(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_(facts_done) Facts facts = {};
        _cleanup_free_ char *detail = NULL;

        for (unsigned i = 0; i < 450; i++) {
                g_autofree char *address =
                        g_strdup_printf("0000:%02x:%02x.%u", 1 + i / 256, i / 8 % 32, i % 8);

                pci_tree_device(tree, address, PCI_NETWORK, NULL, 1);
        }
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(verdict_new(&facts, NULL, 0, &verdict), ==, 0);
        set_check(verdict, "vfio.pci", CHECK_PASS);

        finding_done(&verdict->devices[0].finding);
        verdict->devices[0].finding = (Finding){};
        g_assert_cmpint(assignable_judge(&facts, verdict, &verdict->devices[0]), ==, 0);
        g_assert_cmpstr(verdict->devices[0].finding.reason->id, ==, "unknown");
        g_assert_cmpint(finding_expand(&verdict->devices[0].finding,
                                       verdict->devices[0].finding.reason->detail, &detail),
                        ==, 0);
        g_assert_nonnull(strstr(detail, "its IOMMU group 1 has more members than are looked at"));
}

/* A verdict lists what is no bridge, and tells when something is different. */
static void test_verdict(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(verdict_freep) Verdict *before = NULL, *same = NULL, *after = NULL;
        _cleanup_(facts_done) Facts facts = {};

        pci_tree_device(tree, "0000:00:00.0", PCI_HOST_BRIDGE, NULL, 0);
        pci_tree_device(tree, "0000:00:01.0", PCI_BRIDGE, "pcieport", 1);
        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 1);
        pci_tree_device(tree, "0000:02:00.0", PCI_NETWORK, NULL, 2);
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(verdict_new(&facts, NULL, 0, &before), ==, 0);

        g_assert_cmpuint(before->n_devices, ==, 2);
        g_assert_true(verdict_find_device(before, CARD) == &before->devices[0]);
        g_assert_true(verdict_find_device(before, "0000:02:00.0") == &before->devices[1]);
        g_assert_null(verdict_find_device(before, "0000:00:01.0"));
        g_assert_null(verdict_find_device(before, "0000:03:00.0"));

        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(verdict_new(&facts, before, 0, &same), ==, 0);
        g_assert_true(verdict_equal(before, same));

        tree_link(tree, "sys/devices/pci0000:00/" CARD "/driver", "drivers/igb");
        g_assert_cmpint(facts_read(&facts, root, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(verdict_new(&facts, same, 0, &after), ==, 0);
        g_assert_false(verdict_equal(same, after));
        g_assert_false(device_result_equal(&same->devices[0], &after->devices[0]));
        g_assert_true(device_result_equal(&same->devices[1], &after->devices[1]));
}

/* The description of the interface has every reason, in quotation marks. */
static void test_interface(void) {
        g_autofree char *interface = NULL;
        g_autoptr(GError) error = NULL;
        size_t n = 0;

        g_file_get_contents(g_getenv("DEVICE_INTERFACE"), &interface, NULL, &error);
        g_assert_no_error(error);

        for (const Reason *const *reason = assignable_reasons(); *reason; reason++, n++) {
                g_autofree char *word = g_strdup_printf("\"%s\"", (*reason)->id);

                if (!strstr(interface, word)) {
                        g_test_message("org.virtready1.Device.xml does not explain %s.", (*reason)->id);
                        g_test_fail();
                }
        }
        g_assert_cmpuint(n, ==, 16);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_strconcat("/assignable/case/", c->name, NULL);

                g_test_add_data_func(path, c, test_case);
        }
        g_test_add_func("/assignable/many-users", test_many_users);
        g_test_add_func("/assignable/large-group", test_large_group);
        g_test_add_func("/assignable/verdict", test_verdict);
        g_test_add_func("/assignable/interface", test_interface);

        return g_test_run();
}
