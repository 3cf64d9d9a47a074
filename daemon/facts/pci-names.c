/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of PCI devices, from the hardware database of udev (hwdb(7)). */

#include <errno.h>
#include <string.h>
#include <systemd/sd-hwdb.h>

#include "../basic/macro.h"
#include "pci-parts.h"

void pci_names_done(PciNames *names) {
        free(names->vendor);
        free(names->device);
        free(names->class);
        *names = (PciNames){};
}

static int names_copy(const PciNames *from, PciNames *ret) {
        PciNames copy = {
                .vendor = strdup(from->vendor ? from->vendor : ""),
                .device = strdup(from->device ? from->device : ""),
                .class = strdup(from->class ? from->class : ""),
        };

        if (!copy.vendor || !copy.device || !copy.class) {
                pci_names_done(&copy);
                return -ENOMEM;
        }

        make_printable(copy.vendor);
        make_printable(copy.device);
        make_printable(copy.class);
        *ret = copy;
        return 0;
}

/* The keys are those of hwdb.d/20-pci-vendor-model.hwdb and 20-pci-classes.hwdb. */
static const char *look_up(sd_hwdb *database, const char *modalias, const char *key) {
        const char *value;

        return sd_hwdb_get(database, modalias, key, &value) >= 0 ? value : NULL;
}

static int names_from_database(sd_hwdb *database, const char *modalias, PciNames *ret) {
        PciNames found = {};

        if (database) {
                found.vendor = (char *) look_up(database, modalias, "ID_VENDOR_FROM_DATABASE");
                found.device = (char *) look_up(database, modalias, "ID_MODEL_FROM_DATABASE");
                found.class = (char *) look_up(database, modalias, "ID_PCI_SUBCLASS_FROM_DATABASE");
                if (!found.class)
                        found.class = (char *) look_up(database, modalias, "ID_PCI_CLASS_FROM_DATABASE");
        }

        return names_copy(&found, ret);
}

/* What the database does not have today it may have tomorrow. */
static bool has_all_names(const PciNames *names) {
        return !isempty(names->vendor) && !isempty(names->device) && !isempty(names->class);
}

static int compare_modaliases(const void *a, const void *b) {
        return strcmp((*(const PciDevice *const *) a)->modalias, (*(const PciDevice *const *) b)->modalias);
}

/* The devices that have names, or are to have some, by what they are. */
typedef struct NamedDevices {
        PciDevice **devices;
        size_t n;
} NamedDevices;

static void named_devices_done(NamedDevices *named) {
        free(named->devices);
}

static int collect(const PciFacts *facts, bool known, NamedDevices *ret) {
        NamedDevices named = {};

        if (facts && facts->n_devices > 0) {
                named.devices = calloc(facts->n_devices, sizeof(PciDevice *));
                if (!named.devices)
                        return -ENOMEM;

                FOREACH_ARRAY(device, facts->devices, facts->n_devices)
                        if (device->modalias && pci_device_is_for_guests(device) &&
                            (!known || has_all_names(&device->names)))
                                named.devices[named.n++] = device;

                qsort(named.devices, named.n, sizeof(PciDevice *), compare_modaliases);
        }

        *ret = named;
        return 0;
}

static const PciDevice *find_named(const NamedDevices *named, const PciDevice *like) {
        PciDevice *const *found = named->n == 0 ? NULL
                                                : bsearch(&like, named->devices, named->n,
                                                          sizeof(PciDevice *), compare_modaliases);

        return found ? *found : NULL;
}

static sd_hwdb *open_database(const char *path) {
        sd_hwdb *database;
        int r;

        r = path ? sd_hwdb_new_from_path(path, &database) : sd_hwdb_new(&database);
        return r < 0 ? NULL : database;
}

/* Names one device: as the one before it, which may be of the same kind, as before, or by the database. */
static int name_device(PciDevice *device, const PciDevice *neighbour, const NamedDevices *known,
                       sd_hwdb *database) {
        const PciDevice *like = neighbour && streq(neighbour->modalias, device->modalias)
                                        ? neighbour
                                        : find_named(known, device);

        return like ? names_copy(&like->names, &device->names)
                    : names_from_database(database, device->modalias, &device->names);
}

int pci_names_read(PciFacts *facts, const PciFacts *previous, const char *database) {
        _cleanup_(named_devices_done) NamedDevices named = {}, known = {};
        _cleanup_(sd_hwdb_unrefp) sd_hwdb *hwdb = NULL;
        bool opened = false;
        int r;

        r = collect(previous, /* known= */ true, &known);
        if (r < 0)
                return r;
        r = collect(facts, /* known= */ false, &named);
        if (r < 0)
                return r;

        for (size_t i = 0; i < named.n; i++) {
                if (!opened && !find_named(&known, named.devices[i])) {
                        hwdb = open_database(database);
                        opened = true;
                }

                r = name_device(named.devices[i], i > 0 ? named.devices[i - 1] : NULL, &known, hwdb);
                if (r < 0)
                        return r;
        }

        return 0;
}
