/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl check: all checks in a list, or some of them in full. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "choose.h"
#include "explain.h"
#include "fields.h"
#include "json-output.h"
#include "objects.h"
#include "relations.h"
#include "remedy.h"
#include "show.h"

#define STATE_WIDTH sizeof("not-applicable")

static void list_checks(const Output *output, Json *document) {
        Json *checks = doc_get(document, "checks");
        unsigned width = 0;

        for (Member *m = doc_first(checks); m; m = doc_next(m))
                if (output_width(doc_key(m)) > width)
                        width = output_width(doc_key(m));

        for (Member *m = doc_first(checks); m; m = doc_next(m)) {
                output_padded(output, check_style(document, doc_key(m)),
                              doc_text_or(doc_value(m), "state", "unknown"), STATE_WIDTH + 1);
                output_padded(output, STYLE_PLAIN, doc_key(m), width + 2);
                (void) output_text(output, STYLE_DIM, doc_text_or(doc_value(m), "reason", "unknown"));
                fputc('\n', output->file);
        }
}

static void argument_fields(const Output *output, Json *check) {
        const char *name = "Arguments";

        for (Member *m = doc_first(doc_get(check, "arguments")); m; m = doc_next(m)) {
                const char *value = doc_text(doc_get(check, "arguments"), doc_key(m));
                unsigned column;

                field_label(output, name);
                name = NULL;

                column = FIELD_COLUMN + output_text(output, STYLE_PLAIN, doc_key(m));
                column += output_text(output, STYLE_PLAIN, " = ");
                (void) output_wrapped(output, column, column, STYLE_PLAIN, value);
                fputc('\n', output->file);
        }
}

static int remedy_fields(const Output *output, Json *check) {
        Json *remedies = doc_get(check, "remedies");
        int r;

        for (size_t i = 0; i < doc_size(remedies); i++) {
                Json *remedy = doc_at(remedies, i);
                _cleanup_free_ char *command = NULL, *phrase = NULL;

                r = remedy_phrase(doc_text(remedy, "kind"), doc_text(remedy, "action"),
                                  doc_text(remedy, "argument"), &phrase);
                if (r < 0)
                        return r;
                field_text(output, "Remedy", STYLE_PLAIN, phrase);

                r = remedy_command(doc_text(remedy, "command"), doc_flag(remedy, "privileged"), output->root,
                                   &command);
                if (r < 0)
                        return r;
                if (isempty(command))
                        continue;
                output_blanks(output, FIELD_COLUMN);
                (void) output_text(output, STYLE_COMMAND, command);
                fputc('\n', output->file);
        }

        return 0;
}

static int relation_fields(const Output *output, Json *document, const char *id) {
        _cleanup_(json_object_putp) Json *blocks = NULL, *required = NULL, *recommended = NULL;
        int r;

        r = find_blocked(document, id, &blocks);
        if (r < 0)
                return r;
        r = find_profiles(document, id, "required", &required);
        if (r < 0)
                return r;
        r = find_profiles(document, id, "recommended", &recommended);
        if (r < 0)
                return r;

        field_ids(output, "Blocks", blocks);
        field_ids(output, "Required for", required);
        field_ids(output, "Recommended for", recommended);
        return 0;
}

static int show_whole(const Output *output, Json *document, const char *id) {
        Json *check = doc_check(document, id);
        int r;

        (void) output_text(output, STYLE_BOLD, id);
        (void) output_text(output, STYLE_PLAIN, " - ");
        (void) output_text(output, STYLE_PLAIN, doc_text(check, "title"));
        fputc('\n', output->file);

        field_text(output, "State", check_style(document, id), doc_text_or(check, "state", "unknown"));
        field_text(output, "Reason", STYLE_PLAIN, doc_text(check, "reason"));
        field_text(output, "Detail", STYLE_PLAIN, doc_text(check, "detail"));
        field_text(output, "Evidence", STYLE_PLAIN, doc_text(check, "evidence"));
        argument_fields(output, check);
        field_ids(output, "Blocked by", doc_get(check, "blocked_by"));
        r = remedy_fields(output, check);
        if (r < 0)
                return r;

        field_time(output, "Since", doc_number(check, "since_usec"));
        field_time(output, "Reason since", doc_number(check, "reason_since_usec"));
        r = relation_fields(output, document, id);
        if (r < 0)
                return r;

        field_text(output, "Documentation", STYLE_PLAIN, doc_text(check, "documentation_uri"));
        return 0;
}

static int list_all(const Arguments *arguments, const Output *output, Json *document) {
        if (arguments->json)
                return json_print_all(output->file, doc_get(document, "checks"));

        list_checks(output, document);
        return STATUS_READY;
}

static const ObjectKind kind = {
        .name = "check",
        .members = "checks",
        .hint = "'virtreadyctl check' lists all checks.",
        .status = check_exit_status,
        .show = show_whole,
};

int check_show(const Arguments *arguments, const Output *output, Json *document) {
        return arguments->n_operands == 0 ? list_all(arguments, output, document)
                                          : objects_show(&kind, arguments, output, document);
}
