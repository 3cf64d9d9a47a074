/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what VFIO asks of a device, and of those that an IOMMU cannot tell from it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "../basic/words.h"
#include "assignable.h"
#include "device-reasons.h"

/* So many devices of a group are named; the others are counted. */
#define NAMED_MAX 4U

#define VENDOR_INTEL 0x8086U

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
                return kernel_has(&facts->kernel, 5, 18, 0);

        return TRISTATE_YES;
}

/* The regions of serial buses and graphics, the driver for Intel's IOMMUs has always let go: what they were
 * for is over once the kernel drives the device (drivers/iommu/intel/iommu.c: device_rmrr_is_relaxable()).
 * Since Linux 5.3 the kernel says so in the group; before, every region looked the same. */
static bool is_relaxable(const PciMember *member) {
        const PciDevice *device = member->device;

        return device && (device->class >> 16 == PCI_CLASS_DISPLAY || device->class >> 8 == PCI_CLASS_USB);
}

/* Tells whether what the group shows as regions to be kept are such. A region is one of its devices', but
 * not said to be whose; bridges have none. */
static Tristate is_binding(const Facts *facts, const PciGroup *group) {
        Tristate says_so = kernel_has(&facts->kernel, 5, 3, 0);
        size_t n_relaxable = 0, n_others = 0;

        if (says_so == TRISTATE_YES)
                return TRISTATE_YES;
        if (!group->complete)
                return TRISTATE_UNKNOWN;

        FOREACH_ARRAY(member, group->members, group->n_members)
                if (is_relaxable(member))
                        n_relaxable++;
                else if (!member->device || pci_device_is_for_guests(member->device))
                        n_others++;

        if (n_relaxable == 0)
                return TRISTATE_YES;

        return n_others == 0 ? says_so : TRISTATE_UNKNOWN;
}

/* What the firmware wants to go on, the driver for Intel's IOMMUs does not hand over, and since Linux 6.6 no
 * other does (drivers/iommu/intel/iommu.c: device_is_rmrr_locked(); drivers/iommu/iommu.c:
 * __iommu_device_set_domain()). */
static Tristate is_kept_by_firmware(const Facts *facts, const PciGroup *group) {
        Tristate recent = kernel_has(&facts->kernel, 6, 6, 0), intel = facts->iommu.tables[IOMMU_TABLE_DMAR];

        if (group->is_bound_to_firmware != TRISTATE_YES)
                return group->is_bound_to_firmware;
        if (recent == TRISTATE_YES)
                return TRISTATE_YES;
        if (intel == TRISTATE_YES)
                return is_binding(facts, group);

        return recent == TRISTATE_NO && intel == TRISTATE_NO ? TRISTATE_NO : TRISTATE_UNKNOWN;
}

/* Both ways to VFIO take no device that could send interrupts which are not its own, unless they are told to
 * (drivers/vfio/vfio_iommu_type1.c: vfio_iommu_type1_attach_group(); drivers/iommu/iommufd/device.c:
 * iommufd_device_bind()). On x86 that is what an IOMMU that remaps interrupts prevents; elsewhere it is the
 * interrupt controller, of which nothing is known here. Nearly all IOMMUs remap: it takes evidence, or a
 * word of the administrator, to say that one does not. */
static bool lacks_interrupt_remapping(const Facts *facts) {
        const char *command_line = facts->kernel.command_line;
        Tristate remaps = facts->iommu.remaps_interrupts;

        if (facts->cpu.architecture != ARCHITECTURE_X86)
                return false;
        if (remaps == TRISTATE_UNKNOWN &&
            (command_line_has_word(command_line, "nointremap") ||
             command_line_switch(command_line, "intremap", "on", "off") == TRISTATE_NO))
                remaps = TRISTATE_NO;

        return remaps == TRISTATE_NO && !facts_vfio_allows(facts, VFIO_SWITCH_TYPE1_UNSAFE_INTERRUPTS) &&
               !facts_vfio_allows(facts, VFIO_SWITCH_IOMMUFD_UNSAFE_INTERRUPTS);
}

/* The devices of Intel that vfio-pci refuses: QuickAssist since Linux 5.9, and the first accelerators for
 * data and analytics since 6.9 and in many older kernels' updates (drivers/vfio/pci/vfio_pci.c:
 * vfio_pci_dev_in_denylist()). Which drives one already has not refused it. */
static Tristate is_refused(const Facts *facts, const PciDevice *device) {
        static const struct {
                uint16_t device;
                bool is_accelerator;
        } refused[] = {
                { 0x0435, false }, { 0x0443, false }, { 0x19e2, false }, { 0x19e3, false },
                { 0x37c8, false }, { 0x37c9, false }, { 0x0b25, true },  { 0x0cfe, true },
        };

        if (device->vendor != VENDOR_INTEL || is_vfio(device->driver) ||
            facts_vfio_allows(facts, VFIO_SWITCH_DISABLE_DENYLIST))
                return TRISTATE_NO;

        FOREACH_ELEMENT(r, refused)
                if (r->device == device->device) {
                        if (!r->is_accelerator)
                                return kernel_has(&facts->kernel, 5, 9, 0);

                        return kernel_at_least(&facts->kernel, 6, 9, 0) == TRISTATE_YES ? TRISTATE_YES
                                                                                        : TRISTATE_UNKNOWN;
                }

        return TRISTATE_NO;
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
                fprintf(f, "%s%s (%s)", words_separator(i, n), users[i]->name, driver_of(users[i]));
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
        return &device_unknown;
}

