/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices and their groups, also those of files that nobody vouches for. */

#include "daemon/facts/pci.h"
#include "pci-tree.h"

#define CARD "0000:01:00.0"
#define SOUND "0000:01:00.1"

static PciFacts *read_pci_as(const char *tree, bool live) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        PciFacts *facts = NULL;

        root->live = live;
        g_assert_cmpint(pci_facts_read(root, NULL, 0, &facts), ==, 0);
        g_assert_nonnull(facts);
        return facts;
}

static PciFacts *read_pci(const char *tree) {
        return read_pci_as(tree, /* live= */ false);
}

static void test_nothing(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = read_pci(tree);

        g_assert_cmpuint(facts->n_devices, ==, 0);
        g_assert_null(pci_facts_find(facts, CARD));
        g_assert_null(pci_facts_find(NULL, CARD));
        g_assert_null(pci_facts_unref(NULL));
}

static void test_device(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;
        const PciDevice *card, *sound;

        pci_tree_device(tree, SOUND, PCI_MODALIAS("bc04sc03i00"), NULL, -1);
        pci_tree_device(tree, CARD, PCI_MODALIAS("bc03sc00i01"), "nouveau", 7);
        facts = read_pci(tree);

        g_assert_cmpuint(facts->n_devices, ==, 2);
        g_assert_cmpstr(facts->devices[0].address, ==, CARD);
        card = pci_facts_find(facts, CARD);
        g_assert_true(card == &facts->devices[0]);
        g_assert_cmpuint(card->class, ==, 0x030001);
        g_assert_cmpuint(card->vendor, ==, 0x10de);
        g_assert_cmpuint(card->device, ==, 0x1b80);
        g_assert_cmpuint(card->subsystem_vendor, ==, 0x1458);
        g_assert_cmpuint(card->subsystem, ==, 0x3702);
        g_assert_cmpint(card->role, ==, PCI_ROLE_FUNCTION);
        g_assert_cmpint(card->has_driver, ==, TRISTATE_YES);
        g_assert_cmpstr(card->driver, ==, "nouveau");
        g_assert_cmpint(card->has_group, ==, TRISTATE_YES);
        g_assert_cmpuint(card->group, ==, 7);
        g_assert_cmpint(card->has_virtual_functions, ==, TRISTATE_NO);

        sound = pci_facts_find(facts, SOUND);
        g_assert_cmpint(sound->has_driver, ==, TRISTATE_NO);
        g_assert_null(sound->driver);
        g_assert_cmpint(sound->has_group, ==, TRISTATE_NO);
        g_assert_null(pci_facts_find_group(facts, sound));
        g_assert_null(pci_facts_find(facts, "0000:01:00.2"));
}

/* Without the word that has all numbers, or where it is none, there are files for each of them. */
static void test_numbers(void) {
        static const char *const odd[] = { "",
                                           "garbage",
                                           PCI_MODALIAS("bc03sc00"),
                                           PCI_MODALIAS("bc03sc00i00x"),
                                           PCI_MODALIAS("bc03sc00i0g"),
                                           "pci:v100010DEd00001B80sv00001458sd00003702bc03sc00i00" };

        FOREACH_ELEMENT(modalias, odd) {
                _cleanup_tree_ char *tree = tree_new();
                _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL, *more = NULL;

                pci_tree_device(tree, CARD, *modalias, NULL, -1);
                facts = read_pci(tree);
                g_assert_cmpuint(facts->n_devices, ==, 1);
                g_assert_null(facts->devices[0].modalias);
                g_assert_cmpint(facts->devices[0].role, ==, PCI_ROLE_UNKNOWN);
                g_assert_cmpint(facts->devices[0].has_driver, ==, TRISTATE_UNKNOWN);

                tree_file(tree, "sys/devices/pci0000:00/" CARD "/class", "0x010802\n");
                tree_file(tree, "sys/devices/pci0000:00/" CARD "/vendor", "0x144d\n");
                tree_file(tree, "sys/devices/pci0000:00/" CARD "/device", "0xa808\n");
                more = read_pci(tree);
                g_assert_cmpstr(more->devices[0].modalias, ==,
                                "pci:v0000144Dd0000A808sv00000000sd00000000bc01sc08i02");
                g_assert_cmpuint(more->devices[0].class, ==, 0x010802);
                g_assert_cmpint(more->devices[0].role, ==, PCI_ROLE_FUNCTION);
                g_assert_cmpint(more->devices[0].has_driver, ==, TRISTATE_NO);
        }
}

