/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a guest could be given, and why others not. */

#include <string.h>

#include "assignable-cases.h"
#include "pci-tree.h"

static void make_tree(const AssignableCase *c, const char *tree) {
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
        const AssignableCase *c = data;
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
        const AssignableCase *cases;
        size_t n;

        g_test_init(&argc, &argv, NULL);

        cases = assignable_cases(&n);
        FOREACH_ARRAY(c, cases, n) {
                g_autofree char *path = g_strconcat("/assignable/case/", c->name, NULL);

                g_test_add_data_func(path, c, test_case);
        }
        g_test_add_func("/assignable/many-users", test_many_users);
        g_test_add_func("/assignable/large-group", test_large_group);
        g_test_add_func("/assignable/verdict", test_verdict);
        g_test_add_func("/assignable/interface", test_interface);

        return g_test_run();
}
