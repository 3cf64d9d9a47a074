/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of devices, of what kind they are, and the tables that explain why there are none. */

#include <fcntl.h>
#include <unistd.h>

#include "daemon/facts/iommu.h"
#include "tree.h"

#define GROUPS "sys/kernel/iommu_groups"
#define TABLES "sys/firmware/acpi/tables"
#define MEDIATED "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* More than the reader looks at. */
#define MANY_ENTRIES 66000U

static IommuFacts read_iommu_as(const char *tree, bool live) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        IommuFacts facts = {};

        root->live = live;
        g_assert_cmpint(iommu_facts_read(root, &facts), ==, 0);
        return facts;
}

static IommuFacts read_iommu(const char *tree) {
        return read_iommu_as(tree, /* live= */ false);
}

static void test_nothing(void) {
        _cleanup_tree_ char *tree = tree_new();
        IommuFacts facts = read_iommu(tree);

        g_assert_cmpint(facts.present, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_pci, ==, TRISTATE_UNKNOWN);
        FOREACH_ELEMENT(table, facts.tables)
                g_assert_cmpint(*table, ==, TRISTATE_UNKNOWN);
}

static void test_empty(void) {
        _cleanup_tree_ char *tree = tree_new();
        IommuFacts facts;

        tree_directory(tree, "sys/class/iommu");
        tree_directory(tree, GROUPS);
        tree_directory(tree, "sys/bus/pci/devices");
        facts = read_iommu(tree);
        g_assert_cmpint(facts.present, ==, TRISTATE_NO);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_NO);
        g_assert_cmpint(facts.has_pci, ==, TRISTATE_NO);
}

/* A running kernel without the class beside others has none; a directory with files may just lack it. What
 * has nothing in it at all is no sysfs. */
static void test_kernel_without(void) {
        _cleanup_tree_ char *tree = tree_new(), *bare = tree_new();
        IommuFacts facts;

        tree_directory(tree, "sys/class/misc");
        tree_directory(tree, "sys/kernel/mm");
        tree_directory(tree, "sys/firmware/memmap");
        facts = read_iommu_as(tree, /* live= */ true);
        g_assert_cmpint(facts.present, ==, TRISTATE_NO);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_NO);
        g_assert_cmpint(facts.tables[IOMMU_TABLE_DMAR], ==, TRISTATE_NO);
        g_assert_cmpint(facts.has_pci, ==, TRISTATE_UNKNOWN);

        facts = read_iommu(tree);
        g_assert_cmpint(facts.present, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.tables[IOMMU_TABLE_DMAR], ==, TRISTATE_UNKNOWN);

        tree_directory(bare, "sys/class");
        tree_directory(bare, "sys/firmware");
        facts = read_iommu_as(bare, /* live= */ true);
        g_assert_cmpint(facts.present, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.tables[IOMMU_TABLE_DMAR], ==, TRISTATE_UNKNOWN);
}

static void test_groups(void) {
        _cleanup_tree_ char *tree = tree_new();
        IommuFacts facts;

        tree_link(tree, "sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0");
        tree_link(tree, GROUPS "/0/devices/0000:00:00.0", "nowhere");
        tree_file(tree, GROUPS "/0/type", "DMA-FQ\n");
        tree_link(tree, GROUPS "/1/devices/0000:00:02.0", "nowhere");
        tree_file(tree, GROUPS "/1/type", "identity\n");
        tree_link(tree, GROUPS "/12/devices/" MEDIATED, "nowhere");
        tree_link(tree, GROUPS "/12/devices/0000:00:1f.0", "nowhere");
        tree_file(tree, GROUPS "/12/type", "DMA-FQ\n");
        tree_link(tree, GROUPS "/13/devices/0000:00:1f.6", "nowhere");
        tree_link(tree, GROUPS "/14/devices/" MEDIATED, "nowhere");
        tree_link(tree, GROUPS "/15/devices/0000:01:00.0", "nowhere");
        tree_file(tree, GROUPS "/15/name", "vfio-noiommu\n");
        tree_link(tree, GROUPS "/16/devices/0001:01:00.0", "nowhere");
        tree_file(tree, GROUPS "/16/name", "domain1-pe0\n");
        tree_file(tree, GROUPS "/16/type", "unknown\n");
        tree_directory(tree, GROUPS "/17/devices");

        facts = read_iommu(tree);
        g_assert_cmpint(facts.present, ==, TRISTATE_YES);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_YES);
        g_assert_cmpuint(facts.n_groups, ==, 5);
        g_assert_cmpuint(facts.n_of_type[IOMMU_GROUP_DMA_FQ], ==, 2);
        g_assert_cmpuint(facts.n_of_type[IOMMU_GROUP_IDENTITY], ==, 1);
        g_assert_cmpuint(facts.n_of_type[IOMMU_GROUP_NOT_TOLD], ==, 2);
        g_assert_cmpuint(facts.n_mediated, ==, 1);
        g_assert_cmpuint(facts.n_no_iommu, ==, 1);
}

