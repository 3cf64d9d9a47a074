/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts libvirtd as an ordinary user's, whose directories are where the environment says. */

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libvirtd.h"

#define START_SECONDS 60
/* As whom it sees itself where the test is root. */
#define USER 1000
/* Where libvirtd is, and what it runs. */
#define SEARCH "/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const directories[] = { "run", "conf/libvirt", "cache", "data", "home", "sasl" };

static void write_file(const Libvirtd *libvirtd, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(libvirtd->directory, name, NULL);
        g_autoptr(GError) error = NULL;

        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void run(const char *const *arguments, char **ret_output) {
        g_autoptr(GError) error = NULL;
        g_autofree char *output = NULL, *message = NULL;
        int status;

        g_spawn_sync(NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &message,
                     &status, &error);
        g_assert_no_error(error);
        if (!g_spawn_check_wait_status(status, NULL))
                g_error("%s: %s", arguments[0], message);
        if (ret_output)
                *ret_output = g_steal_pointer(&output);
}

void libvirtd_prepare(Libvirtd *libvirtd, const char *config) {
        g_autofree char *text = NULL;

        /* The names of sockets have little room; TMPDIR may take all of it. */
        *libvirtd = (Libvirtd){ .directory = g_strdup("/tmp/virtready-libvirtd-XXXXXX") };
        g_assert_nonnull(g_mkdtemp(libvirtd->directory));
        for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
                g_autofree char *path = g_build_filename(libvirtd->directory, directories[i], NULL);

                g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
        }

        text = g_strdup_printf("unix_sock_dir = \"%s/run\"\nlog_outputs = \"3:file:%s/log\"\n%s\n",
                               libvirtd->directory, libvirtd->directory,
                               config ? config : "auth_unix_rw = \"none\"");
        write_file(libvirtd, "libvirtd.conf", text);
        /* Otherwise virtlogd is started, too, and stays. */
        write_file(libvirtd, "conf/libvirt/qemu.conf", "stdio_handler = \"file\"\n");

        /* Who is asked for a password has to know one: by default anybody comes in as nobody in particular.
         */
        write_file(libvirtd, "sasl/libvirt.conf", "mech_list: digest-md5\n");

        libvirtd->socket = g_build_filename(libvirtd->directory, "run/libvirt-sock", NULL);
        libvirtd->uri = g_strdup_printf("qemu+unix:///session?socket=%s", libvirtd->socket);
}

static void write_map(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                _exit(EXIT_FAILURE);
        close(fd);
}

/* libvirtd is the system's when it has the number 0, and then has its directories where the system's are. In
 * a user namespace it has another number, and still is who it was to the kernel. */
static void become_ordinary(gpointer data) {
        (void) data;

        if (geteuid() == 0) {
                if (unshare(CLONE_NEWUSER) < 0)
                        _exit(EXIT_FAILURE);
                write_map("/proc/self/uid_map", G_STRINGIFY(USER) " 0 1");
                write_map("/proc/self/setgroups", "deny");
                write_map("/proc/self/gid_map", G_STRINGIFY(USER) " 0 1");
        }
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocessLauncher *launcher_new(const Libvirtd *libvirtd) {
        GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                                                  G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        static const char *const variables[][2] = {
                { "HOME", "home" },
                { "XDG_RUNTIME_DIR", "run" },
                { "XDG_CONFIG_HOME", "conf" },
                { "XDG_CACHE_HOME", "cache" },
                { "XDG_DATA_HOME", "data" },
                { "SASL_CONF_PATH", "sasl" },
        };
        g_auto(GStrv) environment = g_environ_setenv(NULL, "PATH", SEARCH, TRUE);

        for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
                g_autofree char *path = g_build_filename(libvirtd->directory, variables[i][1], NULL);

                environment = g_environ_setenv(environment, variables[i][0], path, TRUE);
        }

        g_subprocess_launcher_set_environ(launcher, environment);
        g_subprocess_launcher_set_child_setup(launcher, become_ordinary, NULL, NULL);
        return launcher;
}

static bool is_answering(const Libvirtd *libvirtd) {
        g_autoptr(GSocketClient) client = g_socket_client_new();
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(libvirtd->socket);
        g_autoptr(GSocketConnection) connection =
                g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);

        return connection != NULL;
}

static void fail_with_log(const Libvirtd *libvirtd) {
        g_autofree char *path = g_build_filename(libvirtd->directory, "log", NULL);
        g_autofree char *log = NULL;

        (void) g_file_get_contents(path, &log, NULL, NULL);
        g_error("libvirtd did not start: %s", log ? log : "no log");
}

void libvirtd_start(Libvirtd *libvirtd) {
        g_autofree char *config = g_build_filename(libvirtd->directory, "libvirtd.conf", NULL);
        g_autofree char *pid_file = g_build_filename(libvirtd->directory, "pid", NULL);
        g_autofree char *program = NULL;
        g_autoptr(GSubprocessLauncher) launcher = launcher_new(libvirtd);
        g_autoptr(GError) error = NULL;
        gint64 limit = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;

        program = g_find_program_in_path("libvirtd");
        if (!program)
                program = g_strdup("/usr/sbin/libvirtd");

        libvirtd->process = g_subprocess_launcher_spawn(launcher, &error, program, "--config", config,
                                                        "--pid-file", pid_file, NULL);
        g_assert_no_error(error);

        while (!is_answering(libvirtd)) {
                if (g_get_monotonic_time() > limit || !g_subprocess_get_identifier(libvirtd->process))
                        fail_with_log(libvirtd);
                g_usleep(10000);
        }
}

