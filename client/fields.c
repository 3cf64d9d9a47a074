/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels that end in one column, and what follows them. */

#include "fields.h"
#include "../daemon/basic/macro.h"
#include "explain.h"

void field_label(const Output *output, const char *name) {
        unsigned width = output_width(name) + 2;

        output_blanks(output, width < FIELD_COLUMN ? FIELD_COLUMN - width : 0);
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
