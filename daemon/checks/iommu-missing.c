/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains a missing IOMMU. */

#include <stdio.h>

#include "iommu-missing.h"
#include "remedies.h"

/* The names that the drivers give themselves. */
static const Remedy search_log[] = {
        REMEDY_TO_SEARCH_LOG("the IOMMU", "-e iommu -e dmar -e amd-vi -e smmu"),
        {},
};

const Reason iommu_no_pci = {
        .id = "no-pci",
        .state = CHECK_NOT_APPLICABLE,
        .detail = "This machine has no PCI device; on {architecture} the IOMMU comes with them.",
        .explanation = DOC("The machine's partition or hypervisor has not given it a PCI device yet, so "
                           "there is none that could be handed on to a guest."),
};

const Reason iommu_by_xen = {
        .id = "owned-by-xen",
        .state = CHECK_FAIL,
        .detail = "Xen runs below this system and drives the IOMMU itself.",
        .explanation = DOC("Xen keeps the IOMMU from its control domain, and gives devices to guests by its "
                           "own means. To use VFIO and KVM, start this kernel without Xen."),
        .cause = "cpu.virtualization",
        .remedies = REMEDIES(REMEDY_TO_BOOT("Linux without Xen")),
};

const Reason iommu_no_groups = {
        .id = "no-groups",
        .state = CHECK_FAIL,
        .detail = "The kernel drives an IOMMU, but no device is behind it.",
        .explanation = DOC("Which devices an IOMMU serves is described by the firmware, in its ACPI tables "
                           "or its devicetree. Either no device is meant to be behind it, or the "
                           "description lacks them; an update of the firmware may help."),
        .remedies = search_log,
};

const Reason iommu_disabled = {
        .id = "disabled-by-parameter",
        .state = CHECK_FAIL,
        .detail = "The IOMMU is off: the kernel was started with {parameter}.",
        .explanation = DOC("The parameter keeps the kernel from using the IOMMU, which used to be advice "
                           "against trouble with graphics and disk controllers. Take it out of the boot "
                           "loader's configuration and restart."),
        .remedies = REMEDIES(REMEDY_TO_REMOVE_PARAMETER),
};

const Reason iommu_off_by_default = {
        .id = "off-by-default",
        .state = CHECK_FAIL,
        .detail = "This kernel leaves an Intel IOMMU off unless it is started with {parameter}.",
        .explanation =
                DOC("The kernel was configured without CONFIG_INTEL_IOMMU_DEFAULT_ON. Add the parameter to "
                    "the boot loader's configuration and restart. Kernels for AMD need no such parameter."),
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER),
};

const Reason iommu_not_switched_on = {
        .id = "not-switched-on",
        .state = CHECK_FAIL,
        .detail = "The firmware describes an Intel IOMMU (ACPI table {table}) that the kernel does not "
                  "drive; it was not started with {parameter}, which many kernels need for that.",
        .explanation = DOC("Kernels that were built without CONFIG_INTEL_IOMMU_DEFAULT_ON leave the IOMMU "
                           "off; whether this is one could not be read. Add the parameter to the boot "
                           "loader's configuration and restart."),
        .remedies = REMEDIES(REMEDY_TO_ADD_PARAMETER),
};

const Reason iommu_firmware_disabled = {
        .id = "firmware-disabled",
        .state = CHECK_FAIL,
        .detail = "The firmware describes no IOMMU: it is switched off there, or the machine has none.",
        .explanation = DOC("The kernel learns of the IOMMU from the firmware's ACPI tables, DMAR for Intel "
                           "and IVRS for AMD, which are there only while the setting is on. It is not the "
                           "setting for the CPU's virtualization (VT-x, SVM), but some boards show it only "
                           "while that is on, and some leave it off under \"Auto\"."),
        .remedies = REMEDIES(REMEDY_TO_ENABLE_SETTING),
};

