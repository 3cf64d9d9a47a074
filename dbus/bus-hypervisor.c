/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Hypervisor: one object for each hypervisor that libvirt may reach. */

#include <errno.h>

#include "bus-append-json.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "bus-path.h"
#include "bus-waiting.h"
#include "names.h"

/* One call that waits for the end of a query. */
typedef struct RefreshCall {
        WaitingCall waiting;
        const Hypervisor *hypervisor;
        uint64_t number; /* of the query */
} RefreshCall;

static const WaitingKind refresh_calls = {
        .size = sizeof(RefreshCall),
        .max = 1024,
        .per_caller_max = 16,
        .too_many = "Too many calls of Refresh wait for libvirt already; try again later.",
};

void bus_answer_refreshes(Manager *manager, const Hypervisor *hypervisor, uint64_t number) {
        FOREACH_WAITING_CALL(RefreshCall, call, manager, &refresh_calls) {
                if (call->hypervisor != hypervisor || call->number > number)
                        continue;

                bus_answer(call->waiting.message);
                (void) waiting_call_free(&call->waiting);
        }
}

static int method_refresh(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Hypervisor *hypervisor = userdata;
        Manager *manager = hypervisor_userdata(hypervisor);
        _cleanup_(waiting_call_freep) RefreshCall *call = NULL;
        int r;

        if (!hypervisors_can_ask(manager->hypervisors))
                return sd_bus_error_set(
                        error, SD_BUS_ERROR_NOT_SUPPORTED,
                        "The files are of another machine, and its libvirt cannot be asked.");
        if (sd_bus_message_get_expect_reply(message) <= 0) {
                (void) hypervisor_refresh(hypervisor);
                return 1;
        }

        r = waiting_check_room(manager, &refresh_calls, message, error);
        if (r < 0)
                return r;

        call = waiting_call_new(manager, &refresh_calls, message);
        if (!call)
                return -ENOMEM;

        r = waiting_call_end_with_caller(&call->waiting);
        if (r < 0)
                return r;

        call->number = hypervisor_refresh(hypervisor);
        call->hypervisor = hypervisor;
        TAKE_PTR(call);
        return 1;
}

/* All properties are in the table of hypervisor-view.h. */
static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        _cleanup_(json_object_putp) Json *view = NULL;
        int r;

        (void) bus, (void) path, (void) interface, (void) error;

        r = hypervisor_view(userdata, &view);
        if (r < 0)
                return r;

        for (const HypervisorField *field = hypervisor_fields; field->property; field++)
                if (streq(field->property, property))
                        return bus_append_json(reply, libvirt_answer_get(view, field->field.key),
                                               &field->field);

        return -ENXIO;
}

#define PROPERTY(name, signature, flags) SD_BUS_PROPERTY(name, signature, get_property, 0, flags)

static const sd_bus_vtable hypervisor_vtable[] = {
        SD_BUS_VTABLE_START(0),
        PROPERTY("Uri", "s", SD_BUS_VTABLE_PROPERTY_CONST),
        PROPERTY("State", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("Detail", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("LibraryVersion", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("DaemonVersion", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("HypervisorType", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("HypervisorVersion", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("NodeInfo", "a{sv}", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("MaxVcpus", "a{su}", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("KernelMaxVcpus", "u", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        PROPERTY("Domains", "aa{sv}", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        /* It moves with each answer, also with those that have nothing new. */
        PROPERTY("AnsweredUSec", "t", 0),
        SD_BUS_METHOD_WITH_ARGS("Refresh", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_refresh,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int find_hypervisor(sd_bus *bus, const char *path, const char *interface, void *userdata,
                           void **ret_found, sd_bus_error *error) {
        Manager *manager = userdata;
        _cleanup_free_ char *id = NULL;
        Hypervisor *hypervisor;
        int r;

        (void) bus, (void) interface, (void) error;

        r = bus_path_decode(BUS_PATH_HYPERVISOR, path, &id);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        hypervisor = hypervisors_find(manager->hypervisors, id);
        if (!hypervisor)
                return 0;

        *ret_found = hypervisor;
        return 1;
}

static int list_hypervisors(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                            sd_bus_error *error) {
        const Manager *manager = userdata;
        const Hypervisor *hypervisor;
        char **paths;

        (void) bus, (void) prefix, (void) error;

        paths = calloc(HYPERVISORS_MAX + 1, sizeof(char *));
        if (!paths)
                return -ENOMEM;

        for (size_t i = 0; (hypervisor = hypervisors_get(manager->hypervisors, i)); i++)
                if (bus_path_encode(BUS_PATH_HYPERVISOR, hypervisor_id(hypervisor), &paths[i]) < 0) {
                        while (i > 0)
                                free(paths[--i]);
                        free(paths);
                        return -ENOMEM;
                }

        *ret_nodes = paths;
        return 0;
}

int bus_add_hypervisors(Manager *manager) {
        int r;

        r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_HYPERVISOR, BUS_INTERFACE_HYPERVISOR,
                                       hypervisor_vtable, find_hypervisor, manager);
        if (r < 0)
                return r;

        return sd_bus_add_node_enumerator(manager->bus, NULL, BUS_PATH_HYPERVISOR, list_hypervisors,
                                          manager);
}

/* Whether it is the same on D-Bus as null. */
static bool is_nothing(Json *value) {
        switch (json_object_get_type(value)) {
        case json_type_null:
                return true;
        case json_type_string:
                return isempty(json_object_get_string(value));
        case json_type_array:
                return json_object_array_length(value) == 0;
        case json_type_object: {
                json_object_object_foreach(value, key, member) {
                        (void) key;
                        if (member)
                                return false;
                }
                return true;
        }
        default:
                return json_object_get_uint64(value) == 0;
        }
}

static bool is_same(Json *was, Json *is) {
        return json_object_equal(was, is) || (is_nothing(was) && is_nothing(is));
}

static ChangedProperties compare(Json *old, Json *fresh) {
        ChangedProperties changed = {};

        for (const HypervisorField *field = hypervisor_fields; field->property; field++) {
                Json *was = libvirt_answer_get(old, field->field.key),
                     *is = libvirt_answer_get(fresh, field->field.key);

                if (field->announced && !is_same(was, is))
                        changed_properties_add(&changed, field->property);
        }

        return changed;
}

static int emit_changed(Manager *manager, const char *path, Json *old, Json *fresh) {
        ChangedProperties changed = compare(old, fresh);

        return changed.n > 0 ? sd_bus_emit_properties_changed_strv(manager->bus, path,
                                                                   BUS_INTERFACE_HYPERVISOR, changed.names)
                             : 0;
}

int bus_emit_hypervisor(Manager *manager, const Hypervisor *hypervisor, Json *old, Json *fresh) {
        _cleanup_free_ char *path = NULL;
        int r;

        r = bus_path_encode(BUS_PATH_HYPERVISOR, hypervisor_id(hypervisor), &path);
        if (r < 0)
                return r;

        if (old && fresh)
                return emit_changed(manager, path, old, fresh);
        if (fresh)
                return sd_bus_emit_object_added(manager->bus, path);

        /* The object is not found any more, so its interfaces are named: those that come with its arrival.
         */
        return sd_bus_emit_interfaces_removed(
                manager->bus, path, "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable",
                "org.freedesktop.DBus.Properties", BUS_INTERFACE_HYPERVISOR, NULL);
}
