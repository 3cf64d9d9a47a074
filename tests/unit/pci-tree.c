/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes devices into trees. */

#include "pci-tree.h"

void pci_tree_device(const char *tree, const char *address, const char *modalias, const char *driver,
                     int group) {
        g_autofree char *directory = g_strconcat("sys/devices/pci0000:00/", address, NULL),
                        *modalias_file = g_strconcat(directory, "/modalias", NULL),
                        *driver_link = g_strconcat(directory, "/driver", NULL),
                        *group_link = g_strconcat(directory, "/iommu_group", NULL),
                        *listed = g_strconcat(PCI_DEVICES "/", address, NULL),
                        *target = g_strconcat("../../../devices/pci0000:00/", address, NULL),
                        *line = g_strconcat(modalias, "\n", NULL);

        tree_file(tree, modalias_file, line);
        tree_link(tree, listed, target);

        if (driver) {
                g_autofree char *driver_target = g_strconcat("../../../bus/pci/drivers/", driver, NULL);

                tree_link(tree, driver_link, driver_target);
        }

        if (group >= 0) {
                g_autofree char *group_target = g_strdup_printf("../../../kernel/iommu_groups/%i", group),
                                *member = g_strdup_printf("sys/kernel/iommu_groups/%i/devices/%s", group,
                                                          address),
                                *member_target =
                                        g_strconcat("../../../../devices/pci0000:00/", address, NULL);

                tree_link(tree, group_link, group_target);
                tree_link(tree, member, member_target);
        }
}

void pci_tree_other_member(const char *tree, const char *name, const char *driver, unsigned group) {
        g_autofree char *directory = g_strconcat("sys/devices/platform/", name, NULL),
                        *uevent = g_strconcat(directory, "/uevent", NULL),
                        *driver_link = g_strconcat(directory, "/driver", NULL),
                        *member = g_strdup_printf("sys/kernel/iommu_groups/%u/devices/%s", group, name),
                        *target = g_strconcat("../../../../devices/platform/", name, NULL);

        tree_file(tree, uevent, "");
        tree_link(tree, member, target);

        if (driver) {
                g_autofree char *driver_target = g_strconcat("../../../bus/platform/drivers/", driver, NULL);

                tree_link(tree, driver_link, driver_target);
        }
}
