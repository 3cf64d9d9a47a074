/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Profile: one object for each purpose. */

#include <errno.h>

#include "bus-append.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "bus-path.h"
#include "names.h"

DEFINE_GETTER(get_id, ProfileResult, result, sd_bus_message_append(reply, "s", result->profile->id));
DEFINE_GETTER(get_title, ProfileResult, result, sd_bus_message_append(reply, "s", result->profile->title));
DEFINE_GETTER(get_required, ProfileResult, result, bus_append_ids(reply, result->profile->required));
DEFINE_GETTER(get_recommended, ProfileResult, result, bus_append_ids(reply, result->profile->recommended));
DEFINE_GETTER(get_state, ProfileResult, result,
              sd_bus_message_append(reply, "s", profile_state_to_string(result->state)));
DEFINE_GETTER(get_failing, ProfileResult, result, bus_append_check_set(reply, &result->failing));
DEFINE_GETTER(get_root_causes, ProfileResult, result, bus_append_check_set(reply, &result->root_causes));
DEFINE_GETTER(get_since, ProfileResult, result, sd_bus_message_append(reply, "t", result->since_usec));

static const sd_bus_vtable profile_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "s", get_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Title", "s", get_title, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Required", "as", get_required, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Recommended", "as", get_recommended, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Failing", "as", get_failing, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("RootCauses", "as", get_root_causes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("SinceUSec", "t", get_since, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int find_profile(sd_bus *bus, const char *path, const char *interface, void *userdata,
                        void **ret_found, sd_bus_error *error) {
        Manager *manager = userdata;
        _cleanup_free_ char *id = NULL;
        int r;

        (void) bus, (void) interface, (void) error;

        r = bus_path_decode(BUS_PATH_PROFILE, path, &id);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        FOREACH_ARRAY(result, manager->verdict->profiles, manager->verdict->n_profiles)
                if (streq(result->profile->id, id)) {
                        *ret_found = result;
                        return 1;
                }

        return 0;
}

static const char *profile_id_at(size_t index) {
        return profiles_get(index)->id;
}

static int list_profiles(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                         sd_bus_error *error) {
        (void) bus, (void) prefix, (void) userdata, (void) error;

        return bus_path_encode_all(BUS_PATH_PROFILE, profiles_size(), profile_id_at, ret_nodes);
}

int bus_add_profiles(Manager *manager) {
        int r;

        r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_PROFILE, BUS_INTERFACE_PROFILE,
                                       profile_vtable, find_profile, manager);
        if (r < 0)
                return r;

        return sd_bus_add_node_enumerator(manager->bus, NULL, BUS_PATH_PROFILE, list_profiles, manager);
}

int bus_emit_profile(Manager *manager, const ProfileResult *old, const ProfileResult *fresh) {
        ChangedProperties changed = {};
        _cleanup_free_ char *path = NULL;
        int r;

        if (old->state != fresh->state)
                changed_properties_add(&changed, "State");
        if (!check_set_equal(&old->failing, &fresh->failing))
                changed_properties_add(&changed, "Failing");
        if (!check_set_equal(&old->root_causes, &fresh->root_causes))
                changed_properties_add(&changed, "RootCauses");
        if (old->since_usec != fresh->since_usec)
                changed_properties_add(&changed, "SinceUSec");
        if (changed.n == 0)
                return 0;

        r = bus_path_encode(BUS_PATH_PROFILE, fresh->profile->id, &path);
        if (r < 0)
                return r;

        return sd_bus_emit_properties_changed_strv(manager->bus, path, BUS_INTERFACE_PROFILE, changed.names);
}
