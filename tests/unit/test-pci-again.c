/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of PCI devices a second time on the running system, and what cannot have changed since. */

#include <stdio.h>
#include <unistd.h>

#include "daemon/facts/pci.h"
#include "pci-tree.h"

#define CARD "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define PLACE "sys/devices/pci0000:00/"

/* Another directory, with another inode, takes the place of one. */
static void replace_directory(const char *tree, const char *path) {
        g_autofree char *old = g_build_filename(tree, path, NULL), *away = g_strconcat(old, ".away", NULL);

        g_assert_no_errno(rename(old, away));
}

/* Takes a device out, as if it were not there any more; its old directory stays, so that the next one is
 * another. */
static void remove_device(const char *tree, const char *address) {
        g_autofree char *directory = g_strconcat(PLACE, address, NULL),
                        *listed = g_build_filename(tree, PCI_DEVICES, address, NULL);

        replace_directory(tree, directory);
        g_assert_no_errno(unlink(listed));
}

static PciFacts *read_again(const char *tree, const PciFacts *previous, unsigned generation) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        PciFacts *facts = NULL;

        root->live = true;
        g_assert_cmpint(pci_facts_read(root, previous, generation, &facts), ==, 0);
        return facts;
}

/* A bridge is replaced by a card while nobody looks, and drivers come and go. */
static void test_device(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *first = NULL, *second = NULL, *third = NULL;

        pci_tree_device(tree, CARD, PCI_BRIDGE, "pcieport", -1);
        pci_tree_device(tree, SOUND, PCI_MODALIAS("bc04sc03i00"), NULL, -1);
        first = read_again(tree, NULL, 0);

        tree_link(tree, PLACE SOUND "/driver", "drivers/snd_hda_intel");
        second = read_again(tree, first, 0);
        g_assert_cmpstr(second->devices[0].modalias, ==, PCI_BRIDGE);
        g_assert_cmpint(second->devices[0].role, ==, PCI_ROLE_BRIDGE);
        g_assert_cmpuint(second->devices[1].class, ==, 0x040300);
        g_assert_cmpuint(second->devices[1].vendor, ==, 0x10de);
        g_assert_cmpstr(second->devices[1].driver, ==, "snd_hda_intel");

        remove_device(tree, CARD);
        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, -1);
        third = read_again(tree, second, 0);
        g_assert_cmpstr(third->devices[0].modalias, ==, PCI_NETWORK);
        g_assert_cmpint(third->devices[0].role, ==, PCI_ROLE_FUNCTION);
        g_assert_cmpint(third->devices[0].has_driver, ==, TRISTATE_NO);
}

/* The files of a snapshot may be anybody's: nothing is taken from before. */
static void test_snapshot(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        _cleanup_(pci_facts_unrefp) PciFacts *first = NULL, *second = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 3);
        g_assert_cmpint(pci_facts_read(root, NULL, 0, &first), ==, 0);

        tree_file(tree, PLACE CARD "/modalias", PCI_BRIDGE "\n");
        tree_file(tree, "sys/kernel/iommu_groups/3/name", "vfio-noiommu\n");
        g_assert_cmpint(pci_facts_read(root, first, 0, &second), ==, 0);
        g_assert_cmpstr(second->devices[0].modalias, ==, PCI_BRIDGE);
        g_assert_cmpint(second->groups[0].is_real, ==, TRISTATE_NO);
}

/* Members' drivers are always read; members themselves when devices say so, the group is another one, or
 * groups may have changed. */
static void test_group(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *first = NULL, *driver = NULL, *joined = NULL, *left = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 3);
        pci_tree_other_member(tree, "a003e00.ethernet", NULL, 3);
        first = read_again(tree, NULL, 7);
        g_assert_cmpuint(first->groups[0].n_members, ==, 2);
        g_assert_cmpint(first->groups[0].members[1].has_driver, ==, TRISTATE_NO);

        tree_link(tree, "sys/devices/platform/a003e00.ethernet/driver", "drivers/stmmac");
        driver = read_again(tree, first, 7);
        g_assert_true(driver->groups[0].complete);
        g_assert_cmpint(driver->groups[0].is_real, ==, TRISTATE_YES);
        g_assert_cmpint(driver->groups[0].is_bound_to_firmware, ==, TRISTATE_NO);
        g_assert_true(driver->groups[0].members[0].device == &driver->devices[0]);
        g_assert_cmpstr(driver->groups[0].members[1].driver, ==, "stmmac");

        pci_tree_device(tree, SOUND, PCI_NETWORK, NULL, 3);
        joined = read_again(tree, driver, 7);
        g_assert_cmpuint(joined->groups[0].n_members, ==, 3);

        remove_device(tree, SOUND);
        pci_tree_device(tree, SOUND, PCI_NETWORK, NULL, 4);
        left = read_again(tree, joined, 7);
        g_assert_cmpuint(left->n_groups, ==, 2);
        g_assert_cmpuint(left->groups[1].n_members, ==, 1);
}

/* A group whose number is used again has another directory; and one that may have changed is read again. */
static void test_other_group(void) {
        _cleanup_tree_ char *tree = tree_new();
        _cleanup_(pci_facts_unrefp) PciFacts *first = NULL, *other = NULL, *later = NULL;

        pci_tree_device(tree, CARD, PCI_NETWORK, NULL, 3);
        first = read_again(tree, NULL, 7);

        replace_directory(tree, "sys/kernel/iommu_groups/3");
        pci_tree_other_member(tree, "b003e00.ethernet", NULL, 3);
        other = read_again(tree, first, 7);
        g_assert_cmpstr(other->groups[0].members[0].name, ==, "b003e00.ethernet");

        tree_file(tree, "sys/kernel/iommu_groups/3/name", "vfio-noiommu\n");
        later = read_again(tree, other, 8);
        g_assert_cmpint(other->groups[0].is_real, ==, TRISTATE_YES);
        g_assert_cmpint(later->groups[0].is_real, ==, TRISTATE_NO);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/pci-again/device", test_device);
        g_test_add_func("/pci-again/snapshot", test_snapshot);
        g_test_add_func("/pci-again/group", test_group);
        g_test_add_func("/pci-again/other-group", test_other_group);

        return g_test_run();
}
