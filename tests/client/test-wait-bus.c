/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl wait: the message bus itself comes and goes. */

#include <glib/gstdio.h>

#include "waiter.h"

#define READY "Virtual machines with QEMU and KVM: ready"

/* A bus at a place that can be taken again. */
typedef struct OwnBus {
        char *directory;
        char *address;
        GSubprocess *process;
} OwnBus;

static gboolean bus_is_there(gpointer data) {
        const OwnBus *bus = data;
        g_autofree char *path = g_build_filename(bus->directory, "bus", NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void own_bus_start(OwnBus *bus) {
        g_autofree char *option = g_strdup_printf("--address=%s", bus->address);
        g_autoptr(GError) error = NULL;

        bus->process =
                g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                                 &error, "dbus-daemon", "--session", "--nofork", option, NULL);
        g_assert_no_error(error);
        wait_until(bus_is_there, bus, "the bus");
}

static void own_bus_stop(OwnBus *bus) {
        g_autofree char *path = g_build_filename(bus->directory, "bus", NULL);

        g_subprocess_force_exit(bus->process);
        wait_for_exit(bus->process);
        g_clear_object(&bus->process);
        (void) g_unlink(path);
}

/* There is no bus at first, and later there is none for a while. */
static void test_bus_comes_and_goes(void) {
        OwnBus bus = { .directory = g_dir_make_tmp("virtreadyctl-XXXXXX", NULL) };
        g_autoptr(GSubprocess) daemon = NULL;
        g_auto(Machine) machine = {};
        Waiter waiter;

        bus.address = g_strdup_printf("unix:path=%s/bus", bus.directory);
        machine_init(&machine);
        machine_fill(&machine, FALSE);

        waiter_start(&waiter, bus.address, "--timeout=2min");
        expect_to_wait(&waiter);
        own_bus_start(&bus);
        daemon = daemon_start(bus.address, &machine);
        expect_to_wait(&waiter);
        expect_to_wait(&waiter);
        expect_to_wait(&waiter);

        own_bus_stop(&bus);
        machine_fill(&machine, TRUE);
        expect_to_wait(&waiter);
        own_bus_start(&bus);
        daemon_recheck_when_there(bus.address);
        expect_end(&waiter, 0, READY, "");

        daemon_stop(g_steal_pointer(&daemon));
        own_bus_stop(&bus);
        g_rmdir(bus.directory);
        g_free(bus.directory);
        g_free(bus.address);
}

/* What was wrong with the bus is not wrong any more when the time is over: now the daemon is silent. */
static void test_bus_appears(void) {
        OwnBus bus = { .directory = g_dir_make_tmp("virtreadyctl-XXXXXX", NULL) };
        Fake fake = {};
        Waiter waiter;

        bus.address = g_strdup_printf("unix:path=%s/bus", bus.directory);
        waiter_start(&waiter, bus.address, "--timeout=6s");
        expect_to_wait(&waiter);
        own_bus_start(&bus);
        fake_start(&fake, bus.address);
        wait_for_client(bus.address, waiter.process);
        expect_end(&waiter, 3, "", "virtreadyd did not answer: The time was too short.");

        fake_stop(&fake);
        own_bus_stop(&bus);
        g_rmdir(bus.directory);
        g_free(bus.directory);
        g_free(bus.address);
}

static void test_no_bus(void) {
        Waiter waiter;

        waiter_start(&waiter, "unix:path=/nonexistent/bus", "--timeout=300ms");
        expect_end(&waiter, 3, "", "There is no message bus at unix:path=/nonexistent/bus.");

        waiter_start(&waiter, "unix:nothing", NULL);
        expect_end(&waiter, 2, "", "'unix:nothing' is no address of a message bus.");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/wait-bus/comes-and-goes", test_bus_comes_and_goes);
        g_test_add_func("/wait-bus/appears", test_bus_appears);
        g_test_add_func("/wait-bus/no-bus", test_no_bus);

        return g_test_run();
}
