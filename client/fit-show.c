/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws what is used, reserved and free of each resource, under the sentence that says it all. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "choose.h"
#include "fit-words.h"
#include "fit.h"
#include "json-output.h"
#include "size.h"

#define LABEL_WIDTH 12U
#define NUMBER_WIDTH 10U
#define BAR_MIN 8U
#define BAR_MAX 32U
#define REST_WIDTH 55U /* of a row without its bar */

static bool has_ratio(Json *resource) {
        double ratio = json_object_get_double(doc_get(resource, "ratio"));

        return resource && (ratio > 1.0000001 || ratio < 0.9999999);
}

static double real_of(Json *object, const char *key) {
        return json_object_get_double(doc_get(object, key));
}

static int show_headline(const Output *output, Json *answer) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = fit_headline(answer, &text);
        if (r < 0)
                return r;

        (void) output_wrapped(output, 0, 0, STYLE_BOLD, text);
        fputs("\n\n", output->file);
        return 0;
}

static void put_cells(const Output *output, Style style, const char *cell, unsigned n) {
        char cells[BAR_MAX * sizeof("█")];
        size_t length = 0;

        for (unsigned i = 0; i < n; i++)
                length += (size_t) snprintf(cells + length, sizeof(cells) - length, "%s", cell);
        if (n > 0)
                (void) output_text(output, style, cells);
}

static const char *cell_used(const Output *output) {
        return output->utf8 ? "█" : "#";
}

static const char *cell_reserved(const Output *output) {
        return output->utf8 ? "▒" : "=";
}

static const char *cell_free(const Output *output) {
        return output->utf8 ? "░" : ".";
}

static const char *cell_nothing(const Output *output) {
        return output->utf8 ? "·" : "-";
}

static unsigned cells_of(double part, double whole, unsigned width) {
        double share = whole > 0 ? part / whole : 0;

        if (!(share > 0))
                return 0;
        return share >= 1 ? width : (unsigned) (share * width + 0.5);
}

/* What there is to give, with the ratio, as the daemon counts it: in millionths, and rounded down. */
static uint64_t promised_of(Json *resource) {
        double promised = (double) doc_number(resource, "total") * real_of(resource, "ratio") + 0.5e-6;

        return promised < 0 ? 0 : promised < 18e18 ? (uint64_t) promised : UINT64_MAX;
}

/* What is neither free nor reserved is used. A little of something is shown as something. */
static void show_bar(const Output *output, Json *resource, unsigned width) {
        double total = (double) doc_number(resource, "total");
        unsigned reserved = cells_of((double) doc_number(resource, "reserved"), total, width),
                 free_cells = cells_of((double) doc_number(resource, "available"),
                                       total * real_of(resource, "ratio"), width),
                 used;

        if (promised_of(resource) == 0) {
                put_cells(output, STYLE_DIM, cell_nothing(output), width);
                return;
        }

        if (free_cells > width - reserved)
                free_cells = width - reserved;
        used = width - reserved - free_cells;
        if (used == 0 && doc_number(resource, "used") > 0 && free_cells > 1) {
                free_cells--;
                used++;
        }

        put_cells(output, STYLE_BOLD, cell_used(output), used);
        put_cells(output, STYLE_DIM, cell_reserved(output), reserved);
        put_cells(output, STYLE_GOOD, cell_free(output), free_cells);
}

static void put_right(const Output *output, const char *text, unsigned width) {
        unsigned n = output_width(text);

        output_blanks(output, n < width ? width - n : 0);
        (void) output_text(output, STYLE_PLAIN, text);
}

static void show_numbers(const Output *output, Json *resource) {
        char text[SIZE_TEXT_MAX];

        put_right(output, fit_amount(resource, doc_number(resource, "available"), text), NUMBER_WIDTH);
        fputs(" of", output->file);
        put_right(output, fit_amount(resource, promised_of(resource), text), NUMBER_WIDTH);

        if (json_object_is_type(doc_get(resource, "guests"), json_type_int))
                (void) snprintf(text, sizeof(text), "%" PRIu64, doc_number(resource, "guests"));
        else
                (void) snprintf(text, sizeof(text), "%s", "any number");
        put_right(output, text, NUMBER_WIDTH + 2);
}

/* 0: there is no room for one. */
static unsigned bar_width(const Output *output) {
        return output->columns < REST_WIDTH + BAR_MIN   ? 0
               : output->columns > REST_WIDTH + BAR_MAX ? BAR_MAX
                                                        : output->columns - REST_WIDTH;
}

