/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that are requests and that are none, a server that is asked them, and the program with libvirt. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "daemon/domcapabilities/ask.h"
#include "daemon/domcapabilities/serve.h"
#include "libvirtd.h"

#define URI "qemu:///system"

/* More than any answer takes here. */
#define TIMEOUT_USEC (60 * UINT64_C(1000000))

static const DomcapabilitiesRequest request = {
        .uri = URI, .arch = "x86_64", .virt_type = "kvm", .machine = "pc-i440fx-7.2"
};

/* --- Lines */

static void test_request(void) {
        char line[DOMCAPABILITIES_LINE_MAX];
        DomcapabilitiesRequest parsed, without_machine = request;

        g_assert_cmpint(domcapabilities_request_format(&request, line), ==, (int) strlen(line));
        g_assert_cmpstr(line, ==, "qemu:///system x86_64 kvm pc-i440fx-7.2\n");
        line[strlen(line) - 1] = '\0';
        g_assert_cmpint(domcapabilities_request_parse(line, &parsed), ==, 0);
        g_assert_cmpstr(parsed.uri, ==, URI);
        g_assert_cmpstr(parsed.arch, ==, "x86_64");
        g_assert_cmpstr(parsed.virt_type, ==, "kvm");
        g_assert_cmpstr(parsed.machine, ==, "pc-i440fx-7.2");

        without_machine.machine = NULL;
        g_assert_cmpint(domcapabilities_request_format(&without_machine, line), >, 0);
        g_assert_cmpstr(line, ==, "qemu:///system x86_64 kvm -\n");
        line[strlen(line) - 1] = '\0';
        g_assert_cmpint(domcapabilities_request_parse(line, &parsed), ==, 0);
        g_assert_null(parsed.machine);
}

static void test_no_request(void) {
        static const char *const lines[] = {
                "",
                "qemu:///system",
                "qemu:///system x86_64 kvm",
                "qemu:///system x86_64 kvm pc more",
                "qemu:///system  kvm pc",
                "qemu:///system x86_64 kvm pc ",
                "qemu:///system x86_64 kvm /usr/bin/sh",
                "qemu:///system x86_64 kvm ../pc",
                "qemu:///system x86_64 kvm -pc",
                "qemu:///system x86;64 kvm pc",
                "qemu:///system x86_64 kvm\tpc pc",
                "qemu:///system x86_64 k\xc3\xbcm pc",
                "?socket x86_64 kvm pc",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *line = g_strdup(lines[i]);
                DomcapabilitiesRequest parsed;

                g_test_message("'%s'", lines[i]);
                g_assert_cmpint(domcapabilities_request_parse(line, &parsed), ==, -EBADMSG);
        }
}

static void test_cannot_ask(void) {
        DomcapabilitiesRequest odd = request;
        g_autofree char *huge = g_strnfill(DOMCAPABILITIES_LINE_MAX, 'a');
        char line[DOMCAPABILITIES_LINE_MAX];

        odd.machine = "pc\nqemu:///system";
        g_assert_cmpint(domcapabilities_request_format(&odd, line), ==, -EINVAL);
        odd.machine = "";
        g_assert_cmpint(domcapabilities_request_format(&odd, line), ==, -EINVAL);
        odd.machine = huge;
        g_assert_cmpint(domcapabilities_request_format(&odd, line), ==, -EINVAL);
}

static void test_answer(void) {
        static const char *const none[] = {
                "",        "done",     "done ",   "done -1",      "done 1x", "do 1",
                "donee 1", "done 1 2", "done  1", "done 4194305", "other 1", "done 99999999999999999999"
        };
        DomcapabilitiesAnswer answer;

        g_assert_cmpint(domcapabilities_answer_parse("done 4194304", &answer), ==, 0);
        g_assert_cmpint(answer.outcome, ==, DOMCAPABILITIES_DONE);
        g_assert_cmpuint(answer.size, ==, DOMCAPABILITIES_TEXT_MAX);
        g_assert_cmpint(domcapabilities_answer_parse("other-uri 0", &answer), ==, 0);
        g_assert_cmpint(answer.outcome, ==, DOMCAPABILITIES_OTHER_URI);

        for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
                g_test_message("'%s'", none[i]);
                g_assert_cmpint(domcapabilities_answer_parse(none[i], &answer), ==, -EBADMSG);
        }
}

