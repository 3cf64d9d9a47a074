/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line for each of them, and what is wrong below it; or all that is known of some. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "exit-status.h"
#include "fields.h"
#include "hypervisor-guests.h"
#include "hypervisor.h"
#include "json-output.h"
#include "node-info.h"
#include "objects.h"
#include "service.h"

#define INDENT 2U

/* Columns of the list. */
typedef enum Column {
        COLUMN_ID,
        COLUMN_STATE,
        COLUMN_VERSION,
        _COLUMN_MAX,
} Column;

static Style style_of(Json *hypervisor) {
        switch (doc_hypervisor_state(hypervisor)) {
        case CHECK_PASS:
                return STYLE_GOOD;
        case CHECK_FAIL:
                return STYLE_BAD;
        default:
                return STYLE_WARNING;
        }
}

static ExitStatus status_of(Json *hypervisor) {
        switch (doc_hypervisor_state(hypervisor)) {
        case CHECK_PASS:
                return STATUS_READY;
        case CHECK_FAIL:
                return STATUS_NOT_READY;
        default:
                return STATUS_UNKNOWN;
        }
}

/* "QEMU 7.2.22, libvirt 9.0.0"; "" where neither is known. */
static int version_text(Json *hypervisor, char **ret) {
        const char *type = doc_text_or(hypervisor, "type", "hypervisor"),
                   *version = doc_text(hypervisor, "version"),
                   *daemon = doc_text(hypervisor, "daemon_version");
        bool has_version = !isempty(version), has_daemon = !isempty(daemon);

        if (asprintf(ret, "%s%s%s%s%s%s", has_version ? type : "", has_version ? " " : "", version,
                     has_version && has_daemon ? ", " : "", has_daemon ? "libvirt " : "",
                     has_daemon ? daemon : "") < 0)
                return -ENOMEM;

        return 0;
}

/* What to type to learn more, where that has to be asked for: a service is not woken without. */
static int next_step(const char *id, Json *hypervisor, char **ret) {
        const char *state = doc_text(hypervisor, "state"), *what;

        if (streq(state, "dormant"))
                what = "asks it, which wakes it";
        else if (streq(state, "unreachable"))
                what = "asks it again";
        else {
                *ret = NULL;
                return 0;
        }

        return asprintf(ret, "virtreadyctl hypervisor --refresh %s (%s)", id, what) < 0 ? -ENOMEM : 0;
}

/* The line to type stays whole, so that it can be copied, and says enough of what sleeps. */
static void below_row(const Output *output, Json *hypervisor, const char *step) {
        const char *detail = doc_text(hypervisor, "detail");

        if (!streq(doc_text(hypervisor, "state"), "dormant") && !isempty(detail)) {
                output_blanks(output, INDENT);
                (void) output_wrapped(output, INDENT, INDENT, STYLE_PLAIN, detail);
                fputc('\n', output->file);
        }
        if (step) {
                output_blanks(output, INDENT);
                (void) output_text(output, STYLE_DIM, output_arrow(output));
                (void) output_text(output, STYLE_DIM, " ");
                (void) output_text(output, STYLE_DIM, step);
                fputc('\n', output->file);
        }
}

static int list_row(const Output *output, const char *id, Json *hypervisor, unsigned widths[_COLUMN_MAX],
                    bool print) {
        _cleanup_free_ char *version = NULL, *step = NULL;
        int r;

        r = version_text(hypervisor, &version);
        if (r >= 0)
                r = next_step(id, hypervisor, &step);
        if (r < 0)
                return r;

        const char *const texts[_COLUMN_MAX] = {
                [COLUMN_ID] = id,
                [COLUMN_STATE] = doc_text_or(hypervisor, "state", "unknown"),
                [COLUMN_VERSION] = isempty(version) ? "-" : version,
        };

        for (Column column = 0; column < _COLUMN_MAX; column++)
                if (output_width(texts[column]) > widths[column])
                        widths[column] = output_width(texts[column]);
        if (!print)
                return 0;

        (void) output_text(output, style_of(hypervisor),
                           output_check_mark(output, doc_hypervisor_state(hypervisor)));
        output_blanks(output, 1);
        for (Column column = 0; column < _COLUMN_MAX; column++)
                output_padded(output, column == COLUMN_STATE ? style_of(hypervisor) : STYLE_PLAIN,
                              texts[column], widths[column] + 2);
        (void) output_text(output, STYLE_DIM, doc_text(hypervisor, "uri"));
        fputc('\n', output->file);
        below_row(output, hypervisor, step);
        return 0;
}

