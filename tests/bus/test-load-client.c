/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "virtreadyctl load" on a terminal: polkit may ask, and there is an agent while it does. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
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

static int terminal_open(const Fixture *fixture) {
        int fd = open(ptsname(fixture->terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

/* Starts "load tun" with the terminal as its standard input; OPTION may be NULL. */
static GSubprocess *start(Fixture *fixture, bool as_other, const char *option) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree char *bus = g_strdup_printf("--bus=%s", fixture->bus.address);
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        g_subprocess_launcher_take_stdin_fd(launcher, terminal_open(fixture));
        if (as_other)
                g_subprocess_launcher_set_child_setup(launcher, become_other, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, fixture->client, bus, "load", "tun", option,
                                              NULL);
        g_assert_no_error(error);
        return process;
}

/* What a shell is to its commands: goes on when they are ended by a key, and takes them for its own until
 * the last one has ended. Then it ends as the first one did. */
static _Noreturn void lead(pid_t first) {
        int status, of_first = 0;
        pid_t pid;

        (void) close_range(STDERR_FILENO + 1, ~0U, 0);
        (void) signal(SIGQUIT, SIG_IGN);
        while ((pid = wait(&status)) > 0)
                if (pid == first)
                        of_first = status;

        (void) signal(SIGQUIT, SIG_DFL);
        if (WIFSIGNALED(of_first))
                (void) raise(WTERMSIG(of_first));
        _exit(WEXITSTATUS(of_first));
}

/* Makes the terminal that of a session of its own, of which the command is not the leader. */
static void take_terminal(gpointer data) {
        const struct rlimit no_core = {};
        pid_t pid;

        (void) data;
        if (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0 ||
            prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                _exit(EXIT_FAILURE);

        pid = fork();
        if (pid < 0)
                _exit(EXIT_FAILURE);
        if (pid > 0)
                lead(pid);
        /* A shell that has the tests in the background has them ignore it. */
        (void) signal(SIGQUIT, SIG_DFL);
        become_other(NULL);
}

/* The same with all that it has of a terminal. */
static GSubprocess *start_in_session(Fixture *fixture) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree char *bus = g_strdup_printf("--bus=%s", fixture->bus.address);
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        g_subprocess_launcher_take_stdin_fd(launcher, terminal_open(fixture));
        g_subprocess_launcher_take_stdout_fd(launcher, terminal_open(fixture));
        g_subprocess_launcher_setenv(launcher, "NO_COLOR", "1", TRUE);
        g_subprocess_launcher_set_child_setup(launcher, take_terminal, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, fixture->client, bus, "load", "tun", NULL);
        g_assert_no_error(error);
        return process;
}

static bool terminal_echoes(const Fixture *fixture) {
        struct termios state;

        g_assert_cmpint(tcgetattr(fixture->terminal, &state), ==, 0);
        return state.c_lflag & ECHO;
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
        g_assert_false(fixture->fake.interactive);
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

/* It turns the terminal's echo off, as for a password, and on again when it is asked to end; or not. */
#define AGENT_HIDES "stty -echo </dev/tty\n"
#define AGENT_SHOWS_AT_END            \
        "eval \"sleep 60 $4>&- &\"\n" \
        "trap 'stty echo </dev/tty; echo ended > \"$RECORD/ended\"; kill $!; exit' TERM\n"
#define AGENT_DIES "kill -KILL $$\n"

/* Ctrl-\ ends the command, and leaves it to the agent to put the terminal in order. */
static void test_quit(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;

        (void) data;
        agent_fixture_write(&fixture->agent, AGENT_SHOWS_AT_END AGENT_HIDES AGENT_REGISTERS AGENT_STAYS);
        fixture->fake.delay_seconds = 5;
        process = start_in_session(fixture);
        wait_until(fixture->fake.n_asked == 1 && agent_fixture_waits(&fixture->agent));
        g_assert_false(terminal_echoes(fixture));

        g_assert_cmpint(write(fixture->terminal, "\034", 1), ==, 1);
        wait_until(!g_subprocess_get_identifier(process));
        g_assert_true(g_subprocess_get_if_signaled(process));
        g_assert_cmpint(g_subprocess_get_term_sig(process), ==, SIGQUIT);
        g_assert_true(agent_fixture_was_ended(&fixture->agent));
        g_assert_true(terminal_echoes(fixture));
}

/* An agent that could not do so: then the command does. */
static void test_restores_terminal(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;

        (void) data;
        agent_fixture_write(&fixture->agent, AGENT_HIDES AGENT_REGISTERS AGENT_DIES);
        process = start_in_session(fixture);
        wait_until(fixture->fake.n_asked == 1);
        expect_exit(process, 0);
        g_assert_true(terminal_echoes(fixture));
}

/* Who reads it there learns how to keep it so. */
static void test_hint(Fixture *fixture, const void *data) {
        g_autoptr(GSubprocess) process = NULL;
        char text[256] = "";
        ssize_t n;

        (void) data;
        process = start_in_session(fixture);
        wait_until(fixture->fake.n_asked == 1);
        expect_exit(process, 0);
        n = read(fixture->terminal, text, sizeof(text) - 1);
        g_assert_cmpint(n, >, 0);
        g_assert_cmpstr(text, ==,
                        "tun is loaded.\r\nTo have it loaded at each start: virtreadyctl persist tun\r\n");
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
        add("quit", NULL, test_quit);
        add("restores-terminal", NULL, test_restores_terminal);
        add("hint", NULL, test_hint);

        return g_test_run();
}