/* --- A server in a process of its own */

typedef struct Server {
        pid_t pid;
        int fd; /* our end of the connection */
} Server;

static DomcapabilitiesOutcome find_made_up(const DomcapabilitiesRequest *asked, char **ret_text,
                                           void *userdata) {
        unsigned *n = userdata;

        (*n)++;
        if (!asked->machine)
                return DOMCAPABILITIES_UNSUPPORTED;
        if (strcmp(asked->machine, "large") == 0)
                *ret_text = g_strnfill(DOMCAPABILITIES_TEXT_MAX, 'x');
        else if (strcmp(asked->machine, "too-large") == 0)
                *ret_text = g_strnfill(DOMCAPABILITIES_TEXT_MAX + 1, 'x');
        else
                *ret_text = g_strdup_printf("%s %u", asked->machine, *n);

        return DOMCAPABILITIES_DONE;
}

static Server server_new(void) {
        Server server;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        server.pid = fork();
        g_assert_cmpint(server.pid, >=, 0);
        if (server.pid == 0) {
                unsigned n = 0;

                (void) safe_close(fds[0]);
                _exit((int) serve(fds[1], URI, find_made_up, &n));
        }
        (void) safe_close(fds[1]);
        server.fd = fds[0];
        g_assert_cmpint(domcapabilities_wait(server.fd, TIMEOUT_USEC), ==, 0);
        return server;
}

static int exit_status(pid_t pid) {
        int status;

        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void assert_ends(Server *server, ServeStatus expected) {
        server->fd = safe_close(server->fd);
        g_assert_cmpint(exit_status(server->pid), ==, (int) expected);
}

static char *ask_for(const Server *server, const char *uri, const char *machine,
                     DomcapabilitiesOutcome expected) {
        DomcapabilitiesRequest asked = request;
        DomcapabilitiesOutcome outcome;
        char *text;

        asked.uri = uri;
        asked.machine = machine;
        g_assert_cmpint(domcapabilities_ask(server->fd, TIMEOUT_USEC, &asked, &outcome, &text), ==, 0);
        g_assert_cmpint(outcome, ==, expected);
        return text;
}

static void test_serve(void) {
        Server server = server_new();
        g_autofree char *first = ask_for(&server, URI, "pc", DOMCAPABILITIES_DONE);
        g_autofree char *other = ask_for(&server, "qemu:///session", "pc", DOMCAPABILITIES_OTHER_URI);
        g_autofree char *none = ask_for(&server, URI, NULL, DOMCAPABILITIES_UNSUPPORTED);
        g_autofree char *third = ask_for(&server, URI, "q35", DOMCAPABILITIES_DONE);
        g_autofree char *large = ask_for(&server, URI, "large", DOMCAPABILITIES_DONE);
        g_autofree char *too_large = ask_for(&server, URI, "too-large", DOMCAPABILITIES_FAILED);

        g_assert_cmpstr(first, ==, "pc 1");
        g_assert_cmpstr(other, ==, "");
        g_assert_cmpstr(none, ==, "");
        g_assert_cmpstr(third, ==, "q35 3");
        g_assert_cmpuint(strlen(large), ==, DOMCAPABILITIES_TEXT_MAX);
        g_assert_cmpstr(too_large, ==, "libvirt's answer is too long.");
        assert_ends(&server, SERVE_ANSWERED);
}

static void send_line(const Server *server, const char *line) {
        g_assert_cmpint(send(server->fd, line, strlen(line), MSG_NOSIGNAL), ==, (gssize) strlen(line));
}

static void test_refuse(void) {
        g_autofree char *endless = g_strnfill(2 * DOMCAPABILITIES_LINE_MAX, 'a');
        const char *const lines[] = { "hello\n", "\n", "qemu:///system x86_64 kvm /bin/sh\n", endless };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                Server server = server_new();
                char answer[32] = "";

                send_line(&server, lines[i]);
                g_assert_cmpint(recv(server.fd, answer, sizeof(answer) - 1, 0), >, 0);
                g_assert_cmpstr(answer, ==, "bad-request 0\n");
                assert_ends(&server, SERVE_NO_REQUEST);
        }
}

