/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices in a tree, as sysfs shows them. */
#pragma once

#include "tree.h"

#define PCI_DEVICES "sys/bus/pci/devices"

/* "pci:v000010DEd00001B80sv00001458sd00003702bc03sc00i00", for a device of one maker. CLASS is
 * "bc03sc00i00".
 */
#define PCI_MODALIAS(class) "pci:v000010DEd00001B80sv00001458sd00003702" class

#define PCI_BRIDGE PCI_MODALIAS("bc06sc04i00")
#define PCI_HOST_BRIDGE PCI_MODALIAS("bc06sc00i00")
#define PCI_ISA_BRIDGE PCI_MODALIAS("bc06sc01i00")
#define PCI_OTHER_BRIDGE PCI_MODALIAS("bc06sc80i00")
#define PCI_NETWORK PCI_MODALIAS("bc02sc00i00")

/* Makes a device; DRIVER may be NULL, and a GROUP that is negative is none. */
void pci_tree_device(const char *tree, const char *address, const char *modalias, const char *driver,
                     int group);

/* Makes a member of a group that is on another bus. */
void pci_tree_other_member(const char *tree, const char *name, const char *driver, unsigned group);
