/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl access: what the user who runs it may do with the devices. */
#pragma once

#include <systemd/sd-bus.h>

#include "arguments.h"
#include "document.h"
#include "output.h"

/* Asks the daemon on BUS and shows its answer. Returns an ExitStatus, or -ENOMEM. */
int access_run(const Arguments *arguments, const Output *output, sd_bus *bus);

/* Shows an answer: an object with the array "devices". Returns an ExitStatus, or -ENOMEM. */
int access_show(const Arguments *arguments, const Output *output, Json *answer);
