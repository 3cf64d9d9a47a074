/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Agents that behave, and some that do not, started by the code that ships. */

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

#include "../../client/polkit-agent.h"
#include "agent-fixture.h"

static void test_registers(AgentFixture *fixture, gconstpointer data) {
        g_autofree char *arguments = NULL, *expected = NULL;
        PolkitAgent agent = {};

        (void) data;
        agent_fixture_write(fixture, AGENT_RECORDS AGENT_CAN_END AGENT_REGISTERS AGENT_STAYS);
        g_assert_cmpint(polkit_agent_start(&agent), ==, 0);
        g_assert_cmpint(agent.pid, >, 0);

        /* It has registered, so that it has recorded. */
        arguments = agent_fixture_arguments(fixture);
        expected = g_strdup_printf("--process %i --notify-fd [0-9]+ --fallback\n", (int) getpid());
        g_test_message("%s", arguments);
        g_assert_true(g_regex_match_simple(expected, arguments, G_REGEX_ANCHORED, 0));

        polkit_agent_stop(&agent);
        g_assert_true(agent_fixture_was_ended(fixture));
        g_assert_cmpint(agent.pid, ==, 0);
        polkit_agent_stop(&agent);
}

/* Nothing of it is left, also no process that has ended and that nobody has asked about. */
static void assert_is_gone(pid_t pid) {
        g_assert_cmpint(kill(pid, 0), ==, -1);
        g_assert_cmpint(errno, ==, ESRCH);
}

static void test_trouble(AgentFixture *fixture, gconstpointer data) {
        gint64 begin = g_get_monotonic_time();
        PolkitAgent agent = {};
        pid_t pid;

        if (data)
                agent_fixture_write(fixture, data);
        g_assert_cmpint(polkit_agent_start(&agent), ==, 0);
        pid = agent.pid;
        polkit_agent_stop(&agent);
        assert_is_gone(pid);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 12 * G_USEC_PER_SEC);
}

static void test_missing(AgentFixture *fixture, gconstpointer data) {
        gint64 begin = g_get_monotonic_time();

        (void) data;
        test_trouble(fixture, NULL);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 3 * G_USEC_PER_SEC);
}

/* It never says that it has registered. */
static void test_silent(AgentFixture *fixture, gconstpointer data) {
        PolkitAgent agent = {};

        (void) data;
        agent_fixture_write(fixture, AGENT_CAN_END AGENT_STAYS);
        g_assert_cmpint(polkit_agent_start(&agent), ==, 0);
        polkit_agent_stop(&agent);
        g_assert_true(agent_fixture_was_ended(fixture));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

#define add(name, data, test)                                                             \
        g_test_add("/polkit-agent/" name, AgentFixture, data, agent_fixture_set_up, test, \
                   agent_fixture_tear_down)
        add("registers", NULL, test_registers);
        add("missing", NULL, test_missing);
        add("fails", "exit 127\n", test_trouble);
        add("silent", NULL, test_silent);
        add("stubborn", AGENT_REGISTERS "trap '' TERM\nexec sleep 60\n", test_trouble);

        return g_test_run();
}
