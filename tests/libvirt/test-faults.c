/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libvirt that hangs, dies, denies, lies, or is something else. */

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "daemon/basic/cleanup.h"
#include "daemon/basic/macro.h"
#include "fake.h"
#include "libvirtd.h"

#define SECONDS 60U

/* Waits until a process sleeps and goes on sleeping (proc(5)): it waits for what does not come. */
static void wait_until_it_waits(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);

        for (unsigned quiet = 0; quiet < 20; quiet++) {
                g_autofree char *text = NULL;

                g_usleep(10000);
                g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
                g_assert_null(strstr(text, ") Z "));
                if (!strstr(text, ") S "))
                        quiet = 0;
        }
}

/* --- It hangs */

/* Whatever it is sent. */
static void assert_limit(pid_t pid) {
#if !defined(__SANITIZE_ADDRESS__)
        g_autofree char *path = g_strdup_printf("/proc/%d/limits", pid), *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_true(g_regex_match_simple("Max address space +536870912 +536870912 ", text, 0, 0));
#else
        (void) pid;
#endif
}

static void test_stopped(gconstpointer data) {
        const Libvirtd *libvirtd = data;
        const char *arguments[] = { "describe", libvirtd->uri, NULL };
        g_autofree char *option = g_strconcat("--uri=", libvirtd->uri, NULL);
        Answer answer;
        int status;
        pid_t pid;

        libvirtd_stop(libvirtd);
        pid = ask_start(arguments);
        wait_until_it_waits(pid);
        assert_limit(pid);
        g_assert_no_errno(kill(pid, SIGKILL));
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        /* The same question is answered once libvirtd goes on. */
        pid = ask_start(arguments);
        wait_until_it_waits(pid);
        libvirtd_continue(libvirtd);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

        ask(&answer, "usage", option, NULL);
        g_assert_null(json_object_object_get(answer.document, "detail"));
        answer_done(&answer);
}

static void handle_silently(int connection, gpointer userdata) {
        (void) userdata;
        fake_drain(connection);
}

/* The one in between stands for the daemon. */
static void test_parent_dies(void) {
        pid_t parent, child = 0;
        int status, ends[2];
        Fake fake;

        fake_up(&fake, handle_silently, NULL);
        g_assert_no_errno(prctl(PR_SET_CHILD_SUBREAPER, 1));
        g_assert_no_errno(pipe(ends));

        parent = fork();
        g_assert_no_errno(parent);
        if (parent == 0) {
                const char *const arguments[] = { "describe", fake.uri, NULL };

                child = ask_start(arguments);
                if (write(ends[1], &child, sizeof(child)) == (ssize_t) sizeof(child))
                        pause();
                _exit(EXIT_FAILURE);
        }
        g_assert_cmpint(read(ends[0], &child, sizeof(child)), ==, sizeof(child));
        close(ends[0]);
        close(ends[1]);

        wait_until_it_waits(child);
        g_assert_no_errno(kill(parent, SIGKILL));
        g_assert_cmpint(waitpid(parent, &status, 0), ==, parent);
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        /* Nobody here would wait for what libvirtd leaves behind, and libvirtd waits until somebody has. */
        g_assert_no_errno(prctl(PR_SET_CHILD_SUBREAPER, 0));
        fake_down(&fake);
}

/* --- It dies */

/* After each answer, until there are enough of them. Returns how many it takes. */
static unsigned die_after_each(const Libvirtd *libvirtd, const char *command, const char *option,
                               void (*check)(const Answer *answer), bool (*is_whole)(const Answer *answer)) {
        for (unsigned n = 1; n < 200; n++) {
                Proxy proxy = { .upstream = libvirtd->socket, .answers = n };
                g_autofree char *argument = NULL;
                Answer answer;
                bool whole;
                Fake fake;

                fake_up(&fake, proxy_handle, &proxy);
                argument = g_strconcat(option, fake.uri, NULL);
                ask(&answer, command, argument, NULL);
                fake_down(&fake);
                whole = is_whole(&answer);
                if (!whole)
                        check(&answer);
                answer_done(&answer);
                if (whole)
                        return n;
        }

        g_error("There are always more answers.");
}

static void check_description(const Answer *answer) {
        assert_no_description(answer, "unreachable", "");
        g_assert_null(strstr(answer_string(answer, "detail"), "does not say"));
}

static bool is_description(const Answer *answer) {
        return streq(answer_string(answer, "state"), "running");
}

static void check_usage(const Answer *answer) {
        g_assert_null(json_object_object_get(answer->document, "guests"));
        g_assert_nonnull(answer_string(answer, "detail"));
}

static bool is_usage(const Answer *answer) {
        return json_object_object_get(answer->document, "guests") != NULL;
}

static void test_dies(gconstpointer data) {
        unsigned n;

        n = die_after_each(data, "describe", "", check_description, is_description);
        /* Two connections, and a question for each number that is printed. */
        g_assert_cmpuint(n, >, 10);

        n = die_after_each(data, "usage", "--uri=", check_usage, is_usage);
        g_assert_cmpuint(n, >, 3);
}

/* Killed while somebody waits for it, and gone after that. */
static void test_killed(void) {
        Libvirtd libvirtd;
        Answer answer;
        int status;
        pid_t pid;

        libvirtd_up(&libvirtd, NULL);
        libvirtd_stop(&libvirtd);
        pid = ask_start((const char *const[]){ "describe", libvirtd.uri, NULL });
        wait_until_it_waits(pid);
        libvirtd_kill(&libvirtd);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

        ask(&answer, "describe", libvirtd.uri, NULL);
        assert_no_description(&answer, "stopped", "refused");
        answer_done(&answer);

        libvirtd_start(&libvirtd);
        ask(&answer, "usage", NULL);
        answer_done(&answer);
        libvirtd_down(&libvirtd);
}

