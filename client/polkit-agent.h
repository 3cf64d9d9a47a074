/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit's agent for terminals, pkttyagent(1): asks for a password when polkit wants one of us. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

/* An agent that runs, or none. */
typedef struct PolkitAgent {
        pid_t pid;               /* 0: none */
        bool has_terminal;       /* standard input is one */
        struct termios terminal; /* as it was before */
} PolkitAgent;

/* Starts the agent for this process, which must have one thread, and gives it a few seconds to register;
 * one that takes longer goes on. It leaves an agent of the session alone, and ends with this process,
 * whatever ends that. Errors: those of pipe2(2) and fork(2); that pkttyagent is missing is none. */
int polkit_agent_start(PolkitAgent *ret);

/* Ends the agent, waits for that, and leaves the terminal as it was. */
void polkit_agent_stop(PolkitAgent *agent);
