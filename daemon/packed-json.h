/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON that somebody looks at now and then: json-c takes hundreds of bytes for each array and object,
 * however short it is, and so between these times only its text is kept. */
#pragma once

#include "basic/json.h"

/* Begins with zeroes. It holds nothing where both are NULL. */
typedef struct PackedJson {
        Json *tree;
        char *text;
} PackedJson;

/* Holds VALUE from now on, of which it takes a reference; NULL: nothing. */
void packed_json_set(PackedJson *packed, Json *value);

bool packed_json_is_set(const PackedJson *packed);

/* Yields a reference of the caller's own, NULL where nothing is held. Returns -ENOMEM or 0. */
int packed_json_get(PackedJson *packed, Json **ret);

/* Keeps the text alone, unless there is no memory for it. */
void packed_json_pack(PackedJson *packed);
