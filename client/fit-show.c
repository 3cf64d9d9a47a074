/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws what is used, reserved and free of each resource, under one sentence that says it all. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "exit-status.h"
#include "fit.h"
#include "json-output.h"
#include "size.h"

#define LABEL_WIDTH 12U
#define NUMBER_WIDTH 10U
#define BAR_MIN 8U
#define BAR_MAX 32U
#define REST_WIDTH 55U /* of a row without its bar */

/* A resource as people call it, and whether guests can lack it without anybody noticing before. */
static const struct {
        const char *name, *label, *one, *many;
        bool plural;
        bool decides;
} resources[] = {
        { "cpu", "CPUs", "CPU", "CPUs", true, true },
        { "memory", "memory", NULL, NULL, false, true },
        { "hugepages", "huge pages", NULL, NULL, true, true },
        { "disk", "disk", NULL, NULL, false, true },
        { "vcpus", "vCPUs of one", "vCPU", "vCPUs", true, false },
        { "threads", "threads", "thread", "threads", true, false },
        { "commit", "commit limit", NULL, NULL, false, false },
};

static const char *label_of(const char *name) {
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name))
                        return r->label;

        return name;
}

static bool is_plural(const char *name) {
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name))
                        return r->plural;

        return false;
}

static double real_of(Json *object, const char *key) {
        return json_object_get_double(doc_get(object, key));
}

static const char *amount_format(Json *resource, uint64_t amount, char ret[static SIZE_TEXT_MAX]) {
        if (streq(doc_text(resource, "unit"), "bytes"))
                return size_format(amount, ret);

        (void) snprintf(ret, SIZE_TEXT_MAX, "%" PRIu64, amount);
        return ret;
}

/* "1.2 GiB", "1 CPU", "3 threads". */
static const char *shortage_format(const char *name, Json *resource, char ret[static 2 * SIZE_TEXT_MAX]) {
        uint64_t amount = doc_number(resource, "short_by");
        char number[SIZE_TEXT_MAX];
        const char *unit = "";

        (void) amount_format(resource, amount, number);
        FOREACH_ELEMENT(r, resources)
                if (streq(r->name, name) && r->one)
                        unit = amount == 1 ? r->one : r->many;

        (void) snprintf(ret, 2 * SIZE_TEXT_MAX, "%s%s%s", number, *unit != '\0' ? " " : "", unit);
        return ret;
}

/* "4 vCPUs, 8 GiB and 40 GiB of disk". */
static void put_guest(FILE *file, Json *guest) {
        uint64_t vcpus = doc_number(guest, "vcpus"), disk = doc_number(guest, "disk_bytes"),
                 page = doc_number(guest, "huge_page_bytes");
        char size[SIZE_TEXT_MAX];

        fprintf(file, "%" PRIu64 " vCPU%s%s %s", vcpus, vcpus == 1 ? "" : "s", disk > 0 ? "," : " and",
                size_format(doc_number(guest, "memory_bytes"), size));
        if (page > 0)
                fprintf(file, " in pages of %s", size_format(page, size));
        if (disk > 0)
                fprintf(file, " and %s of disk", size_format(disk, size));
}

static bool is_known(Json *answer) {
        return json_object_is_type(doc_get(answer, "guests"), json_type_int);
}

/* Whether something is not known that could leave no room at all. */
static bool may_be_fewer(Json *answer) {
        Json *unknown = doc_get(answer, "unknown");

        FOREACH_ELEMENT(r, resources)
                if (r->decides && doc_lists(unknown, r->name))
                        return true;

        return false;
}

/* What ends first, and what is missing of it. */
static void put_limits(FILE *file, Json *answer) {
        Json *limiting = doc_get(answer, "limiting"), *all = doc_get(answer, "resources");
        size_t n = doc_size(limiting);
        char shortage[2 * SIZE_TEXT_MAX];

        for (size_t i = 0; i < n; i++)
                fprintf(file, "%s%s",
                        i == 0       ? ""
                        : i + 1 == n ? " and "
                                     : ", ",
                        label_of(doc_text_at(limiting, i)));
        fputs(n > 1 || is_plural(doc_text_at(limiting, 0)) ? " end first: " : " ends first: ", file);
        for (size_t i = 0; i < n; i++) {
                const char *name = doc_text_at(limiting, i);

                fprintf(file, "%s%s",
                        i == 0       ? ""
                        : i + 1 == n ? " and "
                                     : ", ",
                        shortage_format(name, doc_get(all, name), shortage));
        }
        fputs(doc_number(answer, "guests") == 0 ? " short of one." : " short of one more.", file);
}

