/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl wait: ends when a profile is ready. */
#pragma once

#include "arguments.h"
#include "output.h"

/* Waits until the profile is ready or degraded, or the time is over; the daemon and the bus need not be
 * there yet. Shows what came out. Returns an ExitStatus, or a negative errno. */
int wait_run(const Arguments *arguments, const Output *output);
