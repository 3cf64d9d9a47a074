/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the report as a Markdown table or as JSON.
 *
 * JSON is written by hand, and the table has no library to help it: a library that the benchmark maps has
 * one more process to share its pages with, and would make virtreadyd look smaller than it is. */

#include <math.h>
#include <stdio.h>

#include "../../daemon/basic/macro.h"
#include "report-rows.h"

static const char *const subject_names[_SUBJECT_MAX] = {
        [SUBJECT_FLOOR] = "floor",
        [SUBJECT_VIRTREADYD] = "virtreadyd",
        [SUBJECT_HOSTNAMED] = "hostnamed",
        [SUBJECT_VALIDATE] = "virt-host-validate",
};

/* In JSON, what fails to be a number is null; so is a ratio whose base is zero. */
#define JSON_DECIMALS 4

void report_init(Report *report) {
        *report = (Report){};

        for (Row row = 0; row < _ROW_MAX; row++)
                for (Subject subject = 0; subject < _SUBJECT_MAX; subject++)
                        report->values[row][subject] = NAN;
}

bool report_is_complete(const Report *report) {
        for (Row row = 0; row < _ROW_MAX; row++) {
                if (row_info(row)->needs_events && !report->has_events)
                        continue;
                if (isnan(report->values[row][SUBJECT_VIRTREADYD]))
                        return false;
                if (row_info(row)->base_kind == BASE_SUBJECT && row_info(row)->base == SUBJECT_FLOOR &&
                    isnan(report->values[row][SUBJECT_FLOOR]))
                        return false;
        }

        return true;
}

static double row_base(const Report *report, Row row) {
        switch (row_info(row)->base_kind) {
        case BASE_SUBJECT:
                return report->values[row][row_info(row)->base];
        case BASE_ROW:
                return report->values[row_info(row)->base_row][SUBJECT_VIRTREADYD];
        default:
                return NAN;
        }
}

/* What to call it; in JSON it is a subject or the id of a row. */
static const char *row_base_name(Row row, bool json) {
        switch (row_info(row)->base_kind) {
        case BASE_SUBJECT:
                return subject_names[row_info(row)->base];
        case BASE_ROW:
                return json ? row_info(row_info(row)->base_row)->id : "16 CPUs";
        default:
                return NULL;
        }
}

static double row_ratio(const Report *report, Row row) {
        double base = row_base(report, row);

        return base > 0 ? report->values[row][SUBJECT_VIRTREADYD] / base : NAN;
}

/* Returns "yes" or "no", or NULL where there is no aim, or nothing to hold against it. */
static const char *row_is_met(const Report *report, Row row) {
        double value;

        if (row_info(row)->aim_kind == AIM_NONE)
                return NULL;

        value = row_info(row)->aim_kind == AIM_RATIO ? row_ratio(report, row)
                                                     : report->values[row][SUBJECT_VIRTREADYD];
        if (isnan(value))
                return NULL;

        return value <= row_info(row)->aim ? "yes" : "no";
}

static void print_cell(double value, int decimals) {
        if (isnan(value))
                printf(" – |");
        else
                printf(" %.*f |", decimals, value);
}

static void print_others(const Report *report, Row row) {
        const char *separator = " ";

        for (Subject subject = SUBJECT_HOSTNAMED; subject < _SUBJECT_MAX; subject++) {
                if (isnan(report->values[row][subject]))
                        continue;

                printf("%s%s %.*f", separator, subject_names[subject], row_info(row)->decimals,
                       report->values[row][subject]);
                separator = ", ";
        }

        printf("%s|", *separator == ',' ? " " : " – ");
}

static void print_aim(Row row) {
        switch (row_info(row)->aim_kind) {
        case AIM_NONE:
                printf(" – |");
                return;
        case AIM_RATIO:
                printf(" ≤ %g × %s |", row_info(row)->aim, row_base_name(row, /* json= */ false));
                return;
        case AIM_VALUE:
                printf(" ≤ %g%s%s |", row_info(row)->aim, *row_info(row)->unit ? " " : "",
                       row_info(row)->unit);
                return;
        }
}

static void print_row(const Report *report, Row row) {
        const char *met = row_is_met(report, row);
        double ratio = row_ratio(report, row);

        printf("| %s%s%s%s |", row_info(row)->what, *row_info(row)->unit ? " (" : "", row_info(row)->unit,
               *row_info(row)->unit ? ")" : "");
        print_cell(report->values[row][SUBJECT_FLOOR], row_info(row)->decimals);
        print_cell(report->values[row][SUBJECT_VIRTREADYD], row_info(row)->decimals);

        if (isnan(ratio))
                printf(" – |");
        else
                printf(" %.2f × %s |", ratio, row_base_name(row, /* json= */ false));

        print_others(report, row);
        print_aim(row);
        printf(" %s |\n", met ? met : "–");
}

void report_print_markdown(const Report *report) {
        puts("| what | floor | virtreadyd | ratio | hostnamed/virt-host-validate | aim | met |\n"
             "|---|--:|--:|--:|--:|---|---|");
        for (Row row = 0; row < _ROW_MAX; row++)
                print_row(report, row);

        printf("\n%s\n\n%s\n", report->machine, report->method);
}

static void print_json_string(const char *text) {
        putchar('"');
        for (const char *p = text; *p; p++)
                if (*p == '"' || *p == '\\')
                        printf("\\%c", *p);
                else if ((unsigned char) *p < ' ')
                        printf("\\u%04x", (unsigned) (unsigned char) *p);
                else
                        putchar(*p);
        putchar('"');
}

static void print_json_number(const char *key, double value) {
        printf(",\n     \"%s\": ", key);
        if (isnan(value))
                printf("null");
        else
                printf("%.*f", JSON_DECIMALS, value);
}

static void print_json_name(const char *name) {
        if (name)
                print_json_string(name);
        else
                printf("null");
}

static void print_json_row(const Report *report, Row row) {
        const char *met = row_is_met(report, row);

        printf("    {\"id\": \"%s\",\n     \"what\": ", row_info(row)->id);
        print_json_string(row_info(row)->what);
        printf(",\n     \"unit\": \"%s\"", row_info(row)->unit);
        for (Subject subject = 0; subject < _SUBJECT_MAX; subject++)
                print_json_number(subject_names[subject], report->values[row][subject]);

        print_json_number("ratio", row_ratio(report, row));
        printf(",\n     \"ratio_to\": ");
        print_json_name(row_base_name(row, /* json= */ true));
        print_json_number("aim", row_info(row)->aim_kind == AIM_NONE ? (double) NAN : row_info(row)->aim);
        printf(",\n     \"aim_is\": %s", row_info(row)->aim_kind == AIM_NONE    ? "null"
                                         : row_info(row)->aim_kind == AIM_RATIO ? "\"ratio\""
                                                                                : "\"value\"");
        printf(",\n     \"met\": %s}", !met ? "null" : streq(met, "yes") ? "true" : "false");
}

void report_print_json(const Report *report) {
        printf("{\n  \"machine\": ");
        print_json_string(report->machine);
        printf(",\n  \"method\": ");
        print_json_string(report->method);
        printf(",\n  \"rows\": [\n");

        for (Row row = 0; row < _ROW_MAX; row++) {
                print_json_row(report, row);
                puts(row + 1 < _ROW_MAX ? "," : "");
        }

        puts("  ]\n}");
}