static void test_roles(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;
        static const struct {
                const char *address, *modalias;
                PciRole role;
        } cases[] = {
                { "0000:00:00.0", PCI_HOST_BRIDGE, PCI_ROLE_BOARD },
                { "0000:00:01.0", PCI_BRIDGE, PCI_ROLE_BRIDGE },
                { "0000:00:02.0", PCI_MODALIAS("bc06sc07i00"), PCI_ROLE_BRIDGE },
                { "0000:00:03.0", PCI_MODALIAS("bc06sc09i40"), PCI_ROLE_BRIDGE },
                { "0000:00:04.0", PCI_ISA_BRIDGE, PCI_ROLE_BOARD },
                { "0000:00:05.0", PCI_OTHER_BRIDGE, PCI_ROLE_FUNCTION },
                { "0000:00:06.0", PCI_OTHER_BRIDGE, PCI_ROLE_BRIDGE },
                { "0000:00:07.0", PCI_NETWORK, PCI_ROLE_FUNCTION },
        };

        FOREACH_ELEMENT(c, cases)
                pci_tree_device(tree, c->address, c->modalias, NULL, -1);
        tree_file(tree, "sys/devices/pci0000:00/0000:00:06.0/secondary_bus_number", "1\n");
        facts = read_pci(tree);

        g_assert_cmpuint(facts->n_devices, ==, ELEMENTSOF(cases));
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_assert_cmpstr(facts->devices[i].address, ==, cases[i].address);
                g_assert_cmpint(facts->devices[i].role, ==, cases[i].role);
        }
}

static void test_virtual_functions(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;

        pci_tree_device(tree, "0000:02:00.0", PCI_NETWORK, "ixgbe", 1);
        pci_tree_device(tree, "0000:02:10.0", PCI_NETWORK, NULL, 2);
        tree_link(tree, "sys/devices/pci0000:00/0000:02:00.0/virtfn0", "../0000:02:10.0");
        facts = read_pci(tree);
        g_assert_cmpint(facts->devices[0].has_virtual_functions, ==, TRISTATE_YES);
        g_assert_cmpint(facts->devices[1].has_virtual_functions, ==, TRISTATE_NO);
}

static void test_group(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;
        const PciGroup *group;

        pci_tree_device(tree, CARD, PCI_MODALIAS("bc03sc00i00"), "nouveau", 3);
        pci_tree_device(tree, SOUND, PCI_MODALIAS("bc04sc03i00"), "snd_hda_intel", 3);
        pci_tree_device(tree, "0000:02:00.0", PCI_NETWORK, NULL, 12);
        pci_tree_other_member(tree, "a003e00.ethernet", "stmmac", 3);
        pci_tree_other_member(tree, "b003e00.ethernet", NULL, 3);
        tree_link(tree, "sys/kernel/iommu_groups/3/devices/gone\033[0m", "../../nowhere");
        tree_file(tree, "sys/kernel/iommu_groups/12/name", "vfio-noiommu\n");
        facts = read_pci(tree);

        g_assert_cmpuint(facts->n_groups, ==, 2);
        group = pci_facts_find_group(facts, pci_facts_find(facts, CARD));
        g_assert_cmpuint(group->number, ==, 3);
        g_assert_cmpint(group->is_real, ==, TRISTATE_YES);
        g_assert_true(group->complete);
        g_assert_cmpuint(group->n_members, ==, 5);
        g_assert_true(group->members[0].device == pci_facts_find(facts, CARD));
        g_assert_true(group->members[1].device == pci_facts_find(facts, SOUND));
        g_assert_cmpstr(group->members[2].name, ==, "a003e00.ethernet");
        g_assert_null(group->members[2].device);
        g_assert_cmpint(group->members[2].has_driver, ==, TRISTATE_YES);
        g_assert_cmpstr(group->members[2].driver, ==, "stmmac");
        g_assert_cmpint(group->members[3].has_driver, ==, TRISTATE_NO);
        g_assert_cmpstr(group->members[4].name, ==, "gone?[0m");
        g_assert_cmpint(group->members[4].has_driver, ==, TRISTATE_UNKNOWN);

        group = pci_facts_find_group(facts, pci_facts_find(facts, "0000:02:00.0"));
        g_assert_cmpint(group->is_real, ==, TRISTATE_NO);
}

