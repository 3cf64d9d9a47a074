/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What polkit is told: a question, and that nobody waits for its answer any more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* Makes the call of CheckAuthorization that asks whether SUBJECT, the name of a connection to the bus, may
 * do ACTION with DETAILS: names and values in turn, NULL-terminated. INTERACTIVE: its user may be asked for
 * a password. ID is the question's alone. */
int polkit_question_new(sd_bus *bus, const char *subject, const char *action, const char *const *details,
                        bool interactive, uint64_t id, sd_bus_message **ret);

/* Withdraws the question ID, so that polkit takes its dialog away. Polkit is not started for that, and need
 * not answer. */
int polkit_question_withdraw(sd_bus *bus, uint64_t id);
