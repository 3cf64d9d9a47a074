/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that no signal ends, as those that wait for a file system whose server does not answer. */
#pragma once

#include <sys/types.h>

/* Holds held-helper as the process PID: it has not ended before it was let go, also when it was killed. That
 * lasts no longer than this process. Waits for its second thread, which is yielded. */
pid_t held_take(pid_t pid);

/* Lets a process go that was killed. */
void held_let_go(pid_t thread);
