/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the devices of the PCI buses and reads what each one is, without waking it. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "pci-parts.h"
#include "values.h"

#define DEVICES "sys/bus/pci/devices"

#define CLASS_BRIDGE 0x06U
#define SUBCLASS_HOST 0x00U
#define SUBCLASS_PCI 0x04U
#define SUBCLASS_CARDBUS 0x07U
#define SUBCLASS_SEMI_TRANSPARENT 0x09U
#define SUBCLASS_OTHER 0x80U

#define HEX "0123456789abcdef"

/* The longest address has eight digits of a domain (drivers/pci/probe.c: pci_setup_device()). */
#define ADDRESS_MAX (sizeof("00000000:00:00.0") - 1)

/* "DDDD:BB:SS.F" in lower-case hexadecimal. */
static bool is_address(const char *name) {
        size_t domain = strspn(name, HEX);
        const char *rest = name + domain;

        return domain >= 4 && domain <= 8 && rest[0] == ':' && strspn(rest + 1, HEX) == 2 &&
               rest[3] == ':' && strspn(rest + 4, HEX) == 2 && rest[6] == '.' && rest[7] >= '0' &&
               rest[7] <= '7' && rest[8] == '\0';
}

static void device_done(PciDevice *device) {
        free(device->address);
        free(device->modalias);
        free(device->driver);
        pci_names_done(&device->names);
        *device = (PciDevice){};
}

static int exists_at(const Root *directory, const char *name, Tristate *ret) {
        int r;

        r = root_exists(directory, name);
        *ret = tristate_from_result(r);
        return r == -ENOMEM ? r : 0;
}

/* Of a bridge that has no class of its own, some are devices like others, such as switches for GPUs. The
 * type of the header tells, but a read of the configuration space wakes a sleeping device
 * (drivers/pci/pci-sysfs.c: pci_read_config()). Bridges to buses have attributes of their own there
 * (pci_bridge_attrs_are_visible(); Linux 4.13). */
static int read_role(const Root *directory, PciDevice *device) {
        Tristate is_bridge;
        int r;

        if (!device->modalias)
                device->role = PCI_ROLE_UNKNOWN;
        else if (device->class >> 16 != CLASS_BRIDGE)
                device->role = PCI_ROLE_FUNCTION;
        else
                switch (device->class >> 8 & 0xffU) {
                case SUBCLASS_PCI:
                case SUBCLASS_CARDBUS:
                case SUBCLASS_SEMI_TRANSPARENT:
                        device->role = PCI_ROLE_BRIDGE;
                        break;
                case SUBCLASS_OTHER:
                        r = exists_at(directory, "secondary_bus_number", &is_bridge);
                        if (r < 0)
                                return r;
                        device->role = is_bridge == TRISTATE_YES  ? PCI_ROLE_BRIDGE
                                       : is_bridge == TRISTATE_NO ? PCI_ROLE_FUNCTION
                                                                  : PCI_ROLE_UNKNOWN;
                        break;
                default:
                        device->role = PCI_ROLE_BOARD;
                }

        return 0;
}

static const char *last_step(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Reads a link in the directory of a device, and yields what it leads to without the way there. */
static int read_link(const Root *directory, const char *name, bool exists, Tristate *ret_has, char **ret) {
        _cleanup_free_ char *target = NULL;
        char *step;
        int r;

        r = root_readlink(directory, name, &target);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || isempty(last_step(target)) || strlen(last_step(target)) > NAME_MAX) {
                *ret_has = r == -ENOENT && exists ? TRISTATE_NO : TRISTATE_UNKNOWN;
                return 0;
        }

        step = strdup(last_step(target));
        if (!step)
                return -ENOMEM;

        *ret_has = TRISTATE_YES;
        *ret = step;
        return 0;
}

int pci_read_driver(const Root *directory, bool exists, Tristate *ret_has, char **ret_driver) {
        return read_link(directory, "driver", exists, ret_has, ret_driver);
}

