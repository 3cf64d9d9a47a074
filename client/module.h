/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl load, persist and unpersist: the commands that change something. */
#pragma once

#include <systemd/sd-bus.h>

#include "arguments.h"
#include "output.h"

/* Each asks the daemon on BUS to load the module that the operand names; to have it loaded at each start; or
 * no longer. On a terminal polkit may ask for a password. They say what came out, and return an ExitStatus,
 * -ENOMEM or another error of making a message. */
int module_load_run(const Arguments *arguments, const Output *output, sd_bus *bus);
int module_persist_run(const Arguments *arguments, const Output *output, sd_bus *bus);
int module_unpersist_run(const Arguments *arguments, const Output *output, sd_bus *bus);
