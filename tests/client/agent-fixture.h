/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pkttyagent of the test's own, which is found through PATH. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Parts of a shell script, in their order: it writes its arguments down; gets ready to write down that it is
 * asked to end; closes the descriptor that it was given for that; and stays, for a minute at most: nothing
 * is left of it for long when a test is killed. */
#define AGENT_RECORDS "echo \"$@\" > \"$RECORD/arguments\"\n"
#define AGENT_CAN_END                 \
        "eval \"sleep 60 $4>&- &\"\n" \
        "trap 'echo ended > \"$RECORD/ended\"; kill $!; exit' TERM\n"
#define AGENT_REGISTERS "eval \"exec $4>&-\"\n"
#define AGENT_STAYS                        \
        "echo waits > \"$RECORD/waits\"\n" \
        "wait $!\n"

typedef struct AgentFixture {
        char *directory; /* the only one in PATH that has a pkttyagent; everybody may write to it */
        char *path;      /* PATH as it was */
} AgentFixture;

/* Until one is written there is none. */
void agent_fixture_set_up(AgentFixture *fixture, gconstpointer data);
void agent_fixture_tear_down(AgentFixture *fixture, gconstpointer data);

/* Makes the agent of a script's lines. */
void agent_fixture_write(const AgentFixture *fixture, const char *lines);

/* What it has recorded: its arguments, or NULL; whether it was started and waits; and was asked to end. */
char *agent_fixture_arguments(const AgentFixture *fixture);
bool agent_fixture_waits(const AgentFixture *fixture);
bool agent_fixture_was_ended(const AgentFixture *fixture);