static void test_no_real_group(void) {
        static const char *const mediated[] = {
                MEDIATED,
                "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001",
                (MEDIATED ".0"),
        };

        FOREACH_ELEMENT(device, mediated) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *path = g_strconcat(GROUPS "/3/devices/", *device, NULL);
                IommuFacts facts;

                tree_link(tree, path, "nowhere");
                tree_file(tree, GROUPS "/3/name", "vfio-noiommu\n");
                tree_link(tree, GROUPS "/4/devices/0000:01:00.0", "nowhere");
                tree_file(tree, GROUPS "/4/name", "vfio-noiommu\n");
                tree_directory(tree, GROUPS "/5/devices");

                facts = read_iommu(tree);
                g_assert_cmpint(facts.has_groups, ==, TRISTATE_NO);
                g_assert_cmpuint(facts.n_mediated, ==, 1);
                g_assert_cmpuint(facts.n_no_iommu, ==, 1);
        }
}

static void test_real_device_names(void) {
        static const char *const names[] = {
                "0000:00:00.0",
                "a600000.usb",
                "83b8f4f2",
                (MEDIATED "0"),
                "g3b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
                "83b8f4f2x509f-382f-3c1e-e6bfe0fa1001",
        };

        FOREACH_ELEMENT(name, names) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *path = g_strconcat(GROUPS "/0/devices/", *name, NULL);

                tree_link(tree, path, "nowhere");
                g_test_message("%s", *name);
                g_assert_cmpuint(read_iommu(tree).n_groups, ==, 1);
        }
}

/* Archives may leave links and empty directories out. */
static void test_without_devices(void) {
        static const struct {
                const char *type, *name;
                Tristate has_groups;
        } cases[] = {
                { "DMA\n", NULL, TRISTATE_YES },
                { "identity\n", NULL, TRISTATE_YES },
                { "unknown\n", NULL, TRISTATE_UNKNOWN },
                { "DMAX\n", NULL, TRISTATE_UNKNOWN },
                { "", NULL, TRISTATE_UNKNOWN },
                { "DMA\n", "vfio-noiommu\n", TRISTATE_NO },
                { "unknown\n", "vfio-noiommu\n", TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, GROUPS "/0/type", c->type);
                if (c->name)
                        tree_file(tree, GROUPS "/0/name", c->name);
                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpint(read_iommu(tree).has_groups, ==, c->has_groups);
        }
}

static void test_what_is_no_group(void) {
        static const char *const names[] = { "x", "1x", "-1", "12345678901", "devices" };
        _cleanup_tree_ char *tree = tree_new();

        FOREACH_ELEMENT(name, names) {
                g_autofree char *path = g_strconcat(GROUPS "/", *name, "/devices/0000:00:00.0", NULL);

                tree_file(tree, path, "");
        }
        g_assert_cmpint(read_iommu(tree).has_groups, ==, TRISTATE_NO);
}

