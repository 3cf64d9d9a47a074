/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program virtready-modprobe started in other ways than systemd does it, and in odd surroundings. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/basic/macro.h"
#include "modprobe-process.h"

static void assert_no_connection(int standard_input, const char *why) {
        g_autofree char *errors =
                g_strdup_printf("Standard input is no connection to take a request from: %s. This "
                                "program is started by systemd, for virtreadyd. Try --help.\n",
                                why);
        _cleanup_process_ ModprobeProcess process = modprobe_process_run(standard_input, -1, NULL);

        g_assert_cmpint(process.status, ==, 2);
        g_assert_cmpstr(process.output, ==, errors);
}

static void test_no_socket(void) {
        int pipes[2];

        assert_no_connection(open("/dev/null", O_RDWR | O_CLOEXEC), "Socket operation on non-socket");
        assert_no_connection(open("/proc/self/status", O_RDONLY | O_CLOEXEC),
                             "Socket operation on non-socket");
        assert_no_connection(-1, "Bad file descriptor");

        g_assert_no_errno(pipe(pipes));
        g_assert_cmpint(write(pipes[1], "persist kvm", 11), ==, 11);
        assert_no_connection(pipes[0], "Socket operation on non-socket");
        close(pipes[1]);
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
}

static void test_other_sockets(void) {
        static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

        FOREACH_ELEMENT(type, types) {
                int ends[2];

                g_assert_no_errno(socketpair(AF_UNIX, *type | SOCK_CLOEXEC, 0, ends));
                g_assert_cmpint(send(ends[0], "persist kvm", 11, 0), ==, 11);
                assert_no_connection(ends[1], "Protocol wrong type for socket");
                close(ends[0]);
        }

        assert_no_connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                             "Protocol wrong type for socket");
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
}

/* The socket itself, as without Accept=yes. */
static void test_listening_socket(void) {
        const struct sockaddr address = { .sa_family = AF_UNIX }; /* the kernel picks a name */
        int fd;

        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        g_assert_no_errno(bind(fd, &address, sizeof(sa_family_t)));
        g_assert_no_errno(listen(fd, 1));
        assert_no_connection(fd, "Transport endpoint is not connected");
}

static void test_arguments(void) {
        static const char *const arguments[][3] = {
                { "load", "kvm" }, { "kvm" },      { "--help", "--version" }, { "-v" }, { "" },
                { "--" },          { "--root=/" },
        };

        FOREACH_ELEMENT(argv, arguments) {
                _cleanup_process_ ModprobeProcess process = {};
                _cleanup_close_ int peer = -EBADF;
                int ends[2];

                modprobe_process_connect(ends);
                peer = ends[0];
                g_assert_cmpint(send(peer, "persist kvm", 11, 0), ==, 11);
                process = modprobe_process_run(ends[1], peer, *argv);
                g_assert_cmpint(process.status, ==, 2);
                g_assert_cmpstr(process.answer, ==, "");
                g_assert_true(g_str_has_suffix(process.output, " Try --help.\n"));
                g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
        }
}

static void test_help(void) {
        static const char *const options[] = { "--help", "-h", "--version" };

        FOREACH_ELEMENT(option, options) {
                _cleanup_process_ ModprobeProcess process =
                        modprobe_process_run(-1, -1, (const char *const[]){ *option, NULL });

                g_assert_cmpint(process.status, ==, 0);
                g_assert_true(g_str_has_prefix(process.output, "virtready-modprobe "));
        }
}

/* modprobe(8) and libkmod listen to the first of these, and the shell to the others. */
static void test_environment(void) {
        static const char *const names[] = { "MODPROBE_OPTIONS", "KMOD_LOG", "PATH", "BASH_ENV", "IFS" };

        FOREACH_ELEMENT(name, names)
                g_setenv(*name, "7", TRUE);
        modprobe_process_assert_text("load " FOREIGN_MODULE, "not-found 0", 0,
                                     "load " FOREIGN_MODULE ": not-found\n");
        FOREACH_ELEMENT(name, names)
                g_unsetenv(*name);
}

/* What the journal is to know of a message is before it, on the stream to the journal alone. */
static void test_journal(void) {
        g_setenv("JOURNAL_STREAM", "1:1", TRUE);
        modprobe_process_assert_text("load " FOREIGN_MODULE, "not-found 0", 0,
                                     "load " FOREIGN_MODULE ": not-found\n");
        g_setenv("JOURNAL_STREAM", "output", TRUE);
        modprobe_process_assert_text("load " FOREIGN_MODULE, "not-found 0", 0,
                                     "<4>load " FOREIGN_MODULE ": not-found\n");
        modprobe_process_assert_text("forget kvm", "done 0", 0, "<6>forget kvm: done\n");
        g_unsetenv("JOURNAL_STREAM");
}

static void skip_program(void) {
        g_test_skip("The machine cannot be hidden here, so that the program could write to it.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (!modprobe_process_hide_machine()) {
                g_test_add_func("/modprobe-start/program", skip_program);
                return g_test_run();
        }

        g_test_add_func("/modprobe-start/no-socket", test_no_socket);
        g_test_add_func("/modprobe-start/other-sockets", test_other_sockets);
        g_test_add_func("/modprobe-start/listening-socket", test_listening_socket);
        g_test_add_func("/modprobe-start/arguments", test_arguments);
        g_test_add_func("/modprobe-start/help", test_help);
        g_test_add_func("/modprobe-start/environment", test_environment);
        g_test_add_func("/modprobe-start/journal", test_journal);

        return g_test_run();
}
