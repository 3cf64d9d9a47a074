/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows the ids from one object of a document to the next. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "relations.h"

static Weight weigh_for_profile(Json *profile, const char *id) {
        if (doc_lists(doc_get(profile, "required"), id))
                return WEIGHT_REQUIRED;
        if (doc_lists(doc_get(profile, "root_causes"), id))
                return doc_profile_state(profile) == PROFILE_DEGRADED ? WEIGHT_RECOMMENDED : WEIGHT_REQUIRED;

        return doc_lists(doc_get(profile, "recommended"), id) ? WEIGHT_RECOMMENDED : WEIGHT_NONE;
}

static Weight weigh_alone(Json *document, const char *id) {
        Weight heaviest = WEIGHT_NONE;

        for (Member *m = doc_first(doc_get(document, "profiles")); m; m = doc_next(m)) {
                Weight weight = weigh_for_profile(doc_value(m), id);

                if (weight > heaviest)
                        heaviest = weight;
        }

        return heaviest;
}

Weight weigh_check(Json *document, const char *id) {
        Json *blockers = doc_get(doc_check(document, id), "blocked_by");
        Weight heaviest = weigh_alone(document, id);

        for (size_t i = 0; i < doc_size(blockers); i++) {
                Weight weight = weigh_alone(document, doc_text_at(blockers, i));

                if (weight > heaviest)
                        heaviest = weight;
        }

        return heaviest;
}

static int append_id(Json *array, const char *id) {
        Json *string = json_object_new_string(id);

        if (!string)
                return -ENOMEM;
        if (json_object_array_add(array, string) < 0) {
                json_object_put(string);
                return -ENOMEM;
        }

        return 0;
}

/* Yields the keys of OBJECTS whose member LIST is an array that has ID in it. */
static int find_by_list(Json *objects, const char *list, const char *id, Json **ret) {
        _cleanup_(json_object_putp) Json *found = NULL;
        int r;

        found = json_object_new_array();
        if (!found)
                return -ENOMEM;

        for (Member *m = doc_first(objects); m; m = doc_next(m)) {
                if (!doc_lists(doc_get(doc_value(m), list), id))
                        continue;

                r = append_id(found, doc_key(m));
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(found);
        return 0;
}

int find_blocked(Json *document, const char *id, Json **ret) {
        return find_by_list(doc_get(document, "checks"), "blocked_by", id, ret);
}

int find_profiles(Json *document, const char *id, const char *list, Json **ret) {
        return find_by_list(doc_get(document, "profiles"), list, id, ret);
}

/* Whether a required check in STATE explains that the profile is in the state in which it is. */
static bool state_explains(CheckState state, ProfileState profile) {
        switch (profile) {
        case PROFILE_READY:
        case PROFILE_DEGRADED:
                return false;
        case PROFILE_NOT_APPLICABLE:
                return state == CHECK_NOT_APPLICABLE;
        case PROFILE_NOT_READY:
                return state == CHECK_FAIL || state == CHECK_BLOCKED;
        default:
                return state == CHECK_UNKNOWN;
        }
}

int find_causes_of_profile(Json *document, Json *profile, Json **ret) {
        _cleanup_(json_object_putp) Json *causes = NULL;
        Json *roots = doc_get(profile, "root_causes"), *required = doc_get(profile, "required");
        int r;

        if (doc_size(roots) > 0) {
                *ret = json_object_get(roots);
                return 0;
        }

        causes = json_object_new_array();
        if (!causes)
                return -ENOMEM;

        for (size_t i = 0; i < doc_size(required); i++) {
                const char *id = doc_text_at(required, i);

                if (!state_explains(doc_check_state(doc_check(document, id)), doc_profile_state(profile)))
                        continue;

                r = append_id(causes, id);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_PTR(causes);
        return 0;
}
