/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the groups of devices that an IOMMU cannot tell apart, and that therefore go together. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../basic/macro.h"
#include "iommu.h"
#include "pci-parts.h"
#include "values.h"

/* A directory of a group, with the largest number. */
#define GROUP_PATH_MAX sizeof(IOMMU_GROUPS "/2147483647/devices")

static int compare_groups(const void *a, const void *b) {
        const PciGroup *left = a, *right = b;

        return left->number < right->number ? -1 : left->number > right->number;
}

/* Takes up each group once, without reading it. */
static int collect_groups(PciFacts *facts) {
        size_t n = 0;

        facts->groups = calloc(facts->n_devices + 1, sizeof(PciGroup));
        if (!facts->groups)
                return -ENOMEM;

        FOREACH_ARRAY(device, facts->devices, facts->n_devices)
                if (device->has_group == TRISTATE_YES)
                        facts->groups[n++] = (PciGroup){ .number = device->group, .n_devices = 1 };

        qsort(facts->groups, n, sizeof(PciGroup), compare_groups);
        for (size_t i = 0; i < n; i++)
                if (i > 0 && facts->groups[i].number == facts->groups[facts->n_groups - 1].number)
                        facts->groups[facts->n_groups - 1].n_devices++;
                else
                        facts->groups[facts->n_groups++] = facts->groups[i];

        return 0;
}

static void members_done(PciGroup *group) {
        FOREACH_ARRAY(member, group->members, group->n_members) {
                free(member->name);
                free(member->driver);
        }
        free(group->members);
        group->members = NULL;
        group->n_members = 0;
}

void pci_groups_done(PciFacts *facts) {
        FOREACH_ARRAY(group, facts->groups, facts->n_groups)
                members_done(group);
        free(facts->groups);
        facts->groups = NULL;
        facts->n_groups = 0;
}

static int append_member(PciGroup *group, size_t *allocated, const char *name) {
        char *copy;

        if (group->n_members == *allocated) {
                size_t larger = *allocated == 0 ? 8 : *allocated * 2;
                PciMember *members = reallocarray(group->members, larger, sizeof(PciMember));

                if (!members)
                        return -ENOMEM;
                group->members = members;
                *allocated = larger;
        }

        copy = strdup(name);
        if (!copy)
                return -ENOMEM;

        group->members[group->n_members++] = (PciMember){ .name = copy, .has_driver = TRISTATE_UNKNOWN };
        return 0;
}

static int compare_members(const void *a, const void *b) {
        return strcmp(((const PciMember *) a)->name, ((const PciMember *) b)->name);
}

/* Lists a group as long as BUDGET and TOLD, which is in bytes, last; whether they did is what COMPLETE says.
 */
static int list_members(const Root *root, const char *path, unsigned *budget, size_t *told,
                        PciGroup *group) {
        _cleanup_(closedirp) DIR *directory = NULL;
        struct dirent *entry = NULL;
        size_t allocated = 0, size = 0;
        int r;

        r = root_opendir(root, path, &directory);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        while (*budget > 0 && size <= *told && (entry = root_readdir(root, directory))) {
                (*budget)--;
                if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
                        continue;

                size += (strlen(entry->d_name) + 1) * group->n_devices;
                r = append_member(group, &allocated, entry->d_name);
                if (r < 0)
                        return r;
        }

        if (entry || *budget == 0 || size > *told || root_is_exhausted(root)) {
                members_done(group);
                group->is_too_large = size > *told;
                return 0;
        }

        *told -= size;
        group->complete = true;
        if (group->n_members > 0)
                qsort(group->members, group->n_members, sizeof(PciMember), compare_members);
        return 0;
}

/* A device of another bus shows its driver in a directory of its own, to which the group has a link. */
static int read_other_member(const Root *root, const char *path, PciMember *member) {
        _cleanup_free_ char *full = NULL;
        _cleanup_close_ int fd = -EBADF;
        Root directory;

        if (asprintf(&full, "%s/%s", path, member->name) < 0)
                return -ENOMEM;

        fd = pci_open_directory(root, full, &directory, NULL);
        if (fd < 0)
                return fd == -ENOMEM ? fd : 0;

        return pci_read_driver(&directory, /* exists= */ true, &member->has_driver, &member->driver);
}

/* Looks the members up among the devices, or reads them. */
static int identify_members(const Root *root, const PciFacts *facts, PciGroup *group) {
        char path[GROUP_PATH_MAX];
        int r;

        (void) snprintf(path, sizeof(path), IOMMU_GROUPS "/%u/devices", group->number);
        FOREACH_ARRAY(member, group->members, group->n_members) {
                member->device = pci_facts_find(facts, member->name);
                if (!member->device) {
                        r = read_other_member(root, path, member);
                        if (r < 0)
                                return r;
                }
                make_printable(member->name);
        }

        return 0;
}

