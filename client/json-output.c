/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds and prints JSON. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "json-output.h"

static int print(FILE *file, Json *value, int flags) {
        const char *text = json_object_to_json_string_ext(value, flags | JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return -ENOMEM;

        fprintf(file, "%s\n", text);
        return 0;
}

int json_print(FILE *file, Json *value) {
        return print(file, value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

int json_print_line(FILE *file, Json *value) {
        return print(file, value, JSON_C_TO_STRING_PLAIN);
}

int json_add_members(Json *object, Json *from) {
        for (Member *m = doc_first(from); m; m = doc_next(m)) {
                Json *value = json_object_get(doc_value(m));

                if (json_object_object_add(object, doc_key(m), value) < 0) {
                        json_object_put(value);
                        return -ENOMEM;
                }
        }

        return 0;
}

int json_new_object(const char *id, Json *from, Json **ret) {
        _cleanup_(json_object_putp) Json *object = NULL;
        int r;

        object = json_object_new_object();
        if (!object)
                return -ENOMEM;

        r = json_add_string(object, "id", id);
        if (r < 0)
                return r;

        r = json_add_members(object, from);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(object);
        return 0;
}

int json_new_check(Json *document, const char *id, Json **ret) {
        return json_new_object(id, doc_check(document, id), ret);
}

int json_print_chosen(FILE *file, Json *objects, const char *const *ids, size_t n_ids) {
        _cleanup_(json_object_putp) Json *array = NULL;

        array = json_object_new_array();
        if (!array)
                return -ENOMEM;

        for (size_t i = 0; i < n_ids; i++) {
                Json *object;
                int r;

                r = json_new_object(ids[i], doc_get(objects, ids[i]), &object);
                if (r < 0)
                        return r;
                if (json_object_array_add(array, object) < 0) {
                        json_object_put(object);
                        return -ENOMEM;
                }
        }

        return json_print(file, n_ids == 1 ? doc_at(array, 0) : array);
}

int json_print_all(FILE *file, Json *objects) {
        _cleanup_(json_object_putp) Json *none = NULL;

        if (!json_object_is_type(objects, json_type_object)) {
                none = json_object_new_object();
                objects = none;
        }

        return objects ? json_print(file, objects) : -ENOMEM;
}