const Reason iommu_hidden = {
        .id = "hidden-by-host",
        .state = CHECK_FAIL,
        .detail = "This is a virtual machine, and its host gives it no IOMMU.",
        .explanation = DOC("A virtual machine can hand on devices only if its host gives it a virtual "
                           "IOMMU. With libvirt that is the element <iommu> of its configuration, with QEMU "
                           "a device such as intel-iommu, amd-iommu, virtio-iommu or, on ARM, smmuv3."),
        .remedies = REMEDIES({ .kind = REMEDY_OUTER_HOST, .argument = "a virtual IOMMU" }),
};

const Reason iommu_not_in_kernel = {
        .id = "not-in-kernel",
        .state = CHECK_FAIL,
        .detail = "The kernel {release} was built without a driver for this machine's IOMMU ({option}).",
        .explanation = DOC("The driver is an option of the kernel's configuration. Kernels for clouds and "
                           "small devices sometimes leave it out. Start another kernel: the common ones of "
                           "distributions have it."),
        .remedies = REMEDIES(REMEDY_TO_BOOT("a kernel with {option}")),
};

const Reason iommu_driver_failed = {
        .id = "driver-failed",
        .state = CHECK_FAIL,
        .detail = "The firmware describes an IOMMU (ACPI table {table}), but the kernel does not drive it.",
        .explanation =
                DOC("The driver gave up when it started, or is a module that is not loaded (virtio_iommu). "
                    "The kernel's log says why, in lines with DMAR, AMD-Vi or iommu; faulty ACPI tables are "
                    "the usual cause, and an update of the firmware the usual help."),
        .remedies = search_log,
};

const Reason iommu_only_no_iommu = {
        .id = "only-no-iommu-groups",
        .state = CHECK_FAIL,
        .detail = "The kernel drives no IOMMU. Groups that VFIO's no-IOMMU mode made up, which isolate "
                  "nothing: {groups}.",
        .explanation = DOC("With enable_unsafe_noiommu_mode VFIO hands devices to programs without "
                           "protection of the host's memory. Virtual machines cannot use that. Switch an "
                           "IOMMU on, or, in a virtual machine, have its host provide one."),
        .remedies = search_log,
};

const Reason iommu_only_mediated = {
        .id = "only-mediated-devices",
        .state = CHECK_FAIL,
        .detail = "The kernel drives no IOMMU. Groups of mediated devices, which need none: {groups}.",
        .explanation =
                DOC("A mediated device, such as a part of a graphics card, is made by a driver, which also "
                    "keeps it in bounds. A guest can have it without an IOMMU, but no whole device."),
        .remedies = search_log,
};

const Reason iommu_not_found = {
        .id = "not-found",
        .state = CHECK_FAIL,
        .detail = "The kernel found no IOMMU that it could drive ({tables}).",
        .explanation = DOC(
                "Either the machine has none, or its firmware does not describe it: in an ACPI table or, on "
                "small machines, in the devicetree. Look for a setting of the firmware, which is called "
                "SMMU on ARM servers, for an update, and for lines with iommu in the kernel's log."),
        .remedies = search_log,
};

/* What an IOMMU is known by: where firmware describes it, which option has its driver, what switches it
 * on and off, and what firmware calls it. */
typedef struct Platform {
        IommuTable table;
        KernelOption option;
        const char *parameter;
        const char *setting;
} Platform;

static const Platform platform_intel = {
        .table = IOMMU_TABLE_DMAR,
        .option = KERNEL_OPTION_INTEL_IOMMU,
        .parameter = "intel_iommu",
        .setting = "Intel VT for Directed I/O (VT-d)",
};
static const Platform platform_amd = {
        .table = IOMMU_TABLE_IVRS,
        .option = KERNEL_OPTION_AMD_IOMMU,
        .parameter = "amd_iommu",
        .setting = "IOMMU (AMD-Vi)",
};
static const Platform platform_virtio = {
        .table = IOMMU_TABLE_VIOT,
        .option = KERNEL_OPTION_VIRTIO_IOMMU,
};
static const Platform platform_s390x = {
        .table = _IOMMU_TABLE_MAX,
        .option = KERNEL_OPTION_S390_IOMMU,
};
static const Platform platform_ppc64 = {
        .table = _IOMMU_TABLE_MAX,
        .option = KERNEL_OPTION_SPAPR_TCE_IOMMU,
};

