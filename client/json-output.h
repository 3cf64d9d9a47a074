/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --json prints. */
#pragma once

#include <stdio.h>

#include "document.h"

/* Prints a value over several lines, or on one line. These return -ENOMEM or 0. */
int json_print(FILE *file, Json *value);
int json_print_line(FILE *file, Json *value);

/* Adds the members of another object, which stay shared with it. FROM may be anything. */
int json_add_members(Json *object, Json *from);

/* Yields the members of FROM with "id" in front. Returns -ENOMEM or 0. */
int json_new_object(const char *id, Json *from, Json **ret);

/* Prints members of OBJECTS, each with its "id": one is an object, several are an array. Or all of them, as
 * they are. These return -ENOMEM or 0. */
int json_print_chosen(FILE *file, Json *objects, const char *const *ids, size_t n_ids);
int json_print_all(FILE *file, Json *objects);

/* Yields the given check with its "id" in front. Returns -ENOMEM or 0. */
int json_new_check(Json *document, const char *id, Json **ret);
