/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of reading PCI devices that have files of their own. */
#pragma once

#include "pci.h"

/* Opens the directory of a device, or of what is like one, as a root of its own: for what is in it, without
 * the way there. Yields a descriptor that is the caller's to close, also as that of *RET_DIRECTORY, and
 * where RET_INODE is not NULL what it is on the running system, else 0. Errors: those of open(2). */
int pci_open_directory(const Root *root, const char *path, Root *ret_directory, ino_t *ret_inode);

/* Tells from the ERROR of reading the device at PATH whether it has gone since the directory was listed. On
 * the running system what a device is goes after its entry (drivers/base/bus.c: bus_remove_device()). */
bool pci_has_gone(const Root *root, const char *path, int error);

/* Reads the class and the numbers of the device whose DIRECTORY is at PATH. Returns 1, 0 when there is no
 * such device any more, or -ENOMEM. */
int pci_read_identity(const Root *root, const char *path, const Root *directory, PciDevice *device);

/* Reads the driver of the device with this DIRECTORY: the link "driver" there. EXISTS says that the
 * directory is known to be there, so that a link that is missing means that there is no driver. Returns
 * -ENOMEM or 0. */
int pci_read_driver(const Root *directory, bool exists, Tristate *ret_has, char **ret_driver);

/* Finds the displays among the devices of FACTS that have no driver and that the console is drawn on all the
 * same, by what the firmware has left: the device of such a driver is below that of the display since Linux
 * 6.9 (drivers/firmware/sysfb.c: sysfb_parent_dev()), and before, the display is the one that the firmware
 * has used (drivers/pci/pci-sysfs.c: boot_vga_show()). Returns -ENOMEM or 0. */
int pci_framebuffers_read(const Root *root, PciFacts *facts);

/* Reads the groups that the devices of FACTS, whose array has to be complete, say that they are in. BUDGET
 * is how many entries of directories may still be looked at. Of a group in PREVIOUS, if that is not NULL,
 * the members are not listed again if the group has the same directory and the same devices say that they
 * are in it. Returns -ENOMEM or 0. */
int pci_groups_read(const Root *root, const PciFacts *previous, unsigned budget, PciFacts *facts);
void pci_groups_done(PciFacts *facts);

/* Names the devices of FACTS, as PREVIOUS did if it had all names or else as DATABASE does; NULL is that of
 * this system, which is opened only if it is needed, and closed again: it is large. Returns -ENOMEM, or 0
 * also where there is no database. */
int pci_names_read(PciFacts *facts, const PciFacts *previous, const char *database);
void pci_names_done(PciNames *names);
