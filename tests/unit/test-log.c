/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages: plain ones on any standard error, structured ones in the journal. Each is written by a child
 * process of its own, whose standard error is a file. */

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/basic/log.h"
#include "daemon/journal.h"
#include "daemon/transitions.h"
#include "namespaces.h"
#include "tree.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

#define EXIT_NO_NAMESPACES 77

typedef void (*ChildFunction)(void);

/* Lets a child with an empty environment write; yields its status, and what it wrote. */
static int run_child(ChildFunction function, char **ret_text) {
        _cleanup_tree_ char *tree = tree_new();
        g_autofree char *path = g_build_filename(tree, "stderr", NULL);
        int status;
        pid_t child;

        tree_file(tree, "stderr", "");

        child = fork();
        g_assert_no_errno(child);
        if (child == 0) {
                int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

                if (clearenv() != 0 || dup2(fd, STDERR_FILENO) < 0)
                        _exit(EXIT_FAILURE);
                function();
                fflush(stderr);
                _exit(EXIT_SUCCESS);
        }

        g_assert_no_errno(waitpid(child, &status, 0));
        g_assert_true(g_file_get_contents(path, ret_text, NULL, NULL));
        g_assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void assert_writes(ChildFunction function, const char *expected) {
        g_autofree char *text = NULL;

        g_assert_cmpint(run_child(function, &text), ==, EXIT_SUCCESS);
        g_assert_cmpstr(text, ==, expected);
}

static void write_plain(void) {
        const LogField fields[] = { { "VIRTREADY_CHECK", "kvm.usable" } };

        log_info("Message %i of %s", 1, "three");
        log_struct(LOG_NOTICE, fields, "%s fails", "kvm.usable");
        log_error("Last");
}

static void test_plain(void) {
        assert_writes(write_plain, "Message 1 of three\nkvm.usable fails\nLast\n");
}

static void write_errors(void) {
        if (log_error_errno(-ENOENT, "Failed to open %s: %m", "/x") != -ENOENT || log_oom() != -ENOMEM ||
            log_warning_errno(0, "Harmless") != 0)
                _exit(EXIT_FAILURE);
}

static void test_errors(void) {
        assert_writes(write_errors,
                      "Failed to open /x: No such file or directory\nOut of memory.\nHarmless\n");
}

static void write_debug(void) {
        log_debug("not wanted");
        (void) setenv("SYSTEMD_LOG_LEVEL", "info", 1);
        if (log_debug_errno(-EIO, "nor this") != -EIO)
                _exit(EXIT_FAILURE);
        (void) setenv("SYSTEMD_LOG_LEVEL", "debug", 1);
        log_debug("wanted");
}

static void test_debug(void) {
        assert_writes(write_debug, "wanted\n");
}

/* JOURNAL_STREAM is inherited by children whose standard error is something else (systemd.exec(5)). */
static void write_with_other_stream(void) {
        static const char *const streams[] = { "1:1", "", "nonsense", "1", "18446744073709551615:1" };

        FOREACH_ELEMENT(stream, streams) {
                (void) setenv("JOURNAL_STREAM", *stream, 1);
                log_info("plain");
        }
}

static void test_other_stream(void) {
        assert_writes(write_with_other_stream, "plain\nplain\nplain\nplain\nplain\n");
}

static void claim_stderr_is_journal(dev_t device_offset) {
        char stream[64];
        struct stat st;

        g_assert_no_errno(fstat(STDERR_FILENO, &st));
        snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t) (st.st_dev + device_offset),
                 (uintmax_t) st.st_ino);
        g_assert_no_errno(setenv("JOURNAL_STREAM", stream, 1));
}

/* Inode numbers are unique on their device alone. */
static void write_with_inode_of_other_device(void) {
        claim_stderr_is_journal(1);
        log_info("plain");
}

static void test_inode_of_other_device(void) {
        assert_writes(write_with_inode_of_other_device, "plain\n");
}