/* A copy may have the devices, and not the groups that they say they are in. */
static void test_group_not_copied(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, -1);
        tree_link(tree, "sys/devices/pci0000:00/" CARD "/iommu_group", "../../../kernel/iommu_groups/3");
        facts = read_pci(tree);
        g_assert_cmpuint(facts->n_groups, ==, 1);
        g_assert_false(facts->groups[0].complete);
        g_assert_cmpint(facts->groups[0].is_real, ==, TRISTATE_UNKNOWN);
}

static void test_groups_are_equal(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *before = NULL, *same = NULL, *after = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 3);
        before = read_pci(tree);
        same = read_pci(tree);
        pci_tree_device(tree, SOUND, PCI_NETWORK, NULL, 3);
        after = read_pci(tree);

        g_assert_true(pci_group_has_same_members(&before->groups[0], &same->groups[0]));
        g_assert_false(pci_group_has_same_members(&before->groups[0], &after->groups[0]));
        g_assert_false(pci_group_has_same_members(&before->groups[0], NULL));
        g_assert_true(pci_group_has_same_members(NULL, NULL));
        g_assert_true(pci_device_is_same(&before->devices[0], &after->devices[0]));
        g_assert_false(pci_device_is_same(&after->devices[0], &after->devices[1]));
}

static void test_addresses(void) {
        static const char *const others[] = {
                "0000:01:00",    "0000:01:00.8",  "000:01:00.0",  "0000:01:00.00",      "0000:1:00.0",
                "0000:01:00.0x", "0000:0G:00.0",  "0000:0A:00.0", "000000000:01:00.0",  "..0:01:00.0",
                "0000:01:00 0",  "0000\n01:00.0", "usb1",         "0000:01:00.0\033[m",
        };
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;

        FOREACH_ELEMENT(name, others) {
                g_autofree char *path = g_strconcat(PCI_DEVICES "/", *name, NULL);

                tree_directory(tree, path);
        }
        pci_tree_device(tree, "10000:e1:1f.7", PCI_NETWORK, NULL, -1);
        pci_tree_device(tree, "ffff:00:00.0", PCI_NETWORK, NULL, -1);
        facts = read_pci(tree);

        /* A domain with more digits comes after the others. */
        g_assert_cmpuint(facts->n_devices, ==, 2);
        g_assert_cmpstr(facts->devices[0].address, ==, "ffff:00:00.0");
        g_assert_cmpstr(facts->devices[1].address, ==, "10000:e1:1f.7");
        g_assert_nonnull(pci_facts_find(facts, "10000:e1:1f.7"));
}

/* Links in loops, files for links and links for files, numbers that are none. */
static void test_odd_files(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;
        const PciDevice *odd;

        tree_link(tree, PCI_DEVICES "/0000:01:00.0", "0000:01:00.1");
        tree_link(tree, PCI_DEVICES "/0000:01:00.1", "0000:01:00.0");
        tree_link(tree, PCI_DEVICES "/0000:01:00.2", "../../../../../../../proc/self");
        tree_fifo(tree, PCI_DEVICES "/0000:01:00.3/modalias");
        tree_file(tree, PCI_DEVICES "/0000:01:00.4", "text\n");
        tree_file(tree, PCI_DEVICES "/0000:01:00.5/modalias", PCI_NETWORK "\n");
        tree_file(tree, PCI_DEVICES "/0000:01:00.5/driver", "text\n");
        tree_link(tree, PCI_DEVICES "/0000:01:00.5/iommu_group", "groups/4294967296");
        tree_file(tree, PCI_DEVICES "/0000:01:00.6/modalias", PCI_NETWORK "\n");
        tree_link(tree, PCI_DEVICES "/0000:01:00.6/driver", "dri\x1b\xff/ver\x1b\xff");
        tree_link(tree, PCI_DEVICES "/0000:01:00.6/iommu_group", "/");
        facts = read_pci(tree);

        g_assert_cmpuint(facts->n_devices, ==, 7);
        for (size_t i = 0; i < 5; i++) {
                g_assert_null(facts->devices[i].modalias);
                g_assert_cmpint(facts->devices[i].has_driver, ==, TRISTATE_UNKNOWN);
                g_assert_cmpint(facts->devices[i].has_group, ==, TRISTATE_UNKNOWN);
        }

        odd = pci_facts_find(facts, "0000:01:00.5");
        g_assert_cmpint(odd->has_driver, ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(odd->has_group, ==, TRISTATE_UNKNOWN);
        odd = pci_facts_find(facts, "0000:01:00.6");
        g_assert_cmpstr(odd->driver, ==, "ver??");
        g_assert_cmpint(odd->has_group, ==, TRISTATE_UNKNOWN);
        g_assert_cmpuint(facts->n_groups, ==, 0);
}

/* On the running system a device that is listed and has nothing is about to go. */
static void test_going(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *live = NULL, *copy = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, -1);
        tree_directory(tree, PCI_DEVICES "/" SOUND);
        live = read_pci_as(tree, /* live= */ true);
        g_assert_cmpuint(live->n_devices, ==, 1);
        g_assert_cmpstr(live->devices[0].address, ==, CARD);

        copy = read_pci(tree);
        g_assert_cmpuint(copy->n_devices, ==, 2);
        g_assert_cmpint(copy->devices[1].role, ==, PCI_ROLE_UNKNOWN);
}

