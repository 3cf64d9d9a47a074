/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A helper that answers, one that does not, and none at all. */

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/basic/clock.h"
#include "daemon/module-loader.h"
#include "tests/seqpacket.h"
#include "tree.h"

static const ModprobeRequest request = { .act = MODPROBE_LOAD, .module = "kvm_amd" };

typedef struct Fixture {
        char *tree;
        char *path;
        int listener;
        sd_event *event;
        Loader *loader;
        unsigned calls;
        int result;
        ModprobeAnswer answer;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->tree = tree_new();
        fixture->path = g_build_filename(fixture->tree, "modprobe", NULL);
        fixture->listener = seqpacket_listen(fixture->path, 16);
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        loader_free(fixture->loader);
        sd_event_unref(fixture->event);
        (void) safe_close(fixture->listener);
        g_free(fixture->path);
        tree_free(fixture->tree);
}

static void on_answered(int result, const ModprobeAnswer *answer, void *userdata) {
        Fixture *fixture = userdata;

        fixture->calls++;
        fixture->result = result;
        fixture->answer = *answer;
}

static int begin(Fixture *fixture, uint64_t timeout_usec) {
        return loader_new(fixture->event, fixture->path, &request, timeout_usec, on_answered, fixture,
                          &fixture->loader);
}

/* Yields the helper's end, once it has read the request. */
static int accept_request(Fixture *fixture) {
        char packet[100];
        ssize_t n;
        int fd;

        fd = accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        n = recv(fd, packet, sizeof(packet), 0);
        g_assert_cmpmem(packet, n, "load kvm_amd", strlen("load kvm_amd"));
        return fd;
}

static void wait_for_answer(Fixture *fixture) {
        while (fixture->calls == 0)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        /* It comes once. */
        while (sd_event_run(fixture->event, 0) > 0)
                ;
        g_assert_cmpuint(fixture->calls, ==, 1);
}

static void answer_with(Fixture *fixture, const void *packet, size_t size) {
        int fd;

        g_assert_cmpint(begin(fixture, 20 * USEC_PER_SEC), ==, 0);
        fd = accept_request(fixture);
        g_assert_cmpint(send(fd, packet, size, MSG_NOSIGNAL), ==, size);
        wait_for_answer(fixture);
        (void) safe_close(fd);
}

static void test_answer(Fixture *fixture, const void *data) {
        (void) data;

        answer_with(fixture, "refused 95", strlen("refused 95"));
        g_assert_cmpint(fixture->result, ==, 0);
        g_assert_cmpint(fixture->answer.outcome, ==, MODPROBE_REFUSED);
        g_assert_cmpint(fixture->answer.error, ==, EOPNOTSUPP);
}

static void test_nonsense(Fixture *fixture, const void *data) {
        (void) data;

        answer_with(fixture, "what?", strlen("what?"));
        g_assert_cmpint(fixture->result, ==, -EBADMSG);
}

static void test_too_long(Fixture *fixture, const void *data) {
        g_autofree char *zeros = g_strnfill(10000, '0');
        g_autofree char *packet = g_strconcat("refused 95", zeros, NULL);

        (void) data;

        answer_with(fixture, packet, strlen(packet));
        g_assert_cmpint(fixture->result, ==, -EBADMSG);
}

/* A packet may have nothing in it; it reads as the end does. */
static void test_empty(Fixture *fixture, const void *data) {
        (void) data;

        answer_with(fixture, "", 0);
        g_assert_cmpint(fixture->result, ==, -ECONNRESET);
}

static void test_hangs_up(Fixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpint(begin(fixture, 20 * USEC_PER_SEC), ==, 0);
        close(accept_request(fixture));
        wait_for_answer(fixture);
        g_assert_cmpint(fixture->result, ==, -ECONNRESET);
}

/* As systemd does when there are too many. */
static void test_hangs_up_unread(Fixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpint(begin(fixture, 20 * USEC_PER_SEC), ==, 0);
        close(accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC));
        wait_for_answer(fixture);
        g_assert_cmpint(fixture->result, ==, -ECONNRESET);
}

static void test_silent(Fixture *fixture, const void *data) {
        int fd;

        (void) data;

        g_assert_cmpint(begin(fixture, 50 * USEC_PER_MSEC), ==, 0);
        fd = accept_request(fixture);
        wait_for_answer(fixture);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);

        /* What comes too late is not listened to. */
        g_assert_cmpint(send(fd, "done 0", strlen("done 0"), MSG_NOSIGNAL), >, 0);
        wait_for_answer(fixture);
        (void) safe_close(fd);
}

static void test_never_accepted(Fixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpint(begin(fixture, 50 * USEC_PER_MSEC), ==, 0);
        wait_for_answer(fixture);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);
}

static void test_nobody(Fixture *fixture, const void *data) {
        g_autofree char *long_path = g_strnfill(200, 'x');

        (void) data;

        (void) safe_close(TAKE_FD(fixture->listener));
        g_assert_cmpint(begin(fixture, USEC_PER_SEC), ==, -ECONNREFUSED);
        g_assert_cmpint(g_remove(fixture->path), ==, 0);
        g_assert_cmpint(begin(fixture, USEC_PER_SEC), ==, -ENOENT);
        g_assert_null(fixture->loader);
        g_assert_cmpint(loader_new(fixture->event, long_path, &request, USEC_PER_SEC, on_answered, fixture,
                                   &fixture->loader),
                        ==, -ENAMETOOLONG);
        g_assert_cmpuint(fixture->calls, ==, 0);
}

/* Nothing waits for a helper that does not take its connections. */
static void test_full(Fixture *fixture, const void *data) {
        Loader *loaders[3] = {};
        int r = 0;

        (void) data;

        (void) safe_close(fixture->listener);
        g_assert_cmpint(g_remove(fixture->path), ==, 0);
        fixture->listener = seqpacket_listen(fixture->path, 1);
        for (unsigned i = 0; i < G_N_ELEMENTS(loaders) && r == 0; i++)
                r = loader_new(fixture->event, fixture->path, &request, USEC_PER_SEC, on_answered, fixture,
                               &loaders[i]);
        g_assert_cmpint(r, ==, -EAGAIN);
        for (unsigned i = 0; i < G_N_ELEMENTS(loaders); i++)
                loader_free(loaders[i]);
}

static void test_freed(Fixture *fixture, const void *data) {
        char byte;
        int fd;

        (void) data;

        g_assert_cmpint(begin(fixture, 20 * USEC_PER_SEC), ==, 0);
        fd = accept_request(fixture);
        fixture->loader = loader_free(fixture->loader);
        g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
        g_assert_cmpint(sd_event_run(fixture->event, 0), ==, 0);
        g_assert_cmpuint(fixture->calls, ==, 0);
        (void) safe_close(fd);
}

static void add(const char *path, void (*test)(Fixture *fixture, const void *data)) {
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/module-loader/answer", test_answer);
        add("/module-loader/nonsense", test_nonsense);
        add("/module-loader/too-long", test_too_long);
        add("/module-loader/empty", test_empty);
        add("/module-loader/hangs-up", test_hangs_up);
        add("/module-loader/hangs-up-unread", test_hangs_up_unread);
        add("/module-loader/silent", test_silent);
        add("/module-loader/never-accepted", test_never_accepted);
        add("/module-loader/nobody", test_nobody);
        add("/module-loader/full", test_full);
        add("/module-loader/freed", test_freed);

        return g_test_run();
}
