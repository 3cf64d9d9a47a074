/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl status: the verdict, its cause and remedy, and the checklist. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "choose.h"
#include "explain.h"
#include "json-output.h"
#include "relations.h"
#include "show.h"

#define INDENT 2U
#define GAP 2U
#define TITLE_MIN 16U

/* Where the columns of the checklist begin. */
typedef struct Layout {
        unsigned mark;        /* the mark; before it, the area */
        unsigned text;        /* the title, and what is said below it */
        unsigned title_width; /* 0: what follows a title is not aligned */
} Layout;

static unsigned area_width(const char *id) {
        return (unsigned) strcspn(id, ".");
}

static bool same_area(const char *a, const char *b) {
        return area_width(a) == area_width(b) && strncmp(a, b, area_width(a)) == 0;
}

static unsigned at_least(unsigned a, unsigned b) {
        return a > b ? a : b;
}

/* Whether any check of an area has a meaning on this machine. */
static bool area_applies(Json *checks, const char *id) {
        for (Member *m = doc_first(checks); m; m = doc_next(m))
                if (same_area(doc_key(m), id) && doc_check_state(doc_value(m)) != CHECK_NOT_APPLICABLE)
                        return true;

        return false;
}

static Layout lay_out(const Output *output, Json *checks) {
        unsigned area = 0, title = 0, id = 0;
        Layout layout;

        for (Member *m = doc_first(checks); m; m = doc_next(m)) {
                area = at_least(area, area_width(doc_key(m)));
                if (!area_applies(checks, doc_key(m)))
                        continue;
                title = at_least(title, output_width(doc_text(doc_value(m), "title")));
                id = at_least(id, output_width(doc_key(m)));
        }

        layout.mark = INDENT + area + GAP;
        layout.text = layout.mark + 2;
        layout.title_width =
                layout.text + title + GAP + id <= output->columns ? at_least(title, TITLE_MIN) : 0;
        return layout;
}

static void add_to_header(const Output *output, unsigned *column, const char *before, const char *text) {
        if (isempty(text))
                return;

        if (*column > 0)
                *column += output_text(output, STYLE_DIM, ", ");
        *column += output_text(output, STYLE_DIM, before);
        *column = output_wrapped(output, *column, INDENT, STYLE_DIM, text);
}

static void show_header(const Output *output, Json *document) {
        Json *host = doc_get(document, "host");
        unsigned column = 0;

        add_to_header(output, &column, "", doc_text(doc_get(host, "cpu"), "model"));
        add_to_header(output, &column, "", doc_text(host, "architecture"));
        add_to_header(output, &column, "Linux ", doc_text(host, "kernel_release"));
        if (column > 0)
                fputs("\n\n", output->file);
}

static void show_profiles(const Output *output, Json *document) {
        Json *profiles = doc_get(document, "profiles");
        unsigned id_width = 0, state_width = 0, text;

        for (Member *m = doc_first(profiles); m; m = doc_next(m)) {
                id_width = at_least(id_width, output_width(doc_key(m)));
                state_width = at_least(state_width, output_width(doc_text(doc_value(m), "state")));
        }
        text = INDENT + 2 + id_width + GAP + state_width + GAP;

        if (doc_first(profiles))
                fputc('\n', output->file);
        for (Member *m = doc_first(profiles); m; m = doc_next(m)) {
                ProfileState state = doc_profile_state(doc_value(m));
                Style style = profile_state_style(state);

                output_blanks(output, INDENT);
                output_padded(output, style, output_profile_mark(output, state), 2);
                output_padded(output, STYLE_BOLD, doc_key(m), id_width + GAP);
                output_padded(output, style, doc_text(doc_value(m), "state"), state_width + GAP);
                (void) output_wrapped(output, text, text, STYLE_PLAIN, doc_text(doc_value(m), "title"));
                fputc('\n', output->file);
        }
}

