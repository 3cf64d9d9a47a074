/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accessors that no document can crash. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "document.h"

int document_parse(const char *text, Json **ret) {
        _cleanup_(json_object_putp) Json *document = NULL;
        enum json_tokener_error error;

        document = json_tokener_parse_verbose(text, &error);
        if (!json_object_is_type(document, json_type_object))
                return -EBADMSG;

        *ret = TAKE_PTR(document);
        return 0;
}

Json *doc_get(Json *object, const char *key) {
        Json *value = NULL;

        return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static const char *text_of(Json *value) {
        const char *text =
                json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

        return text ? text : "";
}

const char *doc_text(Json *object, const char *key) {
        return text_of(doc_get(object, key));
}

const char *doc_text_or(Json *object, const char *key, const char *fallback) {
        const char *text = doc_text(object, key);

        return isempty(text) ? fallback : text;
}

bool doc_flag(Json *object, const char *key) {
        Json *value = doc_get(object, key);

        return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

uint64_t doc_number(Json *object, const char *key) {
        Json *value = doc_get(object, key);

        return json_object_is_type(value, json_type_int) ? json_object_get_uint64(value) : 0;
}

Member *doc_first(Json *object) {
        return json_object_is_type(object, json_type_object) ? lh_table_head(json_object_get_object(object))
                                                             : NULL;
}

Member *doc_next(Member *member) {
        return lh_entry_next(member);
}

const char *doc_key(const Member *member) {
        return lh_entry_k(member);
}

Json *doc_value(const Member *member) {
        return lh_entry_v(member);
}

size_t doc_size(Json *array) {
        return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

Json *doc_at(Json *array, size_t index) {
        return index < doc_size(array) ? json_object_array_get_idx(array, index) : NULL;
}

const char *doc_text_at(Json *array, size_t index) {
        return text_of(doc_at(array, index));
}

bool doc_lists(Json *array, const char *text) {
        for (size_t i = 0; i < doc_size(array); i++)
                if (streq(doc_text_at(array, i), text))
                        return true;

        return false;
}

Json *doc_check(Json *document, const char *id) {
        return doc_get(doc_get(document, "checks"), id);
}

Json *doc_profile(Json *document, const char *id) {
        return doc_get(doc_get(document, "profiles"), id);
}

Json *doc_device(Json *document, const char *address) {
        return doc_get(doc_get(document, "devices"), address);
}

CheckState doc_device_state(Json *device) {
        if (doc_flag(device, "assignable"))
                return CHECK_PASS;

        return streq(doc_text(device, "reason"), "unknown") || isempty(doc_text(device, "reason"))
                       ? CHECK_UNKNOWN
                       : CHECK_FAIL;
}

CheckState doc_hypervisor_state(Json *hypervisor) {
        const char *state = doc_text(hypervisor, "state");

        if (streq(state, "running") || streq(state, "dormant"))
                return CHECK_PASS;

        return isempty(state) || streq(state, "unknown") ? CHECK_UNKNOWN : CHECK_FAIL;
}

CheckState doc_check_state(Json *check) {
        const char *word = doc_text(check, "state");

        for (CheckState state = 0; state < _CHECK_STATE_MAX; state++)
                if (streq(check_state_to_string(state), word))
                        return state;

        return CHECK_UNKNOWN;
}

ProfileState doc_profile_state(Json *profile) {
        return profile_state_of_word(doc_text(profile, "state"));
}

ProfileState profile_state_of_word(const char *word) {
        for (ProfileState state = 0; state < _PROFILE_STATE_MAX; state++)
                if (streq(profile_state_to_string(state), word))
                        return state;

        return PROFILE_UNKNOWN;
}
