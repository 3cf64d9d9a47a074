/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives memory back once there is nothing left to do that could need it. */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"

/* So long after the last event. */
#define TIDY_AFTER_USEC (2 * USEC_PER_SEC)

typedef struct Tidy Tidy;

/* Frees what can be made again. */
typedef void (*TidyHandler)(void *userdata);

/* Each time the event loop has had nothing to do for TIDY_AFTER_USEC, the handler is called, and then what
 * malloc() keeps of documents and messages that were freed, for others that may never come, goes back to the
 * kernel. Errors: those of sd_event_add_post(3) and sd_event_add_time(3). */
int tidy_new(sd_event *event, TidyHandler handler, void *userdata, Tidy **ret);
Tidy *tidy_free(Tidy *tidy);
DEFINE_POINTER_CLEANUP(Tidy *, tidy_free);
