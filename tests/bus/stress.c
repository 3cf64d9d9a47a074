/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens, looks into /proc, and does not read what it has asked for. */

#include <gio/gunixsocketaddress.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stress.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WITH_ASAN)
#define MEMORY_GROWTH_MAX_KIB 8192U
#else
#define MEMORY_GROWTH_MAX_KIB 256U
#endif

guint64 daemon_memory_kib(const Daemon *daemon, const char *key) {
        g_autofree char *path = g_strdup_printf("/proc/%i/status", (int) daemon_pid(daemon)), *text = NULL;
        g_autofree char *line = g_strdup_printf("\n%s:", key);
        g_autoptr(GError) error = NULL;
        const char *value;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        value = strstr(text, line);
        g_assert_nonnull(value);
        return g_ascii_strtoull(value + strlen(line), NULL, 10);
}

/* proc_pid_clear_refs(5): 5 makes the peak what it is now. */
void daemon_reset_peak(const Daemon *daemon) {
        g_autofree char *path = g_strdup_printf("/proc/%i/clear_refs", (int) daemon_pid(daemon));
        FILE *f = fopen(path, "we");

        g_assert_nonnull(f);
        g_assert_cmpint(fputs("5", f), >=, 0);
        g_assert_cmpint(fclose(f), ==, 0);
}

guint64 memory_growth_max_kib(void) {
        return MEMORY_GROWTH_MAX_KIB;
}

char *memory_env(void) {
        const char *options = g_getenv("ASAN_OPTIONS");

        return g_strdup_printf("ASAN_OPTIONS=%s:quarantine_size_mb=1", options ? options : "");
}

static void send_text(GSocket *socket, const void *data, gsize size) {
        g_autoptr(GError) error = NULL;
        gssize n;

        n = g_socket_send(socket, data, size, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(n, ==, size);
}

static void send_call(GSocket *socket, const char *method, GVariant *parameters, guint32 serial) {
        g_autoptr(GDBusMessage) message = NULL;
        g_autofree guchar *blob = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;

        message = g_dbus_message_new_method_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                 "org.freedesktop.DBus", method);
        if (parameters)
                g_dbus_message_set_body(message, parameters);
        g_dbus_message_set_serial(message, serial);

        blob = g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
        g_assert_no_error(error);
        send_text(socket, blob, size);
}

/* By hand, for every library reads (D-Bus Specification, "Authentication Protocol"). */
GSocket *deaf_subscriber_new(const Bus *bus) {
        g_autofree char *path = g_build_filename(bus->directory, "bus", NULL), *authentication = NULL;
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        g_autofree char *uid = g_strdup_printf("%u", getuid());
        g_autoptr(GString) hexadecimal = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        GSocket *socket;

        socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
        g_assert_no_error(error);
        g_socket_connect(socket, address, NULL, &error);
        g_assert_no_error(error);

        for (const char *digit = uid; *digit; digit++)
                g_string_append_printf(hexadecimal, "%02x", (unsigned char) *digit);
        authentication = g_strdup_printf("AUTH EXTERNAL %s\r\nBEGIN\r\n", hexadecimal->str);
        send_text(socket, "", 1);
        send_text(socket, authentication, strlen(authentication));

        send_call(socket, "Hello", NULL, 1);
        send_call(socket, "AddMatch", g_variant_new("(s)", "type='signal'"), 2);
        return socket;
}

guint deaf_subscriber_pending(GSocket *socket) {
        int n;

        g_assert_cmpint(ioctl(g_socket_get_fd(socket), FIONREAD, &n), ==, 0);
        return (guint) n;
}

void machine_set_tun(const char *root, bool has_tun) {
        file_write(root, "proc/misc", has_tun ? "130 watchdog\n200 tun\n" : "130 watchdog\n");
}

void send_events(const KernelEvents *events, guint n) {
        for (guint i = 0; i < n; i++)
                g_assert_cmpint(kernel_events_send(events, i % events->n), ==, 0);
}