/* What a single guest may have is worth a row where it keeps guests away. */
static void show_resource(const Output *output, const char *name, Json *resource, bool limiting) {
        unsigned width = bar_width(output);

        if (streq(name, "vcpus") && !limiting)
                return;

        (void) output_text(output, STYLE_WARNING, limiting ? output_arrow(output) : " ");
        fputc(' ', output->file);
        output_padded(output, limiting ? STYLE_BOLD : STYLE_PLAIN, fit_label(name), LABEL_WIDTH);
        fputc(' ', output->file);

        if (doc_flag(resource, "known")) {
                show_bar(output, resource, width);
                show_numbers(output, resource);
        } else
                (void) output_text(output, STYLE_DIM, "not known");
        fputc('\n', output->file);
}

/* Whether more, or less, is given than there is. */
static bool any_ratio(Json *resources) {
        for (Member *m = doc_first(resources); m; m = doc_next(m))
                if (doc_flag(doc_value(m), "known") && has_ratio(doc_value(m)))
                        return true;

        return false;
}

static void show_resources(const Output *output, Json *answer) {
        Json *all = doc_get(answer, "resources"), *limiting = doc_get(answer, "limiting");
        unsigned width = bar_width(output);

        output_padded(output, STYLE_PLAIN, "", 2 + LABEL_WIDTH + 1 + width);
        (void) output_text(output, STYLE_DIM,
                           any_ratio(all) ? "      free of   to give      guests"
                                          : "      free of     total      guests");
        fputc('\n', output->file);
        for (Member *m = doc_first(all); m; m = doc_next(m))
                show_resource(output, doc_key(m), doc_value(m), doc_lists(limiting, doc_key(m)));

        if (width == 0)
                return;
        output_blanks(output, 2 + LABEL_WIDTH + 1);
        put_cells(output, STYLE_BOLD, cell_used(output), 1);
        (void) output_text(output, STYLE_DIM, " used  ");
        put_cells(output, STYLE_DIM, cell_reserved(output), 1);
        (void) output_text(output, STYLE_DIM, " the host's  ");
        put_cells(output, STYLE_GOOD, cell_free(output), 1);
        (void) output_text(output, STYLE_DIM, " free");
        fputc('\n', output->file);
}

static void show_node(const Output *output, Json *node) {
        char size[SIZE_TEXT_MAX], text[SIZE_TEXT_MAX + 16];

        (void) snprintf(text, sizeof(text), "node %" PRIu64, doc_number(node, "id"));
        output_blanks(output, 2);
        output_padded(output, STYLE_PLAIN, text, LABEL_WIDTH + 1);

        if (doc_get(node, "cpus"))
                (void) snprintf(text, sizeof(text), "%" PRIu64 " CPUs", doc_number(node, "cpus"));
        put_right(output, doc_get(node, "cpus") ? text : "?", 9);

        (void) snprintf(text, sizeof(text), "%s free", size_format(doc_number(node, "memory_bytes"), size));
        put_right(output, doc_get(node, "memory_bytes") ? text : "?", 18);

        if (doc_get(node, "huge_page_bytes")) {
                (void) snprintf(text, sizeof(text), "%s in huge pages",
                                size_format(doc_number(node, "huge_page_bytes"), size));
                put_right(output, text, 26);
        }

        (void) snprintf(text, sizeof(text), "%" PRIu64 " guest%s", doc_number(node, "guests"),
                        doc_number(node, "guests") == 1 ? "" : "s");
        put_right(output, doc_get(node, "guests") ? text : "? guests", 14);
        fputc('\n', output->file);
}

/* A machine of one node is that node. */
static void show_nodes(const Output *output, Json *answer) {
        Json *nodes = doc_get(answer, "nodes");

        if (doc_size(nodes) < 2)
                return;

        fputc('\n', output->file);
        (void) output_text(output, STYLE_BOLD, "Guests that fit wholly into one NUMA node:");
        fputc('\n', output->file);
        for (size_t i = 0; i < doc_size(nodes); i++)
                show_node(output, doc_at(nodes, i));
}

static void put_ratio(FILE *file, Json *resource, const char *what) {
        if (has_ratio(resource))
                fprintf(file, "%.6g times %s, ", real_of(resource, "ratio"), what);
}

/* What was asked to be reserved is recognised. */
static const char *reserve_format(const FitOptions *options, uint64_t reserved,
                                  char ret[static SIZE_TEXT_MAX]) {
        const unsigned i = FIT_INDEX(FIT_RESERVE_MEMORY);

        return options->given[i] && options->values[i].t == reserved ? size_format_given(reserved, ret)
                                                                     : size_format(reserved, ret);
}

