/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records the daemon's signals, and finds them again. */

#include <stdlib.h>
#include <string.h>

#include "dbus/names.h"
#include "harness.h"

static void signal_free(void *p) {
        Signal *s = p;

        g_free(s->path);
        g_free(s->interface);
        g_free(s->member);
        g_variant_unref(s->parameters);
        g_free(s);
}

static void on_signal(GDBusConnection *connection, const char *sender, const char *path,
                      const char *interface, const char *member, GVariant *parameters, void *userdata) {
        Daemon *daemon = userdata;
        Signal *s;

        (void) connection, (void) sender;

        s = g_new0(Signal, 1);
        s->path = g_strdup(path);
        s->member = g_strdup(member);
        if (g_str_equal(member, "PropertiesChanged"))
                g_variant_get(parameters, "(s@a{sv}@as)", &s->interface, &s->parameters, NULL);
        else {
                s->interface = g_strdup(interface);
                s->parameters = g_variant_ref(parameters);
        }
        g_ptr_array_add(daemon->signals, s);
}

GPtrArray *signals_new(void) {
        return g_ptr_array_new_with_free_func(signal_free);
}

void daemon_listen(Daemon *daemon) {
        daemon->subscription =
                g_dbus_connection_signal_subscribe(daemon->bus->connection, BUS_NAME, NULL, NULL, NULL, NULL,
                                                   G_DBUS_SIGNAL_FLAGS_NONE, on_signal, daemon, NULL);
}

void signals_forget(Daemon *daemon) {
        g_ptr_array_set_size(daemon->signals, 0);
}

const Signal *signals_last(const Daemon *daemon, const char *member, const char *path) {
        g_autofree char *full = g_strconcat(BUS_PATH_MANAGER, path, NULL);

        for (guint i = daemon->signals->len; i > 0; i--) {
                const Signal *s = g_ptr_array_index(daemon->signals, i - 1);

                if (g_str_equal(s->member, member) && g_str_equal(s->path, full))
                        return s;
        }

        return NULL;
}

guint signals_count(const Daemon *daemon, const char *member, const char *path) {
        g_autofree char *full = g_strconcat(BUS_PATH_MANAGER, path, NULL);
        guint n = 0;

        for (guint i = 0; i < daemon->signals->len; i++) {
                const Signal *s = g_ptr_array_index(daemon->signals, i);

                if (g_str_equal(s->member, member) && (!path || g_str_equal(s->path, full)))
                        n++;
        }

        return n;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char *signals_changed_paths(const Daemon *daemon) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new();

        for (guint i = 0; i < daemon->signals->len; i++) {
                const Signal *s = g_ptr_array_index(daemon->signals, i);

                if (g_str_equal(s->member, "PropertiesChanged"))
                        g_ptr_array_add(paths, s->path + strlen(BUS_PATH_MANAGER));
        }
        g_ptr_array_sort(paths, compare_strings);
        g_ptr_array_add(paths, NULL);

        return g_strjoinv(" ", (char **) paths->pdata);
}
