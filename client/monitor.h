/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command that does not end by itself. */
#pragma once

#include <systemd/sd-bus.h>

#include "arguments.h"
#include "output.h"

/* Prints what changes until a signal ends it. Returns an ExitStatus, or a negative errno. */
int monitor_run(const Arguments *arguments, const Output *output, sd_bus *bus);
