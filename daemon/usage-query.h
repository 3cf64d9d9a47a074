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

/* Kills the helper if it still runs. */
UsageQuery *usage_query_free(UsageQuery *query);
DEFINE_POINTER_CLEANUP(UsageQuery *, usage_query_free);

/* Makes a sentence of why HELPER could not be asked; NULL without memory. */
char *usage_explain(const char *helper, int error);