/* More devices than any machine has are not kept. */
static void test_too_many(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;

        for (unsigned i = 0; i < PCI_DEVICES_MAX + 100; i++) {
                g_autofree char *path = g_strdup_printf(PCI_DEVICES "/%04x:%02x:%02x.%u", i >> 16,
                                                        i >> 8 & 0xff, i >> 3 & 0x1f, i & 7);

                tree_link(tree, path, "/device");
        }
        tree_file(tree, "device/modalias", PCI_NETWORK "\n");
        tree_link(tree, "device/iommu_group", "groups/1");
        facts = read_pci(tree);
        g_assert_cmpuint(facts->n_devices, ==, PCI_DEVICES_MAX);
        g_assert_cmpuint(facts->n_groups, ==, 1);
}

/* Makes devices in group 1, from 0000:02:00.0 on, and entries in its directory, which are others. */
static void make_group(const char *tree, unsigned n_devices, unsigned n_members) {
        for (unsigned i = 0; i < n_devices; i++) {
                g_autofree char *path = g_strdup_printf(PCI_DEVICES "/0000:%02x:%02x.%u", 2 + (i >> 8),
                                                        i >> 3 & 0x1f, i & 7);

                tree_link(tree, path, "/device");
        }
        for (unsigned i = 0; i < n_members; i++) {
                g_autofree char *path = g_strdup_printf("sys/kernel/iommu_groups/1/devices/0000:ff:%04x", i);

                tree_link(tree, path, "/nowhere");
        }
        tree_file(tree, "device/modalias", PCI_NETWORK "\n");
        tree_link(tree, "device/iommu_group", "groups/1");
}

/* Four hundred devices in one group are told to each other. Where that would be too much, the group is as
 * good as not read; others are. */
static void test_many_members(void) {
        static const struct {
                unsigned n_devices, n_members;
                bool complete;
        } cases[] = {
                { 400, 400, true },
                { 405, 405, false },
                { 5000, 1000, false },
                { 1, 5000, true },
        };

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;

                make_group(tree, c->n_devices, c->n_members);
                pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 2);
                facts = read_pci(tree);

                g_assert_cmpuint(facts->n_groups, ==, 2);
                g_assert_cmpuint(facts->groups[0].n_devices, ==, c->n_devices);
                g_assert_cmpint(facts->groups[0].complete, ==, c->complete);
                g_assert_cmpint(facts->groups[0].is_too_large, ==, !c->complete);
                g_assert_false(facts->groups[1].is_too_large);
                g_assert_cmpuint(facts->groups[0].n_members, ==, c->complete ? c->n_members : 0);
                g_assert_true(facts->groups[1].complete);
                g_assert_cmpuint(facts->groups[1].n_members, ==, 1);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/pci/nothing", test_nothing);
        g_test_add_func("/pci/device", test_device);
        g_test_add_func("/pci/numbers", test_numbers);
        g_test_add_func("/pci/roles", test_roles);
        g_test_add_func("/pci/virtual-functions", test_virtual_functions);
        g_test_add_func("/pci/group", test_group);
        g_test_add_func("/pci/group-not-copied", test_group_not_copied);
        g_test_add_func("/pci/groups-are-equal", test_groups_are_equal);
        g_test_add_func("/pci/addresses", test_addresses);
        g_test_add_func("/pci/odd-files", test_odd_files);
        g_test_add_func("/pci/going", test_going);
        g_test_add_func("/pci/too-many", test_too_many);
        g_test_add_func("/pci/many-members", test_many_members);

        return g_test_run();
}
