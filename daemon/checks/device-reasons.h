/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons why a guest could be given a PCI device, or could not. What each means is in
 * dbus/org.virtready1.Device.xml and in virtreadyctl(1); they are no check's, so that they have no
 * explanation of their own. Arguments: driver, group, devices, id and what is not known, where a sentence
 * names them. */
#pragma once

#include "check.h"

#define CHECK_OF_IOMMU "iommu.enabled"
#define CHECK_OF_VFIO "vfio.pci"

extern const Reason device_bound_to_vfio, device_reserved, device_no_driver, device_driver_attached,
        device_draws_console;

extern const Reason device_no_iommu_group, device_group_without_iommu, device_vfio_missing,
        device_has_virtual_functions, device_group_in_use, device_bound_to_firmware,
        device_no_interrupt_remapping, device_refused_by_vfio, device_console_in_the_way;

/* Both are called unknown. */
extern const Reason device_unknown, device_group_too_large;