/* Who asks without end is not answered without end. */
static void test_serve_often(void) {
        Server server = server_new();
        DomcapabilitiesOutcome outcome;
        char *text;

        for (unsigned i = 0; i < DOMCAPABILITIES_REQUESTS_MAX; i++)
                g_free(ask_for(&server, URI, "pc", DOMCAPABILITIES_DONE));
        g_assert_cmpint(domcapabilities_ask(server.fd, TIMEOUT_USEC, &request, &outcome, &text), <, 0);
        assert_ends(&server, SERVE_ANSWERED);
}

/* Who has gone before the turn comes to its request is not asked for, which may start libvirt. */
static void test_serve_left(void) {
        ServeStatus status;
        unsigned asked = 0;
        Server server;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        server.fd = fds[0];
        send_line(&server, "qemu:///system x86_64 kvm pc\n");
        (void) safe_close(server.fd);

        status = serve(fds[1], URI, find_made_up, &asked);
        g_assert_cmpuint(asked, ==, 0);
        g_assert_cmpint(status, ==, SERVE_ANSWERED);
        (void) safe_close(fds[1]);
}

/* --- Answers that make no sense */

static void assert_nonsense(const char *bytes, size_t size, int expected) {
        DomcapabilitiesOutcome outcome = _DOMCAPABILITIES_OUTCOME_MAX;
        char *text = NULL;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(send(fds[1], bytes, size, 0), ==, (gssize) size);
        g_assert_cmpint(shutdown(fds[1], SHUT_WR), ==, 0);
        g_assert_cmpint(domcapabilities_ask(fds[0], TIMEOUT_USEC, &request, &outcome, &text), ==, expected);
        g_assert_cmpint(outcome, ==, _DOMCAPABILITIES_OUTCOME_MAX);
        g_assert_null(text);
        (void) safe_close(fds[0]);
        (void) safe_close(fds[1]);
}

static void test_nonsense(void) {
        g_autofree char *endless = g_strnfill(2 * DOMCAPABILITIES_LINE_MAX, 'a');

        assert_nonsense("", 0, -ECONNRESET);
        assert_nonsense("done 10", 7, -ECONNRESET);
        assert_nonsense("done 10\nabc", 11, -ECONNRESET);
        assert_nonsense("done 3\na\0c", 10, -EBADMSG);
        assert_nonsense("done\0 3\nabc", 11, -EBADMSG);
        assert_nonsense("fine 3\nabc", 10, -EBADMSG);
        assert_nonsense(endless, strlen(endless), -EBADMSG);
}

/* Who does not answer is not waited for without end. */
static void test_silent(void) {
        gint64 begin = g_get_monotonic_time();
        DomcapabilitiesOutcome outcome;
        char *text = NULL;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(domcapabilities_ask(fds[0], G_USEC_PER_SEC / 5, &request, &outcome, &text), ==,
                        -EAGAIN);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, G_USEC_PER_SEC / 5);
        g_assert_null(text);
        g_assert_cmpint(domcapabilities_wait(fds[0], G_USEC_PER_SEC / 5), ==, -EAGAIN);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, G_USEC_PER_SEC * 2 / 5);
        (void) safe_close(fds[0]);
        (void) safe_close(fds[1]);
}

/* Who says something else than that it is ready is not waited for. */
static void test_not_ready(void) {
        static const char *const lines[] = { "done 0\n", "ready 1\n", "ready\n" };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                int fds[2];

                g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
                g_assert_cmpint(send(fds[1], lines[i], strlen(lines[i]), 0), >, 0);
                g_assert_cmpint(domcapabilities_wait(fds[0], TIMEOUT_USEC), ==, -EBADMSG);
                (void) safe_close(fds[0]);
                (void) safe_close(fds[1]);
        }
}

/* --- The program */

