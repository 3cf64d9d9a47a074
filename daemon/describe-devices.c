/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes the PCI devices that a guest could be given. */

#include <errno.h>

#include "basic/macro.h"
#include "describe-devices.h"

/* A name that is not known is empty in the facts. */
static int add_name(Json *object, const char *key, const char *name) {
        return json_add_string(object, key, isempty(name) ? NULL : name);
}

static int add_identity(Json *object, const PciDevice *device) {
        bool known = device->modalias;
        const struct {
                const char *key;
                uint32_t value;
        } numbers[] = {
                { "class", device->class },
                { "vendor_id", device->vendor },
                { "device_id", device->device },
                { "subsystem_vendor_id", device->subsystem_vendor },
                { "subsystem_id", device->subsystem },
        };
        const struct {
                const char *key, *value;
        } names[] = {
                { "class_name", device->names.class },
                { "vendor_name", device->names.vendor },
                { "device_name", device->names.device },
        };
        int r;

        FOREACH_ELEMENT(number, numbers) {
                r = json_add_number(object, number->key, known, number->value);
                if (r < 0)
                        return r;
        }

        FOREACH_ELEMENT(name, names) {
                r = add_name(object, name->key, name->value);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_group(Json *object, const DeviceResult *result) {
        const PciGroup *group = result->group;
        Json *array;
        int r;

        r = json_add_number(object, "iommu_group", group, group ? group->number : 0);
        if (r < 0)
                return r;

        r = json_add_container(object, "other_members", json_object_new_array(), &array);
        if (r < 0 || !group)
                return r;

        FOREACH_ARRAY(member, group->members, group->n_members) {
                if (member->device == result->device)
                        continue;

                r = json_append(array, json_object_new_string(member->name));
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_verdict(Json *object, const DeviceResult *result) {
        const Finding *finding = &result->finding;
        _cleanup_free_ char *detail = NULL;
        Json *array;
        int r;

        r = json_add_bool(object, "assignable", /* known= */ true, finding->reason->state == CHECK_PASS);
        if (r < 0)
                return r;

        r = json_add_string(object, "reason", finding->reason->id);
        if (r < 0)
                return r;

        r = finding_expand(finding, finding->reason->detail, &detail);
        if (r < 0)
                return r;
        r = json_add_string(object, "detail", detail);
        if (r < 0)
                return r;

        r = json_add_container(object, "blocked_by", json_object_new_array(), &array);
        if (r < 0)
                return r;

        FOREACH_CHECK(i, &result->blocked_by) {
                r = json_append(array, json_object_new_string(catalogue_get(i)->id));
                if (r < 0)
                        return r;
        }

        return 0;
}

int describe_devices(Json *devices, const Verdict *verdict) {
        FOREACH_ARRAY(result, verdict->devices, verdict->n_devices) {
                Json *object;
                int r;

                r = json_add_container(devices, result->device->address, json_object_new_object(), &object);
                if (r >= 0)
                        r = add_identity(object, result->device);
                if (r >= 0)
                        r = json_add_string(object, "driver", result->device->driver);
                if (r >= 0)
                        r = add_group(object, result);
                if (r >= 0)
                        r = add_verdict(object, result);
                if (r < 0)
                        return r;
        }

        return 0;
}
