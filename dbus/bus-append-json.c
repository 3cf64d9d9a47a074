/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows a signature through what was checked against it. */

#include <errno.h>
#include <string.h>

#include "../daemon/basic/cleanup.h"
#include "bus-append-json.h"

static int append(sd_bus_message *message, Json *value, const char *signature, const AnswerField *members);

/* What is between the first character of a container's signature, or the first two and the last. */
static int contents_of(const char *signature, char **ret) {
        size_t begin = signature[1] == '{' ? 2 : 1, length = strlen(signature) - begin - (begin - 1);

        *ret = strndup(signature + begin, length);
        return *ret ? 0 : -ENOMEM;
}

static int append_array(sd_bus_message *message, Json *array, const char *signature,
                        const AnswerField *members) {
        const char *element = signature + 1;
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, element);
        if (r < 0)
                return r;

        for (size_t i = 0; array && i < json_object_array_length(array); i++) {
                r = append(message, json_object_array_get_idx(array, i), element, members);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(message);
}

static int append_variant(sd_bus_message *message, Json *value, const AnswerField *field) {
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, field->signature);
        if (r < 0)
                return r;

        r = bus_append_json(message, value, field);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(message);
}

/* The entry of a dictionary with CONTENTS, such as "sas" or "sv"; of the latter the field tells the type. */
static int append_entry(sd_bus_message *message, const char *contents, const char *key, Json *value,
                        const AnswerField *field) {
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_DICT_ENTRY, contents);
        if (r < 0)
                return r;

        r = sd_bus_message_append(message, "s", key);
        if (r < 0)
                return r;

        r = field ? append_variant(message, value, field) : append(message, value, contents + 1, NULL);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(message);
}

static int append_entries(sd_bus_message *message, Json *object, const char *contents) {
        int r;

        json_object_object_foreach(object, key, value) {
                r = append_entry(message, contents, key, value, NULL);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int append_members(sd_bus_message *message, Json *object, const char *contents,
                          const AnswerField *members) {
        int r;

        for (const AnswerField *field = members; field->key; field++) {
                Json *value = libvirt_answer_get(object, field->key);

                r = value ? append_entry(message, contents, field->key, value, field) : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

static int append_dictionary(sd_bus_message *message, Json *object, const char *signature,
                             const AnswerField *members) {
        _cleanup_free_ char *contents = NULL;
        int r;

        r = contents_of(signature, &contents);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, signature + 1);
        if (r < 0)
                return r;

        r = !object   ? 0
            : members ? append_members(message, object, contents, members)
                      : append_entries(message, object, contents);
        if (r < 0)
                return r;

        return sd_bus_message_close_container(message);
}

static int append(sd_bus_message *message, Json *value, const char *signature, const AnswerField *members) {
        const char *text;

        switch (signature[0]) {
        case 's':
                text = json_object_get_string(value);
                return sd_bus_message_append(message, "s", text ? text : "");
        case 'u':
                return sd_bus_message_append(message, "u", (uint32_t) json_object_get_uint64(value));
        case 't':
                return sd_bus_message_append(message, "t", json_object_get_uint64(value));
        case 'a':
                return signature[1] == '{' ? append_dictionary(message, value, signature, members)
                                           : append_array(message, value, signature, members);
        default:
                return -EINVAL;
        }
}

int bus_append_json(sd_bus_message *message, Json *value, const AnswerField *field) {
        return append(message, value, field->signature, field->members);
}
