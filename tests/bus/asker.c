/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts it, asks it what it has done, and reads what it has logged. */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "asker.h"
#include "dbus/names.h"

static void spawn(Asker *asker, GSubprocessLauncher *launcher, const char *program) {
        g_autoptr(GError) error = NULL;

        g_subprocess_launcher_set_stderr_file_path(launcher, asker->log);
        asker->process = g_subprocess_launcher_spawn(launcher, &error, program, asker->bus->address, NULL);
        g_assert_no_error(error);
        wait_until(bus_has_daemon(asker->bus) || !g_subprocess_get_identifier(asker->process));
        g_assert_nonnull(g_subprocess_get_identifier(asker->process));
}

void asker_up(Asker *asker, const Bus *bus, const char *env) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
        g_auto(GStrv) pair = env ? g_strsplit(env, "=", 2) : NULL;

        *asker = (Asker){ .bus = bus, .log = g_build_filename(bus->directory, "log", NULL) };
        if (pair)
                g_subprocess_launcher_setenv(launcher, pair[0], pair[1], TRUE);
        spawn(asker, launcher, g_getenv("POLKIT_ASKER"));
}

static void become(gpointer data) {
        const uid_t *user = data;

        become_user(*user);
}

/* Users may not be able to reach where it was built. */
void asker_up_as(Asker *asker, const Bus *bus, uid_t user) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("POLKIT_ASKER"));
        g_autoptr(GFile) to = g_file_new_build_filename(bus->directory, "polkit-asker", NULL);
        g_autoptr(GError) error = NULL;

        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(g_file_peek_path(to), 0755), ==, 0);

        *asker = (Asker){ .bus = bus, .log = g_build_filename(bus->directory, "log", NULL) };
        g_subprocess_launcher_set_child_setup(launcher, become, &user, NULL);
        spawn(asker, launcher, g_file_peek_path(to));
}

void asker_down(Asker *asker) {
        g_subprocess_send_signal(asker->process, SIGTERM);
        wait_until(!g_subprocess_get_identifier(asker->process));
        g_assert_true(g_subprocess_get_successful(asker->process));
        g_clear_object(&asker->process);
        g_clear_pointer(&asker->log, g_free);
}

static GVariant *call_now(const Asker *asker, const char *method) {
        g_autoptr(GError) error = NULL;
        GVariant *reply;

        reply = g_dbus_connection_call_sync(asker->bus->connection, BUS_NAME, BUS_PATH_MANAGER,
                                            BUS_INTERFACE_MANAGER, method, NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        return reply;
}

static guint get_number(const Asker *asker, const char *method) {
        g_autoptr(GVariant) reply = call_now(asker, method);
        guint n;

        g_variant_get(reply, "(u)", &n);
        return n;
}

guint asker_acts(const Asker *asker) {
        return get_number(asker, "GetActs");
}

bool asker_has_late_call(const Asker *asker) {
        return get_number(asker, "IsLate") > 0;
}

void asker_call(const Asker *asker, const char *method) {
        g_variant_unref(call_now(asker, method));
}

guint asker_warnings(const Asker *asker) {
        g_autofree char *log = NULL;
        g_autoptr(GError) error = NULL;
        guint n = 0;

        g_file_get_contents(asker->log, &log, NULL, &error);
        g_assert_no_error(error);
        for (const char *p = log; (p = strstr(p, "Polkit could not be asked")); p++)
                n++;

        return n;
}
