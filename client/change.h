/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a document up to date with a PropertiesChanged signal. */
#pragma once

#include <systemd/sd-bus.h>

#include "document.h"

typedef enum ChangeKind {
        CHANGE_NONE, /* nothing that the document or the count of virtual machines has */
        CHANGE_CHECK,
        CHANGE_PROFILE,
        CHANGE_DEVICE,     /* of which the document does not say what is new */
        CHANGE_HYPERVISOR, /* likewise */
        CHANGE_ACTIVE_VMS,
} ChangeKind;

typedef struct Change {
        ChangeKind kind;
        char *id;         /* of the check or profile */
        char *old_state;  /* its state before; NULL: there was none */
        Json *object;     /* it, as it is now; belongs to the document */
        uint64_t count;   /* of virtual machines */
        bool invalidated; /* the daemon has announced a change without its value: the document must be read
                             again */
} Change;

/* Applies a signal. Returns an error of sd-bus, -ENOMEM or 0. */
int change_apply(Json *document, sd_bus_message *signal, Change *ret);
void change_done(Change *change);
