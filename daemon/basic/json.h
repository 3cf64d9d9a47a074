/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds JSON. All return -ENOMEM or 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"

typedef struct json_object Json;

/* Adds VALUE, which is taken over, also on failure; NULL is one that could not be allocated. */
int json_add(Json *object, const char *key, Json *value);

/* Each of these adds null for what is unknown: NULL, or where KNOWN is false. */
int json_add_string(Json *object, const char *key, const char *value);
int json_add_number(Json *object, const char *key, bool known, uint64_t value);
int json_add_bool(Json *object, const char *key, bool known, bool value);

/* Adds an empty object or array and yields it; the parent keeps it. */
int json_add_container(Json *object, const char *key, Json *container, Json **ret);

/* Appends VALUE, which is taken over, and must not be NULL. */
int json_append(Json *array, Json *value);

/* Appends an empty object and yields it. */
int json_append_object(Json *array, Json **ret);
