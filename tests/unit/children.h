/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that this process has started, which an event loop waits for. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

/* Blocks SIGCHLD, for the event loop takes it in another way. */
void children_block_signal(void);

/* Whether there is one that runs, or that nobody has waited for. */
bool has_children(void);

/* Runs the event loop until there is none. */
void wait_for_children(sd_event *event);
