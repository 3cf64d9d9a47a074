/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows one object in full: a line, or more, for each thing that is known of it. */
#pragma once

#include "document.h"
#include "output.h"

/* Where the values begin. */
#define FIELD_COLUMN 17U

/* Prints the name of a field; its value has to follow, and a line break. What has no name (NULL), here and
 * below, belongs to the field before. */
void field_label(const Output *output, const char *name);

/* Prints a field, or nothing if the value is empty, there is no id, or the time is 0. */
void field_text(const Output *output, const char *name, Style style, const char *value);
void field_format(const Output *output, const char *name, const char *format, ...) _printf_(3, 4);
void field_ids(const Output *output, const char *name, Json *ids);

/* Microseconds since the epoch, shown as the time here. */
void field_time(const Output *output, const char *name, uint64_t usec);
