/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds JSON with json-c, and tells when memory is short. */

#include <errno.h>

#include "json.h"

/* To json-c, NULL is JSON's null. */
static int set_member(Json *object, const char *key, Json *value) {
        if (json_object_object_add(object, key, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

int json_add(Json *object, const char *key, Json *value) {
        return value ? set_member(object, key, value) : -ENOMEM;
}

int json_add_string(Json *object, const char *key, const char *value) {
        return value ? json_add(object, key, json_object_new_string(value)) : set_member(object, key, NULL);
}

int json_add_number(Json *object, const char *key, bool known, uint64_t value) {
        return known ? json_add(object, key, json_object_new_uint64(value)) : set_member(object, key, NULL);
}

int json_add_bool(Json *object, const char *key, bool known, bool value) {
        return known ? json_add(object, key, json_object_new_boolean(value)) : set_member(object, key, NULL);
}

int json_add_container(Json *object, const char *key, Json *container, Json **ret) {
        int r;

        r = json_add(object, key, container);
        if (r >= 0)
                *ret = container;

        return r;
}

int json_append(Json *array, Json *value) {
        if (!value)
                return -ENOMEM;
        if (json_object_array_add(array, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

int json_append_object(Json *array, Json **ret) {
        Json *object = json_object_new_object();
        int r;

        r = json_append(array, object);
        if (r >= 0)
                *ret = object;

        return r;
}
