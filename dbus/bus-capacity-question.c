/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the questions that are under way. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "bus-capacity-question.h"

void capacity_question_free(CapacityQuestion *question) {
        for (CapacityQuestion **p = &question->manager->capacity_questions; *p; p = &(*p)->next)
                if (*p == question) {
                        *p = question->next;
                        break;
                }

        usage_query_free(question->query);
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

int capacity_question_new(Manager *manager, const CapacityQuestion *like, CapacityQuestionHandler handler,
                          CapacityQuestion **ret) {
        CapacityQuestion *question = calloc(1, sizeof(CapacityQuestion));
        const UsageQuestion asked = {
                .uri = like->is_storage ? NULL : like->text,
                .storage = like->is_storage ? like->text : NULL,
                .or_above = like->or_above,
        };
        int r;

        if (!question)
                return -ENOMEM;

        *question = *like;
        question->manager = manager;
        question->handler = handler;
        question->text = strdup(like->text);
        question->next = manager->capacity_questions;
        manager->capacity_questions = question;

        r = question->text ? usage_query_new(manager->event, manager->libvirt_helper, &asked, on_usage,
                                             question, &question->query)
                           : -ENOMEM;
        if (r < 0) {
                capacity_question_free(question);
                return r;
        }

        *ret = question;
        return 0;
}
