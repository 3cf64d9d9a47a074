/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection to virtready-modprobe: a request, an answer, and no more patience than there is time. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "module-loader.h"

struct Loader {
        LoaderHandler handler;
        void *userdata;
        int fd;
        sd_event_source *answer_source;
        sd_event_source *timeout_source;
};

static int receive(int fd, ModprobeAnswer *ret) {
        char packet[MODPROBE_PACKET_MAX];
        ssize_t n;

        n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0)
                return -errno;
        if (n == 0)
                return -ECONNRESET;
        if ((size_t) n > sizeof(packet))
                return -EBADMSG;

        return modprobe_answer_parse(packet, (size_t) n, ret);
}

static void finish(Loader *loader, int result, const ModprobeAnswer *answer) {
        (void) sd_event_source_set_enabled(loader->answer_source, SD_EVENT_OFF);
        (void) sd_event_source_set_enabled(loader->timeout_source, SD_EVENT_OFF);
        loader->handler(result, answer, loader->userdata);
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        ModprobeAnswer answer = {};
        int r;

        (void) source, (void) events;

        r = receive(fd, &answer);
        if (r != -EAGAIN && r != -EINTR)
                finish(userdata, r, &answer);

        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        const ModprobeAnswer none = {};

        (void) source, (void) usec;

        finish(userdata, -ETIMEDOUT, &none);
        return 0;
}

static int connect_to(const char *path, int *ret) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;
        size_t size = strlen(path) + 1;

        if (size > sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, size);

        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        *ret = TAKE_FD(fd);
        return 0;
}

static int send_request(int fd, const ModprobeRequest *request) {
        char packet[MODPROBE_PACKET_MAX + 1];
        size_t size = modprobe_request_format(request, packet);

        return send(fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int loader_new(sd_event *event, const char *path, const ModprobeRequest *request, uint64_t timeout_usec,
               LoaderHandler handler, void *userdata, Loader **ret) {
        _cleanup_(loader_freep) Loader *loader = NULL;
        int r;

        loader = malloc(sizeof(Loader));
        if (!loader)
                return -ENOMEM;
        *loader = (Loader){ .handler = handler, .userdata = userdata, .fd = -EBADF };

        r = connect_to(path, &loader->fd);
        if (r < 0)
                return r;

        r = send_request(loader->fd, request);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &loader->answer_source, loader->fd, EPOLLIN, on_answer, loader);
        if (r < 0)
                return r;

        r = sd_event_add_time_relative(event, &loader->timeout_source, CLOCK_MONOTONIC, timeout_usec, 0,
                                       on_timeout, loader);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(loader);
        return 0;
}

Loader *loader_free(Loader *loader) {
        if (!loader)
                return NULL;

        (void) sd_event_source_disable_unref(loader->answer_source);
        (void) sd_event_source_disable_unref(loader->timeout_source);
        (void) safe_close(loader->fd);
        free(loader);
        return NULL;
}
