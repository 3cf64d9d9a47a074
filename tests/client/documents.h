/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents made by hand, and what the client prints for them. */
#pragma once

#include <glib.h>

#include "../../client/arguments.h"
#include "../../client/document.h"
#include "../../client/output.h"

/* A machine whose module is missing: one cause, two checks blocked by it. Strings are in single quotes. */
extern const char document_not_ready[];

/* The same machine with nothing wrong that a profile requires. */
extern const char document_ready[];

typedef int (*ShowFunction)(const Arguments *arguments, const Output *output, Json *document);

/* What a command printed and returned. */
typedef struct Shown {
        char *text;
        int status;
} Shown;

void shown_clear(Shown *shown);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shown, shown_clear)

/* Runs a command on a document given as text. FORM is how its output differs from 80 columns of UTF-8 for an
 * ordinary user without colour. */
typedef struct Form {
        gboolean ascii, colour, root;
        unsigned columns;
} Form;

Shown show(ShowFunction function, const char *document, Form form, Arguments arguments);

#define OPERANDS(...)                                           \
        .operands = (const char *const[]){ __VA_ARGS__, NULL }, \
        .n_operands = G_N_ELEMENTS(((const char *[]){ __VA_ARGS__ }))

void assert_contains(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
