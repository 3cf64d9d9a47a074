/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what VFIO asks of a device, and of those that an IOMMU cannot tell from it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "assignable.h"

#define CHECK_OF_IOMMU "iommu.enabled"
#define CHECK_OF_VFIO "vfio.pci"

/* So many devices of a group are named; the others are counted. */
#define NAMED_MAX 4U

static const Reason bound_to_vfio = {
        .id = "bound-to-vfio",
        .state = CHECK_PASS,
        .detail = "Its driver {driver} hands it to a guest, if none has it yet.",
};

static const Reason reserved = {
        .id = "reserved",
        .state = CHECK_PASS,
        .detail = "{driver} keeps it free for guests: the host does not use it.",
};

static const Reason no_driver = {
        .id = "no-driver",
        .state = CHECK_PASS,
        .detail = "No driver of the host uses it.",
};

static const Reason driver_attached = {
        .id = "driver-attached",
        .state = CHECK_PASS,
        .detail = "Its driver {driver} has to give it up first, and the host then loses it; libvirt sees to "
                  "that with managed='yes'.",
};

static const Reason no_iommu_group = {
        .id = "no-iommu-group",
        .state = CHECK_FAIL,
        .detail = "It is in no IOMMU group: nothing would keep a guest that has it from the host's memory.",
        .cause = CHECK_OF_IOMMU,
};

static const Reason group_without_iommu = {
        .id = "group-without-iommu",
        .state = CHECK_FAIL,
        .detail =
                "VFIO has made up its group {group}, for there is no IOMMU: nothing would keep a guest that "
                "has it from the host's memory.",
        .cause = CHECK_OF_IOMMU,
};

static const Reason vfio_missing = {
        .id = "vfio-missing",
        .state = CHECK_FAIL,
        .detail = "VFIO, which hands devices to guests, cannot be used on this machine.",
        .cause = CHECK_OF_VFIO,
};

static const Reason has_virtual_functions = {
        .id = "has-virtual-functions",
        .state = CHECK_FAIL,
        .detail =
                "Its virtual functions would go away with its driver. Give a guest one of these, or remove "
                "them first by writing 0 to sriov_numvfs.",
};

static const Reason group_in_use = {
        .id = "group-in-use",
        .state = CHECK_FAIL,
        .detail =
                "The host uses {devices}, of the same IOMMU group {group}: their drivers would have to give "
                "them up as well.",
};

static const Reason bound_to_firmware = {
        .id = "bound-to-firmware",
        .state = CHECK_FAIL,
        .detail = "The firmware has devices of IOMMU group {group} use memory that it has set aside, so the "
                  "kernel does not give them away. The firmware setup may have a setting for it.",
};

static const Reason unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether a guest could be given it is not known: {what} could not be read.",
};

const Reason *const *assignable_reasons(void) {
        static const Reason *const reasons[] = {
                &bound_to_vfio,         &reserved,          &no_driver,    &driver_attached,
                &no_iommu_group,        &vfio_missing,      &group_in_use, &group_without_iommu,
                &has_virtual_functions, &bound_to_firmware, &unknown,      NULL,
        };

        return reasons;
}

static bool is_vfio(const char *driver) {
        return driver && strstr(driver, "vfio");
}

/* What is bound to it is not driven at all (drivers/pci/pci-stub.c). */
static bool is_stub(const char *driver) {
        return driver && streq(driver, "pci-stub");
}

/* A group belongs to a guest as a whole. So none of its devices may have a driver that has it do DMA for the
 * host: since Linux 5.18 that is any that does not say otherwise (driver_managed_dma), and those of VFIO,
 * pci-stub and pcieport do, and that of the bus of fsl-mc (drivers/iommu/iommu.c:
 * iommu_group_claim_dma_owner()). Before, bridges to other buses did not count, whatever drove them
 * (drivers/vfio/vfio.c: vfio_dev_viable(), vfio_dev_driver_allowed()). */
static Tristate is_used_by_host(const Facts *facts, const PciMember *member) {
        const PciDevice *device = member->device;
        Tristate has_driver = device ? device->has_driver : member->has_driver;
        const char *driver = device ? device->driver : member->driver;

        if (has_driver != TRISTATE_YES)
                return has_driver;
        if (is_vfio(driver) || is_stub(driver) || streq(driver, "pcieport") || streq(driver, "fsl_mc_dprc"))
                return TRISTATE_NO;
        if (device && device->role == PCI_ROLE_BRIDGE)
                return kernel_at_least(&facts->kernel, 5, 18, 0);

        return TRISTATE_YES;
}

/* What the firmware wants to go on, the driver for Intel's IOMMUs does not hand over, and since Linux 6.6 no
 * other does (drivers/iommu/intel/iommu.c: device_rmrr_is_relaxable(); drivers/iommu/iommu.c:
 * __iommu_device_set_domain()). */
static Tristate is_kept_by_firmware(const Facts *facts, const PciGroup *group) {
        Tristate recent = kernel_at_least(&facts->kernel, 6, 6, 0),
                 intel = facts->iommu.tables[IOMMU_TABLE_DMAR];

        if (group->is_bound_to_firmware != TRISTATE_YES)
                return group->is_bound_to_firmware;
        if (recent == TRISTATE_YES || intel == TRISTATE_YES)
                return TRISTATE_YES;

        return recent == TRISTATE_NO && intel == TRISTATE_NO ? TRISTATE_NO : TRISTATE_UNKNOWN;
}

static const char *driver_of(const PciMember *member) {
        return member->device ? member->device->driver : member->driver;
}

