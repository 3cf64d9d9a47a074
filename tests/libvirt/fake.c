/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens where libvirtd would. */

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "fake.h"

/* A message of libvirt's protocol begins with its length, itself included, and five more numbers after that
 * (https://libvirt.org/kbase/internals/rpc.html): all of 32 bits, the highest byte first. */
#define HEADER_SIZE 28U
#define MESSAGE_MAX (64U * 1024 * 1024)

static void fill_address(const char *path, struct sockaddr_un *ret) {
        *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
        g_assert_cmpuint(strlen(path), <, sizeof(ret->sun_path));
        (void) g_strlcpy(ret->sun_path, path, sizeof(ret->sun_path));
}

typedef struct Connection {
        const Fake *fake;
        int fd;
} Connection;

static gpointer handle(gpointer data) {
        Connection *connection = data;

        connection->fake->handler(connection->fd, connection->fake->userdata);
        close(connection->fd);
        g_free(connection);
        return NULL;
}

/* Who is connected already may connect once more. */
static gpointer serve(gpointer data) {
        Fake *fake = data;
        int fd;

        while ((fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
                Connection *connection = g_new(Connection, 1);

                *connection = (Connection){ fake, fd };
                g_ptr_array_add(fake->threads, g_thread_new("fake connection", handle, connection));
        }

        return NULL;
}

void fake_up(Fake *fake, FakeHandler handler, gpointer userdata) {
        struct sockaddr_un address;

        *fake = (Fake){ .directory = g_strdup("/tmp/virtready-fake-XXXXXX"),
                        .handler = handler,
                        .userdata = userdata };
        g_assert_nonnull(g_mkdtemp(fake->directory));
        g_assert_no_errno(chmod(fake->directory, 0755));
        fake->socket = g_build_filename(fake->directory, "socket", NULL);
        fake->uri = g_strdup_printf("qemu+unix:///session?socket=%s", fake->socket);

        fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_no_errno(fake->listener);
        fill_address(fake->socket, &address);
        g_assert_no_errno(bind(fake->listener, (const struct sockaddr *) &address, sizeof(address)));
        g_assert_no_errno(chmod(fake->socket, 0666));
        g_assert_no_errno(listen(fake->listener, 16));
        fake->threads = g_ptr_array_new();
        fake->thread = g_thread_new("fake", serve, fake);
}

void fake_down(Fake *fake) {
        (void) shutdown(fake->listener, SHUT_RDWR);
        g_thread_join(fake->thread);
        for (guint i = 0; i < fake->threads->len; i++)
                g_thread_join(fake->threads->pdata[i]);
        g_ptr_array_unref(fake->threads);
        close(fake->listener);
        g_assert_no_errno(g_unlink(fake->socket));
        g_assert_no_errno(g_rmdir(fake->directory));
        g_free(fake->directory);
        g_free(fake->socket);
        g_free(fake->uri);
}

bool fake_send(int connection, const void *data, size_t size) {
        while (size > 0) {
                ssize_t n = send(connection, data, size, MSG_NOSIGNAL);

                if (n <= 0)
                        return false;
                data = (const char *) data + n;
                size -= (size_t) n;
        }

        return true;
}

char *repeat(const char *before, const char *what, size_t n, const char *after) {
        GString *text = g_string_new(before);

        for (size_t i = 0; i < n; i++)
                g_string_append(text, what);
        g_string_append(text, after);
        return g_string_free(text, FALSE);
}

void fake_drain(int connection) {
        char buffer[4096];

        while (read(connection, buffer, sizeof(buffer)) > 0)
                ;
}

/* --- Handing on */

static uint32_t number_at(const char *data) {
        uint32_t number;

        memcpy(&number, data, sizeof(number));
        return ntohl(number);
}

static void put_number(char *data, uint32_t number) {
        number = htonl(number);
        memcpy(data, &number, sizeof(number));
}

static int connect_to(const char *path) {
        struct sockaddr_un address;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        fill_address(path, &address);
        g_assert_no_errno(connect(fd, (const struct sockaddr *) &address, sizeof(address)));
        return fd;
}

/* Yields a whole message, or NULL at the end. */
static char *read_message(int fd, size_t *ret_size) {
        g_autofree char *message = NULL;
        char length[4];
        size_t size;

        if (recv(fd, length, sizeof(length), MSG_WAITALL) != sizeof(length))
                return NULL;

        size = number_at(length);
        g_assert_cmpuint(size, >=, HEADER_SIZE);
        g_assert_cmpuint(size, <=, MESSAGE_MAX);
        message = g_malloc(size);
        memcpy(message, length, sizeof(length));
        if (recv(fd, message + sizeof(length), size - sizeof(length), MSG_WAITALL) !=
            (ssize_t) (size - sizeof(length)))
                return NULL;

        *ret_size = size;
        return g_steal_pointer(&message);
}

/* The same header, and a text instead of the other one: its length, itself, and zeroes up to a multiple of
 * four (RFC 4506, 4.11). */
static char *replace(char *message, const char *text, size_t *size) {
        static const guint8 zeroes[4] = {};
        GByteArray *other = g_byte_array_new();
        guint length = (guint) strlen(text);
        char number[4];

        put_number(number, length);
        g_byte_array_append(other, (const guint8 *) message, HEADER_SIZE);
        g_byte_array_append(other, (const guint8 *) number, sizeof(number));
        g_byte_array_append(other, (const guint8 *) text, length);
        g_byte_array_append(other, zeroes, -length % sizeof(zeroes));
        put_number((char *) other->data, other->len);

        g_free(message);
        *size = other->len;
        return (char *) g_byte_array_free(other, FALSE);
}

/* Tells whether it may go on. */
static bool pass_answer(Proxy *proxy, int from, int to) {
        g_autofree char *message = NULL;
        size_t size;

        if (proxy->answers > 0 && (unsigned) g_atomic_int_get(&proxy->passed) >= proxy->answers)
                return false;

        message = read_message(from, &size);
        if (!message)
                return false;

        if (proxy->spoil && memmem(message, size, proxy->spoil, strlen(proxy->spoil)))
                message = replace(message, proxy->with, &size);
        g_atomic_int_inc(&proxy->passed);
        return fake_send(to, message, size);
}

static bool pass_question(int from, int to) {
        char buffer[4096];
        ssize_t n = read(from, buffer, sizeof(buffer));

        return n > 0 && fake_send(to, buffer, (size_t) n);
}

void proxy_handle(int connection, gpointer userdata) {
        Proxy *proxy = userdata;
        _cleanup_close_ int upstream = connect_to(proxy->upstream);
        struct pollfd fds[] = { { .fd = connection, .events = POLLIN },
                                { .fd = upstream, .events = POLLIN } };
        bool more = true;

        if (proxy->closed_to)
                g_assert_no_errno(chmod(proxy->closed_to, 0600));

        while (more && poll(fds, G_N_ELEMENTS(fds), -1) > 0) {
                if (fds[1].revents)
                        more = pass_answer(proxy, upstream, connection);
                if (more && fds[0].revents)
                        more = pass_question(connection, upstream);
        }
}
