/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals name properties, documents have keys: this file knows which is which. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "../dbus/bus-path.h"
#include "../dbus/names.h"
#include "bus-json.h"
#include "change.h"
#include "json-output.h"

static const struct {
        const char *property;
        const char *key;
} keys[] = {
        /* of checks */
        { "Reason", "reason" },
        { "Detail", "detail" },
        { "Arguments", "arguments" },
        { "Evidence", "evidence" },
        { "BlockedBy", "blocked_by" },
        { "Remedies", "remedies" },
        { "ReasonSinceUSec", "reason_since_usec" },
        /* of profiles */
        { "Failing", "failing" },
        { "RootCauses", "root_causes" },
        /* of both */
        { "State", "state" },
        { "SinceUSec", "since_usec" },
};

static const char *key_of(const char *property) {
        FOREACH_ELEMENT(k, keys)
                if (streq(k->property, property))
                        return k->key;

        return NULL;
}

/* Reads an entry of "a{sv}" into OBJECT. Returns whether that changed something. */
static int apply_property(sd_bus_message *signal, Json *object) {
        _cleanup_(json_object_putp) Json *value = NULL;
        const char *property, *key;
        int r;

        r = sd_bus_message_read(signal, "s", &property);
        if (r < 0)
                return r;

        key = key_of(property);
        if (!key) {
                r = sd_bus_message_skip(signal, "v");
                return r < 0 ? r : 0;
        }

        r = bus_json_read(signal, &value);
        if (r < 0)
                return r;
        if (json_object_equal(value, doc_get(object, key)))
                return 0;

        r = json_add(object, key, json_object_get(value));
        return r < 0 ? r : 1;
}

static int apply_properties(sd_bus_message *signal, Json *object, bool *ret_changed) {
        bool changed = false;
        int r;

        r = sd_bus_message_enter_container(signal, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(signal, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = apply_property(signal, object);
                if (r < 0)
                        return r;
                changed = changed || r > 0;

                r = sd_bus_message_exit_container(signal);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;

        *ret_changed = changed;
        return sd_bus_message_exit_container(signal);
}

/* Yields the member KEY of OBJECT, an object, which is made where there is none. */
static int get_object(Json *object, const char *key, Json **ret) {
        Json *member = doc_get(object, key);
        int r;

        if (!json_object_is_type(member, json_type_object)) {
                member = json_object_new_object();
                r = json_add(object, key, member);
                if (r < 0)
                        return r;
        }

        *ret = member;
        return 0;
}

/* A check that the document does not have comes from a daemon that learned of it later. */
static int apply_to_object(Json *document, sd_bus_message *signal, const char *section, Change *change) {
        Json *objects;
        bool changed;
        int r;

        r = get_object(document, section, &objects);
        if (r < 0)
                return r;

        r = get_object(objects, change->id, &change->object);
        if (r < 0)
                return r;

        change->old_state = strdup(doc_text(change->object, "state"));
        if (!change->old_state)
                return -ENOMEM;

        r = apply_properties(signal, change->object, &changed);
        if (r >= 0 && !changed)
                change->kind = CHANGE_NONE;

        return r;
}

/* The summary's other properties follow from the checks and profiles. */
static int read_active_vms(sd_bus_message *signal, Change *change) {
        _cleanup_(json_object_putp) Json *properties = NULL;
        int r;

        r = bus_json_read(signal, &properties);
        if (r < 0)
                return r;

        if (doc_get(properties, "ActiveVMs")) {
                change->kind = CHANGE_ACTIVE_VMS;
                change->count = doc_number(properties, "ActiveVMs");
        }

        return 0;
}

static int read_signal(Json *document, sd_bus_message *signal, Change *change) {
        const char *path = sd_bus_message_get_path(signal), *interface;
        int r;

        r = sd_bus_message_read(signal, "s", &interface);
        if (r < 0)
                return r;

        if (streq(interface, BUS_INTERFACE_MANAGER))
                r = read_active_vms(signal, change);
        else if (streq(interface, BUS_INTERFACE_DEVICE)) {
                change->kind = CHANGE_DEVICE;
                return 0;
        } else if (streq(interface, BUS_INTERFACE_HYPERVISOR)) {
                change->kind = CHANGE_HYPERVISOR;
                return 0;
        } else if (streq(interface, BUS_INTERFACE_CHECK) &&
                   bus_path_decode(BUS_PATH_CHECK, path, &change->id) >= 0) {
                change->kind = CHANGE_CHECK;
                r = apply_to_object(document, signal, "checks", change);
        } else if (streq(interface, BUS_INTERFACE_PROFILE) &&
                   bus_path_decode(BUS_PATH_PROFILE, path, &change->id) >= 0) {
                change->kind = CHANGE_PROFILE;
                r = apply_to_object(document, signal, "profiles", change);
        } else
                return 0;
        if (r < 0)
                return r;

        r = sd_bus_message_enter_container(signal, SD_BUS_TYPE_ARRAY, "s");
        if (r < 0)
                return r;
        change->invalidated = sd_bus_message_at_end(signal, /* complete= */ false) == 0;
        return 0;
}

int change_apply(Json *document, sd_bus_message *signal, Change *ret) {
        _cleanup_(change_done) Change change = {};
        int r;

        r = read_signal(document, signal, &change);
        if (r < 0)
                return r;

        *ret = change;
        change = (Change){};
        return 0;
}

void change_done(Change *change) {
        free(change->id);
        free(change->old_state);
        *change = (Change){};
}