/* What keeps all devices of a machine from guests. */
static const Reason *find_common_obstacle(const Facts *facts, const Verdict *verdict,
                                          const DeviceResult *result, Finding *finding) {
        CheckState vfio = state_of(verdict, CHECK_OF_VFIO);

        if (result->device->has_group == TRISTATE_NO)
                return &device_no_iommu_group;
        if (!result->group)
                return not_known(finding, "its IOMMU group");

        finding_add_unsigned(finding, "group", result->group->number);
        if (result->group->is_real == TRISTATE_NO)
                return &device_group_without_iommu;
        if (vfio == CHECK_FAIL || vfio == CHECK_BLOCKED)
                return &device_vfio_missing;
        if (result->group->is_too_large)
                return &device_group_too_large;
        if (result->group->is_real == TRISTATE_UNKNOWN)
                return not_known(finding, "its IOMMU group");
        if (vfio != CHECK_PASS)
                return not_known(finding, "whether VFIO can be used");

        return lacks_interrupt_remapping(facts) ? &device_no_interrupt_remapping : NULL;
}

static void add_id(Finding *finding, const PciDevice *device) {
        char id[sizeof("0000:0000")];

        (void) snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->device);
        finding_add(finding, "id", id);
}

/* A driver of VFIO can have made virtual functions itself, and stays what it is
 * (drivers/vfio/pci/vfio_pci.c: enable_sriov). */
static Tristate loses_virtual_functions(const PciDevice *device) {
        return is_vfio(device->driver) ? TRISTATE_NO : device->has_virtual_functions;
}

/* vfio-pci sends the console away since Linux 6.0, if it is what VGA is (drivers/vfio/pci/vfio_pci_core.c:
 * vfio_pci_vga_init()). Otherwise the console's claim on the memory stands (pci_request_selected_regions()).
 */
static const Reason *judge_display(const Facts *facts, const PciDevice *device, Finding *finding) {
        Tristate yields =
                device->class >> 8 == PCI_CLASS_VGA ? kernel_has(&facts->kernel, 6, 0, 0) : TRISTATE_NO;

        if (yields == TRISTATE_UNKNOWN)
                return not_known(finding, "whether the console on it would yield");

        finding_add(finding, "driver", device->framebuffer);
        return yields == TRISTATE_YES ? &device_draws_console : &device_console_in_the_way;
}

static const Reason *judge(const Facts *facts, const Verdict *verdict, DeviceResult *result) {
        const PciDevice *device = result->device;
        Finding *finding = &result->finding;
        const Reason *obstacle;
        Tristate refused, others, firmware, loses = loses_virtual_functions(device);

        obstacle = find_common_obstacle(facts, verdict, result, finding);
        if (obstacle)
                return obstacle;

        if (device->role == PCI_ROLE_UNKNOWN)
                return not_known(finding, "what it is");
        refused = is_refused(facts, device);
        if (refused == TRISTATE_YES) {
                add_id(finding, device);
                return &device_refused_by_vfio;
        }
        if (loses == TRISTATE_YES)
                return &device_has_virtual_functions;

        firmware = is_kept_by_firmware(facts, result->group);
        if (firmware == TRISTATE_YES)
                return &device_bound_to_firmware;

        others = judge_others(facts, result, finding);
        if (others == TRISTATE_YES)
                return &device_group_in_use;
        if (others == TRISTATE_UNKNOWN)
                return not_known(finding, "who uses the other devices of its IOMMU group");
        if (firmware == TRISTATE_UNKNOWN)
                return not_known(finding, "what the firmware has them do");
        if (refused == TRISTATE_UNKNOWN)
                return not_known(finding, "whether vfio-pci takes devices of its kind");
        if (loses == TRISTATE_UNKNOWN)
                return not_known(finding, "whether it has virtual functions");
        if (device->has_driver == TRISTATE_UNKNOWN)
                return not_known(finding, "its driver");
        if (device->has_driver == TRISTATE_NO)
                return device->framebuffer ? judge_display(facts, device, finding) : &device_no_driver;

        finding_add(finding, "driver", device->driver);
        return is_vfio(device->driver)   ? &device_bound_to_vfio
               : is_stub(device->driver) ? &device_reserved
                                         : &device_driver_attached;
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
        ret->finding = finding_begin(facts);
        ret->finding.reason = judge(facts, verdict, ret);
        ret->blocked_by = find_cause(verdict, ret->finding.reason);

        return ret->finding.out_of_memory ? -ENOMEM : 0;
}
