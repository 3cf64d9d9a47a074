/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts, asks, records and ends. */

#include <glib/gstdio.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dbus/names.h"
#include "harness.h"

/* What the system bus allows everybody (dbus-daemon's system.conf), and our own policy. */
static const char config_template[] =
        "<busconfig>"
        "<type>system</type><listen>unix:path=%s/bus</listen>"
        "<policy context='default'><allow user='*'/><deny own='*'/><deny send_type='method_call'/>"
        "<allow send_type='signal'/>"
        "<allow send_requested_reply='true' send_type='method_return'/>"
        "<allow send_requested_reply='true' send_type='error'/>"
        "<allow receive_type='method_call'/><allow receive_type='method_return'/>"
        "<allow receive_type='error'/><allow receive_type='signal'/>"
        "<allow send_destination='org.freedesktop.DBus' send_interface='org.freedesktop.DBus'/>"
        /* Some tests play systemd, which everybody may ask. */
        "<allow own='org.freedesktop.systemd1'/><allow send_destination='org.freedesktop.systemd1'/>"
        /* Others play polkit, or start it. */
        "<allow own='org.freedesktop.PolicyKit1'/><allow send_destination='org.freedesktop.PolicyKit1'/>"
        "<allow send_interface='org.freedesktop.PolicyKit1.AuthenticationAgent'/>"
        "</policy>"
        "<policy user='%u'><allow own='org.virtready1'/></policy>"
        "<include>%s</include>"
        "</busconfig>";

static void copy_daemon(const Bus *bus) {
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("VIRTREADYD"));
        g_autoptr(GFile) to = g_file_new_build_filename(bus->directory, "virtreadyd", NULL);
        g_autoptr(GError) error = NULL;

        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(g_file_peek_path(to), 0755), ==, 0);
}

