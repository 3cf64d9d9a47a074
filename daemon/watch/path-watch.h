/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices changes of files and device nodes that no event tells of. */
#pragma once

#include "../basic/cleanup.h"
#include "watch.h"

typedef struct PathWatch PathWatch;

/* Starts to watch the files of path-rules.h and the nodes of facts/device.h under ROOT, which has to outlive
 * the watch. The directories need not exist. A node that was only touched is not outdated. When the kernel
 * had to drop events everything is. Errors: -ENOMEM, those of uname(2), and of sd_event_add_inotify_fd(3),
 * such as -EMFILE or -ENOSPC at the user's limits (inotify(7)). */
int path_watch_new(sd_event *event, const Root *root, WatchHandler handler, void *userdata, PathWatch **ret);
PathWatch *path_watch_free(PathWatch *watch);
DEFINE_POINTER_CLEANUP(PathWatch *, path_watch_free);

/* Looks whether the paths still lead to the same directories, as something may have been mounted over one.
 */
void path_watch_follow_mounts(PathWatch *watch);
