/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of reading PCI devices that have files of their own. */
#pragma once

#include "pci.h"

/* Reads the class and the numbers of the device whose directory is at PATH. Returns 1, 0 when there is no
 * such device any more, or -ENOMEM. */
int pci_read_identity(const Root *root, const char *path, PciDevice *device);

/* Reads the driver of the device whose directory is at PATH: the link "driver" there. EXISTS says that the
 * directory is known to be there, so that a link that is missing means that there is no driver. Returns
 * -ENOMEM or 0. */
int pci_read_driver(const Root *root, const char *path, bool exists, Tristate *ret_has, char **ret_driver);

/* Finds the displays among the devices of FACTS that have no driver and that the console is drawn on all the
 * same, by what the firmware has left: the device of such a driver is below that of the display since Linux
 * 6.9 (drivers/firmware/sysfb.c: sysfb_parent_dev()), and before, the display is the one that the firmware
 * has used (drivers/pci/pci-sysfs.c: boot_vga_show()). Returns -ENOMEM or 0. */
int pci_framebuffers_read(const Root *root, PciFacts *facts);

/* Reads the groups that the devices of FACTS, whose array has to be complete, say that they are in. BUDGET
 * is how many entries of directories may still be looked at. Returns -ENOMEM or 0. */
int pci_groups_read(const Root *root, unsigned budget, PciFacts *facts);
void pci_groups_done(PciFacts *facts);

/* Names the devices of FACTS, as PREVIOUS did if it had all names or else as DATABASE does; NULL is that of
 * this system, which is opened only if it is needed, and closed again: it is large. Returns -ENOMEM, or 0
 * also where there is no database. */
int pci_names_read(PciFacts *facts, const PciFacts *previous, const char *database);
void pci_names_done(PciNames *names);
