/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sentences about one check or profile that several commands print. */
#pragma once

#include "document.h"
#include "output.h"

/* How the state of a check is coloured, given what depends on it. */
Style check_style(Json *document, const char *id);

/* Prints at INDENT what a person wants to know of a check that does not hold: its detail (in STYLE), what
 * blocks it and what to do. Each ends with a line break. These return -ENOMEM or 0. */
int explain_check(const Output *output, unsigned indent, Style style, Json *check);
int explain_remedies(const Output *output, unsigned indent, Json *check);

/* Prints WORDS and the ids, such as "blocked by kvm.device, kvm.access"; nothing when there are none. */
void explain_ids(const Output *output, unsigned indent, const char *words, Json *ids);

/* Prints ids and a line break, beginning in COLUMN and going on at INDENT. */
void explain_id_list(const Output *output, unsigned column, unsigned indent, Style style, Json *ids);

/* Prints a cause: its mark and detail, its id and what to do. */
int explain_cause(const Output *output, unsigned indent, Json *document, const char *id);

/* Prints the verdict on a profile in words, and its causes. With BLOCKED, also what each of them blocks. */
int explain_profile(const Output *output, Json *document, Json *profile, bool blocked);
