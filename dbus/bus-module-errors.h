/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What callers of LoadModule and PersistModule are told when it did not work. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/facts/facts.h"
#include "../daemon/modprobe/protocol.h"

/* Each sets ERROR and returns the negative errno that goes with it, or -ENOMEM.
 *
 * NAME is not on the allow-list. */
int module_error_not_allowed(const char *name, sd_bus_error *error);

/* The helper at PATH was not reached: R is an error of loader_new(). */
int module_error_unreachable(const char *path, int r, sd_bus_error *error);

/* It was, and gave no answer: R is what a LoaderHandler gets. */
int module_error_silent(const ModprobeRequest *request, int r, sd_bus_error *error);

/* It gave one, which is anything but "done". FACTS are those of the last pass. */
int module_error_answered(const Facts *facts, const ModprobeRequest *request, const ModprobeAnswer *answer,
                          sd_bus_error *error);
