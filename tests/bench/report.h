/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of everything that is measured, and its two forms of output. */
#pragma once

#include <stdbool.h>

/* Who is measured. */
typedef enum Subject {
        SUBJECT_FLOOR,
        SUBJECT_VIRTREADYD,
        SUBJECT_HOSTNAMED,
        SUBJECT_VALIDATE,
        _SUBJECT_MAX,
} Subject;

/* What is measured. */
typedef enum Row {
        ROW_OWNED_MEDIAN,
        ROW_OWNED_P90,
        ROW_ANSWERED_MEDIAN,
        ROW_ANSWERED_P90,
        ROW_PSS,
        ROW_ANONYMOUS,
        ROW_LIBRARIES,
        ROW_GET_ALL_P50,
        ROW_GET_ALL_P99,
        ROW_GET_ALL_CPU,
        ROW_EVENT_P50,
        ROW_EVENT_P99,
        ROW_STORM_DROPPED,
        ROW_STORM_CPU,
        ROW_STORM_PASSES,
        ROW_STORM_SETTLED,
        ROW_STORM_PEAK,
        ROW_STORM_GROWTH,
        ROW_PASS_CPU,
        ROW_PROBE_CPU,
        ROW_WHOLE_CPU,
        ROW_IDLE_SWITCHES,
        ROW_SMALL_PASS, /* on the files of a machine with 16 CPUs */
        ROW_LARGE_PASS, /* with 2,048 */
        ROW_SMALL_PER_CPU,
        ROW_LARGE_PER_CPU,
        ROW_SMALL_OPENED,
        ROW_LARGE_OPENED,
        ROW_SMALL_DEVICES,
        ROW_LARGE_DEVICES,
        ROW_SMALL_DEVICES_OPENED,
        ROW_LARGE_DEVICES_OPENED,
        ROW_SMALL_BIND,
        ROW_LARGE_BIND,
        _ROW_MAX,
} Row;

#define MACHINE_TEXT_MAX 2048U

typedef struct Report {
        bool has_events;                       /* the kernel's events could be had */
        double values[_ROW_MAX][_SUBJECT_MAX]; /* NAN: not measured */
        char machine[MACHINE_TEXT_MAX];        /* the facts that one needs to read the numbers */
        char method[MACHINE_TEXT_MAX];         /* how often each was measured, and under which load */
} Report;

/* A report in which nothing is measured yet. */
void report_init(Report *report);

/* Whether every row has a value for virtreadyd and for the floor, where one is possible. */
bool report_is_complete(const Report *report);

void report_print_markdown(const Report *report);
void report_print_json(const Report *report);
