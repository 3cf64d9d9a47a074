/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt is asked for calls of EstimateCapacity: the same once, however many wait for it. */
#pragma once

#include "../daemon/manager.h"
#include "../daemon/usage-query.h"

typedef struct CapacityQuestion CapacityQuestion;

/* Called once, from the event loop; it has to free the question. */
typedef void (*CapacityQuestionHandler)(CapacityQuestion *question, const Usage *usage);

struct CapacityQuestion {
        Manager *manager;
        UsageQuery *query;
        CapacityQuestionHandler handler;
        char *text; /* the URI or the path */
        bool is_storage;
        bool or_above; /* where the path is not there, what is above it will do */
        struct CapacityQuestion *next;
};

/* The one that asks the same as LIKE, or NULL. */
CapacityQuestion *capacity_question_find(const Manager *manager, const CapacityQuestion *like);

/* Asks what LIKE says, and puts the question into the manager's list. Errors: those of usage_query_new(). */
int capacity_question_new(Manager *manager, const CapacityQuestion *like, CapacityQuestionHandler handler,
                          CapacityQuestion **ret);
void capacity_question_free(CapacityQuestion *question);
