/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs virtready-libvirt, and listens to it. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "daemon/basic/cleanup.h"

/* Far more than an answer takes, and far less than what the fakes send. Sanitizers have their own memory. */
#define MEMORY_MAX_KIB (160L * 1024)

/* The user who is nobody. */
#define NOBODY 65534U
#define PATIENCE_SECONDS 120U

static char *read_all(int fd) {
        off_t size = lseek(fd, 0, SEEK_END);
        char *text = g_malloc0((gsize) size + 1);

        g_assert_cmpint(pread(fd, text, (size_t) size, 0), ==, size);
        return text;
}

/* The build directory need not be open to everybody, so the file is opened first. */
static _Noreturn void become_program(unsigned seconds, const char *const *arguments, int output, int errors,
                                     bool as_nobody) {
        const char *argv[8] = { "virtready-libvirt" };
        int program;

        for (size_t i = 0; arguments[i] && i + 2 < G_N_ELEMENTS(argv); i++)
                argv[i + 1] = arguments[i];

        /* It outlives execve(2). */
        (void) alarm(seconds);
        program = open(g_getenv("VIRTREADY_LIBVIRT"), O_RDONLY | O_CLOEXEC);
        if (dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
                _exit(127);
        if (as_nobody && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
                _exit(127);
        (void) fexecve(program, (char **) argv, environ);
        _exit(127);
}

pid_t ask_start(const char *const *arguments) {
        _cleanup_close_ int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        pid_t child;

        g_assert_no_errno(nowhere);
        child = fork();
        g_assert_no_errno(child);
        if (child == 0)
                become_program(PATIENCE_SECONDS, arguments, nowhere, nowhere, false);

        return child;
}

void ask_within_as(unsigned seconds, const char *const *arguments, bool as_nobody, Answer *answer) {
        _cleanup_close_ int output = memfd_create("output", MFD_CLOEXEC);
        _cleanup_close_ int errors = memfd_create("errors", MFD_CLOEXEC);
        struct rusage resources;
        int status;
        pid_t child;

        g_assert_no_errno(output);
        g_assert_no_errno(errors);
        child = fork();
        g_assert_no_errno(child);
        if (child == 0)
                become_program(seconds, arguments, output, errors, as_nobody);

        g_assert_no_errno(wait4(child, &status, 0, &resources));
        *answer = (Answer){ .text = read_all(output),
                            .errors = read_all(errors),
                            .status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
                            .resident_kib = resources.ru_maxrss };
        answer->document = json_tokener_parse(answer->text);
}

void ask_within(unsigned seconds, const char *const *arguments, Answer *answer) {
        ask_within_as(seconds, arguments, false, answer);
}

void ask(Answer *answer, ...) {
        const char *arguments[8] = {};
        va_list list;

        va_start(list, answer);
        for (size_t i = 0; i + 1 < G_N_ELEMENTS(arguments); i++) {
                arguments[i] = va_arg(list, const char *);
                if (!arguments[i])
                        break;
        }
        va_end(list);

        ask_within(PATIENCE_SECONDS, arguments, answer);
        g_assert_cmpstr(answer->errors, ==, "");
        g_assert_cmpint(answer->status, ==, 0);
        g_assert_nonnull(answer->document);
        g_assert_true(g_utf8_validate(answer->text, -1, NULL));
        /* One line, and its end. */
        g_assert_true(strchr(answer->text, '\n') == answer->text + strlen(answer->text) - 1);
}

void answer_done(Answer *answer) {
        g_clear_pointer(&answer->text, g_free);
        g_clear_pointer(&answer->errors, g_free);
        json_object_put(answer->document);
        answer->document = NULL;
}

const char *answer_string(const Answer *answer, const char *key) {
        return json_object_get_string(json_object_object_get(answer->document, key));
}

void assert_no_description(const Answer *answer, const char *state, const char *detail) {
        static const char *const unknown[] = { "daemon_version", "type", "version", "node_info",
                                               "max_vcpus" };
        Json *value;

        g_assert_cmpstr(answer_string(answer, "state"), ==, state);
        if (!strstr(answer_string(answer, "detail"), detail))
                g_error("'%s' is not in '%s'", detail, answer_string(answer, "detail"));

        for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
                g_assert_true(json_object_object_get_ex(answer->document, unknown[i], &value));
                g_assert_null(value);
        }
        value = json_object_object_get(answer->document, "domains");
        g_assert_true(json_object_is_type(value, json_type_array));
        g_assert_cmpuint(json_object_array_length(value), ==, 0);
}

void assert_little_memory(const Answer *answer) {
#if !defined(__SANITIZE_ADDRESS__)
        g_assert_cmpint(answer->resident_kib, <, MEMORY_MAX_KIB);
#else
        (void) answer;
#endif
}