static void end_with_parent(gpointer data) {
        (void) data;
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void write_bus_config(const Bus *bus, uid_t owner) {
        g_autofree char *config =
                g_strdup_printf(config_template, bus->directory, owner, g_getenv("BUS_POLICY"));

        file_write(bus->directory, "bus.conf", config);
}

void bus_start(Bus *bus) {
        g_autofree char *config_option = NULL, *line = NULL;
        g_autoptr(GSubprocessLauncher) launcher = NULL;
        g_autoptr(GDataInputStream) output = NULL;
        g_autoptr(GError) error = NULL;

        config_option = g_strdup_printf("--config-file=%s/bus.conf", bus->directory);

        launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                             G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        /* It must not be in a testbed that this program may have. */
        g_subprocess_launcher_unsetenv(launcher, "LD_PRELOAD");
        g_subprocess_launcher_set_child_setup(launcher, end_with_parent, NULL, NULL);
        bus->process = g_subprocess_launcher_spawn(launcher, &error, "dbus-daemon", "--nofork",
                                                   "--print-address", config_option, NULL);
        g_assert_no_error(error);

        /* It prints its address once it listens. */
        output = g_data_input_stream_new(g_subprocess_get_stdout_pipe(bus->process));
        line = g_data_input_stream_read_line(output, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(line);
        bus->connection = bus_connect_client(bus);
}

void bus_kill(Bus *bus) {
        g_dbus_connection_close_sync(bus->connection, NULL, NULL);
        g_clear_object(&bus->connection);
        g_subprocess_force_exit(bus->process);
        g_subprocess_wait(bus->process, NULL, NULL);
        g_clear_object(&bus->process);
}

GDBusConnection *bus_connect_client(const Bus *bus) {
        g_autoptr(GError) error = NULL;
        GDBusConnection *connection;

        connection = g_dbus_connection_new_for_address_sync(
                bus->address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);
        return connection;
}

void bus_forge_leaving(GDBusConnection *liar, GDBusConnection *who) {
        const char *name = g_dbus_connection_get_unique_name(who);
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        g_dbus_connection_emit_signal(liar, BUS_NAME, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                      "NameOwnerChanged", g_variant_new("(sss)", name, name, ""), &error);
        g_assert_no_error(error);

        /* It handles the messages of a connection in their order. */
        reply = g_dbus_connection_call_sync(liar, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetId", NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}

void bus_up_for(Bus *bus, uid_t owner) {
        g_autoptr(GError) error = NULL;

        *bus = (Bus){ .directory = g_dir_make_tmp("virtready-test-XXXXXX", &error) };
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(bus->directory, 0755), ==, 0);

        /* As the system bus's address it does not tell one bus from the next at this place. */
        bus->address = g_strdup_printf("unix:path=%s/bus", bus->directory);
        copy_daemon(bus);
        write_bus_config(bus, owner);
        bus_start(bus);
}

void bus_up(Bus *bus) {
        bus_up_for(bus, getuid());
}

void bus_down(Bus *bus) {
        bus_kill(bus);

        directory_remove(bus->directory);
        g_free(bus->directory);
        g_free(bus->address);
}

static bool name_has_owner(const Bus *bus, const char *name) {
        g_autoptr(GVariant) reply = NULL;
        gboolean owned;

        reply = g_dbus_connection_call_sync(bus->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "NameHasOwner",
                                            g_variant_new("(s)", name), NULL, G_DBUS_CALL_FLAGS_NONE,
                                            (int) WAIT_SECONDS * 1000, NULL, NULL);
        g_assert_nonnull(reply);
        g_variant_get(reply, "(b)", &owned);
        return owned;
}

bool bus_has_daemon(const Bus *bus) {
        return name_has_owner(bus, BUS_NAME);
}

void become_user(uid_t user) {
        if (setgroups(0, NULL) < 0 || setgid(user) < 0 || setuid(user) < 0)
                _exit(EXIT_FAILURE);
        end_with_parent(NULL);
}

void become_nobody(gpointer data) {
        (void) data;
        become_user(NOBODY);
}

/* In mounts of its own the daemon finds what libudev looks for. */
static void show_udevd(gpointer data) {
        static const char control[] = "/run/udev/control";

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/udev", 0755) < 0 ||
            mknod(control, S_IFREG | 0600, 0) < 0)
                _exit(EXIT_FAILURE);
        end_with_parent(data);
}

/* Whatever of this machine could answer is not asked, unless the test says so. */
static char **daemon_arguments(const Bus *bus, const DaemonOptions *options) {
        g_autoptr(GStrvBuilder) arguments = g_strv_builder_new();
        g_autofree char *program = g_build_filename(bus->directory, "virtreadyd", NULL);
        g_autofree char *bus_option = g_strdup_printf("--bus=%s", bus->address);
        g_autofree char *root_option = g_strdup_printf("--root=%s", options->root ? options->root : "/");
        g_autofree char *modprobe_option =
                options->modprobe_socket
                        ? g_strdup_printf("--modprobe-socket=%s", options->modprobe_socket)
                        : g_strdup_printf("--modprobe-socket=%s/nobody-listens", bus->directory);
        g_autofree char *helper_option =
                options->libvirt_helper ? g_strdup_printf("--libvirt-helper=%s", options->libvirt_helper)
                                        : g_strdup_printf("--libvirt-helper=%s/no-helper", bus->directory);

        g_strv_builder_add_many(arguments, program, bus_option, root_option, modprobe_option, helper_option,
                                NULL);
        if (options->libvirt) {
                g_autofree char *libvirt_option = g_strdup_printf("--libvirt=%s", options->libvirt);

                g_strv_builder_add(arguments, libvirt_option);
        }

        return g_strv_builder_end(arguments);
}

void daemon_spawn(Daemon *daemon, Bus *bus, DaemonOptions options) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
        g_auto(GStrv) arguments = daemon_arguments(bus, &options);
        g_autoptr(GError) error = NULL;

        *daemon = (Daemon){
                .bus = bus,
                .signals = signals_new(),
                .log = g_build_filename(bus->directory, "log", NULL),
        };
        daemon_listen(daemon);
        /* What another daemon on this bus has logged would only be written over. */
        (void) g_unlink(daemon->log);
        g_subprocess_launcher_set_stderr_file_path(launcher, daemon->log);
        g_subprocess_launcher_set_child_setup(launcher,
                                              options.as_nobody      ? become_nobody
                                              : options.beside_udevd ? show_udevd
                                                                     : end_with_parent,
                                              NULL, NULL);
        g_subprocess_launcher_setenv(launcher, "SYSTEMD_LOG_LEVEL", "debug", TRUE);
        for (const char *const *env = options.env; env && *env; env++) {
                g_auto(GStrv) pair = g_strsplit(*env, "=", 2);

                g_subprocess_launcher_setenv(launcher, pair[0], pair[1], TRUE);
        }

        daemon->process = g_subprocess_launcher_spawnv(launcher, (const char *const *) arguments, &error);
        g_assert_no_error(error);
}

static bool has_logged(const Daemon *daemon, const char *message) {
        g_autofree char *log = daemon_log(daemon);

        return strstr(log, message);
}

/* A machine that runs without systemd has its libvirt asked at once, if it has one, and that is news. */
static void settle_libvirt(Daemon *daemon, const DaemonOptions *options) {
        g_autofree char *state = NULL;

        if (options->root || options->libvirt || g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR) ||
            name_has_owner(daemon->bus, "org.freedesktop.systemd1"))
                return;

        state = property_get_string(daemon, "/hypervisor/qemu", BUS_INTERFACE_HYPERVISOR, "State");
        if (!g_str_equal(state, "not-installed"))
                wait_until(has_logged(daemon, "Asked libvirt at "));
}

