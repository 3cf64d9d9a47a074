/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that has polkit's name on a private bus, and decides what a test tells it to. */
#pragma once

#include "harness.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"

/* CheckAuthorization's flag AllowUserInteraction. */
#define POLKIT_ALLOWS_INTERACTION 1U

typedef struct FakePolkit FakePolkit;

/* One call of CheckAuthorization. */
typedef struct FakeQuestion {
        char *asker;   /* who asks: the connection of the daemon */
        char *kind;    /* of the subject: "system-bus-name" */
        char *subject; /* who is asked about, by the connection's name */
        char *action;
        GVariant *details; /* a{ss} */
        guint32 flags;
        char *cancellation_id;
        GDBusMethodInvocation *invocation;
} FakeQuestion;

/* Takes polkit's name on the bus. What it is asked waits until the test looks at it; one answer may be given
 * before another question is looked at, or not. */
FakePolkit *fake_polkit_new(const Bus *bus);

/* Leaves the bus. Whoever waits for an answer hears from the bus that there will be none. */
void fake_polkit_free(FakePolkit *fake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakePolkit, fake_polkit_free)

/* How many calls have come and were not looked at yet, questions and cancellations. */
gsize fake_polkit_waiting(const FakePolkit *fake);

/* Waits for the next call, which has to be a question. */
FakeQuestion *fake_polkit_next_question(FakePolkit *fake);

/* Waits for the next call, which has to be CancelCheckAuthorization and want neither an answer nor polkit to
 * be started for it; yields the id of the question. */
char *fake_polkit_next_cancellation(FakePolkit *fake);

/* The value of a detail, or NULL. It belongs to the question. */
const char *fake_question_detail(const FakeQuestion *question, const char *name);

/* Each answers and frees the question. */
void fake_polkit_answer(FakeQuestion *question, bool authorized, bool challenge);
void fake_polkit_answer_dismissed(FakeQuestion *question);
void fake_polkit_answer_error(FakeQuestion *question, const char *name, const char *message);
void fake_polkit_answer_body(FakeQuestion *question, GVariant *body); /* whatever it is, also floating */

/* Waits for the next call, which has to be a question, and says yes. */
void fake_polkit_allow_next(FakePolkit *fake);

/* Forgets the question without an answer. */
void fake_question_free(FakeQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeQuestion, fake_question_free)
