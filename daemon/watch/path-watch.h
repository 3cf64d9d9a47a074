/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices changes of files and device nodes that no event tells of. */
#pragma once

#include "../basic/cleanup.h"
#include "watch.h"

typedef struct PathWatch PathWatch;

/* Starts to watch the files of path-rules.h and the nodes of facts/device.h under ROOT. The directories need
 * not exist. KNOWN is what was last read of the nodes: one that is still like that, as after a mere touch,
 * is not outdated. Both have to outlive the watch. When the kernel had to drop events everything is
 * outdated. Errors: -ENOMEM, those of uname(2), and of sd_event_add_inotify_fd(3), such as -EMFILE or
 * -ENOSPC at the user's limits (inotify(7)). */
int path_watch_new(sd_event *event, const Root *root, const DevicesFacts *known, WatchHandler handler,
                   void *userdata, PathWatch **ret);
PathWatch *path_watch_free(PathWatch *watch);
DEFINE_POINTER_CLEANUP(PathWatch *, path_watch_free);

/* Looks whether the paths still lead to the same directories, as something may have been mounted over one.
 */
void path_watch_follow_mounts(PathWatch *watch);