static void put_number_of_guests(FILE *file, Json *answer) {
        uint64_t guests = doc_number(answer, "guests"), count = doc_number(answer, "count");
        bool fits = doc_flag(answer, "fits");

        if (!is_known(answer))
                fputs("It is not known how many guests of ", file);
        else if (count > 0 && fits)
                fprintf(file, "%" PRIu64 " guest%s of ", count, count == 1 ? "" : "s");
        else if (guests == 0)
                fputs("No guest of ", file);
        else if (count > 0)
                fprintf(file, "Not %" PRIu64 ", but %s%" PRIu64 " guest%s of ", count,
                        may_be_fewer(answer) ? "at most " : "", guests, guests == 1 ? "" : "s");
        else
                fprintf(file, "%s%" PRIu64 " more guest%s of ", may_be_fewer(answer) ? "At most " : "",
                        guests, guests == 1 ? "" : "s");

        put_guest(file, doc_get(answer, "guest"));
        if (!is_known(answer) || (count > 0 && fits ? count : guests) > 1)
                fputs(" fit", file);
        else
                fputs(" fits", file);
        if (is_known(answer) && count > 0 && fits && guests > count)
                fprintf(file, ", of %s%" PRIu64 " that there is room for",
                        may_be_fewer(answer) ? "at most " : "", guests);
}

static int show_headline(const Output *output, Json *answer) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        put_number_of_guests(file, answer);
        if (doc_size(doc_get(answer, "limiting")) > 0) {
                fputs("; ", file);
                put_limits(file, answer);
        } else
                fputc('.', file);
        if (fflush(file) != 0)
                return -ENOMEM;

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

static unsigned cells_of(double part, double whole, unsigned width) {
        double share = whole > 0 ? part / whole : 0;

        if (!(share > 0))
                return 0;
        return share >= 1 ? width : (unsigned) (share * width + 0.5);
}

