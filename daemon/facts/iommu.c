/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the IOMMU class, the groups of devices and what kinds of groups they are. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "iommu.h"
#include "values.h"

#define GROUPS IOMMU_GROUPS
#define ACPI_TABLES "sys/firmware/acpi/tables"

/* So many entries of all directories are looked at: some thousands are real, with virtual functions. */
#define ENTRIES_MAX 65536U

/* A group's number, an int, in digits. */
#define GROUP_NUMBER_LENGTH 10U

#define SIGNATURE_LENGTH 4U

static const char *const iommu_group_type_table[_IOMMU_GROUP_TYPE_MAX] = {
        [IOMMU_GROUP_NOT_TOLD] = "unknown", [IOMMU_GROUP_DMA] = "DMA",
        [IOMMU_GROUP_DMA_FQ] = "DMA-FQ",    [IOMMU_GROUP_IDENTITY] = "identity",
        [IOMMU_GROUP_BLOCKED] = "blocked",  [IOMMU_GROUP_UNMANAGED] = "unmanaged",
};
DEFINE_STRING_TABLE(iommu_group_type, IommuGroupType);

static const char *const iommu_table_table[_IOMMU_TABLE_MAX] = {
        [IOMMU_TABLE_DMAR] = "DMAR",
        [IOMMU_TABLE_IVRS] = "IVRS",
        [IOMMU_TABLE_IORT] = "IORT",
        [IOMMU_TABLE_VIOT] = "VIOT",
};
DEFINE_STRING_TABLE(iommu_table, IommuTable);

typedef enum GroupKind {
        GROUP_UNKNOWN,
        GROUP_EMPTY, /* on ppc64 groups stay when their devices go */
        GROUP_REAL,
        GROUP_NO_IOMMU,
        GROUP_MEDIATED,
} GroupKind;

/* Yields the next entry of a directory that may have any number of them, or NULL. */
static const char *next_entry(const Root *root, DIR *directory, unsigned *budget) {
        struct dirent *entry;

        while (*budget > 0 && (entry = root_readdir(root, directory))) {
                (*budget)--;
                if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
                        return entry->d_name;
        }

        return NULL;
}

/* Tells whether there is anything in a directory. The running kernel makes the directory of what it
 * supports: none beside others means that it does not; a snapshot may just not have taken it along. */
static int has_entries(const Root *root, const char *parent, const char *path, Tristate *ret) {
        _cleanup_(closedirp) DIR *directory = NULL;
        unsigned budget = ENTRIES_MAX;
        Tristate siblings;
        int r;

        r = root_opendir(root, path, &directory);
        if (r == -ENOENT && root->live && parent) {
                r = has_entries(root, NULL, parent, &siblings);
                if (r < 0)
                        return r;
                *ret = siblings == TRISTATE_YES ? TRISTATE_NO : TRISTATE_UNKNOWN;
                return 0;
        }
        if (r < 0) {
                *ret = TRISTATE_UNKNOWN;
                return r == -ENOMEM ? r : 0;
        }

        *ret = next_entry(root, directory, &budget) ? TRISTATE_YES
               : root_is_exhausted(root)            ? TRISTATE_UNKNOWN
                                                    : TRISTATE_NO;
        return 0;
}

/* A mediated device is named by its UUID (drivers/vfio/mdev/mdev_core.c: mdev_device_create()). In its group
 * a dot and a number may follow (drivers/iommu/iommu.c: iommu_group_add_device()). */
static bool is_mediated(const char *device) {
        static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

        for (size_t i = 0; i < sizeof(pattern) - 1; i++)
                if (pattern[i] == '-' ? device[i] != '-' : !isxdigit((unsigned char) device[i]))
                        return false;

        return device[sizeof(pattern) - 1] == '\0' || device[sizeof(pattern) - 1] == '.';
}