/* Where the numbers come from is for JSON to say. */
static void put_assumptions(FILE *file, const FitOptions *options, Json *answer) {
        Json *all = doc_get(answer, "resources"), *overhead = doc_get(answer, "overhead"),
             *memory = doc_get(all, "memory");
        uint64_t running = doc_number(answer, "guests_running");
        char size[SIZE_TEXT_MAX];

        fprintf(file, "Preset %s: ", doc_text_or(answer, "preset", "unknown"));
        put_ratio(file, doc_get(all, "cpu"), "the CPUs");
        put_ratio(file, memory, "the memory");
        put_ratio(file, doc_get(all, "disk"), "the disk space");
        fprintf(file, "%s beside the memory of each guest",
                size_format_up(doc_number(overhead, "total"), size));
        if (doc_flag(memory, "known"))
                fprintf(file, ", %s of memory for the host",
                        reserve_format(options, doc_number(memory, "reserved"), size));
        if (!isempty(doc_text(answer, "storage_path")))
                fprintf(file, ", disks in %s", doc_text(answer, "storage_path"));
        if (running > 0)
                fprintf(file, ". %" PRIu64 " guest%s already", running, running == 1 ? " runs" : "s run");
        fputc('.', file);
}

static void show_paragraph(const Output *output, Style style, const char *text) {
        (void) output_wrapped(output, 0, 0, style, text);
        fputc('\n', output->file);
}

/* What is not known, a paragraph for each thing that it is about: "guests: …". */
static int show_details(const Output *output, Json *details) {
        for (Member *m = doc_first(details); m; m = doc_next(m)) {
                _cleanup_free_ char *text = NULL;

                if (asprintf(&text, "%s: %s", fit_label(doc_key(m)), doc_text(details, doc_key(m))) < 0) {
                        text = NULL;
                        return -ENOMEM;
                }
                show_paragraph(output, STYLE_WARNING, text);
        }

        return 0;
}

static int show_assumptions(const FitOptions *options, const Output *output, Json *answer) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;
        put_assumptions(file, options, answer);
        if (fflush(file) != 0)
                return -ENOMEM;

        fputc('\n', output->file);
        show_paragraph(output, STYLE_DIM, text);
        return show_details(output, doc_get(answer, "details"));
}

/* Room alone runs no guest. */
static int show_profile(const Output *output, Json *answer) {
        const char *profile = doc_text(answer, "profile");
        Json *causes = doc_get(answer, "root_causes");
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        if (profile_state_exit_status(fit_profile_state(answer)) == STATUS_READY || isempty(profile))
                return 0;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        fprintf(file, "But the profile %s is %s", profile,
                profile_state_to_string(fit_profile_state(answer)));
        for (size_t i = 0; i < doc_size(causes); i++)
                fprintf(file, "%s%s", i == 0 ? ": " : ", ", doc_text_at(causes, i));
        fprintf(file, ". See: virtreadyctl why %s", profile);
        if (fflush(file) != 0)
                return -ENOMEM;

        show_paragraph(output, STYLE_WARNING, text);
        return 0;
}

static int show(const FitOptions *options, const Output *output, Json *answer) {
        int r;

        r = show_headline(output, answer);
        if (r < 0)
                return r;

        show_resources(output, answer);
        show_nodes(output, answer);
        r = show_assumptions(options, output, answer);
        if (r < 0)
                return r;

        return show_profile(output, answer);
}

static ExitStatus room_exit_status(Json *answer) {
        uint64_t count = doc_number(answer, "count");

        if (!fit_is_known(answer))
                return STATUS_UNKNOWN;
        if (doc_number(answer, "guests") < (count > 0 ? count : 1))
                return STATUS_NOT_READY;

        return fit_may_be_fewer(answer) ? STATUS_UNKNOWN : STATUS_READY;
}

/* Room is worth as much as the state of the profile, for which "status" ends with the same. */
static ExitStatus exit_status_of(Json *answer) {
        return worse_exit_status(room_exit_status(answer),
                                 profile_state_exit_status(fit_profile_state(answer)));
}

int fit_show(const Arguments *arguments, const Output *output, Json *answer) {
        int r;

        r = arguments->json ? json_print(output->file, answer) : show(&arguments->fit, output, answer);
        return r < 0 ? r : (int) exit_status_of(answer);
}