/* What is neither free nor reserved is used. A little of something is shown as something. */
static void show_bar(const Output *output, Json *resource, unsigned width) {
        double total = (double) doc_number(resource, "total");
        unsigned reserved = cells_of((double) doc_number(resource, "reserved"), total, width),
                 free_cells = cells_of((double) doc_number(resource, "available"),
                                       total * real_of(resource, "ratio"), width),
                 used;

        if (doc_number(resource, "total") == 0) {
                output_blanks(output, width);
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
        double promised = (double) doc_number(resource, "total") * real_of(resource, "ratio");
        char text[SIZE_TEXT_MAX];

        put_right(output, amount_format(resource, doc_number(resource, "available"), text), NUMBER_WIDTH);
        fputs(" of", output->file);
        put_right(output, amount_format(resource, promised < 18e18 ? (uint64_t) promised : UINT64_MAX, text),
                  NUMBER_WIDTH);

        if (json_object_is_type(doc_get(resource, "guests"), json_type_int))
                (void) snprintf(text, sizeof(text), "%" PRIu64, doc_number(resource, "guests"));
        else
                (void) snprintf(text, sizeof(text), "%s", "any number");
        put_right(output, text, NUMBER_WIDTH + 2);
}

static unsigned bar_width(const Output *output) {
        return output->columns < REST_WIDTH + BAR_MIN   ? BAR_MIN
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
        output_padded(output, limiting ? STYLE_BOLD : STYLE_PLAIN, label_of(name), LABEL_WIDTH);
        fputc(' ', output->file);

        if (doc_flag(resource, "known")) {
                show_bar(output, resource, width);
                show_numbers(output, resource);
        } else
                (void) output_text(output, STYLE_DIM, "not known");
        fputc('\n', output->file);
}

static void show_resources(const Output *output, Json *answer) {
        Json *all = doc_get(answer, "resources"), *limiting = doc_get(answer, "limiting");
        unsigned width = bar_width(output);

        output_padded(output, STYLE_PLAIN, "", 2 + LABEL_WIDTH + 1 + width);
        (void) output_text(output, STYLE_DIM, "      free of     total      guests");
        fputc('\n', output->file);
        for (Member *m = doc_first(all); m; m = doc_next(m))
                show_resource(output, doc_key(m), doc_value(m), doc_lists(limiting, doc_key(m)));

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
        double ratio = real_of(resource, "ratio");

        if (resource && (ratio > 1.0000001 || ratio < 0.9999999))
                fprintf(file, "%.6g times %s (%s), ", ratio, what,
                        doc_text_or(resource, "ratio_source", "unknown"));
}

static void put_assumptions(FILE *file, Json *answer) {
        Json *all = doc_get(answer, "resources"), *overhead = doc_get(answer, "overhead"),
             *memory = doc_get(all, "memory");
        char size[SIZE_TEXT_MAX];

        fprintf(file, "Preset %s: ", doc_text_or(answer, "preset", "unknown"));
        put_ratio(file, doc_get(all, "cpu"), "the CPUs");
        put_ratio(file, memory, "the memory");
        put_ratio(file, doc_get(all, "disk"), "the disk space");
        fprintf(file, "%s beside the memory of each guest (%s)",
                size_format(doc_number(overhead, "total"), size),
                doc_text_or(overhead, "source", "unknown"));
        if (doc_flag(memory, "known"))
                fprintf(file, ", %s of memory for the host (%s)",
                        size_format(doc_number(memory, "reserved"), size),
                        doc_text_or(memory, "reserve_source", "unknown"));
        if (!isempty(doc_text(answer, "storage_path")))
                fprintf(file, ", disks in %s", doc_text(answer, "storage_path"));
        if (doc_flag(answer, "guests_known"))
                fprintf(file, ". %" PRIu64 " guest%s already.", doc_number(answer, "guests_running"),
                        doc_number(answer, "guests_running") == 1 ? " runs" : "s run");
        else
                fputs(". Which guests run is not known.", file);
}

static void show_paragraph(const Output *output, Style style, const char *text) {
        (void) output_wrapped(output, 0, 0, style, text);
        fputc('\n', output->file);
}

static int show_assumptions(const Output *output, Json *answer) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;
        put_assumptions(file, answer);
        if (fflush(file) != 0)
                return -ENOMEM;

        fputc('\n', output->file);
        show_paragraph(output, STYLE_DIM, text);
        if (!isempty(doc_text(answer, "detail")))
                show_paragraph(output, STYLE_WARNING, doc_text(answer, "detail"));
        return 0;
}

/* Room alone runs no guest. */
static int show_profile(const Output *output, Json *answer) {
        const char *state = doc_text(answer, "profile_state"), *profile = doc_text(answer, "profile");
        Json *causes = doc_get(answer, "root_causes");
        _cleanup_free_ char *text = NULL;
        _cleanup_(fclosep) FILE *file = NULL;
        size_t size;

        if (streq(state, "ready") || streq(state, "degraded") || isempty(state))
                return 0;

        file = open_memstream(&text, &size);
        if (!file)
                return -ENOMEM;

        fprintf(file, "But the profile %s is %s", profile, state);
        for (size_t i = 0; i < doc_size(causes); i++)
                fprintf(file, "%s%s", i == 0 ? ": " : ", ", doc_text_at(causes, i));
        fprintf(file, ". See: virtreadyctl why %s", profile);
        if (fflush(file) != 0)
                return -ENOMEM;

        show_paragraph(output, STYLE_WARNING, text);
        return 0;
}

static int show(const Output *output, Json *answer) {
        int r;

        r = show_headline(output, answer);
        if (r < 0)
                return r;

        show_resources(output, answer);
        show_nodes(output, answer);
        r = show_assumptions(output, answer);
        if (r < 0)
                return r;

        return show_profile(output, answer);
}

static ExitStatus exit_status_of(Json *answer) {
        uint64_t count = doc_number(answer, "count");

        if (!is_known(answer))
                return STATUS_UNKNOWN;
        if (doc_number(answer, "guests") < (count > 0 ? count : 1))
                return STATUS_NOT_READY;

        return may_be_fewer(answer) ? STATUS_UNKNOWN : STATUS_READY;
}

int fit_show(const Arguments *arguments, const Output *output, Json *answer) {
        int r;

        r = arguments->json ? json_print(output->file, answer) : show(output, answer);
        return r < 0 ? r : (int) exit_status_of(answer);
}