static int read_group_devices(const Root *root, const char *group, unsigned *budget, GroupKind *ret) {
        _cleanup_(closedirp) DIR *directory = NULL;
        char path[sizeof(GROUPS "//devices") + GROUP_NUMBER_LENGTH];
        GroupKind kind = GROUP_EMPTY;
        const char *device;
        int r;

        snprintf(path, sizeof(path), GROUPS "/%s/devices", group);
        r = root_opendir(root, path, &directory);
        if (r < 0) {
                *ret = GROUP_UNKNOWN;
                return r == -ENOMEM ? r : 0;
        }

        while (kind != GROUP_REAL && (device = next_entry(root, directory, budget)))
                kind = is_mediated(device) ? GROUP_MEDIATED : GROUP_REAL;

        *ret = kind;
        return 0;
}

static int read_group_type(const Root *root, const char *group, IommuGroupType *ret) {
        _cleanup_free_ char *word = NULL;
        int r;

        *ret = IOMMU_GROUP_NOT_TOLD;

        r = read_line_at(root, &word, GROUPS "/%s/type", group);
        for (IommuGroupType type = 0; r >= 0 && type < _IOMMU_GROUP_TYPE_MAX; type++)
                if (streq(iommu_group_type_to_string(type), word))
                        *ret = type;

        return r == -ENOMEM ? r : 0;
}

/* Few groups have a name: those that VFIO makes up, on newer kernels for mediated devices as well, and those
 * of ppc64. */
static int read_group_kind(const Root *root, const char *group, IommuGroupType type, unsigned *budget,
                           GroupKind *ret) {
        _cleanup_free_ char *name = NULL;
        GroupKind kind;
        int r;

        r = read_group_devices(root, group, budget, &kind);
        if (r < 0)
                return r;

        /* Default domains are for real devices alone. */
        if (kind == GROUP_UNKNOWN && type != IOMMU_GROUP_NOT_TOLD)
                kind = GROUP_REAL;

        r = read_line_at(root, &name, GROUPS "/%s/name", group);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && streq(name, IOMMU_GROUP_OF_VFIO) && kind != GROUP_MEDIATED)
                kind = GROUP_NO_IOMMU;
        else if (r < 0 && r != -ENOENT && kind == GROUP_REAL)
                kind = GROUP_UNKNOWN;

        *ret = kind;
        return 0;
}

static int read_group(const Root *root, const char *group, unsigned *budget, IommuFacts *iommu,
                      bool *any_unknown) {
        IommuGroupType type;
        GroupKind kind;
        int r;

        r = read_group_type(root, group, &type);
        if (r < 0)
                return r;

        r = read_group_kind(root, group, type, budget, &kind);
        if (r < 0)
                return r;

        if (kind == GROUP_REAL) {
                iommu->n_groups++;
                iommu->n_of_type[type]++;
        } else if (kind == GROUP_NO_IOMMU)
                iommu->n_no_iommu++;
        else if (kind == GROUP_MEDIATED)
                iommu->n_mediated++;
        else if (kind == GROUP_UNKNOWN)
                *any_unknown = true;

        return 0;
}

static bool is_group_number(const char *name) {
        size_t length = strlen(name);

        return length > 0 && length <= GROUP_NUMBER_LENGTH && strspn(name, "0123456789") == length;
}

static int read_groups(const Root *root, IommuFacts *iommu) {
        _cleanup_(closedirp) DIR *directory = NULL;
        unsigned budget = ENTRIES_MAX;
        bool any_unknown = false;
        const char *group;
        int r;

        /* A kernel without support has no such directory. */
        r = has_entries(root, "sys/kernel", GROUPS, &iommu->has_groups);
        if (r < 0 || iommu->has_groups != TRISTATE_YES)
                return r;

        r = root_opendir(root, GROUPS, &directory);
        if (r < 0) {
                iommu->has_groups = TRISTATE_UNKNOWN;
                return r == -ENOMEM ? r : 0;
        }

        while ((group = next_entry(root, directory, &budget))) {
                r = is_group_number(group) ? read_group(root, group, &budget, iommu, &any_unknown) : 0;
                if (r < 0)
                        return r;
        }

        if (iommu->n_groups == 0)
                iommu->has_groups = any_unknown || budget == 0 || root_is_exhausted(root) ? TRISTATE_UNKNOWN
                                                                                          : TRISTATE_NO;
        return 0;
}

