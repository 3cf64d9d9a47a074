/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the answer of systemd. */

#include <glib.h>

#include "machine-units.h"

static UnitId unit_from_name(const char *name) {
        for (UnitId id = 0; id < _UNIT_MAX; id++)
                if (streq(unit_to_string(id), name))
                        return id;

        g_error("No unit '%s' is watched.", name);
}

void machine_unit_script(UnitStates *states, char **words) {
        UnitActivity activity;
        UnitId id;

        if (!states->known)
                for (id = 0; id < _UNIT_MAX; id++)
                        states->activity[id] = UNIT_ACTIVITY_INACTIVE;
        states->known = true;

        if (!words[0])
                return;
        if (!words[1])
                g_error("'%s' lacks what it does.", words[0]);

        id = unit_from_name(words[0]);
        activity = unit_activity_from_string(words[1]);
        if (!streq(unit_activity_to_string(activity), words[1]))
                g_error("No unit is '%s'.", words[1]);

        states->activity[id] = activity;
        states->load[id] = unit_load_from_string(words[2] ? words[2] : "loaded");
}
