/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds to JSON objects, and tells when memory is short. */

#include <errno.h>

#include "describe-json.h"

int json_add(Json *object, const char *key, Json *value) {
        if (json_object_object_add(object, key, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }

        return 0;
}

/* A value that could not be allocated must not be taken for null. */
static int add_allocated(Json *object, const char *key, Json *value) {
        return value ? json_add(object, key, value) : -ENOMEM;
}

int json_add_string(Json *object, const char *key, const char *value) {
        return value ? add_allocated(object, key, json_object_new_string(value))
                     : json_add(object, key, NULL);
}

int json_add_number(Json *object, const char *key, bool known, uint64_t value) {
        return known ? add_allocated(object, key, json_object_new_uint64(value))
                     : json_add(object, key, NULL);
}

int json_add_bool(Json *object, const char *key, bool known, bool value) {
        return known ? add_allocated(object, key, json_object_new_boolean(value))
                     : json_add(object, key, NULL);
}

int json_add_container(Json *object, const char *key, Json *container, Json **ret) {
        int r;

        r = add_allocated(object, key, container);
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
