/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and reads the messages, and knows no state. */

#include <errno.h>
#include <stdio.h>

#include "../basic/cleanup.h"
#include "unit-messages.h"

int unit_match_new(const char *unit, char **ret_lists, char **ret_properties) {
        _cleanup_free_ char *path = NULL, *lists = NULL, *properties = NULL;
        int r;

        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path);
        if (r < 0)
                return r;

        /* These are the signals of the manager that begin with the name of a unit. */
        if (asprintf(&lists, UNIT_MATCH_OF_MANAGER "arg0='%s'", unit) < 0)
                return -ENOMEM;
        if (asprintf(&properties,
                     "type='signal',sender='" SYSTEMD "',path='%s',"
                     "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
                     "arg0='org.freedesktop.systemd1.Unit'",
                     path) < 0)
                return -ENOMEM;

        *ret_lists = TAKE_PTR(lists);
        *ret_properties = TAKE_PTR(properties);
        return 0;
}

uint32_t unit_signal_about(sd_bus_message *signal) {
        _cleanup_free_ char *name = NULL;

        if (!sd_bus_message_is_signal(signal, "org.freedesktop.DBus.Properties", "PropertiesChanged") ||
            sd_bus_path_decode(sd_bus_message_get_path(signal), SYSTEMD_PATH "/unit", &name) <= 0)
                return 0;

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                if (streq(unit_to_string(id), name))
                        return UINT32_C(1) << id;

        return 0;
}

static int new_call(sd_bus *bus, const char *destination, const char *path, const char *interface,
                    const char *method, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, destination, path, interface, method);
        if (r < 0)
                return r;

        r = sd_bus_message_set_auto_start(call, false);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

int unit_owner_question_new(sd_bus *bus, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = new_call(bus, BUS_DRIVER, BUS_DRIVER_PATH, BUS_DRIVER, "GetNameOwner", &call);
        if (r < 0)
                return r;

        r = sd_bus_message_append(call, "s", SYSTEMD);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

int unit_subscription_new(sd_bus *bus, sd_bus_message **ret) {
        return new_call(bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe", ret);
}

int unit_question_new(sd_bus *bus, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        const char *names[_UNIT_MAX + 1] = {};
        int r;

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                names[id] = unit_to_string(id);

        r = new_call(bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitsByPatterns", &call);
        if (r < 0)
                return r;

        /* In any state. */
        r = sd_bus_message_append_strv(call, NULL);
        if (r < 0)
                return r;

        r = sd_bus_message_append_strv(call, (char **) names);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

/* Returns 0 when there is no other. */
static int parse_unit(sd_bus_message *answer, UnitStates *states) {
        const char *name, *load, *activity;
        int r;

        r = sd_bus_message_read(answer, "(ssssssouso)", &name, NULL, &load, &activity, NULL, NULL, NULL,
                                NULL, NULL, NULL);
        if (r <= 0)
                return r;

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                if (streq(unit_to_string(id), name)) {
                        states->activity[id] = unit_activity_from_string(activity);
                        states->load[id] = unit_load_from_string(load);
                }

        return 1;
}

int unit_answer_parse(sd_bus_message *answer, UnitStates *states) {
        int r;

        FOREACH_ELEMENT(activity, states->activity)
                *activity = UNIT_ACTIVITY_INACTIVE;

        r = sd_bus_message_enter_container(answer, 'a', "(ssssssouso)");
        if (r < 0)
                return r;

        do
                r = parse_unit(answer, states);
        while (r > 0);

        states->known = r == 0;
        return r;
}
