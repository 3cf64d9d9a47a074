/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An archive to analyse, and a directory of its own for what is unpacked of it. */
#pragma once

#include "harness.h"
#include "pack.h"

#define TOP "sosreport-a-2026-11-24-abcdefg"
#define MIB (1024U * 1024U)

typedef struct Fixture {
        Machine machine; /* the directory that all of it is in */
        char *file;
        char *option; /* that names the file */
        char *scratch;
        Pack pack;
} Fixture;

void set_up(Fixture *fixture, gconstpointer data);

/* Sees to it that nothing has been left behind, too. */
void tear_down(Fixture *fixture, gconstpointer data);

/* Ends the archive and has it analysed. */
Outcome analyze_pack(Fixture *fixture);

/* Whether a directory has something in it. */
gboolean is_not_empty(gpointer directory);

/* Asserts that the archive could not be judged, and that ERROR was said; or that what pack_machine() has
 * packed was judged. */
void assert_refused(const Outcome *outcome, const char *error);
void assert_machine(const Outcome *outcome);
