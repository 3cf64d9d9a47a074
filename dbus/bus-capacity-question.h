/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt is asked for calls of EstimateCapacity: the same once, however many wait for it. A
 * question stays for as long as its helper is there, also one that a signal does not end, for then another
 * one that asked the same would be the next. */
#pragma once

#include "../daemon/manager.h"
#include "../daemon/usage-query.h"

typedef struct CapacityQuestion CapacityQuestion;

/* Called once, from the event loop; it has to drop the question. */
typedef void (*CapacityQuestionHandler)(CapacityQuestion *question, const Usage *usage);

struct CapacityQuestion {
        Manager *manager;
        UsageQuery *query;
        CapacityQuestionHandler handler;
        char *text; /* the URI or the path */
        bool is_storage;
        bool or_above; /* where the path is not there, what is above it will do */
        bool wanted;   /* a call waits for the answer */
        bool stopping; /* the helper was killed, and asks anew if somebody wants that once it has ended */
        bool hangs;    /* it should have ended, and nobody can wait for that */
        sd_event_source *patience;
        struct CapacityQuestion *next;
};

/* The one that asks the same as LIKE, or NULL. */
CapacityQuestion *capacity_question_find(const Manager *manager, const CapacityQuestion *like);

/* Asks what LIKE says, and puts the question into the manager's list. Errors: those of usage_query_new(). */
int capacity_question_new(Manager *manager, const CapacityQuestion *like, CapacityQuestionHandler handler,
                          CapacityQuestion **ret);

/* No call waits for the answer: kills the helper. Once it has ended the question goes. */
void capacity_question_drop(CapacityQuestion *question);
void capacity_question_free(CapacityQuestion *question);

/* How many questions there are about storages, and how many of these hang. */
void capacity_questions_count(const Manager *manager, unsigned *ret_n, unsigned *ret_n_hanging);

/* Said where a question hangs. */
#define CAPACITY_QUESTION_HANGS                                                                             \
        "An earlier question about it still hangs in the kernel, as where a file system's server does not " \
        "answer; it is asked again once that has ended."
