/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vfio.*: the interface through which programs drive devices, and so hand them to guests. */

#include "catalogue.h"
#include "module-reasons.h"
#include "package.h"
#include "reads.h"
#include "remedies.h"

static const Reason pci_ready = {
        .id = "ready",
        .state = CHECK_PASS,
        .detail = "{module} is in the kernel, and VFIO serves {device}.",
        .explanation = DOC("PCI devices can be bound to the driver vfio-pci."),
};

static const Reason pci_loadable = {
        .id = "loadable",
        .state = CHECK_PASS,
        .detail = "{module} can be loaded when a device is to be handed to a guest.",
        .explanation = DOC("libvirt loads the module when a guest is given a PCI device. Without libvirt, "
                           "load it before devices are bound to the driver vfio-pci."),
};

static const Reason pci_no_node = {
        .id = "no-node",
        .state = CHECK_FAIL,
        .detail =
                "VFIO is there, but {device} is not: the directory /dev does not show the kernel's devices.",
        .explanation = DOC(EXPLANATION_OF_NO_NODE),
        .needs_met = true,
        .remedies = remedies_for_node,
};

static const Reason pci_no_driver = {
        .id = "no-driver",
        .state = CHECK_FAIL,
        .detail = "{module} is in the kernel, but it serves neither /dev/vfio/vfio nor /dev/iommu.",
        .explanation = DOC("Programs need one of these to tell an IOMMU what a device may access. The "
                           "kernel was configured without CONFIG_VFIO_CONTAINER and CONFIG_IOMMUFD, or VFIO "
                           "gave up when it started; in the latter case the kernel's log has its message."),
        .needs_met = true,
        .remedies = REMEDIES(REMEDY_TO_SEARCH_LOG("vfio", "vfio")),
};

static const Reason pci_not_shown = {
        .id = "not-shown",
        .state = CHECK_UNKNOWN,
        .detail = "{module} is not loaded; whether it could be loaded cannot be seen.",
        .explanation = DOC("The directory /lib/modules of this kernel could not be read. A snapshot must "
                           "contain modules.dep and modules.builtin from there."),
};

static const Reason pci_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether VFIO serves a device could not be read.",
        .explanation = DOC(EXPLANATION_OF_NO_MISC),
};

/* /dev/vfio/vfio is the older way to tell an IOMMU what a device may access, /dev/iommu the newer one:
 * either will do. Yields the device that tells the reason. */
static const Reason *judge_ways(const Facts *facts, DeviceId *ret_device) {
        static const DeviceId ways[] = { DEVICE_VFIO, DEVICE_IOMMU };
        const Reason *reason = &pci_no_driver;

        *ret_device = DEVICE_VFIO;
        FOREACH_ELEMENT(id, ways)
                switch (facts_device_state(facts, *id)) {
                case DEVICE_STATE_LIVE:
                case DEVICE_STATE_AUTOLOADABLE:
                        *ret_device = *id;
                        return &pci_ready;
                case DEVICE_STATE_NO_NODE:
                        if (reason != &pci_no_node)
                                *ret_device = *id;
                        reason = &pci_no_node;
                        break;
                case DEVICE_STATE_UNKNOWN:
                        if (reason == &pci_no_driver)
                                reason = &pci_unknown;
                        break;
                default:
                        break;
                }

        return reason;
}

/* VFIO asks for type1 by name, so that only a ban that forbids it altogether is in the way. It is for
 * /dev/vfio/vfio alone, and not on ppc64. */
static bool lacks_type1(const Facts *facts) {
        return facts_module_state(facts, MODULE_VFIO_IOMMU_TYPE1) == MODULE_STATE_BLACKLISTED &&
               facts->module_tree.ban[MODULE_VFIO_IOMMU_TYPE1] == MODULE_BAN_ALL &&
               facts->cpu.architecture != ARCHITECTURE_PPC64 &&
               facts_device_state(facts, DEVICE_IOMMU) != DEVICE_STATE_LIVE;
}

static const Reason *explain_pci_module(const Facts *facts, Finding *finding) {
        if (facts_module_state(facts, MODULE_VFIO_PCI) != MODULE_STATE_NOT_LOADED)
                return explain_module(facts, MODULE_VFIO_PCI, finding);

        /* Without a module tree, the configuration can tell. */
        finding_add(finding, "module", module_to_string(MODULE_VFIO_PCI));
        if (facts->kernel.options[KERNEL_OPTION_VFIO_PCI] != TRISTATE_NO)
                return &pci_not_shown;

        /* It was not built, so no package of this release has it. */
        finding_add(finding, "release", facts->kernel.release);
        return &module_not_installed;
}

static const Reason *judge_pci(const Facts *facts, const Check *check, Finding *finding) {
        ModuleState state = facts_module_state(facts, MODULE_VFIO_PCI);
        bool loadable = state == MODULE_STATE_AVAILABLE || state == MODULE_STATE_LOADING;
        const Reason *reason;
        DeviceId device;

        (void) check;

        if (!loadable && !module_is_ready(&facts->modules, &facts->module_tree, MODULE_VFIO_PCI))
                return explain_pci_module(facts, finding);

        if (lacks_type1(facts))
                return explain_module(facts, MODULE_VFIO_IOMMU_TYPE1, finding);

        reason = judge_ways(facts, &device);
        finding_add(finding, "module", module_to_string(MODULE_VFIO_PCI));
        finding_add(finding, "device", device_path(device));

        /* Loading the module brings the node as well, unless /dev is not the kernel's. */
        return loadable && reason != &pci_no_node ? &pci_loadable : reason;
}

static const Check checks[] = {
        {
                .id = "vfio.pci",
                .title = "PCI devices for guests",
                .description = "VFIO can hand PCI devices to guests: its driver vfio-pci is in the kernel "
                               "or can be loaded, and programs can reach it. Whether an IOMMU protects the "
                               "host from these devices is for iommu.enabled to say.",
                .reads = DOC_LIST("/proc/misc", "/sys/class/misc", "/dev/vfio/vfio and /dev/iommu",
                                  READS_OF_MODULES, READS_OF_CONFIGURATION),
                .references = DOC_LIST("https://docs.kernel.org/driver-api/vfio.html",
                                       "https://docs.kernel.org/userspace-api/iommufd.html",
                                       REFERENCES_ON_MODULES),
                .needs = { "kernel.modules" },
                .judge = judge_pci,
                .reasons = (const Reason *const[]){ &pci_ready, &pci_loadable, &pci_no_node, &pci_no_driver,
                                                    &pci_not_shown, &pci_unknown, MODULE_OBSTACLES, NULL },
        },
};

const CheckTable vfio_checks = CHECK_TABLE(checks);