/* A file is named by the table's signature; where there are several with the same one, a number follows
 * (drivers/acpi/sysfs.c: acpi_table_attr_init()). Other entries are directories in lower case. */
static bool is_table(const char *file) {
        for (size_t i = 0; i < SIGNATURE_LENGTH; i++)
                if (!isupper((unsigned char) file[i]) && !isdigit((unsigned char) file[i]))
                        return false;

        return strspn(file + SIGNATURE_LENGTH, "0123456789") == strlen(file + SIGNATURE_LENGTH);
}

static void find_table(const char *file, IommuFacts *iommu) {
        for (size_t i = 0; i < _IOMMU_TABLE_MAX; i++)
                if (startswith(file, iommu_table_table[i]))
                        iommu->tables[i] = TRISTATE_YES;
}

/* Root alone may read the tables: a copy of the directory that others have made has none of them, and says
 * nothing. Every machine with ACPI has some. */
static int read_tables(const Root *root, IommuFacts *iommu) {
        _cleanup_(closedirp) DIR *directory = NULL;
        unsigned budget = ENTRIES_MAX;
        bool any = false;
        const char *file;
        Tristate found;
        int r;

        r = has_entries(root, "sys/firmware", "sys/firmware/acpi", &found);
        if (r < 0)
                return r;

        r = root_opendir(root, ACPI_TABLES, &directory);
        if (r == -ENOMEM)
                return r;

        while (r >= 0 && (file = next_entry(root, directory, &budget)))
                if (is_table(file)) {
                        any = true;
                        find_table(file, iommu);
                }

        FOREACH_ELEMENT(table, iommu->tables)
                if (*table == TRISTATE_UNKNOWN && (any || found == TRISTATE_NO))
                        *table = TRISTATE_NO;

        return 0;
}

static int read_vfio_switches(const Root *root, IommuFacts *iommu) {
        for (VfioSwitch id = 0; id < _VFIO_SWITCH_MAX; id++) {
                int r;

                r = read_switch_at(root, "sys/module/%s/parameters/%s",
                                   module_to_string(vfio_switch_module(id)), vfio_switch_parameter(id));
                if (r == -ENOMEM)
                        return r;
                iommu->vfio_switches[id] = tristate_from_result(r);
        }

        return 0;
}

int iommu_facts_read(const Root *root, IommuFacts *facts) {
        IommuFacts iommu = {};
        int r;

        FOREACH_ELEMENT(table, iommu.tables)
                *table = TRISTATE_UNKNOWN;

        r = has_entries(root, "sys/class", "sys/class/iommu", &iommu.present);
        if (r >= 0)
                r = has_entries(root, "sys/bus", "sys/bus/pci/devices", &iommu.has_pci);
        if (r >= 0)
                r = read_groups(root, &iommu);
        if (r >= 0)
                r = read_tables(root, &iommu);
        if (r >= 0)
                r = read_vfio_switches(root, &iommu);
        if (r >= 0)
                r = interrupt_remapping_read(root, &iommu.remaps_interrupts);
        if (r < 0)
                return r;

        *facts = iommu;
        return 0;
}

/* Until Linux 6.3 nothing on ppc64 was in the class: its groups came from the architecture's own code
 * (arch/powerpc/kernel/iommu.c: iommu_register_group(), and ppc_iommu_register_device() since). */
Tristate iommu_is_effective(const IommuFacts *iommu, Architecture architecture) {
        if (iommu->has_groups == TRISTATE_NO)
                return TRISTATE_NO;
        if (architecture == ARCHITECTURE_PPC64)
                return iommu->has_groups;
        if (iommu->present == TRISTATE_NO)
                return TRISTATE_NO;

        /* Nothing but the driver of an IOMMU makes groups of real devices. */
        return iommu->has_groups;
}