/* "0000:01:00.1 (snd_hda_intel) and 0000:01:00.2 (xhci_hcd)" */
static int describe_users(const PciMember *const *users, size_t n, char **ret) {
        size_t named = n > NAMED_MAX ? NAMED_MAX - 1 : n, size = 0;
        FILE *f;

        f = open_memstream(ret, &size);
        if (!f)
                return -ENOMEM;

        for (size_t i = 0; i < named; i++)
                fprintf(f, "%s%s (%s)",
                        i == 0       ? ""
                        : i + 1 == n ? " and "
                                     : ", ",
                        users[i]->name, driver_of(users[i]));
        if (named < n)
                fprintf(f, " and %zu more", n - named);

        return fclose(f) != 0 ? -ENOMEM : 0;
}

/* Tells whether the host uses other devices of the group; then it names them in FINDING. */
static Tristate judge_others(const Facts *facts, const DeviceResult *result, Finding *finding) {
        const PciGroup *group = result->group;
        Tristate outcome = group->complete ? TRISTATE_NO : TRISTATE_UNKNOWN;
        const PciMember *users[NAMED_MAX];
        _cleanup_free_ char *names = NULL;
        size_t n = 0;

        FOREACH_ARRAY(member, group->members, group->n_members) {
                Tristate used =
                        member->device == result->device ? TRISTATE_NO : is_used_by_host(facts, member);

                if (used == TRISTATE_UNKNOWN)
                        outcome = TRISTATE_UNKNOWN;
                else if (used == TRISTATE_YES && n++ < NAMED_MAX)
                        users[n - 1] = member;
        }
        if (n == 0)
                return outcome;

        if (describe_users(users, n, &names) < 0)
                finding->out_of_memory = true;
        else
                finding_add(finding, "devices", names);

        return TRISTATE_YES;
}

static CheckState state_of(const Verdict *verdict, const char *id) {
        return verdict->checks[catalogue_find(id)].state;
}

static const Reason *not_known(Finding *finding, const char *what) {
        finding_add(finding, "what", what);
        return &unknown;
}

/* What keeps all devices of a machine from guests. */
static const Reason *find_common_obstacle(const Verdict *verdict, const DeviceResult *result,
                                          Finding *finding) {
        CheckState vfio = state_of(verdict, CHECK_OF_VFIO);

        if (result->device->has_group == TRISTATE_NO)
                return &no_iommu_group;
        if (!result->group)
                return not_known(finding, "its IOMMU group");

        finding_add_unsigned(finding, "group", result->group->number);
        if (result->group->is_real == TRISTATE_NO)
                return &group_without_iommu;
        if (vfio == CHECK_FAIL || vfio == CHECK_BLOCKED)
                return &vfio_missing;
        if (result->group->is_real == TRISTATE_UNKNOWN)
                return not_known(finding, "its IOMMU group");
        if (vfio != CHECK_PASS)
                return not_known(finding, "whether VFIO can be used");

        return NULL;
}

static const Reason *judge(const Facts *facts, const Verdict *verdict, DeviceResult *result) {
        const PciDevice *device = result->device;
        Finding *finding = &result->finding;
        const Reason *obstacle;
        Tristate others, firmware;

        obstacle = find_common_obstacle(verdict, result, finding);
        if (obstacle)
                return obstacle;

        if (device->role == PCI_ROLE_UNKNOWN)
                return not_known(finding, "what it is");
        if (device->has_virtual_functions == TRISTATE_YES)
                return &has_virtual_functions;

        firmware = is_kept_by_firmware(facts, result->group);
        if (firmware == TRISTATE_YES)
                return &bound_to_firmware;

        others = judge_others(facts, result, finding);
        if (others == TRISTATE_YES)
                return &group_in_use;
        if (others == TRISTATE_UNKNOWN)
                return not_known(finding, "who uses the other devices of its IOMMU group");
        if (firmware == TRISTATE_UNKNOWN)
                return not_known(finding, "what the firmware has them do");
        if (device->has_virtual_functions == TRISTATE_UNKNOWN)
                return not_known(finding, "whether it has virtual functions");
        if (device->has_driver == TRISTATE_UNKNOWN)
                return not_known(finding, "its driver");
        if (device->has_driver == TRISTATE_NO)
                return &no_driver;

        finding_add(finding, "driver", device->driver);
        return is_vfio(device->driver)   ? &bound_to_vfio
               : is_stub(device->driver) ? &reserved
                                         : &driver_attached;
}

/* A check that is blocked is not the cause, but what it is blocked by. */
static CheckSet find_cause(const Verdict *verdict, const Reason *reason) {
        CheckSet cause = {};
        size_t index;

        if (!reason->cause)
                return cause;

        index = (size_t) catalogue_find(reason->cause);
        if (verdict->checks[index].state == CHECK_FAIL)
                check_set_add(&cause, index);
        else if (verdict->checks[index].state == CHECK_BLOCKED)
                cause = verdict->checks[index].blocked_by;

        return cause;
}

int assignable_judge(const Facts *facts, const Verdict *verdict, DeviceResult *ret) {
        ret->group = pci_facts_find_group(facts->pci, ret->device);
        ret->finding.evidence = facts->live ? EVIDENCE_OBSERVED : EVIDENCE_INFERRED;
        ret->finding.reason = judge(facts, verdict, ret);
        ret->blocked_by = find_cause(verdict, ret->finding.reason);

        return ret->finding.out_of_memory ? -ENOMEM : 0;
}
