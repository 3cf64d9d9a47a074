/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels that end in one column, and what follows them. */

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/macro.h"
#include "explain.h"
#include "fields.h"

/* A field that is put together from numbers and words is no longer than that. */
#define FORMATTED_MAX 256U

void field_label(const Output *output, const char *name) {
        unsigned width = name ? output_width(name) + 2 : 0;

        output_blanks(output, width < FIELD_COLUMN ? FIELD_COLUMN - width : 0);
        if (!name)
                return;

        (void) output_text(output, STYLE_DIM, name);
        (void) output_text(output, STYLE_DIM, ": ");
}

void field_text(const Output *output, const char *name, Style style, const char *value) {
        if (isempty(value))
                return;

        field_label(output, name);
        (void) output_wrapped(output, FIELD_COLUMN, FIELD_COLUMN, style, value);
        fputc('\n', output->file);
}

void field_ids(const Output *output, const char *name, Json *ids) {
        if (doc_size(ids) == 0)
                return;

        field_label(output, name);
        explain_id_list(output, FIELD_COLUMN, FIELD_COLUMN, STYLE_PLAIN, ids);
}

void field_format(const Output *output, const char *name, const char *format, ...) {
        char text[FORMATTED_MAX];
        va_list arguments;

        va_start(arguments, format);
        (void) vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);

        field_text(output, name, STYLE_PLAIN, text);
}

void field_time(const Output *output, const char *name, uint64_t usec) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        char text[64];
        struct tm local;

        if (seconds > 0 && localtime_r(&seconds, &local) &&
            strftime(text, sizeof(text), "%F %T %Z", &local) > 0)
                field_text(output, name, STYLE_PLAIN, text);
}
