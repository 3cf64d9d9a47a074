/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts the program, waits for its end, and collects what it said. */

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/macro.h"
#include "modprobe-process.h"
#include "namespaces.h"

#define DIRECTORY "/etc/modules-load.d"
#define PATIENCE_SEC 10

static bool hide(const char *path) {
        return mount("tmpfs", path, "tmpfs", 0, "mode=0755") >= 0 || errno == ENOENT;
}

/* /usr/lib may be /lib, and then is hidden twice. */
bool modprobe_process_hide_machine(void) {
        static const char *const places[] = { "/etc",
                                              "/run/modprobe.d",
                                              "/usr/local/lib/modprobe.d",
                                              "/usr/lib/modprobe.d",
                                              "/lib/modprobe.d",
                                              "/usr/lib/modules",
                                              "/lib/modules",
                                              "/sys/module" };

        if (!namespaces_enter())
                return false;

        FOREACH_ELEMENT(place, places)
                if (!hide(*place))
                        return false;

        return g_mkdir(DIRECTORY, 0755) >= 0 && g_mkdir("/sys/module/" LIVE_MODULE, 0755) >= 0 &&
               g_file_set_contents("/sys/module/" LIVE_MODULE "/initstate", "live\n", -1, NULL);
}

unsigned modprobe_process_count_files(void) {
        g_autoptr(GDir) directory = g_dir_open(DIRECTORY, 0, NULL);
        unsigned n = 0;

        g_assert_nonnull(directory);
        while (g_dir_read_name(directory))
                n++;

        return n;
}

void modprobe_process_connect(int ret_ends[static 2]) {
        g_assert_no_errno(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends));
}

/* In place of the journal's, JOURNAL_STREAM can have the word "output". */
static void set_stream(int output) {
        char stream[64];
        struct stat st;

        if (g_strcmp0(g_getenv("JOURNAL_STREAM"), "output") != 0 || fstat(output, &st) < 0)
                return;

        snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
        g_setenv("JOURNAL_STREAM", stream, TRUE);
}

/* The limit is the kernel's: alarm(2) outlives execve(2), and ends the program. */
static _Noreturn void become_program(int standard_input, int output, const char *const *arguments) {
        const char *argv[8] = { "virtready-modprobe" };

        for (size_t i = 0; arguments && arguments[i]; i++)
                argv[i + 1] = arguments[i];

        set_stream(output);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) alarm(PATIENCE_SEC);
        if ((standard_input >= 0 ? dup2(standard_input, STDIN_FILENO) : close(STDIN_FILENO)) < 0 ||
            dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
                _exit(127);
        (void) execv(g_getenv("VIRTREADY_MODPROBE"), (char **) argv);
        _exit(127);
}

static char *read_all(int fd) {
        off_t size = lseek(fd, 0, SEEK_END);
        char *text = g_malloc0((size_t) size + 1);

        g_assert_cmpint(pread(fd, text, (size_t) size, 0), ==, size);
        return text;
}

/* Nothing is to be waited for any more. When the connection was closed before all was read of it, an error
 * tells so first. */
static void read_answer(int peer, char answer[static 80]) {
        ssize_t n;

        n = recv(peer, answer, 79, MSG_DONTWAIT);
        if (n < 0 && errno == ECONNRESET)
                n = recv(peer, answer, 79, MSG_DONTWAIT);
        g_assert_no_errno((int) n);
        answer[n] = '\0';

        /* It is the only one. */
        g_assert_cmpint(recv(peer, &(char){ 0 }, 1, MSG_DONTWAIT), ==, 0);
}

ModprobeProcess modprobe_process_run(int standard_input, int peer, const char *const *arguments) {
        ModprobeProcess process = {};
        int output, status;
        pid_t child;

        output = memfd_create("output", MFD_CLOEXEC);
        g_assert_no_errno(output);

        child = fork();
        g_assert_no_errno(child);
        if (child == 0)
                become_program(standard_input, output, arguments);

        if (standard_input >= 0)
                close(standard_input);
        g_assert_no_errno(waitpid(child, &status, 0));
        process.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        process.output = read_all(output);
        close(output);
        if (peer >= 0)
                read_answer(peer, process.answer);

        return process;
}

void modprobe_process_done(ModprobeProcess *process) {
        g_clear_pointer(&process->output, g_free);
}

ModprobeProcess modprobe_process_ask(const void *request, size_t size) {
        _cleanup_close_ int peer = -EBADF;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        g_assert_cmpint(send(peer, request, size, 0), ==, (ssize_t) size);
        return modprobe_process_run(ends[1], peer, NULL);
}

void modprobe_process_assert(const void *request, size_t size, const char *answer, int status,
                             const char *output) {
        _cleanup_process_ ModprobeProcess process = modprobe_process_ask(request, size);

        g_assert_cmpstr(process.answer, ==, answer);
        g_assert_cmpint(process.status, ==, status);
        g_assert_cmpstr(process.output, ==, output);
}

void modprobe_process_assert_text(const char *request, const char *answer, int status, const char *output) {
        modprobe_process_assert(request, strlen(request), answer, status, output);
}
