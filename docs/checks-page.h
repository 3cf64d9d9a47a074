/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The documentation of the checks: what it consists of, for those who write it in some format. */
#pragma once

#include "daemon/checks/catalogue.h"
#include "daemon/checks/profile.h"

/* What an outcome means to the reader. */
typedef struct StateMeaning {
        CheckState state;
        const char *text;
} StateMeaning;

/* Formats one part each, to stdout. In all texts {name} stands for a value of the machine. */
typedef struct PageWriter {
        void (*begin)(void);
        void (*section)(const char *title);
        void (*text)(const char *text);      /* right under a heading */
        void (*paragraph)(const char *text); /* after something else */
        void (*states)(const StateMeaning *meanings, size_t n);
        void (*area)(const char *id, size_t length); /* the checks up to the next one belong to it */
        void (*begin_check)(const Check *check);
        void (*begin_facts)(void);
        void (*checks)(const char *label, const char *const *ids);
        void (*profiles)(const char *label, const char *const *ids);
        void (*items)(const char *label, const char *const *items);
        void (*links)(const char *label, const char *const *uris);
        void (*end_facts)(void);
        void (*begin_reasons)(void);
        void (*begin_reason)(const Check *check, const Reason *reason);
        void (*detail)(const char *text);
        void (*remedy)(const Remedy *remedy);
        void (*end_reason)(void);
        void (*end_reasons)(void);
        void (*end_check)(void);
        void (*begin_profile)(const Profile *profile);
        void (*end_profile)(void);
        void (*end)(void);
} PageWriter;

extern const PageWriter html_writer;
extern const PageWriter mdoc_writer;

typedef void (*AreaHandler)(const char *id, size_t length);
typedef void (*CheckHandler)(const PageWriter *writer, const Check *check);

/* Calls AREA for each area, such as "kvm", and CHECK for each of its checks after that. An area's checks
 * need not be neighbours in the catalogue. */
void page_walk_checks(AreaHandler area, CheckHandler check, const PageWriter *writer);
