/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the questions that are under way. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "bus-capacity-question.h"
#include "bus.h"

/* What was killed has ended after that time, unless it never does. */
#define STOP_USEC USEC_PER_SEC

void capacity_question_free(CapacityQuestion *question) {
        for (CapacityQuestion **p = &question->manager->capacity_questions; *p; p = &(*p)->next)
                if (*p == question) {
                        *p = question->next;
                        break;
                }

        usage_query_free(question->query);
        sd_event_source_disable_unref(question->patience);
        free(question->text);
        free(question);
}

static void on_usage(const Usage *usage, void *userdata) {
        CapacityQuestion *question = userdata;

        if (usage->detail)
                log_debug("Asked for what is in use of %s: %s", question->text, usage->detail);
        question->handler(question, usage);
}

CapacityQuestion *capacity_question_find(const Manager *manager, const CapacityQuestion *like) {
        for (CapacityQuestion *q = manager->capacity_questions; q; q = q->next)
                if (q->is_storage == like->is_storage && q->or_above == like->or_above &&
                    streq(q->text, like->text))
                        return q;

        return NULL;
}

static int start(CapacityQuestion *question) {
        const UsageQuestion asked = {
                .uri = question->is_storage ? NULL : question->text,
                .storage = question->is_storage ? question->text : NULL,
                .or_above = question->or_above,
        };

        question->stopping = question->hangs = false;
        return usage_query_new(question->manager->event, question->manager->libvirt_helper, &asked, on_usage,
                               question, &question->query);
}

static void answer(CapacityQuestion *question, const char *detail) {
        const Usage usage = { .detail = (char *) detail };

        question->handler(question, &usage);
}

static int on_patience_ends(sd_event_source *source, uint64_t usec, void *userdata) {
        CapacityQuestion *question = userdata;

        (void) source, (void) usec;

        log_debug("What asked for what is in use of %s does not end.", question->text);
        question->hangs = true;
        if (question->wanted)
                answer(question, CAPACITY_QUESTION_HANGS);

        return 0;
}

static void on_stopped(void *userdata) {
        CapacityQuestion *question = userdata;
        _cleanup_free_ char *detail = NULL;
        int r;

        question->query = usage_query_free(question->query);
        question->patience = sd_event_source_disable_unref(question->patience);
        if (!question->wanted) {
                capacity_question_free(question);
                return;
        }

        r = start(question);
        if (r < 0) {
                detail = usage_explain(question->manager->libvirt_helper, r);
                answer(question, detail);
        }
}

void capacity_question_drop(CapacityQuestion *question) {
        int r;

        question->wanted = false;
        if (question->stopping)
                return;
        if (!question->query || !usage_query_is_running(question->query)) {
                capacity_question_free(question);
                return;
        }

        question->stopping = true;
        usage_query_stop(question->query, on_stopped, question);
        r = sd_event_add_time_relative(question->manager->event, &question->patience, CLOCK_MONOTONIC,
                                       STOP_USEC, 0, on_patience_ends, question);
        question->hangs = r < 0; /* without memory for patience there is none */
}

void capacity_questions_count(const Manager *manager, unsigned *ret_n, unsigned *ret_n_hanging) {
        unsigned n = 0, n_hanging = 0;

        for (const CapacityQuestion *q = manager->capacity_questions; q; q = q->next) {
                n += q->is_storage;
                n_hanging += q->is_storage && q->hangs;
        }

        *ret_n = n;
        *ret_n_hanging = n_hanging;
}

void bus_free_capacity_questions(Manager *manager) {
        while (manager->capacity_questions)
                capacity_question_free(manager->capacity_questions);
}

int capacity_question_new(Manager *manager, const CapacityQuestion *like, CapacityQuestionHandler handler,
                          CapacityQuestion **ret) {
        CapacityQuestion *question = calloc(1, sizeof(CapacityQuestion));
        int r;

        if (!question)
                return -ENOMEM;

        *question = *like;
        question->manager = manager;
        question->handler = handler;
        question->wanted = true;
        question->text = strdup(like->text);
        question->next = manager->capacity_questions;
        manager->capacity_questions = question;

        r = question->text ? start(question) : -ENOMEM;
        if (r < 0) {
                capacity_question_free(question);
                return r;
        }

        *ret = question;
        return 0;
}
