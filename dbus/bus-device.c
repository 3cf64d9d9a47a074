/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Device: one object for each PCI device that a guest could be given, as they come and go. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus-append.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "bus-path.h"
#include "names.h"

static int append_string(sd_bus_message *reply, const char *text) {
        return sd_bus_message_append(reply, "s", text ? text : "");
}

static int append_other_members(sd_bus_message *reply, const DeviceResult *result) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        if (r < 0)
                return r;

        if (result->group)
                FOREACH_ARRAY(member, result->group->members, result->group->n_members) {
                        if (member->device == result->device)
                                continue;
                        r = sd_bus_message_append(reply, "s", member->name);
                        if (r < 0)
                                return r;
                }

        return sd_bus_message_close_container(reply);
}

static int group_number(const DeviceResult *result) {
        return result->group ? (int) result->group->number : -1;
}

static bool is_assignable(const DeviceResult *result) {
        return result->finding.reason->state == CHECK_PASS;
}

DEFINE_GETTER(get_address, DeviceResult, result, append_string(reply, result->device->address));
DEFINE_GETTER(get_class, DeviceResult, result, sd_bus_message_append(reply, "u", result->device->class));
DEFINE_GETTER(get_class_name, DeviceResult, result, append_string(reply, result->device->names.class));
DEFINE_GETTER(get_vendor_id, DeviceResult, result,
              sd_bus_message_append(reply, "u", (uint32_t) result->device->vendor));
DEFINE_GETTER(get_device_id, DeviceResult, result,
              sd_bus_message_append(reply, "u", (uint32_t) result->device->device));
DEFINE_GETTER(get_subsystem_vendor_id, DeviceResult, result,
              sd_bus_message_append(reply, "u", (uint32_t) result->device->subsystem_vendor));
DEFINE_GETTER(get_subsystem_id, DeviceResult, result,
              sd_bus_message_append(reply, "u", (uint32_t) result->device->subsystem));
DEFINE_GETTER(get_vendor_name, DeviceResult, result, append_string(reply, result->device->names.vendor));
DEFINE_GETTER(get_device_name, DeviceResult, result, append_string(reply, result->device->names.device));
DEFINE_GETTER(get_group, DeviceResult, result, sd_bus_message_append(reply, "i", group_number(result)));
DEFINE_GETTER(get_other_members, DeviceResult, result, append_other_members(reply, result));
DEFINE_GETTER(get_driver, DeviceResult, result, append_string(reply, result->device->driver));
DEFINE_GETTER(get_assignable, DeviceResult, result,
              sd_bus_message_append(reply, "b", (int) is_assignable(result)));
DEFINE_GETTER(get_reason, DeviceResult, result, append_string(reply, result->finding.reason->id));
DEFINE_GETTER(get_detail, DeviceResult, result,
              bus_append_template(reply, &result->finding, result->finding.reason->detail));
DEFINE_GETTER(get_blocked_by, DeviceResult, result, bus_append_check_set(reply, &result->blocked_by));

