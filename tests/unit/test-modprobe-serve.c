/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program virtready-modprobe as systemd runs it, with all that may come in at its standard input. It is
 * never asked for a module that this machine could load. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/clock.h"
#include "daemon/basic/macro.h"
#include "daemon/modprobe/serve.h"
#include "modprobe-process.h"

typedef struct Packet {
        const char *bytes;
        size_t size;
} Packet;

#define PACKET(text) \
        { (text), sizeof(text) - 1 }

static void send_packet(int peer, const void *bytes, size_t size) {
        g_assert_cmpint(send(peer, bytes, size, 0), ==, (ssize_t) size);
}

static void test_bad_requests(void) {
        static const Packet packets[] = {
                PACKET(" "),
                PACKET("load"),
                PACKET("load kvm\n"),
                PACKET("load kvm\0"),
                PACKET("load kvm\0_amd"),
                PACKET("load\0kvm"),
                PACKET("\0\0\0\0"),
                PACKET("\x7f\x45LF\x02\x01\x01"),
                PACKET("load \xff\xfe"),
                PACKET("load ../../kvm"),
                PACKET("load /lib/modules/kvm.ko"),
                PACKET("load kvm nested=1"),
                PACKET("load $(reboot)"),
                PACKET("unload kvm"),
                PACKET("LOAD kvm"),
                PACKET("persist kvm.conf"),
                PACKET("persist ../kvm"),
                PACKET("done 0"),
        };

        FOREACH_ELEMENT(packet, packets) {
                modprobe_process_assert(packet->bytes, packet->size, "bad-request 0", 3,
                                        "The packet is no request.\n");
                g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
        }
}

static void test_empty(void) {
        modprobe_process_assert("", 0, "bad-request 0", 3, "The packet is empty.\n");
}

static void test_oversize(void) {
        static const char said[] = "The packet is too large for a request.\n";
        g_autofree char *blanks = g_strnfill(65536, ' '), *letters = g_strnfill(65536, 'm');
        g_autofree char *padded = g_strconcat("persist kvm", blanks, NULL);
        g_autofree char *long_name = g_strconcat("persist ", letters, NULL);

        modprobe_process_assert(padded, MODPROBE_PACKET_MAX, "bad-request 0", 3,
                                "The packet is no request.\n");
        modprobe_process_assert(padded, MODPROBE_PACKET_MAX + 1, "bad-request 0", 3, said);
        modprobe_process_assert(padded, 65536, "bad-request 0", 3, said);

        /* The size alone tells: not what is lost, nor what is left. */
        modprobe_process_assert(long_name, MODPROBE_PACKET_MAX + 1, "bad-request 0", 3, said);
        modprobe_process_assert(long_name, 65536, "bad-request 0", 3, said);
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
}

static void test_not_allowed(void) {
        static const char *const requests[] = {
                "load vboxdrv", "persist nbd", "forget dccp", "load kvm_amd_", "load ip_tables", "load -",
        };

        FOREACH_ELEMENT(request, requests) {
                modprobe_process_assert_text(*request, "not-allowed 0", 3,
                                             "The request is for a module that is not allowed.\n");
                g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
        }
}

static void test_not_found(void) {
        modprobe_process_assert_text("load " FOREIGN_MODULE, "not-found 0", 0,
                                     "load " FOREIGN_MODULE ": not-found\n");
}

/* The first packet is the request. */
static void test_many_packets(void) {
        _cleanup_process_ ModprobeProcess process = {};
        _cleanup_close_ int peer = -EBADF;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        send_packet(peer, "load " FOREIGN_MODULE, strlen("load " FOREIGN_MODULE));
        for (unsigned i = 0; i < 5; i++)
                send_packet(peer, "persist kvm", 11);

        process = modprobe_process_run(ends[1], peer, NULL);
        g_assert_cmpstr(process.answer, ==, "not-found 0");
        g_assert_cmpint(process.status, ==, 0);
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
}

