/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks virtready-libvirt how much is in use, without waiting for it: libvirt may hang, and so may a file
 * system whose server has gone. */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "capacity/usage.h"

#define USAGE_TIMEOUT_USEC (5 * USEC_PER_SEC)

/* One question that is under way. */
typedef struct UsageQuery UsageQuery;

/* Called once, from the event loop, unless the query is freed before; it may free the query. What could not
 * be learnt is unknown in USAGE, and its detail says why. */
typedef void (*UsageHandler)(const Usage *usage, void *userdata);

/* What is asked: one of the two. */
typedef struct UsageQuestion {
        const char *uri;     /* of the libvirt whose guests are meant */
        const char *storage; /* the path that disks would be at */
        bool or_above;       /* where nothing has that name, what is above it will do */
} UsageQuestion;

/* Starts HELPER, which has USAGE_TIMEOUT_USEC for all. Errors: those of child_new(). */
int usage_query_new(sd_event *event, const char *helper, const UsageQuestion *question, UsageHandler handler,
                    void *userdata, UsageQuery **ret);

/* Whether the helper has not ended: it may still run when the handler is called. */
bool usage_query_is_running(const UsageQuery *query);

/* Kills a helper that runs, so that the handler above is not called any more, and calls HANDLER once it has
 * ended, which may take for ever (child.h). HANDLER may free the query. */
typedef void (*UsageEndHandler)(void *userdata);
void usage_query_stop(UsageQuery *query, UsageEndHandler handler, void *userdata);

/* Kills the helper if it still runs; nobody is told when it has ended. */
UsageQuery *usage_query_free(UsageQuery *query);
DEFINE_POINTER_CLEANUP(UsageQuery *, usage_query_free);

/* Makes a sentence of why HELPER could not be asked; NULL without memory. */
char *usage_explain(const char *helper, int error);
