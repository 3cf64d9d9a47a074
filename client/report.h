/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "monitor" prints: one line for each event, at once. */
#pragma once

#include "arguments.h"
#include "document.h"
#include "output.h"

typedef struct Reporter {
        const Output *output;
        bool json;
} Reporter;

/* These return -ENOMEM, an error of writing, or 0. */

/* Where things stand: the profile ID of DOCUMENT, and, if it is not negative, the number of virtual
 * machines. */
int report_state(const Reporter *reporter, Json *document, const char *id, int64_t active_vms);

/* A check or profile is not what it was. OLD_STATE may be NULL. */
int report_check(const Reporter *reporter, Json *document, const char *id, const char *old_state);
int report_profile(const Reporter *reporter, Json *document, const char *id, const char *old_state);

/* A device is there, or is not what it was. BEFORE is what it was; NULL: it was not there. A device that is
 * NULL now is gone. */
int report_device(const Reporter *reporter, const char *address, Json *before, Json *device);

/* A hypervisor's state is not what it was. BEFORE and HYPERVISOR may be NULL, as above. */
int report_hypervisor(const Reporter *reporter, const char *id, Json *before, Json *hypervisor);

int report_active_vms(const Reporter *reporter, uint64_t count);

/* Who may use which device may be different now. */
int report_access(const Reporter *reporter);

/* The daemon has left the bus, or is back. */
int report_service(const Reporter *reporter, bool available);

/* All that differs between two documents. */
int report_differences(const Reporter *reporter, Json *old, Json *fresh);
