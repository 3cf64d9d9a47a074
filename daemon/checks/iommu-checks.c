/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iommu.enabled: whether devices are kept from memory that is not theirs, and if not, why. Whether VFIO can
 * then hand them to guests is for vfio.pci to say. */

#include <stdio.h>

#include "catalogue.h"
#include "iommu-missing.h"
#include "reads.h"

static const Reason enabled_translating = {
        .id = "translating",
        .state = CHECK_PASS,
        .detail = "The kernel drives an IOMMU. Groups of devices: {groups} ({types}).",
        .explanation = DOC("What devices read and write is translated and restricted. A group is the least "
                           "that can be given to a guest: all its devices go together."),
};

static const Reason enabled_identity = {
        .id = "identity",
        .state = CHECK_PASS,
        .detail = "The kernel drives an IOMMU, which the host's own devices bypass. Groups of devices: "
                  "{groups} ({types}).",
        .explanation = DOC("With iommu=pt, iommu.passthrough=1 or a kernel that is configured so, the "
                           "devices of the host access memory directly, which costs nothing. Those that a "
                           "guest is given are translated nevertheless, so this is no obstacle."),
};

static const Reason enabled_groups = {
        .id = "enabled",
        .state = CHECK_PASS,
        .detail = "The kernel drives an IOMMU. Groups of devices: {groups}.",
        .explanation = DOC("What devices read and write is translated and restricted once they are given to "
                           "a guest. How the host's own devices are treated, kernels before Linux 5.11 do "
                           "not tell, nor do some drivers later."),
};

static const Reason enabled_unknown = {
        .id = "unknown",
        .state = CHECK_UNKNOWN,
        .detail = "Whether the kernel drives an IOMMU could not be read.",
        .explanation = DOC("The directories /sys/class/iommu and /sys/kernel/iommu_groups were not there to "
                           "read. A snapshot must contain them, also when they are empty."),
};

/* "DMA-FQ", or "12 DMA-FQ, 3 identity". */
static void describe_types(const IommuFacts *iommu, char *types, size_t size) {
        size_t n = 0;

        for (IommuGroupType type = 0; type < _IOMMU_GROUP_TYPE_MAX && n < size; type++) {
                const char *name = iommu_group_type_to_string(type);

                if (iommu->n_of_type[type] == iommu->n_groups)
                        n += (size_t) snprintf(types + n, size - n, "%s", name);
                else if (iommu->n_of_type[type] > 0)
                        n += (size_t) snprintf(types + n, size - n, "%s%u %s", n > 0 ? ", " : "",
                                               iommu->n_of_type[type], name);
        }
}

static const Reason *describe_groups(const IommuFacts *iommu, Finding *finding) {
        char types[128] = "";

        describe_types(iommu, types, sizeof(types));
        finding_add_unsigned(finding, "groups", iommu->n_groups);
        finding_add(finding, "types", types);

        if (iommu->n_of_type[IOMMU_GROUP_DMA] > 0 || iommu->n_of_type[IOMMU_GROUP_DMA_FQ] > 0)
                return &enabled_translating;

        return iommu->n_of_type[IOMMU_GROUP_IDENTITY] > 0 ? &enabled_identity : &enabled_groups;
}

static const Reason *judge_enabled(const Facts *facts, const Check *check, Finding *finding) {
        (void) check;

        switch (iommu_is_effective(&facts->iommu, facts->cpu.architecture)) {
        case TRISTATE_YES:
                return describe_groups(&facts->iommu, finding);
        case TRISTATE_NO:
                return explain_missing_iommu(facts, finding);
        default:
                return &enabled_unknown;
        }
}

static const Check checks[] = {
        {
                .id = "iommu.enabled",
                .title = "I/O memory management unit",
                .description = "The kernel drives an IOMMU with devices behind it: what a device that is "
                               "given to a guest reads and writes is restricted to the guest's memory.",
                .reads = DOC_LIST("/sys/class/iommu", "/sys/kernel/iommu_groups", "/sys/bus/pci/devices",
                                  "the names of the files in /sys/firmware/acpi/tables", "/proc/cmdline",
                                  "/proc/cpuinfo", READS_OF_CONFIGURATION, READS_OF_HYPERVISOR),
                .references = DOC_LIST("https://docs.kernel.org/driver-api/vfio.html",
                                       "https://docs.kernel.org/arch/x86/iommu.html",
                                       "https://docs.kernel.org/admin-guide/kernel-parameters.html",
                                       "https://libvirt.org/formatdomain.html#iommu-devices"),
                .judge = judge_enabled,
                .reasons = (const Reason *const[]){ &enabled_translating, &enabled_identity, &enabled_groups,
                                                    IOMMU_MISSING_REASONS, &enabled_unknown, NULL },
        },
};

const CheckTable iommu_checks = CHECK_TABLE(checks);
