/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints and parses with json-c. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "packed-json.h"

void packed_json_set(PackedJson *packed, Json *value) {
        Json *tree = json_object_get(value);

        (void) json_object_put(packed->tree);
        free(packed->text);
        *packed = (PackedJson){ .tree = tree };
}

bool packed_json_is_set(const PackedJson *packed) {
        return packed->tree || packed->text;
}

int packed_json_get(PackedJson *packed, Json **ret) {
        if (!packed->tree && packed->text) {
                packed->tree = json_tokener_parse(packed->text);
                if (!packed->tree)
                        return -ENOMEM;
        }

        *ret = json_object_get(packed->tree);
        return 0;
}

void packed_json_pack(PackedJson *packed) {
        const char *text;

        if (!packed->tree)
                return;

        if (!packed->text) {
                text = json_object_to_json_string_ext(packed->tree, JSON_C_TO_STRING_PLAIN |
                                                                            JSON_C_TO_STRING_NOSLASHESCAPE);
                packed->text = text ? strdup(text) : NULL;
        }
        if (!packed->text)
                return;

        (void) json_object_put(packed->tree);
        packed->tree = NULL;
}