static void test_tables(void) {
        static const struct {
                const char *file;
                Tristate dmar, ivrs;
        } cases[] = {
                { TABLES "/FACP", TRISTATE_NO, TRISTATE_NO },
                { TABLES "/DMAR", TRISTATE_YES, TRISTATE_NO },
                { TABLES "/IVRS", TRISTATE_NO, TRISTATE_YES },
                { TABLES "/DMAR1", TRISTATE_YES, TRISTATE_NO },
                /* Others than root can copy the directory, but none of the tables. */
                { TABLES "/dynamic/SSDT1", TRISTATE_UNKNOWN, TRISTATE_UNKNOWN },
                { TABLES "/DMARX", TRISTATE_UNKNOWN, TRISTATE_UNKNOWN },
                { TABLES "/DMA", TRISTATE_UNKNOWN, TRISTATE_UNKNOWN },
                { TABLES, TRISTATE_UNKNOWN, TRISTATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                IommuFacts facts;

                tree_file(tree, c->file, "");
                facts = read_iommu(tree);
                g_test_message("%s", c->file);
                g_assert_cmpint(facts.tables[IOMMU_TABLE_DMAR], ==, c->dmar);
                g_assert_cmpint(facts.tables[IOMMU_TABLE_IVRS], ==, c->ivrs);
        }
}

/* A name that cannot be read could be VFIO's, so the group is not known to be real. */
static void test_hostile_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        IommuFacts facts;

        tree_file(tree, "sys/class/iommu", "dmar0\n");
        tree_link(tree, "sys/bus/pci/devices", "devices");
        tree_link(tree, GROUPS "/0", "0");
        tree_file(tree, GROUPS "/1", "");
        tree_link(tree, GROUPS "/2/devices/0000:00:00.0", "nowhere");
        tree_fifo(tree, GROUPS "/2/name");
        tree_fifo(tree, GROUPS "/2/type");
        tree_link(tree, GROUPS "/3/devices/0000:00:01.0", "nowhere");
        tree_bytes(tree, GROUPS "/3/name", "vfio-noiommu\0\n", 14);
        tree_link(tree, TABLES, "tables");

        facts = read_iommu(tree);
        g_assert_cmpint(facts.present, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_pci, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_UNKNOWN);
        g_assert_cmpuint(facts.n_groups, ==, 0);
        g_assert_cmpint(facts.tables[IOMMU_TABLE_DMAR], ==, TRISTATE_UNKNOWN);
}

static void test_hostile_types(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *large = g_build_filename(tree, GROUPS "/2/type", NULL);
        IommuFacts facts;

        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *path = g_strdup_printf(GROUPS "/%u/devices/0000:00:0%u.0", i, i);

                tree_link(tree, path, "nowhere");
        }
        tree_fifo(tree, GROUPS "/0/type");
        tree_bytes(tree, GROUPS "/1/type", "DMA\0\377\n", 6);
        tree_file(tree, GROUPS "/2/type", "DMA\n");
        g_assert_no_errno(truncate(large, 100 * 1024 * 1024));

        facts = read_iommu(tree);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_YES);
        g_assert_cmpuint(facts.n_groups, ==, 3);
        g_assert_cmpuint(facts.n_of_type[IOMMU_GROUP_NOT_TOLD], ==, 3);
}

/* The reader gives up at some point, and does not know then what else there is. */
static void test_many_entries(void) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *directory = g_build_filename(tree, GROUPS "/0/devices", NULL);
        IommuFacts facts;

        tree_directory(tree, GROUPS "/0/devices");
        for (unsigned i = 0; i < MANY_ENTRIES; i++) {
                g_autofree char *path = g_strdup_printf("%s/83b8f4f2-509f-382f-3c1e-%012x", directory, i);
                int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

                g_assert_no_errno(fd);
                g_assert_no_errno(close(fd));
        }

        facts = read_iommu(tree);
        g_assert_cmpint(facts.has_groups, ==, TRISTATE_UNKNOWN);
        g_assert_cmpuint(facts.n_mediated, ==, 1);
}

