/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons why a guest could be given a PCI device, or could not. */

#include "device-reasons.h"
#include "assignable.h"

const Reason device_bound_to_vfio = {
        .id = "bound-to-vfio",
        .state = CHECK_PASS,
        .detail = "Its driver {driver} hands it to a guest, if none has it yet.",
};

const Reason device_reserved = {
        .id = "reserved",
        .state = CHECK_PASS,
        .detail = "{driver} keeps it free for guests: the host does not use it.",
};

const Reason device_no_driver = {
        .id = "no-driver",
        .state = CHECK_PASS,
        .detail = "No driver of the host uses it.",
};

const Reason device_driver_attached = {
        .id = "driver-attached",
        .state = CHECK_PASS,
        .detail = "Its driver {driver} has to give it up first, and the host then loses it; libvirt sees to "
                  "that with managed='yes'.",
};

const Reason device_draws_console = {
        .id = "draws-console",
        .state = CHECK_PASS,
        .detail = "{driver} draws the host's console on it, which then has no display any more.",
};

const Reason device_console_in_the_way = {
        .id = "console-in-the-way",
        .state = CHECK_FAIL,
        .detail = "{driver} draws the host's console on it and keeps its memory from a guest. Unbind that "
                  "driver, "
                  "or start the host without it.",
};

const Reason device_no_iommu_group = {
        .id = "no-iommu-group",
        .state = CHECK_FAIL,
        .detail = "It is in no IOMMU group: nothing would keep a guest that has it from the host's memory.",
        .cause = CHECK_OF_IOMMU,
};

const Reason device_group_without_iommu = {
        .id = "group-without-iommu",
        .state = CHECK_FAIL,
        .detail =
                "VFIO has made up its group {group}, for there is no IOMMU: nothing would keep a guest that "
                "has it from the host's memory.",
        .cause = CHECK_OF_IOMMU,
};

const Reason device_vfio_missing = {
        .id = "vfio-missing",
        .state = CHECK_FAIL,
        .detail = "VFIO, which hands devices to guests, cannot be used on this machine.",
        .cause = CHECK_OF_VFIO,
};

const Reason device_has_virtual_functions = {
        .id = "has-virtual-functions",
        .state = CHECK_FAIL,
        .detail =
                "Its virtual functions would go away with its driver. Give a guest one of these, or remove "
                "them first by writing 0 to sriov_numvfs.",
};

const Reason device_group_in_use = {
        .id = "group-in-use",
        .state = CHECK_FAIL,
        .detail =
                "The host uses {devices}, of the same IOMMU group {group}: their drivers would have to give "
                "them up as well.",
};

const Reason device_bound_to_firmware = {
        .id = "bound-to-firmware",
        .state = CHECK_FAIL,
        .detail = "The firmware has devices of IOMMU group {group} use memory that it has set aside, so the "
                  "kernel does not give them away. The firmware setup may have a setting for it.",
};

const Reason device_no_interrupt_remapping = {
        .id = "no-interrupt-remapping",
        .state = CHECK_FAIL,
        .detail = "The IOMMU does not check interrupts, so a guest could send any of them to the host and "
                  "VFIO "
                  "refuses the device. The firmware setup may have a setting for interrupt remapping; it is "
                  "off, too, with nointremap or intremap=off on the kernel command line.",
};

const Reason device_refused_by_vfio = {
        .id = "refused-by-vfio",
        .state = CHECK_FAIL,
        .detail = "vfio-pci refuses devices of this kind, {id}: they have errata that a guest could use "
                  "against the host. Its parameter disable_denylist would allow them.",
};

const Reason device_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether a guest could be given it is not known: {what} could not be read.",
};

const Reason device_group_too_large = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether a guest could be given it is not known: its IOMMU group {group} has more members "
                  "than "
                  "are looked at.",
};

const Reason *const *assignable_reasons(void) {
        static const Reason *const reasons[] = {
                &device_bound_to_vfio,
                &device_reserved,
                &device_no_driver,
                &device_driver_attached,
                &device_draws_console,
                &device_console_in_the_way,
                &device_no_iommu_group,
                &device_vfio_missing,
                &device_group_in_use,
                &device_group_without_iommu,
                &device_has_virtual_functions,
                &device_bound_to_firmware,
                &device_no_interrupt_remapping,
                &device_refused_by_vfio,
                &device_group_too_large,
                &device_unknown,
                NULL,
        };

        return reasons;
}
