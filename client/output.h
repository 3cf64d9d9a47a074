/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text for a person: colour, marks and line breaks that suit the terminal, and no control characters. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "../daemon/checks/check.h"
#include "../daemon/checks/profile.h"

typedef struct Output {
        FILE *file;
        bool colour;
        bool utf8;        /* whether marks and texts may have characters beyond ASCII */
        bool terminal;    /* whether it is one */
        bool root;        /* whether the reader is root, who needs no sudo */
        unsigned columns; /* where lines are to be broken */
} Output;

typedef enum Style {
        STYLE_PLAIN,
        STYLE_BOLD,
        STYLE_DIM,
        STYLE_GOOD,
        STYLE_BAD,
        STYLE_WARNING,
        STYLE_MINOR,   /* a warning that need not worry anybody */
        STYLE_COMMAND, /* a line to type */
        _STYLE_MAX,
} Style;

/* Finds out what FILE and its reader can take: terminal, locale, $NO_COLOR, $TERM. */
void output_detect(FILE *file, Output *ret);

/* Prints TEXT, in which control characters and what is no UTF-8 become question marks. Returns its width. */
unsigned output_text(const Output *output, Style style, const char *text);

/* How wide output_text() would print it, one column for each character. */
unsigned output_width(const char *text);

/* Prints TEXT and then blanks up to WIDTH. */
void output_padded(const Output *output, Style style, const char *text, unsigned width);
void output_blanks(const Output *output, unsigned n);

/* Prints TEXT word by word, starting in the column that the line has reached and going on at INDENT on the
 * next ones. Returns the column after the last word; there is no line break after it. */
unsigned output_wrapped(const Output *output, unsigned column, unsigned indent, Style style,
                        const char *text);

/* Marks, each one column wide. */
const char *output_check_mark(const Output *output, CheckState state);
const char *output_profile_mark(const Output *output, ProfileState state);
const char *output_arrow(const Output *output);

Style profile_state_style(ProfileState state);