static const Platform *find_platform_x86(const CpuFacts *cpu) {
        switch (cpu_vendor_extension(cpu)) {
        case CPU_EXTENSION_VMX:
                return &platform_intel;
        case CPU_EXTENSION_SVM:
                return &platform_amd;
        default:
                return NULL;
        }
}

/* A table tells best: a virtual machine's IOMMU need not be that of its CPU's vendor. Nothing tells which
 * one a machine with ARM or RISC-V has, if any. */
static const Platform *find_platform(const Facts *facts) {
        static const Platform *const described[] = { &platform_intel, &platform_amd, &platform_virtio };

        FOREACH_ELEMENT(platform, described)
                if (facts->iommu.tables[(*platform)->table] == TRISTATE_YES)
                        return *platform;

        switch (facts->cpu.architecture) {
        case ARCHITECTURE_X86:
                return find_platform_x86(&facts->cpu);
        case ARCHITECTURE_S390X:
                return &platform_s390x;
        case ARCHITECTURE_PPC64:
                return &platform_ppc64;
        default:
                return NULL;
        }
}

/* There the bridges to PCI translate, in virtual machines and partitions as well (arch/s390/pci/pci.c,
 * arch/powerpc/kernel/iommu.c). */
static bool comes_with_pci(Architecture architecture) {
        return architecture == ARCHITECTURE_S390X || architecture == ARCHITECTURE_PPC64;
}

/* Is it known that the firmware describes no IOMMU? A devicetree cannot be asked. */
static bool is_undescribed(const Facts *facts) {
        const Tristate *tables = facts->iommu.tables;

        return facts->cpu.architecture == ARCHITECTURE_X86 && tables[IOMMU_TABLE_DMAR] == TRISTATE_NO &&
               tables[IOMMU_TABLE_IVRS] == TRISTATE_NO && tables[IOMMU_TABLE_VIOT] == TRISTATE_NO;
}

/* Few hosts give a virtual machine an IOMMU. Where nothing is seen of one this one does not, whether there
 * is a devicetree or tables that could not be read. */
static bool is_given_none(const Facts *facts) {
        const Tristate *tables = facts->iommu.tables;

        return facts->hypervisor.guest == TRISTATE_YES && facts->cpu.architecture != ARCHITECTURE_UNKNOWN &&
               !comes_with_pci(facts->cpu.architecture) && tables[IOMMU_TABLE_DMAR] != TRISTATE_YES &&
               tables[IOMMU_TABLE_IVRS] != TRISTATE_YES && tables[IOMMU_TABLE_VIOT] != TRISTATE_YES;
}

/* Intel's driver takes "on" and "off", of which the last one holds; AMD's knows no "on" (intel_iommu_setup()
 * in drivers/iommu/intel/iommu.c, parse_amd_iommu_options() in drivers/iommu/amd/init.c). */
static bool is_switched_off(const char *command_line, const Platform *platform) {
        if (platform == &platform_intel)
                return command_line_switch(command_line, platform->parameter, "on", "off") == TRISTATE_NO;

        return platform == &platform_amd && command_line_lists(command_line, platform->parameter, "off");
}

/* iommu=off is for all of x86 (arch/x86/kernel/pci-dma.c: iommu_setup()), the others for one driver each. */
static const Reason *explain_parameter(const Facts *facts, const Platform *platform, Finding *finding) {
        const char *command_line = facts->kernel.command_line;
        char parameter[32] = "iommu=off";

        if (!command_line_lists(command_line, "iommu", "off")) {
                if (!is_switched_off(command_line, platform))
                        return NULL;
                snprintf(parameter, sizeof(parameter), "%s=off", platform->parameter);
        }

        finding_add(finding, "parameter", parameter);
        return &iommu_disabled;
}