void daemon_up(Daemon *daemon, Bus *bus, DaemonOptions options) {
        daemon_spawn(daemon, bus, options);
        wait_until(bus_has_daemon(bus) || !g_subprocess_get_identifier(daemon->process));
        if (!g_subprocess_get_identifier(daemon->process)) {
                g_autofree char *log = daemon_log(daemon);

                g_error("virtreadyd ended: %s", log);
        }
        settle_libvirt(daemon, &options);
        /* What programs tell of their versions is none of a test's events. */
        if (!options.root)
                wait_until(has_logged(daemon, "No program is left to be asked for its version."));
        daemon_settle(daemon);
        signals_forget(daemon);
}

int daemon_wait(Daemon *daemon) {
        int status;

        wait_until(!g_subprocess_get_identifier(daemon->process));
        g_assert_true(g_subprocess_get_if_exited(daemon->process));
        status = g_subprocess_get_exit_status(daemon->process);

        g_dbus_connection_signal_unsubscribe(daemon->bus->connection, daemon->subscription);
        g_clear_object(&daemon->process);
        g_clear_pointer(&daemon->signals, g_ptr_array_unref);
        g_clear_pointer(&daemon->log, g_free);
        return status;
}

void daemon_down(Daemon *daemon) {
        g_subprocess_send_signal(daemon->process, SIGTERM);
        g_assert_cmpint(daemon_wait(daemon), ==, 0);
}

char *daemon_log(const Daemon *daemon) {
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(daemon->log, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static bool stands_still(const Daemon *daemon) {
        g_autofree char *path = g_strdup_printf("/proc/%i/status", (int) daemon_pid(daemon)), *status = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &status, NULL, &error);
        g_assert_no_error(error);
        return strstr(status, "State:\tT");
}

void daemon_stop(const Daemon *daemon) {
        g_subprocess_send_signal(daemon->process, SIGSTOP);
        wait_until(stands_still(daemon));
}

void daemon_continue(const Daemon *daemon) {
        g_subprocess_send_signal(daemon->process, SIGCONT);
}

pid_t daemon_pid(const Daemon *daemon) {
        return (pid_t) g_ascii_strtoll(g_subprocess_get_identifier(daemon->process), NULL, 10);
}

GVariant *manager_call(Daemon *daemon, const char *method) {
        g_autoptr(GError) error = NULL;
        GVariant *reply;

        reply = g_dbus_connection_call_sync(daemon->bus->connection, BUS_NAME, BUS_PATH_MANAGER,
                                            BUS_INTERFACE_MANAGER, method, NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        return reply;
}

GVariant *property_get(Daemon *daemon, const char *path, const char *interface, const char *property) {
        g_autofree char *full = g_strconcat(BUS_PATH_MANAGER, path, NULL);
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        GVariant *value;

        reply = g_dbus_connection_call_sync(
                daemon->bus->connection, BUS_NAME, full, "org.freedesktop.DBus.Properties", "Get",
                g_variant_new("(ss)", interface, property), G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NONE,
                (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(v)", &value);
        return value;
}

char *property_get_string(Daemon *daemon, const char *path, const char *interface, const char *property) {
        g_autoptr(GVariant) value = property_get(daemon, path, interface, property);

        return g_variant_dup_string(value, NULL);
}

/* Signals of one sender and its replies arrive in the order in which they were sent. */
void daemon_settle(Daemon *daemon) {
        g_autoptr(GVariant) answer = NULL;

        answer = property_get(daemon, "", BUS_INTERFACE_MANAGER, "Version");
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

guint32 active_vms(Daemon *daemon) {
        g_autoptr(GVariant) value = property_get(daemon, "", BUS_INTERFACE_MANAGER, "ActiveVMs");

        return g_variant_get_uint32(value);
}

guint daemon_passes_over(const Daemon *daemon, guint64 sources) {
        g_autofree char *log = daemon_log(daemon);
        const char *words = "Read the sources ";
        guint n = 0;

        for (const char *p = log; (p = strstr(p, words)); p++)
                if (g_ascii_strtoull(p + strlen(words), NULL, 0) & sources)
                        n++;

        return n;
}

guint daemon_passes(const Daemon *daemon) {
        return daemon_passes_over(daemon, G_MAXUINT64);
}
