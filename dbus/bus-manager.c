/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Manager: the summary, and the methods. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "../daemon/describe.h"
#include "bus-append.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "config.h"
#include "names.h"

static ProfileState summary_state(const Manager *manager) {
        return verdict_default_profile(manager->verdict)->state;
}

/* A machine without a recommended feature is ready all the same. */
static bool state_is_ready(ProfileState state) {
        return state == PROFILE_READY || state == PROFILE_DEGRADED;
}

static int append_features(sd_bus_message *reply, const Manager *manager) {
        const char *features[MANAGER_FEATURES_MAX + 1];

        manager_features(manager, features);
        return bus_append_ids(reply, features);
}

static int append_profiles(sd_bus_message *reply, const Verdict *verdict) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{ss}");
        if (r < 0)
                return r;

        FOREACH_ARRAY(result, verdict->profiles, verdict->n_profiles) {
                r = sd_bus_message_append(reply, "{ss}", result->profile->id,
                                          profile_state_to_string(result->state));
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

DEFINE_GETTER(get_version, Manager, manager,
              sd_bus_message_append(reply, "s", manager ? PROJECT_VERSION : ""));
DEFINE_GETTER(get_features, Manager, manager, append_features(reply, manager));
DEFINE_GETTER(get_state, Manager, manager,
              sd_bus_message_append(reply, "s", profile_state_to_string(summary_state(manager))));
DEFINE_GETTER(get_ready, Manager, manager,
              sd_bus_message_append(reply, "b", (int) state_is_ready(summary_state(manager))));
DEFINE_GETTER(get_profiles, Manager, manager, append_profiles(reply, manager->verdict));
DEFINE_GETTER(get_root_causes, Manager, manager,
              bus_append_check_set(reply, &verdict_default_profile(manager->verdict)->root_causes));
DEFINE_GETTER(get_active_vms, Manager, manager, sd_bus_message_append(reply, "u", manager->vms.active));
DEFINE_GETTER(get_generation, Manager, manager, sd_bus_message_append(reply, "t", manager->generation));
DEFINE_GETTER(get_last_check, Manager, manager, sd_bus_message_append(reply, "t", manager->last_check_usec));

static bool has_room(const Manager *manager, sd_bus_message *call) {
        const char *sender = sd_bus_message_get_sender(call);
        unsigned n_of_sender = 0;

        FOREACH_ARRAY(other, manager->waiting, manager->n_waiting) {
                const char *name = sd_bus_message_get_sender(*other);

                n_of_sender += sender && name && streq(name, sender);
        }

        return manager->n_waiting < MANAGER_RECHECKS_MAX && n_of_sender < MANAGER_RECHECKS_PER_CALLER_MAX;
}

static int method_recheck(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        bool is_answered = sd_bus_message_get_expect_reply(call) > 0;

        if (is_answered && !has_room(userdata, call))
                return sd_bus_error_set(
                        error, BUS_ERROR_RATE_LIMITED,
                        "Too many calls of Recheck wait for the next pass already; try again later.");

        manager_recheck(userdata, is_answered ? call : NULL);
        return 1;
}

void bus_answer(sd_bus_message *call) {
        (void) sd_bus_reply_method_return(call, NULL);
}

static int method_describe(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const Manager *manager = userdata;
        _cleanup_(json_object_putp) Json *hypervisors = json_object_new_object();
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_free_ char *json = NULL;
        int r;

        (void) error;

        if (!hypervisors)
                return -ENOMEM;

        r = hypervisors_describe(manager->hypervisors, hypervisors);
        if (r < 0)
                return r;

        r = current_facts_read(&current, &manager->facts, manager->root);
        if (r < 0)
                return r;

        r = describe(&manager->facts, &current, manager->verdict, hypervisors, &json);
        if (r < 0)
                return r;

        return sd_bus_reply_method_return(call, "s", json);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Features", "as", get_features, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ready", "b", get_ready, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Profiles", "a{ss}", get_profiles, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("RootCauses", "as", get_root_causes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ActiveVMs", "u", get_active_vms, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Generation", "t", get_generation, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        /* It moves with every pass, also with those that find nothing new to announce. */
        SD_BUS_PROPERTY("LastCheckUSec", "t", get_last_check, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Recheck", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_recheck,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckAccess", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", devices),
                                bus_check_access, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("EstimateCapacity", SD_BUS_ARGS("a{sv}", guest),
                                SD_BUS_RESULT("a{sv}", estimate), bus_estimate_capacity,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("LoadModule", SD_BUS_ARGS("s", module), SD_BUS_NO_RESULT, bus_load_module,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("PersistModule", SD_BUS_ARGS("s", module, "b", persistent), SD_BUS_NO_RESULT,
                                bus_persist_module, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("AccessChanged", "", 0),
        SD_BUS_SIGNAL_WITH_ARGS("Changed", SD_BUS_ARGS("t", generation, "as", checks), 0),
        SD_BUS_VTABLE_END,
};

int bus_add_manager(Manager *manager) {
        int r;

        r = sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                     manager_vtable, manager);
        if (r < 0)
                return r;

        return sd_bus_add_object_manager(manager->bus, NULL, BUS_PATH_MANAGER);
}

static bool any_profile_state_differs(const Verdict *a, const Verdict *b) {
        for (size_t i = 0; i < a->n_profiles; i++)
                if (a->profiles[i].state != b->profiles[i].state)
                        return true;

        return false;
}

int bus_emit_manager(Manager *manager, const Verdict *old) {
        const ProfileResult *was = verdict_default_profile(old),
                            *is = verdict_default_profile(manager->verdict);
        ChangedProperties changed = {};

        changed_properties_add(&changed, "Generation");
        if (was->state != is->state)
                changed_properties_add(&changed, "State");
        if (state_is_ready(was->state) != state_is_ready(is->state))
                changed_properties_add(&changed, "Ready");
        if (any_profile_state_differs(old, manager->verdict))
                changed_properties_add(&changed, "Profiles");
        if (!check_set_equal(&was->root_causes, &is->root_causes))
                changed_properties_add(&changed, "RootCauses");

        return sd_bus_emit_properties_changed_strv(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                                   changed.names);
}

int bus_emit_changed(Manager *manager, const Verdict *old) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
        CheckSet changed = {};
        int r;

        for (size_t i = 0; i < old->n_checks; i++)
                if (!check_result_equal(&old->checks[i], &manager->verdict->checks[i]))
                        check_set_add(&changed, i);

        r = sd_bus_message_new_signal(manager->bus, &signal, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                      "Changed");
        if (r < 0)
                return r;

        r = sd_bus_message_append(signal, "t", manager->generation);
        if (r < 0)
                return r;

        r = bus_append_check_set(signal, &changed);
        if (r < 0)
                return r;

        return sd_bus_send(manager->bus, signal, NULL);
}

void bus_publish_active_vms(Manager *manager) {
        ChangedProperties changed = {};
        int r;

        if (manager->vms.active != manager->announced_vms.active)
                changed_properties_add(&changed, "ActiveVMs");
        if (manager->vms.known != manager->announced_vms.known)
                changed_properties_add(&changed, "Features");
        if (!bus_is_connected(manager) || changed.n == 0)
                return;

        r = sd_bus_emit_properties_changed_strv(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                                changed.names);
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to announce the number of virtual machines, ignoring: %m");
}

void bus_publish_features(Manager *manager) {
        int r;

        if (!bus_is_connected(manager))
                return;

        r = sd_bus_emit_properties_changed(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "Features",
                                           NULL);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to announce a change of Features, ignoring: %m");
}

int bus_emit_access_changed(Manager *manager) {
        return sd_bus_emit_signal(manager->bus, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "AccessChanged",
                                  "");
}