/* Intel's driver alone can be built to stay off (drivers/iommu/intel/Kconfig). */
static const Reason *explain_default(const Facts *facts, Finding *finding) {
        const Tristate *options = facts->kernel.options;
        const Reason *reason;

        if (command_line_switch(facts->kernel.command_line, platform_intel.parameter, "on", "off") ==
            TRISTATE_YES)
                return NULL;

        if (options[KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON] == TRISTATE_NO &&
            options[KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF] == TRISTATE_NO)
                reason = &iommu_off_by_default;
        else if (options[KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON] == TRISTATE_UNKNOWN &&
                 facts->iommu.tables[IOMMU_TABLE_DMAR] == TRISTATE_YES)
                reason = &iommu_not_switched_on;
        else
                return NULL;

        finding_add(finding, "parameter", "intel_iommu=on");
        finding_add(finding, "table", iommu_table_to_string(IOMMU_TABLE_DMAR));
        return reason;
}

static const Reason *explain_kernel(const Facts *facts, const Platform *platform, Finding *finding) {
        char option[64];

        if (facts->kernel.options[platform->option] != TRISTATE_NO)
                return NULL;

        snprintf(option, sizeof(option), "CONFIG_%s", kernel_option_to_string(platform->option));
        finding_add(finding, "option", option);
        finding_add(finding, "release", facts->kernel.release);
        return &iommu_not_in_kernel;
}

/* What remains to be said when no cause was found. */
static const Reason *describe_missing(const IommuFacts *iommu, Finding *finding) {
        char tables[64] = "";
        size_t n = 0;
        bool all_known = true;

        if (iommu->n_no_iommu > 0) {
                finding_add_unsigned(finding, "groups", iommu->n_no_iommu);
                return &iommu_only_no_iommu;
        }
        if (iommu->n_mediated > 0) {
                finding_add_unsigned(finding, "groups", iommu->n_mediated);
                return &iommu_only_mediated;
        }

        for (IommuTable table = 0; table < _IOMMU_TABLE_MAX; table++) {
                all_known = all_known && iommu->tables[table] != TRISTATE_UNKNOWN;
                if (iommu->tables[table] == TRISTATE_YES)
                        n += (size_t) snprintf(tables + n, sizeof(tables) - n, "%s%s",
                                               n > 0 ? ", " : "ACPI tables: ", iommu_table_to_string(table));
        }
        finding_add(finding, "tables",
                    n > 0       ? tables
                    : all_known ? "no ACPI table describes one"
                                : "its ACPI tables could not be read");
        return &iommu_not_found;
}

static const Reason *explain_undescribed(const Facts *facts, const Platform *platform, Finding *finding) {
        if (facts->hypervisor.guest == TRISTATE_YES)
                return &iommu_hidden;
        if (facts->hypervisor.guest == TRISTATE_UNKNOWN || !platform || !platform->setting)
                return describe_missing(&facts->iommu, finding);

        finding_add(finding, "setting", platform->setting);
        return &iommu_firmware_disabled;
}

/* From the ground up: what lies below the kernel, what it was told, what it was built with. */
const Reason *explain_missing_iommu(const Facts *facts, Finding *finding) {
        const Platform *platform = find_platform(facts);
        const Reason *reason = NULL;

        if (facts->hypervisor.xen_owns_cpu && facts->hypervisor.guest == TRISTATE_NO)
                return &iommu_by_xen;
        if (facts->iommu.present == TRISTATE_YES)
                return &iommu_no_groups;
        if (comes_with_pci(facts->cpu.architecture) && facts->iommu.has_pci == TRISTATE_NO) {
                finding_add(finding, "architecture", facts->cpu.machine);
                return &iommu_no_pci;
        }
        if (is_undescribed(facts))
                return explain_undescribed(facts, platform, finding);

        if (facts->cpu.architecture == ARCHITECTURE_X86 && platform != &platform_virtio)
                reason = explain_parameter(facts, platform, finding);
        if (!reason && is_given_none(facts))
                reason = &iommu_hidden;
        if (!reason && platform)
                reason = explain_kernel(facts, platform, finding);
        if (!reason && platform == &platform_intel)
                reason = explain_default(facts, finding);
        if (reason)
                return reason;

        if (platform && platform->table < _IOMMU_TABLE_MAX &&
            facts->iommu.tables[platform->table] == TRISTATE_YES) {
                finding_add(finding, "table", iommu_table_to_string(platform->table));
                return &iommu_driver_failed;
        }

        return describe_missing(&facts->iommu, finding);
}