static void assert_peer_gone(const char *request, int status, const char *errors) {
        _cleanup_process_ ModprobeProcess process = {};
        int ends[2];

        modprobe_process_connect(ends);
        if (request)
                send_packet(ends[0], request, strlen(request));
        close(ends[0]);

        process = modprobe_process_run(ends[1], -1, NULL);
        g_assert_cmpint(process.status, ==, status);
        g_assert_cmpstr(process.output, ==, errors);
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
}

static void test_peer_left_at_once(void) {
        assert_peer_gone(NULL, 0, "");
}

static void test_peer_left_before_answer(void) {
        assert_peer_gone("load " FOREIGN_MODULE, 1,
                         "load " FOREIGN_MODULE ": not-found\nFailed to send the answer: Broken pipe\n");
        assert_peer_gone("rubbish", 3, "The packet is no request. Failed to say so: Broken pipe\n");
}

/* One that has nothing to say, but listens. */
static void test_peer_half_closed(void) {
        _cleanup_process_ ModprobeProcess process = {};
        _cleanup_close_ int peer = -EBADF;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        g_assert_no_errno(shutdown(peer, SHUT_WR));
        process = modprobe_process_run(ends[1], peer, NULL);
        g_assert_cmpstr(process.answer, ==, "bad-request 0");
        g_assert_cmpint(process.status, ==, 3);
}

static void test_persist(void) {
        const char *path = "/etc/modules-load.d/virtready-kvm_amd.conf";
        g_autofree char *content = NULL;
        struct stat st;

        modprobe_process_assert_text("persist kvm-amd", "done 0", 0, "persist kvm_amd: done\n");
        g_assert_cmpuint(modprobe_process_count_files(), ==, 1);
        g_assert_no_errno(stat(path, &st));
        g_assert_cmpuint(st.st_mode & 07777, ==, 0644);
        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==,
                        "# Written by virtready. To undo it: virtreadyctl unpersist kvm_amd\nkvm_amd\n");

        modprobe_process_assert_text("forget kvm_amd", "done 0", 0, "forget kvm_amd: done\n");
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
        modprobe_process_assert_text("forget kvm_amd", "done 0", 0, "forget kvm_amd: done\n");
}

/* A file that would come to nothing is not written; but one that is there can be removed. */
static void test_persist_in_vain(void) {
        modprobe_process_assert_text("persist " FOREIGN_MODULE, "not-found 0", 0,
                                     "persist " FOREIGN_MODULE ": not-found\n");
        g_assert_cmpuint(modprobe_process_count_files(), ==, 0);
        modprobe_process_assert_text("forget " FOREIGN_MODULE, "done 0", 0,
                                     "forget " FOREIGN_MODULE ": done\n");
}