static int list_all(const Output *output, Json *hypervisors) {
        unsigned widths[_COLUMN_MAX] = {};

        if (!json_object_is_type(hypervisors, json_type_object))
                fputs("This virtreadyd knows nothing of hypervisors.\n", output->file);
        else if (!doc_first(hypervisors))
                fputs("There is no hypervisor that libvirt manages.\n", output->file);

        for (unsigned print = 0; print <= 1; print++)
                for (Member *m = doc_first(hypervisors); m; m = doc_next(m)) {
                        int r;

                        r = list_row(output, doc_key(m), doc_value(m), widths, print);
                        if (r < 0)
                                return r;
                }

        return 0;
}

static int show_whole(const Output *output, Json *document, const char *id) {
        Json *hypervisor = doc_get(doc_get(document, "hypervisors"), id);
        _cleanup_free_ char *version = NULL, *step = NULL;
        int r;

        r = version_text(hypervisor, &version);
        if (r >= 0)
                r = next_step(id, hypervisor, &step);
        if (r < 0)
                return r;

        (void) output_text(output, STYLE_BOLD, id);
        (void) output_text(output, STYLE_PLAIN, " - ");
        (void) output_text(output, STYLE_PLAIN, doc_text(hypervisor, "uri"));
        fputc('\n', output->file);
        field_text(output, "State", style_of(hypervisor), doc_text_or(hypervisor, "state", "unknown"));
        field_text(output, "Detail", STYLE_PLAIN, doc_text(hypervisor, "detail"));
        field_text(output, "Next step", STYLE_DIM, step);
        field_text(output, "Version", STYLE_PLAIN, version);
        field_text(output, "Library", STYLE_PLAIN, doc_text(hypervisor, "library_version"));
        field_time(output, "Answered", doc_number(hypervisor, "answered_usec"));
        node_info_fields(output, doc_get(hypervisor, "node_info"));

        return hypervisor_guests_show(output, hypervisor);
}

static const ObjectKind kind = {
        .name = "hypervisor",
        .members = "hypervisors",
        .hint = "'virtreadyctl hypervisor' lists all hypervisors.",
        .status = status_of,
        .show = show_whole,
};

int hypervisor_show(const Arguments *arguments, const Output *output, Json *document) {
        Json *hypervisors = doc_get(document, "hypervisors");
        int r;

        if (arguments->n_operands > 0)
                return objects_show(&kind, arguments, output, document);

        r = arguments->json ? json_print_all(output->file, hypervisors) : list_all(output, hypervisors);
        return r < 0 ? r : (int) STATUS_READY;
}

static int refresh_chosen(const Arguments *arguments, sd_bus *bus, Json *document) {
        _cleanup_free_ const char *const *ids = NULL;
        int r;

        r = objects_choose(&kind, arguments, document, &ids);
        for (size_t i = 0; i < arguments->n_operands && r == 0; i++)
                r = service_refresh_hypervisor(bus, ids[i]);

        return r;
}

static int refresh_all(sd_bus *bus, Json *document) {
        int r = 0;

        for (Member *m = doc_first(doc_get(document, "hypervisors")); m && r == 0; m = doc_next(m))
                r = service_refresh_hypervisor(bus, doc_key(m));

        return r;
}

int hypervisor_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        _cleanup_(json_object_putp) Json *document = NULL, *fresh = NULL;
        int r;

        r = service_describe(bus, &document);
        if (r != 0 || !arguments->refresh)
                return r != 0 ? r : hypervisor_show(arguments, output, document);

        r = arguments->n_operands > 0 ? refresh_chosen(arguments, bus, document)
                                      : refresh_all(bus, document);
        if (r == 0)
                r = service_describe(bus, &fresh);

        return r != 0 ? r : hypervisor_show(arguments, output, fresh);
}