/* --- It denies */

static void test_password(void) {
        Libvirtd libvirtd;
        Answer answer;

        libvirtd_up(&libvirtd, "auth_unix_rw = \"sasl\"");
        ask(&answer, "describe", libvirtd.uri, NULL);
        assert_no_description(&answer, "denied", "authentication failed");
        answer_done(&answer);
        libvirtd_down(&libvirtd);
}

static void test_closed_socket(gconstpointer data) {
        Proxy proxy = { .upstream = ((const Libvirtd *) data)->socket };
        Answer answer;
        Fake fake;

        fake_up(&fake, proxy_handle, &proxy);
        g_assert_no_errno(chmod(fake.socket, 0));
        ask_within_as(SECONDS, (const char *const[]){ "describe", fake.uri, NULL }, geteuid() == 0, &answer);
        g_assert_cmpint(answer.status, ==, 0);
        assert_no_description(&answer, "denied", "Permission denied");
        answer_done(&answer);
        fake_down(&fake);
}

/* --- It is something else */

typedef struct Babble {
        const char *bytes;
        size_t size;
        size_t times;
} Babble;

static void handle_with_babble(int connection, gpointer userdata) {
        const Babble *babble = userdata;

        for (size_t i = 0; i < babble->times; i++)
                if (!fake_send(connection, babble->bytes, babble->size))
                        return;
}

static void test_garbage(void) {
        static char block[1024 * 1024];
        static char large[1024 * 1024] = "\x06\x40\x00\x00";   /* says 100 MiB */
        static char allowed[1024 * 1024] = "\x01\xff\xff\xff"; /* says as much as there may be */
        const Babble babbles[] = {
                { "", 0, 1 },
                { "\0", 1, 1 },
                { "\0\0\0\0", 4, 100 },
                { "\0\0\0\x1c", 4, 1 },
                { "\0\0\0\x1c"
                  "123456789012345678901234",
                  28, 1000 },
                { "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 1 },
                { "\xff\xff\xff\xff", 4, 1000 },
                { block, sizeof(block), 100 },
                { large, sizeof(large), 100 },
                { allowed, sizeof(allowed), 100 },
        };

        FOREACH_ELEMENT(babble, babbles) {
                Answer answer;
                Fake fake;

                fake_up(&fake, handle_with_babble, (gpointer) babble);
                ask(&answer, "describe", fake.uri, NULL);
                assert_no_description(&answer, "unreachable", "");
                assert_little_memory(&answer);
                answer_done(&answer);
                fake_down(&fake);
        }
}

static void assert_spoilt(const Libvirtd *libvirtd, const char *what, char *with, const char *detail) {
        Proxy proxy = { .upstream = libvirtd->socket, .spoil = what, .with = with };
        Answer answer;
        Fake fake;

        fake_up(&fake, proxy_handle, &proxy);
        ask(&answer, "describe", fake.uri, NULL);
        assert_no_description(&answer, "unreachable", detail);
        assert_little_memory(&answer);
        answer_done(&answer);
        fake_down(&fake);
        g_free(with);
}

/* The host's capabilities and those of a guest, with the right protocol around the wrong XML. */
static void test_spoilt(gconstpointer data) {
        static const char *const names[] = { "capabilities", "domainCapabilities" };

        FOREACH_ELEMENT(name, names) {
                g_autofree char *begin = g_strdup_printf("<%s>", *name),
                                *end = g_strdup_printf("</%s>", *name);

                assert_spoilt(data, begin, g_strdup("garbage"), "makes no sense");
                assert_spoilt(data, begin, g_strdup(""), "makes no sense");
                assert_spoilt(data, begin, g_strconcat("<!DOCTYPE x [<!ENTITY a 'b'>]>", begin, end, NULL),
                              "makes no sense");
                assert_spoilt(data, begin, repeat(begin, "<a>", 10000, end), "makes no sense");
                assert_spoilt(data, begin, repeat(begin, "<a/>", 1000000, end), "too large");
                assert_spoilt(data, begin, repeat(begin, "<a x='y'/>", 400000, end), "too large");
                /* More than libvirt's library takes: five million, and twenty. */
                if (name == names) {
                        assert_spoilt(data, begin, repeat(begin, "12345", 1000000, end), "");
                        assert_spoilt(data, begin, repeat(begin, "12345", 4000000, end), "");
                        assert_spoilt(data, begin, repeat(begin, "12345", 20000000, end), "");
                }
        }

        /* A guest that may have what would be too much to tell. */
        assert_spoilt(data, "<domainCapabilities>",
                      repeat("<domainCapabilities><devices><disk supported='yes'>",
                             "<a>0123456789012345678901234567890123456789012345678901234567890123456789</a>",
                             4000, "</disk></devices></domainCapabilities>"),
                      "too large");
}

int main(int argc, char *argv[]) {
        Libvirtd libvirtd;
        int r;

        g_test_init(&argc, &argv, NULL);

        libvirtd_up(&libvirtd, NULL);
        g_test_add_data_func("/libvirt/faults/stopped", &libvirtd, test_stopped);
        g_test_add_func("/libvirt/faults/parent-dies", test_parent_dies);
        g_test_add_data_func("/libvirt/faults/dies", &libvirtd, test_dies);
        g_test_add_func("/libvirt/faults/killed", test_killed);
        g_test_add_func("/libvirt/faults/password", test_password);
        g_test_add_data_func("/libvirt/faults/closed-socket", &libvirtd, test_closed_socket);
        g_test_add_func("/libvirt/faults/garbage", test_garbage);
        g_test_add_data_func("/libvirt/faults/spoilt", &libvirtd, test_spoilt);
        r = g_test_run();

        libvirtd_down(&libvirtd);
        return r;
}
