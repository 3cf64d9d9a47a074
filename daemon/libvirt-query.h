/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to libvirt, which virtready-libvirt asks beside the daemon. */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"
#include "basic/json.h"

typedef struct LibvirtQuery LibvirtQuery;

/* Called once, from the event loop, unless the query is freed before; it may free the query. ANSWER has the
 * shape of libvirt-answer.h; where the helper has not answered, the answer is made up, and says why. It is
 * the query's, and NULL when there was no memory for it. */
typedef void (*LibvirtQueryHandler)(Json *answer, void *userdata);

/* Has HELPER, a path, ask what is known at URI. A helper that cannot be started leads to an answer as well,
 * at the end of the event loop's turn. Errors: -ENOMEM, and those of sd_event_add_defer(3). */
int libvirt_query_new(sd_event *event, const char *helper, const char *uri, LibvirtQueryHandler handler,
                      void *userdata, LibvirtQuery **ret);

/* Kills the helper if it still runs. */
LibvirtQuery *libvirt_query_free(LibvirtQuery *query);
DEFINE_POINTER_CLEANUP(LibvirtQuery *, libvirt_query_free);
