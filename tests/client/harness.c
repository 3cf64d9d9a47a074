/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes and files for the tests that need real ones. */

#include <glib/gstdio.h>

#include "../../daemon/basic/cleanup.h"
#include "harness.h"

static gboolean on_tick(gpointer data) {
        (void) data;
        return G_SOURCE_CONTINUE;
}

void wait_until(gboolean (*condition)(gpointer data), gpointer data, const char *what) {
        gint64 end = g_get_monotonic_time() + STEP_SECONDS * G_USEC_PER_SEC;
        guint tick = g_timeout_add(20, on_tick, NULL);

        while (!condition(data)) {
                if (g_get_monotonic_time() > end)
                        g_error("Waited %i s in vain for %s.", STEP_SECONDS, what);
                (void) g_main_context_iteration(NULL, TRUE);
        }

        g_source_remove(tick);
}

static void on_exited(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;

        (void) g_subprocess_wait_finish(G_SUBPROCESS(source), result, &error);
        g_assert_no_error(error);
        *(gboolean *) data = TRUE;
}

static gboolean is_set(gpointer data) {
        return *(gboolean *) data;
}

void wait_for_exit(GSubprocess *process) {
        gboolean exited = FALSE;

        g_subprocess_wait_async(process, NULL, on_exited, &exited);
        wait_until(is_set, &exited, "a process to end");
}

void outcome_clear(Outcome *outcome) {
        g_clear_pointer(&outcome->out, g_free);
        g_clear_pointer(&outcome->err, g_free);
}

typedef struct Running {
        Outcome outcome;
        gboolean done;
} Running;

static void on_client_ended(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        Running *running = data;

        (void) g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &running->outcome.out,
                                                    &running->outcome.err, &error);
        g_assert_no_error(error);
        running->done = TRUE;
}

static gboolean client_ended(gpointer data) {
        return ((Running *) data)->done;
}

const char *session_bus(void) {
        return g_getenv("DBUS_SESSION_BUS_ADDRESS");
}

GSubprocess *client_spawn(GSubprocessFlags flags, const char *const *arguments) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        g_ptr_array_add(argv, (gpointer) g_getenv("VIRTREADYCTL"));
        for (; *arguments; arguments++)
                g_ptr_array_add(argv, (gpointer) *arguments);
        g_ptr_array_add(argv, NULL);

        g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
        process = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv->pdata, &error);
        g_assert_no_error(error);
        return process;
}

Outcome run_client_with(const char *const *arguments) {
        g_autoptr(GSubprocess) process =
                client_spawn(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, arguments);
        Running running = {};

        g_subprocess_communicate_utf8_async(process, NULL, NULL, on_client_ended, &running);
        wait_until(client_ended, &running, "the client to end");

        g_assert_true(g_subprocess_get_if_exited(process));
        running.outcome.status = g_subprocess_get_exit_status(process);
        return running.outcome;
}

void machine_init(Machine *machine) {
        g_autoptr(GError) error = NULL;

        machine->path = g_dir_make_tmp("virtreadyctl-XXXXXX", &error);
        g_assert_no_error(error);
}

static void remove_tree(const char *path) {
        g_autoptr(GDir) directory = NULL;
        const char *name;

        if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK))
                directory = g_dir_open(path, 0, NULL);
        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                remove_tree(child);
        }

        (void) g_remove(path);
}

void machine_clear(Machine *machine) {
        if (machine->path)
                remove_tree(machine->path);
        g_clear_pointer(&machine->path, g_free);
}

void machine_write(const Machine *machine, const char *path, const char *text) {
        g_autofree char *file = g_build_filename(machine->path, path, NULL);
        g_autofree char *directory = g_path_get_dirname(file);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        (void) g_file_set_contents(file, text, -1, &error);
        g_assert_no_error(error);
}

void machine_fill(const Machine *machine, gboolean has_kvm) {
        machine_write(machine, "proc/cpuinfo",
                      "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC Test\nflags\t\t: "
                      "fpu lm svm\n");
        machine_write(machine, "proc/sys/kernel/osrelease", "6.1.0-test\n");
        machine_write(machine, "proc/sys/kernel/modules_disabled", "0\n");
        machine_write(machine, "lib/modules/6.1.0-test/modules.dep", "kernel/arch/x86/kvm/kvm-amd.ko:\n");
        machine_write(machine, "proc/modules",
                      has_kvm ? "tun 1 0 - Live 0x0\nkvm_amd 1 0 - Live 0x0\n" : "tun 1 0 - Live 0x0\n");
        machine_write(machine, "proc/misc", has_kvm ? "200 tun\n232 kvm\n" : "200 tun\n");
}

static void machine_link(const Machine *machine, const char *path, const char *target) {
        g_autofree char *file = g_build_filename(machine->path, path, NULL);
        g_autofree char *directory = g_path_get_dirname(file);

        g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        g_assert_cmpint(symlink(target, file), ==, 0);
}

