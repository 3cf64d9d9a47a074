/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl why: what the state of a profile or check comes from, and what comes from it. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "choose.h"
#include "explain.h"
#include "json-output.h"
#include "relations.h"
#include "show.h"

#define INDENT 2U

/* What hangs together with a check. */
typedef struct Relations {
        Json *required_by;
        Json *recommended_by;
        Json *blocks;
} Relations;

static void relations_done(Relations *relations) {
        json_object_put(relations->required_by);
        json_object_put(relations->recommended_by);
        json_object_put(relations->blocks);
}

static int relations_find(Json *document, const char *id, Relations *ret) {
        int r;

        r = find_profiles(document, id, "required", &ret->required_by);
        if (r < 0)
                return r;

        r = find_profiles(document, id, "recommended", &ret->recommended_by);
        if (r < 0)
                return r;

        return find_blocked(document, id, &ret->blocks);
}

/* Adds the checks that CAUSES lists, each with the checks that it blocks. */
static int json_add_causes(Json *object, Json *document, Json *causes) {
        Json *array = json_object_new_array();
        int r;

        r = json_add(object, "causes", array);
        for (size_t i = 0; r >= 0 && i < doc_size(causes); i++) {
                const char *id = doc_text_at(causes, i);
                Json *cause = NULL, *blocks = NULL;

                r = json_new_check(document, id, &cause);
                if (r < 0)
                        return r;
                if (json_object_array_add(array, cause) < 0) {
                        json_object_put(cause);
                        return -ENOMEM;
                }

                r = find_blocked(document, id, &blocks);
                if (r >= 0)
                        r = json_add(cause, "blocks", blocks);
        }

        return r;
}

static int profile_to_json(Json *document, const char *id, Json *profile, Json **ret) {
        _cleanup_(json_object_putp) Json *object = NULL, *causes = NULL;
        int r;

        object = json_object_new_object();
        if (!object)
                return -ENOMEM;

        r = json_add_string(object, "kind", "profile");
        if (r < 0)
                return r;

        r = json_add_string(object, "id", id);
        if (r < 0)
                return r;

        r = json_add_members(object, profile);
        if (r < 0)
                return r;

        r = find_causes_of_profile(document, profile, &causes);
        if (r < 0)
                return r;

        r = json_add_causes(object, document, causes);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(object);
        return 0;
}

static int check_to_json(Json *document, const char *id, const Relations *relations, Json **ret) {
        _cleanup_(json_object_putp) Json *object = NULL;
        int r;

        object = json_object_new_object();
        if (!object)
                return -ENOMEM;

        r = json_add_string(object, "kind", "check");
        if (r < 0)
                return r;

        r = json_add_string(object, "id", id);
        if (r < 0)
                return r;

        r = json_add_members(object, doc_check(document, id));
        if (r < 0)
                return r;

        r = json_add(object, "required_by", json_object_get(relations->required_by));
        if (r < 0)
                return r;

        r = json_add(object, "recommended_by", json_object_get(relations->recommended_by));
        if (r < 0)
                return r;

        r = json_add(object, "blocks", json_object_get(relations->blocks));
        if (r < 0)
                return r;

        r = json_add_causes(object, document, doc_get(doc_check(document, id), "blocked_by"));
        if (r < 0)
                return r;

        *ret = TAKE_PTR(object);
        return 0;
}

static int why_profile(const Arguments *arguments, const Output *output, Json *document, const char *id,
                       Json *profile) {
        _cleanup_(json_object_putp) Json *object = NULL;
        int r;

        if (!arguments->json)
                r = explain_profile(output, document, profile, /* blocked= */ true);
        else {
                r = profile_to_json(document, id, profile, &object);
                if (r >= 0)
                        r = json_print(output->file, object);
        }

        return r < 0 ? r : (int) profile_exit_status(profile);
}

static int show_check(const Output *output, Json *document, const char *id, const Relations *relations) {
        Json *check = doc_check(document, id), *causes = doc_get(check, "blocked_by");
        const char *word = doc_text(check, "state"), *reason = doc_text(check, "reason");
        Style style = check_style(document, id);
        unsigned column;
        int r;

        (void) output_text(output, style, output_check_mark(output, doc_check_state(check)));
        fputc(' ', output->file);
        column = output_wrapped(output, INDENT, INDENT, STYLE_BOLD, doc_text(check, "title"));
        column += output_text(output, STYLE_DIM, " (");
        column += output_text(output, STYLE_DIM, id);
        column += output_text(output, STYLE_DIM, "): ");
        column = output_wrapped(output, column, INDENT, style, isempty(word) ? "unknown" : word);
        if (!isempty(reason)) {
                column += output_text(output, STYLE_PLAIN, ", ");
                (void) output_wrapped(output, column, INDENT, STYLE_PLAIN, reason);
        }
        fputc('\n', output->file);

        r = explain_check(output, INDENT, STYLE_PLAIN, check);
        if (r < 0)
                return r;

        for (size_t i = 0; i < doc_size(causes); i++) {
                r = explain_cause(output, INDENT, document, doc_text_at(causes, i));
                if (r < 0)
                        return r;
        }

        explain_ids(output, INDENT, "blocks", relations->blocks);
        explain_ids(output, INDENT, "required for", relations->required_by);
        explain_ids(output, INDENT, "recommended for", relations->recommended_by);
        return 0;
}

static int why_check(const Arguments *arguments, const Output *output, Json *document, const char *id) {
        _cleanup_(json_object_putp) Json *object = NULL;
        _cleanup_(relations_done) Relations relations = {};
        int r;

        r = relations_find(document, id, &relations);
        if (r < 0)
                return r;

        if (!arguments->json)
                r = show_check(output, document, id, &relations);
        else {
                r = check_to_json(document, id, &relations, &object);
                if (r >= 0)
                        r = json_print(output->file, object);
        }

        return r < 0 ? r : (int) check_exit_status(doc_check(document, id));
}

int why_show(const Arguments *arguments, const Output *output, Json *document) {
        const char *id;
        Json *profile;
        int r;

        if (arguments->n_operands == 0) {
                r = choose_profile(arguments, document, &id, &profile);
                return r < 0 ? (int) STATUS_USAGE : why_profile(arguments, output, document, id, profile);
        }

        id = arguments->operands[0];
        profile = doc_profile(document, id);
        if (profile)
                return why_profile(arguments, output, document, id, profile);
        if (doc_check(document, id))
                return why_check(arguments, output, document, id);

        complain_about_id("profile or check", id, doc_get(document, "checks"),
                          "'virtreadyctl check' lists all checks, 'virtreadyctl status' also the profiles.");
        return STATUS_USAGE;
}
