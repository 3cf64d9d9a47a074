/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts what the daemon knows into messages. All return a negative errno of sd-bus, or -ENOMEM. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/checks/verdict.h"

/* "as": the ids of a set of checks, or of a NULL-terminated list. */
int bus_append_check_set(sd_bus_message *message, const CheckSet *set);
int bus_append_ids(sd_bus_message *message, const char *const *ids);

/* "s": a set of CPUs, as the kernel writes lists of them. */
int bus_append_cpu_list(sd_bus_message *message, const CpuSet *cpus);

/* "a{sv}": the arguments of a finding. */
int bus_append_arguments(sd_bus_message *message, const Finding *finding);

/* "aa{sv}": the remedies of a check. */
int bus_append_remedies(sd_bus_message *message, const CheckResult *result);

/* "s": a template, with the arguments of a finding in it. */
int bus_append_template(sd_bus_message *message, const Finding *finding, const char *template);