/* The names of the first interrupts tell, whichever file has them; of a large machine the beginning does. */
static void test_interrupts(void) {
        static const struct {
                const char *path, *content;
                Tristate remaps;
        } cases[] = {
                { "sys/kernel/irq/0/chip_name", "IR-IO-APIC\n", TRISTATE_YES },
                { "sys/kernel/irq/23/chip_name", "IO-APIC\n", TRISTATE_NO },
                { "sys/kernel/irq/0/chip_name", "GICv3\n", TRISTATE_UNKNOWN },
                { "sys/kernel/irq/0/chip_name", "", TRISTATE_UNKNOWN },
                { "proc/interrupts", " CPU0\n 0: 1 IR-IO-APIC 2-edge timer\n", TRISTATE_YES },
                { "proc/interrupts", " CPU0\n 0: 1 IO-APIC 2-edge timer\n", TRISTATE_NO },
                { "proc/interrupts", " CPU0\n 0: 1 xen-pirq -ioapic-edge\n", TRISTATE_UNKNOWN },
                { "proc/interrupts", "\n", TRISTATE_UNKNOWN },
        };
        _cleanup_tree_ char *large = tree_new();
        GString *interrupts = g_string_new("0:");

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();

                tree_file(tree, c->path, c->content);
                g_assert_cmpint(read_iommu(tree).remaps_interrupts, ==, c->remaps);
        }

        for (unsigned cpu = 0; cpu < 8192; cpu++)
                g_string_append_printf(interrupts, " %10u", cpu);
        g_string_append(interrupts, " IR-IO-APIC 2-edge timer\n");
        while (interrupts->len < 8U * 1024U * 1024U)
                g_string_append(interrupts, "PCI-MSI and more of it\n");
        tree_file(large, "proc/interrupts", interrupts->str);
        g_string_free(interrupts, true);
        g_assert_cmpint(read_iommu(large).remaps_interrupts, ==, TRISTATE_YES);
}

static void test_effective(void) {
        static const struct {
                Tristate present, has_groups;
                Architecture architecture;
                Tristate effective;
        } cases[] = {
                { TRISTATE_YES, TRISTATE_YES, ARCHITECTURE_X86, TRISTATE_YES },
                { TRISTATE_YES, TRISTATE_NO, ARCHITECTURE_X86, TRISTATE_NO },
                { TRISTATE_YES, TRISTATE_UNKNOWN, ARCHITECTURE_X86, TRISTATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_YES, ARCHITECTURE_X86, TRISTATE_NO },
                { TRISTATE_NO, TRISTATE_UNKNOWN, ARCHITECTURE_X86, TRISTATE_NO },
                { TRISTATE_UNKNOWN, TRISTATE_YES, ARCHITECTURE_X86, TRISTATE_YES },
                { TRISTATE_UNKNOWN, TRISTATE_NO, ARCHITECTURE_X86, TRISTATE_NO },
                { TRISTATE_UNKNOWN, TRISTATE_UNKNOWN, ARCHITECTURE_X86, TRISTATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_YES, ARCHITECTURE_PPC64, TRISTATE_YES },
                { TRISTATE_NO, TRISTATE_NO, ARCHITECTURE_PPC64, TRISTATE_NO },
                { TRISTATE_NO, TRISTATE_UNKNOWN, ARCHITECTURE_PPC64, TRISTATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_YES, ARCHITECTURE_S390X, TRISTATE_NO },
        };

        FOREACH_ELEMENT(c, cases) {
                const IommuFacts facts = { .present = c->present, .has_groups = c->has_groups };

                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpint(iommu_is_effective(&facts, c->architecture), ==, c->effective);
        }
}

static void test_live(void) {
        _cleanup_(root_freep) Root *root = NULL;
        IommuFacts facts = {};
        unsigned n = 0;

        g_assert_cmpint(root_new("/", &root), ==, 0);
        g_assert_cmpint(iommu_facts_read(root, &facts), ==, 0);
        FOREACH_ELEMENT(of_type, facts.n_of_type)
                n += *of_type;
        g_assert_cmpuint(n, ==, facts.n_groups);
        g_assert_cmpint(facts.has_groups == TRISTATE_YES, ==, facts.n_groups > 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/iommu/nothing", test_nothing);
        g_test_add_func("/iommu/empty", test_empty);
        g_test_add_func("/iommu/kernel-without", test_kernel_without);
        g_test_add_func("/iommu/groups", test_groups);
        g_test_add_func("/iommu/no-real-group", test_no_real_group);
        g_test_add_func("/iommu/real-device-names", test_real_device_names);
        g_test_add_func("/iommu/without-devices", test_without_devices);
        g_test_add_func("/iommu/what-is-no-group", test_what_is_no_group);
        g_test_add_func("/iommu/tables", test_tables);
        g_test_add_func("/iommu/hostile-files", test_hostile_files);
        g_test_add_func("/iommu/hostile-types", test_hostile_types);
        g_test_add_func("/iommu/many-entries", test_many_entries);
        g_test_add_func("/iommu/interrupts", test_interrupts);
        g_test_add_func("/iommu/effective", test_effective);
        g_test_add_func("/iommu/live", test_live);

        return g_test_run();
}
