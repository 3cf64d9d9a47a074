/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus policy that we ship: everybody may ask, nobody may pretend to be the daemon. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;
        bus_up(&fixture->bus);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;
        bus_down(&fixture->bus);
}

static char *run_as_nobody(Fixture *fixture, const char *method, const char *argument) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;
        char *output;

        g_subprocess_launcher_set_child_setup(launcher, become_nobody, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, "gdbus", "call", "--address",
                                              fixture->bus.address, "--dest", BUS_NAME, "--object-path",
                                              BUS_PATH_MANAGER, "--method", method, argument, NULL);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        return output;
}

static void test_everybody_may_ask(Fixture *fixture, const void *data) {
        g_autofree char *recheck = NULL, *all = NULL, *objects = NULL;

        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        recheck = run_as_nobody(fixture, BUS_INTERFACE_MANAGER ".Recheck", NULL);
        g_assert_cmpstr(recheck, ==, "()\n");
        all = run_as_nobody(fixture, "org.freedesktop.DBus.Properties.GetAll", BUS_INTERFACE_MANAGER);
        g_assert_nonnull(strstr(all, "'ActiveVMs'"));
        objects = run_as_nobody(fixture, "org.freedesktop.DBus.ObjectManager.GetManagedObjects", NULL);
        g_assert_nonnull(strstr(objects, BUS_PATH_CHECK "/kvm/usable"));
        daemon_down(&fixture->daemon);
}

static void test_nobody_may_own(Fixture *fixture, const void *data) {
        g_autofree char *path = g_build_filename(fixture->bus.directory, "log", NULL), *log = NULL;

        (void) data;

        daemon_spawn(&fixture->daemon, &fixture->bus, (DaemonOptions){ .as_nobody = true });
        g_assert_cmpint(daemon_wait(&fixture->daemon), ==, EXIT_FAILURE);
        g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
        g_assert_nonnull(strstr(log, "does not let this user own the name"));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (getuid() != 0) {
                puts("1..0 # SKIP not root: cannot become another user");
                return 0;
        }

        g_test_add("/policy/everybody-may-ask", Fixture, NULL, set_up, test_everybody_may_ask, tear_down);
        g_test_add("/policy/nobody-may-own", Fixture, NULL, set_up, test_nobody_may_own, tear_down);

        return g_test_run();
}