void libvirtd_up(Libvirtd *libvirtd, const char *config) {
        libvirtd_prepare(libvirtd, config);
        libvirtd_start(libvirtd);
}

/* Guests outlive their libvirtd. */
static void end_guests(const Libvirtd *libvirtd) {
        g_autofree char *place = g_build_filename(libvirtd->directory, "run/libvirt/qemu/run", NULL);
        g_autoptr(GDir) directory = g_dir_open(place, 0, NULL);
        const char *name;

        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *path = g_build_filename(place, name, NULL), *text = NULL;

                if (g_str_has_suffix(name, ".pid") && !g_str_equal(name, "driver.pid") &&
                    g_file_get_contents(path, &text, NULL, NULL) && atoi(text) > 1)
                        (void) kill(atoi(text), SIGKILL);
        }
}

void libvirtd_kill(Libvirtd *libvirtd) {
        g_subprocess_force_exit(libvirtd->process);
        g_subprocess_wait(libvirtd->process, NULL, NULL);
        g_clear_object(&libvirtd->process);
}

void libvirtd_down(Libvirtd *libvirtd) {
        const char *const remove[] = { "rm", "-rf", libvirtd->directory, NULL };

        if (libvirtd->process)
                libvirtd_kill(libvirtd);
        end_guests(libvirtd);

        run(remove, NULL);
        g_clear_pointer(&libvirtd->directory, g_free);
        g_clear_pointer(&libvirtd->socket, g_free);
        g_clear_pointer(&libvirtd->uri, g_free);
}

pid_t libvirtd_pid(const Libvirtd *libvirtd) {
        return atoi(g_subprocess_get_identifier(libvirtd->process));
}

/* A process has stopped when all of its threads have (proc(5)). */
static void stop(pid_t pid) {
        g_autofree char *place = g_strdup_printf("/proc/%d/task", pid);
        bool running = true;

        g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
        while (running) {
                g_autoptr(GDir) tasks = g_dir_open(place, 0, NULL);
                const char *name;

                running = false;
                while (tasks && (name = g_dir_read_name(tasks))) {
                        g_autofree char *path = g_build_filename(place, name, "stat", NULL), *text = NULL;

                        if (g_file_get_contents(path, &text, NULL, NULL) && !strstr(text, ") T "))
                                running = true;
                }
                g_usleep(1000);
        }
}

void libvirtd_stop(const Libvirtd *libvirtd) {
        stop(libvirtd_pid(libvirtd));
}

static pid_t guest_pid(const Libvirtd *libvirtd, const char *name) {
        g_autofree char *path = g_strdup_printf("%s/run/libvirt/qemu/run/%s.pid", libvirtd->directory, name),
                        *text = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return atoi(text);
}

void libvirtd_stop_guest(const Libvirtd *libvirtd, const char *name) {
        stop(guest_pid(libvirtd, name));
}

void libvirtd_continue_guest(const Libvirtd *libvirtd, const char *name) {
        g_assert_cmpint(kill(guest_pid(libvirtd, name), SIGCONT), ==, 0);
}

void libvirtd_continue(const Libvirtd *libvirtd) {
        g_assert_cmpint(kill(libvirtd_pid(libvirtd), SIGCONT), ==, 0);
}

char *libvirtd_virsh(const Libvirtd *libvirtd, ...) {
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        const char *argument;
        char *output = NULL;
        va_list list;

        g_ptr_array_add(arguments, (gpointer) "env");
        g_ptr_array_add(arguments, (gpointer) "LC_ALL=C");
        g_ptr_array_add(arguments, (gpointer) "virsh");
        g_ptr_array_add(arguments, (gpointer) "-c");
        g_ptr_array_add(arguments, libvirtd->uri);
        va_start(list, libvirtd);
        while ((argument = va_arg(list, const char *)))
                g_ptr_array_add(arguments, (gpointer) argument);
        va_end(list);
        g_ptr_array_add(arguments, NULL);

        run((const char *const *) arguments->pdata, &output);
        return output;
}

guint64 libvirtd_virsh_number(const Libvirtd *libvirtd, const char *command, const char *guest,
                              const char *label) {
        g_autofree char *text = libvirtd_virsh(libvirtd, command, guest, NULL);
        const char *at = strstr(text, label);

        g_assert_nonnull(at);
        at += strlen(label);
        return g_ascii_strtoull(at + strspn(at, " :"), NULL, 10);
}

static void start_guest(const Libvirtd *libvirtd, const char *name, unsigned vcpus, unsigned memory_kib,
                        const char *balloon) {
        g_autofree char *xml = NULL, *path = NULL, *output = NULL;

        xml = g_strdup_printf("<domain type='qemu'><name>%s</name><memory unit='KiB'>%u</memory>"
                              "<vcpu>%u</vcpu><os><type>hvm</type></os><devices>"
                              "<memballoon model='%s'/></devices></domain>",
                              name, memory_kib, vcpus, balloon);
        write_file(libvirtd, "guest.xml", xml);
        path = g_build_filename(libvirtd->directory, "guest.xml", NULL);
        output = libvirtd_virsh(libvirtd, "create", path, NULL);
}

void libvirtd_start_guest(const Libvirtd *libvirtd, const char *name, unsigned vcpus, unsigned memory_kib) {
        start_guest(libvirtd, name, vcpus, memory_kib, "none");
}

void libvirtd_start_guest_with_balloon(const Libvirtd *libvirtd, const char *name, unsigned vcpus,
                                       unsigned memory_kib) {
        start_guest(libvirtd, name, vcpus, memory_kib, "virtio");
}