/* Whether the devices that say they are in GROUP are the members of the one that is KNOWN. */
static bool has_members_of(const PciFacts *facts, const PciGroup *group, const PciGroup *known) {
        if (!known->complete || known->inode != group->inode || known->n_devices != group->n_devices)
                return false;

        FOREACH_ARRAY(member, known->members, known->n_members) {
                const PciDevice *device = member->device ? pci_facts_find(facts, member->name) : NULL;

                if (member->device &&
                    (!device || device->has_group != TRISTATE_YES || device->group != group->number))
                        return false;
        }

        return true;
}

static int copy_members(const PciGroup *known, size_t *told, PciGroup *group) {
        size_t allocated = 0, size = 0;
        int r;

        FOREACH_ARRAY(member, known->members, known->n_members) {
                size += (strlen(member->name) + 1) * group->n_devices;
                r = append_member(group, &allocated, member->name);
                if (r < 0)
                        return r;
        }

        *told -= size < *told ? size : *told;
        group->complete = true;
        group->is_real = known->is_real;
        group->is_bound_to_firmware = known->is_bound_to_firmware;
        return 0;
}

static const PciGroup *find_group(const PciFacts *facts, unsigned number) {
        PciGroup key = { .number = number };

        return bsearch(&key, facts->groups, facts->n_groups, sizeof(PciGroup), compare_groups);
}

/* Tells groups apart whose numbers are the same, because one comes after the other. */
static void read_inode(const Root *root, PciGroup *group) {
        char path[GROUP_PATH_MAX];
        struct stat st;

        (void) snprintf(path, sizeof(path), IOMMU_GROUPS "/%u", group->number);
        if (root->live && fstatat(root->fd, path, &st, /* flags= */ 0) >= 0)
                group->inode = st.st_ino;
}

/* Real groups have no name, but for those of ppc64 (drivers/iommu/iommu.c: iommu_group_set_name()). */
static int read_whether_real(const Root *root, PciGroup *group) {
        _cleanup_free_ char *name = NULL;
        int r;

        r = read_line_at(root, &name, IOMMU_GROUPS "/%u/name", group->number);
        if (r >= 0)
                group->is_real = streq(name, IOMMU_GROUP_OF_VFIO) ? TRISTATE_NO : TRISTATE_YES;
        else
                group->is_real = r == -ENOENT && group->complete ? TRISTATE_YES : TRISTATE_UNKNOWN;

        return r == -ENOMEM ? r : 0;
}

/* "0x00000000bd800000 0x00000000bfffffff direct": the kernel lists what the firmware has asked for, and what
 * it may take back as "direct-relaxable" (drivers/iommu/iommu.c: iommu_group_show_resv_regions()). Before
 * Linux 4.12 it lists nothing. */
static int read_firmware_regions(const Root *root, PciGroup *group) {
        char path[GROUP_PATH_MAX + sizeof("reserved_regions")];
        _cleanup_free_ char *text = NULL;
        char *saved;
        int r;

        (void) snprintf(path, sizeof(path), IOMMU_GROUPS "/%u/reserved_regions", group->number);
        r = root_read(root, path, ROOT_FILE_MAX, &text);
        group->is_bound_to_firmware = r >= 0 || r == -ENOENT ? TRISTATE_NO : TRISTATE_UNKNOWN;
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        for (char *line = strtok_r(text, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
                const char *type = strrchr(line, ' ');

                if (type && streq(type, " direct"))
                        group->is_bound_to_firmware = TRISTATE_YES;
        }

        return 0;
}

static int read_group(const Root *root, const PciFacts *previous, unsigned *budget, size_t *told,
                      const PciFacts *facts, PciGroup *group) {
        const PciGroup *known = previous ? find_group(previous, group->number) : NULL;
        char path[GROUP_PATH_MAX];
        int r;

        read_inode(root, group);
        if (known && group->inode != 0 && has_members_of(facts, group, known)) {
                r = copy_members(known, told, group);
                return r < 0 ? r : identify_members(root, facts, group);
        }

        (void) snprintf(path, sizeof(path), IOMMU_GROUPS "/%u/devices", group->number);
        r = list_members(root, path, budget, told, group);
        if (r >= 0)
                r = identify_members(root, facts, group);
        if (r >= 0)
                r = read_whether_real(root, group);
        if (r >= 0)
                r = read_firmware_regions(root, group);

        return r;
}

int pci_groups_read(const Root *root, const PciFacts *previous, unsigned budget, PciFacts *facts) {
        size_t told = PCI_TOLD_MAX;
        int r;

        r = collect_groups(facts);
        if (r < 0)
                return r;

        FOREACH_ARRAY(group, facts->groups, facts->n_groups) {
                r = read_group(root, previous, &budget, &told, facts, group);
                if (r < 0)
                        return r;
        }

        return 0;
}

const PciGroup *pci_facts_find_group(const PciFacts *facts, const PciDevice *device) {
        return !facts || device->has_group != TRISTATE_YES ? NULL : find_group(facts, device->group);
}

bool pci_group_has_same_members(const PciGroup *a, const PciGroup *b) {
        if (a == b)
                return true;
        if (!a || !b || a->n_members != b->n_members)
                return false;

        for (size_t i = 0; i < a->n_members; i++)
                if (!streq(a->members[i].name, b->members[i].name))
                        return false;

        return true;
}