bool pci_group_number(const char *name, unsigned *ret) {
        const char *rest;
        uint64_t number;

        if (parse_unsigned(name, &number, &rest) < 0 || *rest != '\0' || number > INT_MAX)
                return false;

        *ret = (unsigned) number;
        return true;
}

static int read_group_number(const Root *directory, PciDevice *device) {
        _cleanup_free_ char *name = NULL;
        int r;

        r = read_link(directory, "iommu_group", device->modalias, &device->has_group, &name);
        if (r < 0)
                return r;

        if (device->has_group == TRISTATE_YES && !pci_group_number(name, &device->group))
                device->has_group = TRISTATE_UNKNOWN;

        return 0;
}

int pci_open_directory(const Root *root, const char *path, Root *ret_directory, ino_t *ret_inode) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st = {};

        fd = root_open_path(root, path, ret_inode && root->live ? &st : NULL);
        if (fd < 0)
                return fd;

        if (ret_inode)
                *ret_inode = st.st_ino;
        *ret_directory = *root;
        ret_directory->fd = fd;
        return TAKE_FD(fd);
}

/* What a device is never changes (drivers/pci/probe.c: pci_setup_device()). Another one has another
 * directory. */
static int copy_identity(const PciDevice *known, PciDevice *device) {
        char *modalias = strdup(known->modalias);

        if (!modalias)
                return -ENOMEM;

        device->modalias = modalias;
        device->class = known->class;
        device->vendor = known->vendor;
        device->device = known->device;
        device->subsystem_vendor = known->subsystem_vendor;
        device->subsystem = known->subsystem;
        device->role = known->role;
        return 1;
}

/* Returns 1, or 0 when there is no such device any more. */
static int read_what_it_is(const Root *root, const char *path, const Root *directory,
                           const PciFacts *previous, PciDevice *device) {
        const PciDevice *known = device->inode != 0 ? pci_facts_find(previous, device->address) : NULL;
        int r;

        if (known && known->inode == device->inode && known->modalias && known->role != PCI_ROLE_UNKNOWN)
                return copy_identity(known, device);

        r = pci_read_identity(root, path, directory, device);
        if (r <= 0)
                return r;

        r = read_role(directory, device);
        return r < 0 ? r : 1;
}

/* Returns 1, or 0 when there is no such device any more. */
static int read_device(const Root *root, const PciFacts *previous, PciDevice *device) {
        char path[sizeof(DEVICES "/") + ADDRESS_MAX];
        _cleanup_close_ int fd = -EBADF;
        Root directory;
        int r;

        device->has_driver = device->has_group = device->has_virtual_functions = TRISTATE_UNKNOWN;

        (void) snprintf(path, sizeof(path), DEVICES "/%s", device->address);
        fd = pci_open_directory(root, path, &directory, &device->inode);
        if (fd == -ENOMEM)
                return fd;
        if (fd < 0)
                return pci_has_gone(root, path, fd) ? 0 : 1;

        r = read_what_it_is(root, path, &directory, previous, device);
        if (r <= 0)
                return r;

        r = pci_read_driver(&directory, device->modalias, &device->has_driver, &device->driver);
        if (r >= 0)
                r = read_group_number(&directory, device);
        if (r >= 0 && device->modalias && pci_device_is_for_guests(device))
                r = exists_at(&directory, "virtfn0", &device->has_virtual_functions);

        return r < 0 ? r : 1;
}

static int append_device(PciFacts *facts, size_t *allocated, const char *address) {
        if (facts->n_devices == *allocated) {
                size_t larger = *allocated == 0 ? 16 : *allocated * 2;
                PciDevice *devices = reallocarray(facts->devices, larger, sizeof(PciDevice));

                if (!devices)
                        return -ENOMEM;
                facts->devices = devices;
                *allocated = larger;
        }

        facts->devices[facts->n_devices] = (PciDevice){ .address = strdup(address) };
        return facts->devices[facts->n_devices++].address ? 0 : -ENOMEM;
}

