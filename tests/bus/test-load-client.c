/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "virtreadyctl load" on a terminal: polkit may ask, and there is an agent while it does. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../client/agent-fixture.h"
#include "../client/fake.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        AgentFixture agent;
        Fake fake;
        char *client; /* where everybody may run it */
        int terminal; /* the master's side of a pseudo-terminal */
} Fixture;

/* For root there is nothing to ask. */
static void become_other(gpointer data) {
        if (getuid() == 0)
                become_nobody(data);
}

static void set_up(Fixture *fixture, const void *data) {
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("VIRTREADYCTL")), to = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;
        bus_up(&fixture->bus);
        to = g_file_new_build_filename(fixture->bus.directory, "virtreadyctl", NULL);
        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        fixture->client = g_file_get_path(to);
        g_assert_cmpint(g_chmod(fixture->client, 0755), ==, 0);

        fake_start(&fixture->fake, fixture->bus.address);
        agent_fixture_set_up(&fixture->agent, NULL);
        agent_fixture_write(&fixture->agent, AGENT_RECORDS AGENT_CAN_END AGENT_REGISTERS AGENT_STAYS);

        fixture->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        g_assert_cmpint(fixture->terminal, >=, 0);
        g_assert_cmpint(grantpt(fixture->terminal), ==, 0);
        g_assert_cmpint(unlockpt(fixture->terminal), ==, 0);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;
        g_assert_cmpint(close(fixture->terminal), ==, 0);
        agent_fixture_tear_down(&fixture->agent, NULL);
        fake_stop(&fixture->fake);
        bus_down(&fixture->bus);
        g_free(fixture->client);
}

/* Starts "load tun" with the terminal as its standard input; OPTION may be NULL. */
static GSubprocess *start(Fixture *fixture, bool as_other, const char *option) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree char *bus = g_strdup_printf("--bus=%s", fixture->bus.address);
        g_autoptr(GError) error = NULL;
        GSubprocess *process;
        int fd;

        fd = open(ptsname(fixture->terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        g_subprocess_launcher_take_stdin_fd(launcher, fd);
        if (as_other)
                g_subprocess_launcher_set_child_setup(launcher, become_other, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, fixture->client, bus, "load", "tun", option,
                                              NULL);
        g_assert_no_error(error);
        return process;
}

static void expect_exit(GSubprocess *process, int status) {
        wait_until(!g_subprocess_get_identifier(process));
        g_assert_true(g_subprocess_get_if_exited(process));
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, status);
}

/* It is there while the daemon asks polkit, and not any more when the command ends. */
static void test_agent(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;
        g_autofree char *arguments = NULL, *beginning = NULL;
        int status = data ? 1 : 0;

        fixture->fake.delay_seconds = 1;
        fixture->fake.error = data;
        process = start(fixture, true, NULL);
        beginning = g_strdup_printf("--process %s --notify-fd ", g_subprocess_get_identifier(process));
        wait_until(fixture->fake.n_asked == 1);
        g_assert_true(fixture->fake.interactive);

        arguments = agent_fixture_arguments(&fixture->agent);
        g_assert_nonnull(arguments);
        g_assert_true(g_str_has_prefix(arguments, beginning));
        g_assert_true(g_str_has_suffix(arguments, " --fallback\n"));
        if (!data)
                g_assert_false(agent_fixture_was_ended(&fixture->agent));

        expect_exit(process, status);
        g_assert_true(agent_fixture_was_ended(&fixture->agent));
}

static void test_without_agent(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->agent.directory, "pkttyagent", NULL);
        g_autoptr(GSubprocess) process = NULL;

        (void) data;
        g_assert_cmpint(g_unlink(path), ==, 0);
        process = start(fixture, true, NULL);
        wait_until(fixture->fake.n_asked == 1);
        g_assert_true(fixture->fake.interactive);
        expect_exit(process, 0);
}

static void test_no_ask_password(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = start(fixture, true, "--no-ask-password");

        (void) data;
        wait_until(fixture->fake.n_asked == 1);
        g_assert_false(fixture->fake.interactive);
        expect_exit(process, 0);
        g_assert_null(agent_fixture_arguments(&fixture->agent));
}

static void test_root(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;

        (void) data;
        if (getuid() != 0)
                skip_because("not root");

        process = start(fixture, false, NULL);
        wait_until(fixture->fake.n_asked == 1);
        g_assert_true(fixture->fake.interactive);
        expect_exit(process, 0);
        g_assert_null(agent_fixture_arguments(&fixture->agent));
}

/* Whatever ends the command ends the agent, too. */
static void test_interrupted(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;

        /* It is not answered before. */
        fixture->fake.delay_seconds = WAIT_SECONDS;
        process = start(fixture, true, NULL);
        wait_until(fixture->fake.n_asked == 1 && agent_fixture_waits(&fixture->agent));

        g_subprocess_send_signal(process, *(const int *) data);
        wait_until(!g_subprocess_get_identifier(process));
        g_assert_true(g_subprocess_get_if_signaled(process));
        wait_until(agent_fixture_was_ended(&fixture->agent));
}

int main(int argc, char *argv[]) {
        static const int interrupt = SIGINT, force = SIGKILL;

        g_test_init(&argc, &argv, NULL);

#define add(name, data, test) g_test_add("/load-client/" name, Fixture, data, set_up, test, tear_down)
        add("agent", NULL, test_agent);
        add("agent-after-error", "org.freedesktop.DBus.Error.AccessDenied", test_agent);
        add("without-agent", NULL, test_without_agent);
        add("no-ask-password", NULL, test_no_ask_password);
        add("root", NULL, test_root);
        add("interrupted", &interrupt, test_interrupted);
        add("killed", &force, test_interrupted);

        return g_test_run();
}