/* Says for whom it matters that a check does not hold. */
static int show_concerned(const Output *output, unsigned indent, Json *document, const char *id) {
        _cleanup_(json_object_putp) Json *required = NULL, *recommended = NULL;
        int r;

        r = find_profiles(document, id, "required", &required);
        if (r < 0)
                return r;
        r = find_profiles(document, id, "recommended", &recommended);
        if (r < 0)
                return r;

        explain_ids(output, indent, "required for", required);
        explain_ids(output, indent, "recommended for", recommended);
        if (weigh_check(document, id) == WEIGHT_NONE) {
                output_blanks(output, indent);
                (void) output_text(output, STYLE_DIM, "keeps no profile from being ready");
                fputc('\n', output->file);
        }

        return 0;
}

static int show_check(const Output *output, const Layout *layout, Json *document, const char *id) {
        Json *check = doc_check(document, id);
        CheckState state = doc_check_state(check);
        const char *title = doc_text(check, "title");
        Style style = check_style(document, id);
        int r;

        output_padded(output, style, output_check_mark(output, state), 2);
        output_padded(output, state == CHECK_NOT_APPLICABLE ? STYLE_DIM : STYLE_PLAIN,
                      isempty(title) ? id : title, layout->title_width);
        output_blanks(output, GAP);
        (void) output_text(output, STYLE_DIM, id);
        if (streq(doc_text(check, "evidence"), "probed"))
                (void) output_text(output, STYLE_DIM, " (probed)");
        fputc('\n', output->file);
        if (state == CHECK_PASS || state == CHECK_NOT_APPLICABLE)
                return 0;

        if (state == CHECK_BLOCKED && doc_size(doc_get(check, "blocked_by")) > 0) {
                /* Why is told where that check is. */
                explain_ids(output, layout->text, "blocked by", doc_get(check, "blocked_by"));
                return 0;
        }

        r = explain_check(output, layout->text, style == STYLE_MINOR ? STYLE_DIM : STYLE_PLAIN, check);
        if (r < 0)
                return r;

        return state == CHECK_FAIL ? show_concerned(output, layout->text, document, id) : 0;
}

static void begin_row(const Output *output, const Layout *layout, const char *area) {
        output_blanks(output, INDENT);
        output_padded(output, STYLE_BOLD, area, layout->mark - INDENT);
}

/* Prints the checks of one area, its name before the first of them; one line where none has a meaning. */
static int show_area(const Output *output, const Layout *layout, Json *document, const char *first) {
        Json *checks = doc_get(document, "checks");
        _cleanup_free_ char *area = NULL;
        int r;

        area = strndup(first, area_width(first));
        if (!area)
                return -ENOMEM;

        if (!area_applies(checks, first)) {
                begin_row(output, layout, area);
                output_padded(output, STYLE_PLAIN, output_check_mark(output, CHECK_NOT_APPLICABLE), 2);
                (void) output_text(output, STYLE_DIM, "does not apply to this machine");
                fputc('\n', output->file);
                return 0;
        }

        for (Member *m = doc_first(checks); m; m = doc_next(m)) {
                if (!same_area(doc_key(m), first))
                        continue;

                begin_row(output, layout, streq(doc_key(m), first) ? area : "");
                r = show_check(output, layout, document, doc_key(m));
                if (r < 0)
                        return r;
        }

        return 0;
}

static bool begins_area(Json *checks, const Member *member) {
        for (Member *m = doc_first(checks); m && m != member; m = doc_next(m))
                if (same_area(doc_key(m), doc_key(member)))
                        return false;

        return true;
}

static int show_checklist(const Output *output, Json *document) {
        Json *checks = doc_get(document, "checks");
        Layout layout = lay_out(output, checks);
        int r;

        if (doc_first(checks))
                fputc('\n', output->file);
        for (Member *m = doc_first(checks); m; m = doc_next(m)) {
                r = begins_area(checks, m) ? show_area(output, &layout, document, doc_key(m)) : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

int status_show(const Arguments *arguments, const Output *output, Json *document) {
        const char *id;
        Json *profile;
        int r;

        r = choose_profile(arguments, document, &id, &profile);
        if (r < 0)
                return STATUS_USAGE;

        if (arguments->json) {
                r = json_print(output->file, document);
                return r < 0 ? r : (int) profile_exit_status(profile);
        }

        show_header(output, document);
        r = explain_profile(output, document, profile, /* blocked= */ false);
        if (r < 0)
                return r;
        show_profiles(output, document);
        r = show_checklist(output, document);

        return r < 0 ? r : (int) profile_exit_status(profile);
}
