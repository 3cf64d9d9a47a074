/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices that something was mounted or unmounted. */
#pragma once

#include "../basic/cleanup.h"
#include "watch.h"

typedef struct MountWatch MountWatch;

/* Starts to watch the mounts that this process sees (proc(5), /proc/PID/mountinfo). Errors: those of open(2)
 * and sd_event_add_io(3). */
int mount_watch_new(sd_event *event, WatchHandler handler, void *userdata, MountWatch **ret);
MountWatch *mount_watch_free(MountWatch *watch);
DEFINE_POINTER_CLEANUP(MountWatch *, mount_watch_free);
