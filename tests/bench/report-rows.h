/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each row of the report is called, what it is compared with, and what it aims at. */
#pragma once

#include "report.h"

typedef enum AimKind {
        AIM_NONE,
        AIM_RATIO, /* virtreadyd, divided by what it is compared with, is at most the aim */
        AIM_VALUE, /* virtreadyd's value is at most the aim */
} AimKind;

/* What virtreadyd's value is divided by. */
typedef enum BaseKind {
        BASE_SUBJECT, /* another subject's, in the same row */
        BASE_ROW,     /* its own, in another row */
        BASE_NONE,
} BaseKind;

typedef struct RowInfo {
        const char *id;   /* in JSON */
        const char *what; /* in words */
        const char *unit;
        int decimals;
        bool needs_events; /* there is none where the kernel's events cannot be had */
        BaseKind base_kind;
        Subject base; /* what virtreadyd is compared with: the floor, unless said otherwise */
        Row base_row;
        AimKind aim_kind;
        double aim;
} RowInfo;

const RowInfo *row_info(Row row);
