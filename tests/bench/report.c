/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the report as a Markdown table or as JSON. */

#include <math.h>
#include <stdio.h>

#include "../../daemon/basic/macro.h"
#include "report.h"

typedef enum AimKind {
        AIM_NONE,
        AIM_RATIO, /* virtreadyd, divided by what it is compared with, is at most the aim */
        AIM_VALUE, /* virtreadyd's value is at most the aim */
} AimKind;

typedef struct RowInfo {
        const char *id;   /* in JSON */
        const char *what; /* in words */
        const char *unit;
        int decimals;
        Subject base; /* what virtreadyd is compared with: the floor, unless said otherwise */
        AimKind aim_kind;
        double aim;
} RowInfo;

/* JSON is written by hand, and the table has no library to help it: a library that the benchmark maps has
 * one more process to share its pages with, and would make virtreadyd look smaller than it is. */
static const RowInfo rows[_ROW_MAX] = {
        [ROW_OWNED_MEDIAN] = {
                .id = "start.owned.median",
                .what = "start to name owned, median",
                .unit = "ms",
                .decimals = 2,
                .aim_kind = AIM_RATIO,
                .aim = 2,
        },
        [ROW_OWNED_P90] = {
                .id = "start.owned.p90",
                .what = "start to name owned, p90",
                .unit = "ms",
                .decimals = 2,
        },
        [ROW_ANSWERED_MEDIAN] = {
                .id = "start.answered.median",
                .what = "start to first `GetAll` answered, median",
                .unit = "ms",
                .decimals = 2,
        },
        [ROW_ANSWERED_P90] = {
                .id = "start.answered.p90",
                .what = "start to first `GetAll` answered, p90",
                .unit = "ms",
                .decimals = 2,
        },
        [ROW_PSS] = {
                .id = "memory.pss",
                .what = "PSS after one `GetAll`",
                .unit = "KiB",
                .aim_kind = AIM_VALUE,
                .aim = 2000,
        },
        [ROW_ANONYMOUS] = {
                .id = "memory.anonymous",
                .what = "of it, heap, stack and relocations",
                .unit = "KiB",
        },
        [ROW_LIBRARIES] = {
                .id = "memory.libraries",
                .what = "libraries mapped",
                .unit = "",
        },
        [ROW_GET_ALL_P50] = {
                .id = "getall.p50",
                .what = "`GetAll` round trip, p50",
                .unit = "µs",
                .decimals = 1,
                .aim_kind = AIM_RATIO,
                .aim = 1.5,
        },
        [ROW_GET_ALL_P99] = {
                .id = "getall.p99",
                .what = "`GetAll` round trip, p99",
                .unit = "µs",
                .decimals = 1,
                .aim_kind = AIM_RATIO,
                .aim = 1.5,
        },
        [ROW_GET_ALL_CPU] = {
                .id = "getall.cpu",
                .what = "CPU time of the service for one `GetAll`",
                .unit = "µs",
                .decimals = 1,
        },
        [ROW_PASS_CPU] = {
                .id = "pass.cpu",
                .what = "CPU time of one full pass",
                .unit = "ms",
                .decimals = 2,
                .base = SUBJECT_VALIDATE,
                .aim_kind = AIM_RATIO,
                .aim = 0.1,
        },
        [ROW_PROBE_CPU] = {
                .id = "probe.cpu",
                .what = "of it, the kernel's for using KVM",
                .unit = "ms",
                .decimals = 2,
                .base = SUBJECT_VALIDATE,
        },
        [ROW_WHOLE_CPU] = {
                .id = "whole.cpu",
                .what = "CPU time from fork to first answer and exit",
                .unit = "ms",
                .decimals = 2,
                .base = SUBJECT_VALIDATE,
        },
        [ROW_IDLE_SWITCHES] = {
                .id = "idle.switches",
                .what = "context switches while idle",
                .unit = "",
                .aim_kind = AIM_VALUE,
                .aim = 0,
        },
};

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
                if (isnan(report->values[row][SUBJECT_VIRTREADYD]))
                        return false;
                if (rows[row].base == SUBJECT_FLOOR && isnan(report->values[row][SUBJECT_FLOOR]))
                        return false;
        }

        return true;
}

static double row_ratio(const Report *report, Row row) {
        double base = report->values[row][rows[row].base];

        return base > 0 ? report->values[row][SUBJECT_VIRTREADYD] / base : NAN;
}

/* Returns "yes" or "no", or NULL where there is no aim, or nothing to hold against it. */
static const char *row_is_met(const Report *report, Row row) {
        double value;

        if (rows[row].aim_kind == AIM_NONE)
                return NULL;

        value = rows[row].aim_kind == AIM_RATIO ? row_ratio(report, row)
                                                : report->values[row][SUBJECT_VIRTREADYD];
        if (isnan(value))
                return NULL;

        return value <= rows[row].aim ? "yes" : "no";
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

                printf("%s%s %.*f", separator, subject_names[subject], rows[row].decimals,
                       report->values[row][subject]);
                separator = ", ";
        }

        printf("%s|", *separator == ',' ? " " : " – ");
}

static void print_aim(Row row) {
        switch (rows[row].aim_kind) {
        case AIM_NONE:
                printf(" – |");
                return;
        case AIM_RATIO:
                printf(" ≤ %g × %s |", rows[row].aim, subject_names[rows[row].base]);
                return;
        case AIM_VALUE:
                printf(" ≤ %g%s%s |", rows[row].aim, *rows[row].unit ? " " : "", rows[row].unit);
                return;
        }
}

static void print_row(const Report *report, Row row) {
        const char *met = row_is_met(report, row);
        double ratio = row_ratio(report, row);

        printf("| %s%s%s%s |", rows[row].what, *rows[row].unit ? " (" : "", rows[row].unit,
               *rows[row].unit ? ")" : "");
        print_cell(report->values[row][SUBJECT_FLOOR], rows[row].decimals);
        print_cell(report->values[row][SUBJECT_VIRTREADYD], rows[row].decimals);

        if (isnan(ratio))
                printf(" – |");
        else
                printf(" %.2f × %s |", ratio, subject_names[rows[row].base]);

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

static void print_json_row(const Report *report, Row row) {
        const char *met = row_is_met(report, row);

        printf("    {\"id\": \"%s\",\n     \"what\": ", rows[row].id);
        print_json_string(rows[row].what);
        printf(",\n     \"unit\": \"%s\"", rows[row].unit);
        for (Subject subject = 0; subject < _SUBJECT_MAX; subject++)
                print_json_number(subject_names[subject], report->values[row][subject]);

        print_json_number("ratio", row_ratio(report, row));
        printf(",\n     \"ratio_to\": \"%s\"", subject_names[rows[row].base]);
        print_json_number("aim", rows[row].aim_kind == AIM_NONE ? (double) NAN : rows[row].aim);
        printf(",\n     \"aim_is\": %s", rows[row].aim_kind == AIM_NONE    ? "null"
                                         : rows[row].aim_kind == AIM_RATIO ? "\"ratio\""
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
