/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks over two JSON documents at once. */

#include <json-c/json.h>

#include "contains.h"

/* To json-c, NULL is JSON's null. */
static const char *to_text(Json *value) {
        return value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                     JSON_C_TO_STRING_NOSLASHESCAPE)
                     : "null";
}

static bool compare(Json *found, Json *expected, const char *path, GString *complaints);

static bool complain(const char *path, Json *expected, const char *found, GString *complaints) {
        g_string_append_printf(complaints, "%s: expected %s, found %s\n", path, to_text(expected), found);
        return false;
}

static bool compare_members(Json *found, Json *expected, const char *path, GString *complaints) {
        bool good = true;

        json_object_object_foreach(expected, key, value) {
                g_autofree char *below = *path ? g_strconcat(path, ".", key, NULL) : g_strdup(key);
                Json *member;

                if (!json_object_object_get_ex(found, key, &member))
                        good = complain(below, value, "nothing", complaints);
                else
                        good &= compare(member, value, below, complaints);
        }

        return good;
}

static bool compare_elements(Json *found, Json *expected, const char *path, GString *complaints) {
        size_t n = json_object_array_length(expected);
        bool good = true;

        if (json_object_array_length(found) != n)
                return complain(path, expected, to_text(found), complaints);

        for (size_t i = 0; i < n; i++) {
                g_autofree char *below = g_strdup_printf("%s[%zu]", path, i);

                good &= compare(json_object_array_get_idx(found, i), json_object_array_get_idx(expected, i),
                                below, complaints);
        }

        return good;
}

static bool compare(Json *found, Json *expected, const char *path, GString *complaints) {
        json_type type = json_object_get_type(expected);

        if (json_object_get_type(found) != type)
                return complain(path, expected, to_text(found), complaints);
        if (type == json_type_object)
                return compare_members(found, expected, path, complaints);
        if (type == json_type_array)
                return compare_elements(found, expected, path, complaints);

        return json_object_equal(found, expected) || complain(path, expected, to_text(found), complaints);
}

bool json_contains(Json *found, Json *expected, GString *complaints) {
        return compare(found, expected, "", complaints);
}
