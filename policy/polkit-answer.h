/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer of polkit means for the call that it was asked about. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

typedef enum PolkitAnswer {
        POLKIT_YES,
        POLKIT_NO,
        POLKIT_ABSENT, /* no polkit runs, nor can one be started */
        POLKIT_SILENT, /* there was no answer in time */
        POLKIT_FAILED, /* with an error, or an answer that makes no sense */
} PolkitAnswer;

/* Reads REPLY, the answer to CheckAuthorization about ACTION, or the error in its place. INTERACTIVE says
 * whether polkit was allowed to ask the user. All but POLKIT_YES sets ERROR, which describes to the caller
 * why this is not allowed, and what to do. */
PolkitAnswer polkit_answer_read(sd_bus_message *reply, const char *action, bool interactive,
                                sd_bus_error *error);
