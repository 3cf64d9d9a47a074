/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Check: one object for each check of the catalogue. */

#include <errno.h>

#include "../daemon/checks/documentation.h"
#include "bus-append.h"
#include "bus-getter.h"
#include "bus-objects.h"
#include "bus-path.h"
#include "names.h"

static int append_documentation_uri(sd_bus_message *reply, const Check *check) {
        _cleanup_free_ char *uri = NULL;
        int r;

        r = check_documentation_uri(check, &uri);
        if (r < 0)
                return r;

        return sd_bus_message_append(reply, "s", uri);
}

DEFINE_GETTER(get_id, CheckResult, result, sd_bus_message_append(reply, "s", result->check->id));
DEFINE_GETTER(get_title, CheckResult, result, sd_bus_message_append(reply, "s", result->check->title));
DEFINE_GETTER(get_description, CheckResult, result,
              sd_bus_message_append(reply, "s", result->check->description));
DEFINE_GETTER(get_documentation_uri, CheckResult, result, append_documentation_uri(reply, result->check));
DEFINE_GETTER(get_state, CheckResult, result,
              sd_bus_message_append(reply, "s", check_state_to_string(result->state)));
DEFINE_GETTER(get_reason, CheckResult, result,
              sd_bus_message_append(reply, "s", result->finding.reason->id));
DEFINE_GETTER(get_detail, CheckResult, result,
              bus_append_template(reply, &result->finding, result->finding.reason->detail));
DEFINE_GETTER(get_arguments, CheckResult, result, bus_append_arguments(reply, &result->finding));
DEFINE_GETTER(get_evidence, CheckResult, result,
              sd_bus_message_append(reply, "s", evidence_to_string(result->finding.evidence)));
DEFINE_GETTER(get_blocked_by, CheckResult, result, bus_append_check_set(reply, &result->blocked_by));
DEFINE_GETTER(get_remedies, CheckResult, result, bus_append_remedies(reply, result));
DEFINE_GETTER(get_since, CheckResult, result, sd_bus_message_append(reply, "t", result->since_usec));
DEFINE_GETTER(get_reason_since, CheckResult, result,
              sd_bus_message_append(reply, "t", result->reason_since_usec));

static const sd_bus_vtable check_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "s", get_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Title", "s", get_title, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Description", "s", get_description, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("DocumentationURI", "s", get_documentation_uri, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Reason", "s", get_reason, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Detail", "s", get_detail, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Arguments", "a{sv}", get_arguments, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Evidence", "s", get_evidence, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("BlockedBy", "as", get_blocked_by, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Remedies", "aa{sv}", get_remedies, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("SinceUSec", "t", get_since, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ReasonSinceUSec", "t", get_reason_since, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int find_check(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
                      sd_bus_error *error) {
        Manager *manager = userdata;
        _cleanup_free_ char *id = NULL;
        ssize_t index;
        int r;

        (void) bus, (void) interface, (void) error;

        r = bus_path_decode(BUS_PATH_CHECK, path, &id);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        index = catalogue_find(id);
        if (index < 0)
                return 0;

        *ret_found = &manager->verdict->checks[index];
        return 1;
}

static const char *check_id_at(size_t index) {
        return catalogue_get(index)->id;
}

static int list_checks(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                       sd_bus_error *error) {
        (void) bus, (void) prefix, (void) userdata, (void) error;

        return bus_path_encode_all(BUS_PATH_CHECK, catalogue_size(), check_id_at, ret_nodes);
}

int bus_add_checks(Manager *manager) {
        int r;

        r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH_CHECK, BUS_INTERFACE_CHECK, check_vtable,
                                       find_check, manager);
        if (r < 0)
                return r;

        return sd_bus_add_node_enumerator(manager->bus, NULL, BUS_PATH_CHECK, list_checks, manager);
}

static ChangedProperties compare(const CheckResult *old, const CheckResult *fresh) {
        ChangedProperties changed = {};
        bool other_reason = old->finding.reason != fresh->finding.reason;
        bool other_arguments = !finding_arguments_equal(&old->finding, &fresh->finding);
        size_t old_remedies, fresh_remedies;

        (void) check_result_remedies(old, &old_remedies);
        (void) check_result_remedies(fresh, &fresh_remedies);

        if (old->state != fresh->state)
                changed_properties_add(&changed, "State");
        if (other_reason)
                changed_properties_add(&changed, "Reason");
        if (other_reason || other_arguments)
                changed_properties_add(&changed, "Detail");
        if (other_arguments)
                changed_properties_add(&changed, "Arguments");
        if (old->finding.evidence != fresh->finding.evidence)
                changed_properties_add(&changed, "Evidence");
        if (!check_set_equal(&old->blocked_by, &fresh->blocked_by))
                changed_properties_add(&changed, "BlockedBy");
        if (old_remedies != fresh_remedies || (fresh_remedies > 0 && (other_reason || other_arguments)))
                changed_properties_add(&changed, "Remedies");
        if (old->since_usec != fresh->since_usec)
                changed_properties_add(&changed, "SinceUSec");
        if (old->reason_since_usec != fresh->reason_since_usec)
                changed_properties_add(&changed, "ReasonSinceUSec");

        return changed;
}

int bus_emit_check(Manager *manager, const CheckResult *old, const CheckResult *fresh) {
        ChangedProperties changed = compare(old, fresh);
        _cleanup_free_ char *path = NULL;
        int r;

        if (changed.n == 0)
                return 0;

        r = bus_path_encode(BUS_PATH_CHECK, fresh->check->id, &path);
        if (r < 0)
                return r;

        return sd_bus_emit_properties_changed_strv(manager->bus, path, BUS_INTERFACE_CHECK, changed.names);
}
