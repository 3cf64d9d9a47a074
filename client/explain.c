/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes about single checks and profiles. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "explain.h"
#include "relations.h"
#include "remedy.h"

#define INDENT 2U

Style check_style(Json *document, const char *id) {
        static const Style by_weight[] = {
                [WEIGHT_NONE] = STYLE_MINOR,
                [WEIGHT_RECOMMENDED] = STYLE_WARNING,
                [WEIGHT_REQUIRED] = STYLE_BAD,
        };

        switch (doc_check_state(doc_check(document, id))) {
        case CHECK_PASS:
                return STYLE_GOOD;
        case CHECK_NOT_APPLICABLE:
                return STYLE_DIM;
        case CHECK_FAIL:
        case CHECK_BLOCKED:
                return by_weight[weigh_check(document, id)];
        default:
                return weigh_check(document, id) == WEIGHT_NONE ? STYLE_MINOR : STYLE_WARNING;
        }
}

void explain_id_list(const Output *output, unsigned column, unsigned indent, Style style, Json *ids) {
        for (size_t i = 0; i < doc_size(ids); i++) {
                const char *id = doc_text_at(ids, i);
                bool first = i == 0, last = i + 1 == doc_size(ids);

                if (column > indent &&
                    column + output_width(id) + (first ? 0 : 1) + (last ? 0 : 1) > output->columns) {
                        fputc('\n', output->file);
                        output_blanks(output, indent);
                        column = indent;
                } else if (!first) {
                        fputc(' ', output->file);
                        column++;
                }

                column += output_text(output, style, id);
                if (!last)
                        column += output_text(output, style, ",");
        }

        fputc('\n', output->file);
}

void explain_ids(const Output *output, unsigned indent, const char *words, Json *ids) {
        if (doc_size(ids) == 0)
                return;

        output_blanks(output, indent);
        (void) output_text(output, STYLE_DIM, words);
        fputc(' ', output->file);
        explain_id_list(output, indent + output_width(words) + 1, indent + INDENT, STYLE_DIM, ids);
}

int explain_remedies(const Output *output, unsigned indent, Json *check) {
        Json *remedies = doc_get(check, "remedies");
        int r;

        for (size_t i = 0; i < doc_size(remedies); i++) {
                r = remedy_show(output, indent, doc_at(remedies, i));
                if (r < 0)
                        return r;
        }

        return 0;
}

int explain_check(const Output *output, unsigned indent, Style style, Json *check) {
        const char *detail = doc_text(check, "detail");

        if (!isempty(detail)) {
                output_blanks(output, indent);
                (void) output_wrapped(output, indent, indent, style, detail);
                fputc('\n', output->file);
        }

        explain_ids(output, indent, "blocked by", doc_get(check, "blocked_by"));
        return explain_remedies(output, indent, check);
}

int explain_cause(const Output *output, unsigned indent, Json *document, const char *id) {
        Json *check = doc_check(document, id);
        const char *detail = doc_text(check, "detail"),
                   *mark = output_check_mark(output, doc_check_state(check));
        unsigned text = indent + INDENT, column;

        output_blanks(output, indent);
        (void) output_text(output, check_style(document, id), mark);
        fputc(' ', output->file);

        column = output_wrapped(output, text, text, STYLE_PLAIN,
                                isempty(detail) ? "No detail is known." : detail);
        if (column + output_width(id) + 2 > output->columns) {
                fputc('\n', output->file);
                output_blanks(output, text);
        } else
                fputs("  ", output->file);
        (void) output_text(output, STYLE_DIM, id);
        fputc('\n', output->file);

        return explain_remedies(output, text, check);
}

static const char *state_in_words(ProfileState state) {
        switch (state) {
        case PROFILE_READY:
                return "ready";
        case PROFILE_DEGRADED:
                return "ready, with shortcomings";
        case PROFILE_NOT_READY:
                return "not ready";
        case PROFILE_NOT_APPLICABLE:
                return "not possible on this machine";
        default:
                return "not known";
        }
}

static void headline(const Output *output, Json *profile) {
        ProfileState state = doc_profile_state(profile);
        Style style = profile_state_style(state);
        const char *title = doc_text(profile, "title"), *word = doc_text(profile, "state");
        unsigned column = INDENT;

        (void) output_text(output, style, output_profile_mark(output, state));
        fputc(' ', output->file);
        column = output_wrapped(output, column, INDENT, STYLE_BOLD, isempty(title) ? "This machine" : title);
        column += output_text(output, STYLE_BOLD, ": ");
        column = output_wrapped(output, column, INDENT, style, state_in_words(state));

        if (state == PROFILE_UNKNOWN && !isempty(word) && !streq(word, profile_state_to_string(state))) {
                column += output_text(output, STYLE_PLAIN, " (");
                column += output_text(output, STYLE_PLAIN, word);
                (void) output_text(output, STYLE_PLAIN, ")");
        }
        fputc('\n', output->file);
}

/* What was tried, rather than read, is worth telling. */
static int show_proof(const Output *output, Json *document, Json *profile) {
        Json *required = doc_get(profile, "required");

        for (size_t i = 0; i < doc_size(required); i++) {
                Json *check = doc_check(document, doc_text_at(required, i));
                int r;

                if (!streq(doc_text(check, "evidence"), "probed"))
                        continue;

                r = explain_check(output, INDENT, STYLE_PLAIN, check);
                if (r < 0)
                        return r;
        }

        return 0;
}

int explain_profile(const Output *output, Json *document, Json *profile, bool blocked) {
        _cleanup_(json_object_putp) Json *causes = NULL;
        int r;

        headline(output, profile);

        r = find_causes_of_profile(document, profile, &causes);
        if (r < 0)
                return r;

        for (size_t i = 0; i < doc_size(causes); i++) {
                _cleanup_(json_object_putp) Json *consequences = NULL;
                const char *id = doc_text_at(causes, i);

                r = explain_cause(output, INDENT, document, id);
                if (r < 0)
                        return r;
                if (!blocked)
                        continue;

                r = find_blocked(document, id, &consequences);
                if (r < 0)
                        return r;
                explain_ids(output, 2 * INDENT, "blocks", consequences);
        }

        return doc_profile_state(profile) == PROFILE_READY ? show_proof(output, document, profile) : 0;
}
