/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs virtready-libvirt. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "daemon/basic/json.h"

typedef struct Answer {
        char *text; /* all that it has printed */
        char *errors;
        int status;        /* its exit status, or the negative signal that has ended it */
        long resident_kib; /* the most memory that it has had at a time */
        Json *document;    /* what TEXT says; NULL where it is no JSON */
} Answer;

/* Waits for its end, which comes by the kernel after SECONDS at the latest. ARGUMENTS do not have its name.
 */
void ask_within(unsigned seconds, const char *const *arguments, Answer *answer);

/* The same as nobody, for which the test has to be root; or as who it is. */
void ask_within_as(unsigned seconds, const char *const *arguments, bool as_nobody, Answer *answer);

/* Starts it without waiting: what it prints is lost. It ends when this process does, or the one that the
 * test has forked for it, and after some time in any case. */
pid_t ask_start(const char *const *arguments);

/* Asks with time enough, and requires one line of JSON, no message, and success. */
void ask(Answer *answer, ...) G_GNUC_NULL_TERMINATED;
void answer_done(Answer *answer);

/* A member that is a text, or NULL. */
const char *answer_string(const Answer *answer, const char *key);

/* Requires a state and a text in the detail, and that nothing else of a description is known. */
void assert_no_description(const Answer *answer, const char *state, const char *detail);

/* Requires that it had far less memory than what a test sends, which an answer does not take. */
void assert_little_memory(const Answer *answer);
