/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices that a verdict is about: all that a guest could be given, judged one by one. */

#include <errno.h>
#include <string.h>

#include "../basic/macro.h"
#include "assignable.h"

int judge_devices(const Facts *facts, Verdict *verdict) {
        const PciFacts *pci = facts->pci;
        int r;

        verdict->pci = pci_facts_ref(facts->pci);
        if (!pci || pci->n_devices == 0)
                return 0;

        verdict->devices = calloc(pci->n_devices, sizeof(DeviceResult));
        if (!verdict->devices)
                return -ENOMEM;

        FOREACH_ARRAY(device, pci->devices, pci->n_devices) {
                DeviceResult *result = &verdict->devices[verdict->n_devices];

                if (!pci_device_is_for_guests(device))
                        continue;

                verdict->n_devices++;
                result->device = device;
                r = assignable_judge(facts, verdict, result);
                if (r < 0)
                        return r;
        }

        return 0;
}

void device_results_done(Verdict *verdict) {
        FOREACH_ARRAY(result, verdict->devices, verdict->n_devices)
                finding_done(&result->finding);
        free(verdict->devices);
        pci_facts_unref(verdict->pci);
}

static bool strings_equal(const char *a, const char *b) {
        return a && b ? streq(a, b) : !a && !b;
}

static bool names_equal(const PciNames *a, const PciNames *b) {
        return pci_name_is_same(a->vendor, b->vendor) && pci_name_is_same(a->device, b->device) &&
               pci_name_is_same(a->class, b->class);
}

bool device_result_equal(const DeviceResult *a, const DeviceResult *b) {
        return pci_device_is_same(a->device, b->device) &&
               names_equal(&a->device->names, &b->device->names) &&
               strings_equal(a->device->driver, b->device->driver) &&
               finding_equal(&a->finding, &b->finding) && check_set_equal(&a->blocked_by, &b->blocked_by) &&
               !a->group == !b->group && (!a->group || a->group->number == b->group->number) &&
               pci_group_has_same_members(a->group, b->group);
}

bool device_results_equal(const Verdict *a, const Verdict *b) {
        if (a->n_devices != b->n_devices)
                return false;

        for (size_t i = 0; i < a->n_devices; i++)
                if (!device_result_equal(&a->devices[i], &b->devices[i]))
                        return false;

        return true;
}

/* Addresses are sorted as the facts sort them, so the facts find the device. */
const DeviceResult *verdict_find_device(const Verdict *verdict, const char *address) {
        const PciDevice *device = pci_facts_find(verdict->pci, address);
        size_t first = 0, end = verdict->n_devices;

        if (!device)
                return NULL;

        /* Both arrays have the same order. */
        while (first < end) {
                size_t middle = first + (end - first) / 2;

                if (verdict->devices[middle].device < device)
                        first = middle + 1;
                else
                        end = middle;
        }

        return first < verdict->n_devices && verdict->devices[first].device == device
                       ? &verdict->devices[first]
                       : NULL;
}