static int list_devices(const Root *root, unsigned *budget, PciFacts *facts) {
        _cleanup_(closedirp) DIR *directory = NULL;
        size_t allocated = 0;
        struct dirent *entry;
        int r;

        r = root_opendir(root, DEVICES, &directory);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        while (*budget > 0 && facts->n_devices < PCI_DEVICES_MAX &&
               (entry = root_readdir(root, directory))) {
                (*budget)--;
                r = is_address(entry->d_name) ? append_device(facts, &allocated, entry->d_name) : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

/* A longer domain comes after all shorter ones. */
int pci_address_compare(const char *a, const char *b) {
        size_t length_a = strlen(a), length_b = strlen(b);

        return length_a != length_b ? (length_a < length_b ? -1 : 1) : strcmp(a, b);
}

static int compare_devices(const void *a, const void *b) {
        return pci_address_compare(((const PciDevice *) a)->address, ((const PciDevice *) b)->address);
}

static int read_devices(const Root *root, const PciFacts *previous, unsigned *budget, PciFacts *facts) {
        size_t n = 0;
        int r;

        r = list_devices(root, budget, facts);
        if (r < 0)
                return r;

        for (size_t i = 0; i < facts->n_devices; i++) {
                PciDevice device = facts->devices[i];

                r = read_device(root, previous, &device);
                facts->devices[i] = (PciDevice){};
                if (r == 0)
                        device_done(&device);
                else
                        facts->devices[n++] = device;
                if (r < 0)
                        return r;
        }

        facts->n_devices = n;
        if (n > 0)
                qsort(facts->devices, n, sizeof(PciDevice), compare_devices);
        return 0;
}

int pci_facts_read(const Root *root, const PciFacts *previous, unsigned generation, PciFacts **ret) {
        _cleanup_(pci_facts_unrefp) PciFacts *facts = NULL;
        unsigned budget = PCI_ENTRIES_MAX;
        int r;

        facts = calloc(1, sizeof(PciFacts));
        if (!facts)
                return -ENOMEM;
        facts->n_references = 1;
        facts->generation = generation;

        r = read_devices(root, previous, &budget, facts);
        if (r >= 0)
                r = pci_framebuffers_read(root, facts);
        if (r >= 0)
                r = pci_groups_read(root, previous && previous->generation == generation ? previous : NULL,
                                    budget, facts);
        if (r >= 0)
                r = pci_names_read(facts, previous, /* database= */ NULL);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(facts);
        return 0;
}

PciFacts *pci_facts_ref(PciFacts *facts) {
        if (facts)
                facts->n_references++;

        return facts;
}

PciFacts *pci_facts_unref(PciFacts *facts) {
        if (!facts || --facts->n_references > 0)
                return NULL;

        FOREACH_ARRAY(device, facts->devices, facts->n_devices)
                device_done(device);
        free(facts->devices);
        pci_groups_done(facts);
        free(facts);
        return NULL;
}

const PciDevice *pci_facts_find(const PciFacts *facts, const char *address) {
        PciDevice key = { .address = (char *) address };

        return !facts || facts->n_devices == 0
                       ? NULL
                       : bsearch(&key, facts->devices, facts->n_devices, sizeof(PciDevice), compare_devices);
}

bool pci_device_is_for_guests(const PciDevice *device) {
        return device->role == PCI_ROLE_FUNCTION || device->role == PCI_ROLE_UNKNOWN;
}

bool pci_device_is_same(const PciDevice *a, const PciDevice *b) {
        return streq(a->address, b->address) && !a->modalias == !b->modalias &&
               (!a->modalias || streq(a->modalias, b->modalias));
}

bool pci_name_is_same(const char *a, const char *b) {
        return streq(a ? a : "", b ? b : "");
}