/* A private /run, in which a socket takes the journal's place; the system's own is out of sight. */
static int listen_as_journal(void) {
        const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        int fd;

        if (!namespaces_enter() || mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") < 0)
                _exit(EXIT_NO_NAMESPACES);

        g_assert_no_errno(g_mkdir_with_parents("/run/systemd/journal", 0755));
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        g_assert_no_errno(fd);
        g_assert_no_errno(bind(fd, (const struct sockaddr *) &address, sizeof(address)));
        return fd;
}

/* Takes one entry apart: NAME=VALUE, or NAME, the value's length in 64 bits and the value
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). */
static GHashTable *receive_entry(int fd) {
        GHashTable *entry = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        char buffer[8192];
        ssize_t size = recv(fd, buffer, sizeof(buffer), 0);

        g_assert_no_errno((int) size);
        for (const char *p = buffer, *end = buffer + size; p < end;) {
                const char *newline = memchr(p, '\n', (size_t) (end - p));
                const char *equals = memchr(p, '=', (size_t) (newline - p));
                uint64_t length;

                if (equals) {
                        g_hash_table_insert(entry, g_strndup(p, (size_t) (equals - p)),
                                            g_strndup(equals + 1, (size_t) (newline - equals - 1)));
                        p = newline + 1;
                        continue;
                }

                memcpy(&length, newline + 1, sizeof(length));
                length = GUINT64_FROM_LE(length);
                g_hash_table_insert(entry, g_strndup(p, (size_t) (newline - p)),
                                    g_strndup(newline + 1 + sizeof(length), length));
                p = newline + 1 + sizeof(length) + length + 1;
        }

        return entry;
}

static void assert_field(GHashTable *entry, const char *name, const char *value) {
        g_assert_cmpstr(g_hash_table_lookup(entry, name), ==, value);
}

static void write_structured(void) {
        const LogField fields[] = {
                { "MESSAGE_ID", "0123456789abcdef0123456789abcdef" },
                { "VIRTREADY_CHECK", "kvm.usable" },
                { "VIRTREADY_DETAIL", "two\nPRIORITY=0\nlines" },
        };
        _cleanup_close_ int fd = listen_as_journal();
        g_autoptr(GHashTable) entry = NULL, warning = NULL;

        claim_stderr_is_journal(0);
        log_struct(LOG_NOTICE, fields, "%s fails", "kvm.usable");
        entry = receive_entry(fd);
        assert_field(entry, "MESSAGE", "kvm.usable fails");
        assert_field(entry, "PRIORITY", "5");
        assert_field(entry, "MESSAGE_ID", "0123456789abcdef0123456789abcdef");
        assert_field(entry, "VIRTREADY_CHECK", "kvm.usable");
        assert_field(entry, "VIRTREADY_DETAIL", "two\nPRIORITY=0\nlines");

        (void) log_warning_errno(-EACCES, "Failed: %m");
        warning = receive_entry(fd);
        assert_field(warning, "MESSAGE", "Failed: Permission denied");
        assert_field(warning, "PRIORITY", "4");
        assert_field(warning, "VIRTREADY_CHECK", NULL);
}

/* A device appears: what the daemon says of it has the fields that systemd/virtready.catalog explains. */
static void write_transition(void) {
        _cleanup_(verdict_freep) Verdict *old = NULL, *fresh = NULL;
        _cleanup_close_ int fd = listen_as_journal();
        g_autoptr(GHashTable) entry = NULL;
        Facts facts = { .live = true };
        DeviceFacts *tun = &facts.devices.devices[DEVICE_TUN];

        g_assert_cmpint(verdict_new(&facts, NULL, 1, &old), ==, 0);
        tun->registered = tun->has_node = TRISTATE_YES;
        g_assert_cmpint(verdict_new(&facts, old, 2, &fresh), ==, 0);

        claim_stderr_is_journal(0);
        transitions_log(old, fresh, 7);
        entry = receive_entry(fd);
        assert_field(entry, "MESSAGE_ID", JOURNAL_ID_CHECK_CHANGED);
        assert_field(entry, "PRIORITY", "6");
        assert_field(entry, "VIRTREADY_CHECK", "net.tun");
        assert_field(entry, "VIRTREADY_OLD_STATE", "unknown");
        assert_field(entry, "VIRTREADY_STATE", "pass");
        assert_field(entry, "VIRTREADY_REASON", "live");
        assert_field(entry, "VIRTREADY_GENERATION", "7");
        assert_field(entry, "MESSAGE", "net.tun: unknown -> pass: /dev/net/tun is there and served by tun.");
}

static void write_too_many_fields(void) {
        _cleanup_close_ int fd = listen_as_journal();
        LogField fields[20];
        char byte;

        FOREACH_ELEMENT(field, fields)
                *field = (LogField){ "VIRTREADY_X", "x" };
        claim_stderr_is_journal(0);
        log_struct(LOG_INFO, fields, "too many");
        g_assert_cmpint(recv(fd, &byte, 1, 0), ==, -1);
}

static void assert_writes_as_service(ChildFunction function, const char *expected) {
        g_autofree char *text = NULL;
        int status = run_child(function, &text);

        if (status == EXIT_NO_NAMESPACES) {
                g_test_skip("No private mount namespace for a journal can be made here.");
                return;
        }
        g_assert_cmpint(status, ==, EXIT_SUCCESS);
        g_assert_cmpstr(text, ==, expected);
}

/* Nothing is left for standard error, which would make it appear twice. */
static void test_journal(void) {
        assert_writes_as_service(write_structured, "");
}

static void test_transition(void) {
        assert_writes_as_service(write_transition, "");
}

/* What the journal cannot have is not lost. */
static void test_journal_fails(void) {
        assert_writes_as_service(write_too_many_fields, "too many\n");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/log/plain", test_plain);
        g_test_add_func("/log/errors", test_errors);
        g_test_add_func("/log/debug", test_debug);
        g_test_add_func("/log/other-stream", test_other_stream);
        g_test_add_func("/log/inode-of-other-device", test_inode_of_other_device);
        g_test_add_func("/log/journal", test_journal);
        g_test_add_func("/log/transition", test_transition);
        g_test_add_func("/log/journal-fails", test_journal_fails);

        return g_test_run();
}
