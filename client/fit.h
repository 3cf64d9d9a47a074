/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl fit: how many guests of a size fit, and what ends first. */
#pragma once

#include <systemd/sd-bus.h>

#include "arguments.h"
#include "document.h"
#include "output.h"

/* Asks the daemon on BUS and shows its answer. Returns an ExitStatus, or -ENOMEM. */
int fit_run(const Arguments *arguments, const Output *output, sd_bus *bus);

/* Shows an answer of EstimateCapacity. Returns an ExitStatus, or -ENOMEM. */
int fit_show(const Arguments *arguments, const Output *output, Json *answer);