static void test_persist_fails(void) {
        g_assert_no_errno(g_rmdir("/etc/modules-load.d"));
        modprobe_process_assert_text("persist kvm_amd", "failed 2", 0,
                                     "persist kvm_amd: failed: No such file or directory\n");
        g_assert_no_errno(g_mkdir("/etc/modules-load.d", 0755));

        g_assert_no_errno(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        modprobe_process_assert_text("persist kvm_amd", "failed 30", 0,
                                     "persist kvm_amd: failed: Read-only file system\n");
        g_assert_no_errno(mount(NULL, "/etc", NULL, MS_REMOUNT, NULL));
}

/* The function alone, with an act that counts. */
static ModprobeAnswer count_act(const ModprobeRequest *request, void *userdata) {
        unsigned *n = userdata;

        g_assert_cmpstr(request->module, ==, "kvm_amd");
        (*n)++;
        return (ModprobeAnswer){ .outcome = MODPROBE_REFUSED, .error = EOPNOTSUPP };
}

static void assert_has_packet(int fd, const char *expected) {
        char packet[128];
        ssize_t n = recv(fd, packet, sizeof(packet) - 1, MSG_DONTWAIT);

        g_assert_no_errno((int) n);
        packet[n] = '\0';
        g_assert_cmpstr(packet, ==, expected);
}

static void test_silent_peer(void) {
        _cleanup_close_ int peer = -EBADF, connection = -EBADF;
        uint64_t begin = now_usec(CLOCK_MONOTONIC);
        unsigned n = 0;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        connection = ends[1];
        g_assert_cmpint(serve(connection, 50 * USEC_PER_MSEC, count_act, &n), ==, SERVE_NO_REQUEST);
        g_assert_cmpuint(now_usec(CLOCK_MONOTONIC) - begin, >=, 50 * USEC_PER_MSEC);
        g_assert_cmpuint(now_usec(CLOCK_MONOTONIC) - begin, <, 9 * USEC_PER_SEC);
        g_assert_cmpuint(n, ==, 0);
        assert_has_packet(peer, "bad-request 0");
}

static void test_acts_once(void) {
        _cleanup_close_ int peer = -EBADF, connection = -EBADF;
        unsigned n = 0;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        connection = ends[1];
        send_packet(peer, "load kvm-amd", 12);
        send_packet(peer, "load kvm-amd", 12);
        g_assert_cmpint(serve(connection, USEC_PER_SEC, count_act, &n), ==, SERVE_ANSWERED);
        g_assert_cmpuint(n, ==, 1);
        assert_has_packet(peer, "refused 95");
        assert_has_packet(connection, "load kvm-amd");
}

static unsigned count_open_files(void) {
        g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
        unsigned n = 0;

        while (g_dir_read_name(directory))
                n++;

        return n;
}

/* Descriptors that come with the request are not taken. */
static void test_descriptors(void) {
        _cleanup_close_ int peer = -EBADF, connection = -EBADF;
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = {};
        struct iovec iov = { .iov_base = (char[]){ "load kvm_amd" }, .iov_len = 12 };
        struct msghdr message = {
                .msg_iov = &iov,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        unsigned n = 0, n_files;
        int ends[2];

        modprobe_process_connect(ends);
        peer = ends[0];
        connection = ends[1];
        control.header = (struct cmsghdr){
                .cmsg_level = SOL_SOCKET,
                .cmsg_type = SCM_RIGHTS,
                .cmsg_len = CMSG_LEN(sizeof(int)),
        };
        memcpy(CMSG_DATA(&control.header), &peer, sizeof(int));
        g_assert_cmpint(sendmsg(peer, &message, 0), ==, 12);

        n_files = count_open_files();
        g_assert_cmpint(serve(connection, USEC_PER_SEC, count_act, &n), ==, SERVE_ANSWERED);
        g_assert_cmpuint(count_open_files(), ==, n_files);
        assert_has_packet(peer, "refused 95");
}

static void add_tests_of_program(void) {
        g_test_add_func("/modprobe-serve/bad-requests", test_bad_requests);
        g_test_add_func("/modprobe-serve/empty", test_empty);
        g_test_add_func("/modprobe-serve/oversize", test_oversize);
        g_test_add_func("/modprobe-serve/not-allowed", test_not_allowed);
        g_test_add_func("/modprobe-serve/not-found", test_not_found);
        g_test_add_func("/modprobe-serve/many-packets", test_many_packets);
        g_test_add_func("/modprobe-serve/peer-left-at-once", test_peer_left_at_once);
        g_test_add_func("/modprobe-serve/peer-left-before-answer", test_peer_left_before_answer);
        g_test_add_func("/modprobe-serve/peer-half-closed", test_peer_half_closed);
        g_test_add_func("/modprobe-serve/persist", test_persist);
        g_test_add_func("/modprobe-serve/persist-in-vain", test_persist_in_vain);
        g_test_add_func("/modprobe-serve/persist-fails", test_persist_fails);
}

static void skip_program(void) {
        g_test_skip("The machine cannot be hidden here, so that the program could write to it.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (modprobe_process_hide_machine())
                add_tests_of_program();
        else
                g_test_add_func("/modprobe-serve/program", skip_program);

        g_test_add_func("/modprobe-serve/silent-peer", test_silent_peer);
        g_test_add_func("/modprobe-serve/acts-once", test_acts_once);
        g_test_add_func("/modprobe-serve/descriptors", test_descriptors);

        return g_test_run();
}