static Server program_new(const char *uri) {
        const char *program = g_getenv("VIRTREADY_DOMCAPABILITIES");
        g_autofree char *option = g_strconcat("--uri=", uri, NULL);
        Server server;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        server.pid = fork();
        g_assert_cmpint(server.pid, >=, 0);
        if (server.pid == 0) {
                (void) dup2(fds[1], STDIN_FILENO);
                (void) execl(program, program, option, NULL);
                _exit(127);
        }
        (void) safe_close(fds[1]);
        server.fd = fds[0];
        g_assert_cmpint(domcapabilities_wait(server.fd, TIMEOUT_USEC), ==, 0);
        return server;
}

static void test_program_unsupported(void) {
        Server server = program_new("test:///default");
        g_autofree char *text = ask_for(&server, "test:///default", "pc", DOMCAPABILITIES_UNSUPPORTED);

        g_assert_cmpstr(text, ==, "");
        assert_ends(&server, SERVE_ANSWERED);
}

static void test_program_no_libvirt(void) {
        const char *uri = "qemu+unix:///system?socket=/nonexistent/socket";
        Server server = program_new(uri);
        g_autofree char *text = ask_for(&server, uri, "pc", DOMCAPABILITIES_FAILED);

        g_assert_nonnull(strstr(text, "/nonexistent/socket"));
        assert_ends(&server, SERVE_ANSWERED);
}

static void test_program_of_libvirtd(void) {
        static const char *const machines[] = { "pc", "q35" };
        Libvirtd libvirtd;
        Server server;

        libvirtd_up(&libvirtd, NULL);
        server = program_new(libvirtd.uri);
        for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
                DomcapabilitiesRequest asked = { libvirtd.uri, "x86_64", "qemu", machines[i] };
                g_autofree char *expected =
                        libvirtd_virsh(&libvirtd, "domcapabilities", "--arch", "x86_64", "--virttype",
                                       "qemu", "--machine", machines[i], NULL);
                g_autofree char *text = NULL;
                DomcapabilitiesOutcome outcome;

                g_assert_cmpint(domcapabilities_ask(server.fd, TIMEOUT_USEC, &asked, &outcome, &text), ==,
                                0);
                g_assert_cmpint(outcome, ==, DOMCAPABILITIES_DONE);
                g_assert_cmpstr(g_strchomp(text), ==, g_strchomp(expected));
        }
        assert_ends(&server, SERVE_ANSWERED);
        libvirtd_down(&libvirtd);
}

static int run_program(const char *argument) {
        const char *program = g_getenv("VIRTREADY_DOMCAPABILITIES");
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                (void) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
                (void) execl(program, program, argument, NULL);
                _exit(127);
        }
        return exit_status(pid);
}

static void test_program_usage(void) {
        g_assert_cmpint(run_program("--help"), ==, (int) SERVE_ANSWERED);
        g_assert_cmpint(run_program("--version"), ==, (int) SERVE_ANSWERED);
        g_assert_cmpint(run_program("--nonsense"), ==, (int) SERVE_USAGE);
        g_assert_cmpint(run_program("argument"), ==, (int) SERVE_USAGE);
        /* Our standard input is no connection. */
        g_assert_cmpint(run_program(NULL), ==, (int) SERVE_USAGE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/domcapabilities/request", test_request);
        g_test_add_func("/domcapabilities/no-request", test_no_request);
        g_test_add_func("/domcapabilities/cannot-ask", test_cannot_ask);
        g_test_add_func("/domcapabilities/answer", test_answer);
        g_test_add_func("/domcapabilities/serve", test_serve);
        g_test_add_func("/domcapabilities/refuse", test_refuse);
        g_test_add_func("/domcapabilities/serve-often", test_serve_often);
        g_test_add_func("/domcapabilities/serve-left", test_serve_left);
        g_test_add_func("/domcapabilities/nonsense", test_nonsense);
        g_test_add_func("/domcapabilities/silent", test_silent);
        g_test_add_func("/domcapabilities/not-ready", test_not_ready);
        g_test_add_func("/domcapabilities/program/usage", test_program_usage);
        g_test_add_func("/domcapabilities/program/unsupported", test_program_unsupported);
        g_test_add_func("/domcapabilities/program/no-libvirt", test_program_no_libvirt);
        g_test_add_func("/domcapabilities/program/libvirtd", test_program_of_libvirtd);
        return g_test_run();
}