static const sd_bus_vtable device_vtable[] = {
        SD_BUS_VTABLE_START(0),
        /* Another kind of device at the same address is another object. */
        SD_BUS_PROPERTY("Address", "s", get_address, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Class", "u", get_class, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("ClassName", "s", get_class_name, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("VendorID", "u", get_vendor_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("DeviceID", "u", get_device_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("SubsystemVendorID", "u", get_subsystem_vendor_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("SubsystemID", "u", get_subsystem_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("VendorName", "s", get_vendor_name, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DeviceName", "s", get_device_name, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("IOMMUGroup", "i", get_group, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("OtherMembers", "as", get_other_members, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Driver", "s", get_driver, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Assignable", "b", get_assignable, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Reason", "s", get_reason, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Detail", "s", get_detail, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("BlockedBy", "as", get_blocked_by, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int find_device(sd_bus *bus, const char *path, const char *interface, void *userdata,
                       void **ret_found, sd_bus_error *error) {
        Manager *manager = userdata;
        _cleanup_free_ char *address = NULL;
        const DeviceResult *result;
        int r;

        (void) bus, (void) interface, (void) error;

        r = bus_path_decode_address(BUS_PATH_DEVICE, path, &address);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        result = verdict_find_device(manager->verdict, address);
        if (!result)
                return 0;

        *ret_found = (void *) result;
        return 1;
}

static int list_devices(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                        sd_bus_error *error) {
        const Verdict *verdict = ((const Manager *) userdata)->verdict;
        char **paths;

        (void) bus, (void) prefix, (void) error;

        paths = calloc(verdict->n_devices + 1, sizeof(char *));
        if (!paths)
                return -ENOMEM;

        for (size_t i = 0; i < verdict->n_devices; i++)
                if (bus_path_encode_address(BUS_PATH_DEVICE, verdict->devices[i].device->address,
                                            &paths[i]) < 0) {
                        while (i > 0)
                                free(paths[--i]);
                        free(paths);
                        return -ENOMEM;
                }

        *ret_nodes = paths;
        return 0;
}

int bus_add_devices(Manager *manager) {
        int r;

        r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_DEVICE, BUS_INTERFACE_DEVICE,
                                       device_vtable, find_device, manager);
        if (r < 0)
                return r;

        return sd_bus_add_node_enumerator(manager->bus, NULL, BUS_PATH_DEVICE, list_devices, manager);
}

static ChangedProperties compare(const DeviceResult *old, const DeviceResult *fresh) {
        ChangedProperties changed = {};
        bool other_reason = old->finding.reason != fresh->finding.reason;

        if (!pci_name_is_same(old->device->names.class, fresh->device->names.class))
                changed_properties_add(&changed, "ClassName");
        if (!pci_name_is_same(old->device->names.vendor, fresh->device->names.vendor))
                changed_properties_add(&changed, "VendorName");
        if (!pci_name_is_same(old->device->names.device, fresh->device->names.device))
                changed_properties_add(&changed, "DeviceName");
        if (group_number(old) != group_number(fresh))
                changed_properties_add(&changed, "IOMMUGroup");
        if (!pci_group_has_same_members(old->group, fresh->group))
                changed_properties_add(&changed, "OtherMembers");
        if (!pci_name_is_same(old->device->driver, fresh->device->driver))
                changed_properties_add(&changed, "Driver");
        if (is_assignable(old) != is_assignable(fresh))
                changed_properties_add(&changed, "Assignable");
        if (other_reason)
                changed_properties_add(&changed, "Reason");
        if (other_reason || !finding_arguments_equal(&old->finding, &fresh->finding))
                changed_properties_add(&changed, "Detail");
        if (!check_set_equal(&old->blocked_by, &fresh->blocked_by))
                changed_properties_add(&changed, "BlockedBy");

        return changed;
}

static int emit_device(Manager *manager, const DeviceResult *old, const DeviceResult *fresh) {
        ChangedProperties changed = compare(old, fresh);
        _cleanup_free_ char *path = NULL;
        int r;

        if (changed.n == 0)
                return 0;

        r = bus_path_encode_address(BUS_PATH_DEVICE, fresh->device->address, &path);
        if (r < 0)
                return r;

        return sd_bus_emit_properties_changed_strv(manager->bus, path, BUS_INTERFACE_DEVICE, changed.names);
}

static int emit_added(Manager *manager, const DeviceResult *fresh) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = bus_path_encode_address(BUS_PATH_DEVICE, fresh->device->address, &path);
        if (r < 0)
                return r;

        return sd_bus_emit_object_added(manager->bus, path);
}

/* The object is not found any more, so its interfaces are named: those that come with its arrival. */
static int emit_removed(Manager *manager, const DeviceResult *old) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = bus_path_encode_address(BUS_PATH_DEVICE, old->device->address, &path);
        if (r < 0)
                return r;

        return sd_bus_emit_interfaces_removed(manager->bus, path, "org.freedesktop.DBus.Peer",
                                              "org.freedesktop.DBus.Introspectable",
                                              "org.freedesktop.DBus.Properties", BUS_INTERFACE_DEVICE, NULL);
}

/* Announces a step through both lists: OLD is gone, FRESH is new, or they have the same address. */
static int emit_pair(Manager *manager, const DeviceResult *old, const DeviceResult *fresh) {
        int r;

        if (old && fresh && pci_device_is_same(old->device, fresh->device))
                return emit_device(manager, old, fresh);

        r = old ? emit_removed(manager, old) : 0;
        if (r >= 0 && fresh)
                r = emit_added(manager, fresh);

        return r;
}

/* Both lists are in the order of the addresses. */
int bus_emit_devices(Manager *manager, const Verdict *old) {
        const Verdict *fresh = manager->verdict;
        size_t i = 0, j = 0;

        while (i < old->n_devices || j < fresh->n_devices) {
                const DeviceResult *a = i < old->n_devices ? &old->devices[i] : NULL,
                                   *b = j < fresh->n_devices ? &fresh->devices[j] : NULL;
                int order = !a ? 1 : !b ? -1 : pci_address_compare(a->device->address, b->device->address);
                int r;

                r = emit_pair(manager, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
                if (r < 0)
                        return r;

                i += order <= 0 ? 1 : 0;
                j += order >= 0 ? 1 : 0;
        }

        return 0;
}