void machine_add_device(const Machine *machine, const char *address, const char *modalias,
                        const char *driver) {
        g_autofree char *directory = g_strconcat("sys/bus/pci/devices/", address, NULL);
        g_autofree char *modalias_file = g_strconcat(directory, "/modalias", NULL),
                        *group = g_strconcat(directory, "/iommu_group", NULL),
                        *member = g_strconcat("sys/kernel/iommu_groups/1/devices/", address, NULL),
                        *target = g_strconcat("/", directory, NULL),
                        *line = g_strconcat(modalias, "\n", NULL);

        machine_write(machine, modalias_file, line);
        machine_link(machine, group, "/sys/kernel/iommu_groups/1");
        machine_link(machine, member, target);
        if (driver) {
                g_autofree char *driver_link = g_strconcat(directory, "/driver", NULL),
                                *driver_target = g_strconcat("/sys/bus/pci/drivers/", driver, NULL);

                machine_link(machine, driver_link, driver_target);
        }
}

void machine_remove_device(const Machine *machine, const char *address) {
        static const char *const entries[] = { "modalias", "iommu_group", "driver", "" };

        for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
                g_autofree char *path =
                        g_build_filename(machine->path, "sys/bus/pci/devices", address, entries[i], NULL);

                (void) g_remove(path);
                g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        }
}

GDBusConnection *bus_connect_to(const char *address) {
        g_autoptr(GError) error = NULL;
        GDBusConnection *connection;

        connection = g_dbus_connection_new_for_address_sync(
                address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        return connection;
}

typedef struct Name {
        GDBusConnection *connection;
        gboolean expected;
} Name;

static gboolean name_is_as_expected(gpointer data) {
        const Name *name = data;
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        gboolean owned;

        reply = g_dbus_connection_call_sync(name->connection, "org.freedesktop.DBus",
                                            "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                            g_variant_new("(s)", "org.virtready1"), G_VARIANT_TYPE("(b)"),
                                            G_DBUS_CALL_FLAGS_NONE, STEP_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(b)", &owned);
        return owned == name->expected;
}

GSubprocess *daemon_start(const char *address, const Machine *machine) {
        g_autofree char *bus = g_strdup_printf("--bus=%s", address);
        g_autofree char *root = g_strdup_printf("--root=%s", machine->path);
        g_autoptr(GDBusConnection) connection = bus_connect_to(address);
        g_autoptr(GError) error = NULL;
        GSubprocess *daemon;

        daemon = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                                  &error, g_getenv("VIRTREADYD"), bus, root, NULL);
        g_assert_no_error(error);

        wait_until(name_is_as_expected, &(Name){ connection, TRUE }, "the daemon to be on the bus");
        return daemon;
}

void daemon_stop(GSubprocess *daemon) {
        g_subprocess_send_signal(daemon, SIGTERM);
        wait_for_exit(daemon);
        g_object_unref(daemon);
}

void daemon_recheck_when_there(const char *address) {
        g_autoptr(GDBusConnection) connection = bus_connect_to(address);

        wait_until(name_is_as_expected, &(Name){ connection, TRUE }, "the daemon to be back");
        daemon_recheck(address);
}

void daemon_recheck(const char *address) {
        g_autoptr(GDBusConnection) connection = bus_connect_to(address);
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(connection, "org.virtready1", "/org/virtready1",
                                            "org.virtready1.Manager", "Recheck", NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, STEP_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}

/* What the bus says to a question about one of its names, or to one without arguments. */
static GVariant *ask_bus(GDBusConnection *connection, const char *method, const char *name) {
        return g_dbus_connection_call_sync(connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                           "org.freedesktop.DBus", method,
                                           name ? g_variant_new("(s)", name) : NULL, NULL,
                                           G_DBUS_CALL_FLAGS_NONE, STEP_SECONDS * 1000, NULL, NULL);
}

typedef struct Client {
        GDBusConnection *connection;
        const char *pid;
} Client;

static gboolean is_on_bus(gpointer data) {
        const Client *client = data;
        g_autoptr(GVariant) names = ask_bus(client->connection, "ListNames", NULL);
        g_autoptr(GVariantIter) iter = NULL;
        const char *name;

        g_assert_nonnull(names);
        g_variant_get(names, "(as)", &iter);
        while (g_variant_iter_next(iter, "&s", &name)) {
                g_autoptr(GVariant) reply =
                        name[0] == ':' ? ask_bus(client->connection, "GetConnectionUnixProcessID", name)
                                       : NULL;
                g_autofree char *pid = NULL;
                guint32 number;

                if (!reply)
                        continue;
                g_variant_get(reply, "(u)", &number);
                pid = g_strdup_printf("%u", number);
                if (g_str_equal(pid, client->pid))
                        return TRUE;
        }

        return FALSE;
}

void wait_for_client(const char *address, GSubprocess *client) {
        g_autoptr(GDBusConnection) connection = bus_connect_to(address);

        wait_until(is_on_bus, &(Client){ connection, g_subprocess_get_identifier(client) },
                   "the client to be on the bus");
}
