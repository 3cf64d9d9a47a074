/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An agent that polkit has ask for passwords, which does what a test tells it to. */
#pragma once

#include "harness.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"

typedef struct PolkitAgent {
        GDBusConnection *connection; /* of root, whose word polkit takes for the password's */
        guint object;
        char *message;                     /* of the dialog */
        char *cookie;                      /* by which polkit knows it; NULL: none is shown */
        GDBusMethodInvocation *invocation; /* answered when the dialog is closed */
        guint n_cancelled;                 /* dialogs that polkit took away */
} PolkitAgent;

/* Registers with polkit for whoever calls from this process. */
void polkit_agent_up(PolkitAgent *agent, const Bus *bus);
void polkit_agent_down(PolkitAgent *agent);

/* Runs the main loop until a dialog is shown. */
void polkit_agent_wait(PolkitAgent *agent);

/* Root's password is given. */
void polkit_agent_authenticate(PolkitAgent *agent);

/* The dialog is closed. */
void polkit_agent_dismiss(PolkitAgent *agent);
