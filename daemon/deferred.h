/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work that waits until what has arrived is handled, and that does not run too often. */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"

typedef void (*DeferredHandler)(void *userdata);

typedef struct Deferred Deferred;

/* Nothing is scheduled yet. The handler is called from the event loop: a few times in a row at once, then
 * once such a burst in each interval (deferred.c). Errors: those of sd_event_add_defer(3). */
int deferred_new(sd_event *event, DeferredHandler handler, void *userdata, Deferred **ret);
Deferred *deferred_free(Deferred *deferred);
DEFINE_POINTER_CLEANUP(Deferred *, deferred_free);

/* Has the handler called once, after all else that is to be done now, or after a tenth of a second if there
 * always is something. Whatever is scheduled until then is done with the same call. Logs a failure. */
void deferred_schedule(Deferred *deferred);
