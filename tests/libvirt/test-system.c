/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program with a system's libvirtd, which has drivers for QEMU and LXC, and a socket for whoever may
 * only read. It is kept from the machine's own by mounts and a network of its own. */

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "compare.h"
#include "daemon/basic/macro.h"
#include "tests/unit/namespaces.h"

/* Where "qemu:///system" leads. */
#define PLACE "/run/libvirt"
#define SOCKET PLACE "/libvirt-sock"
#define HELPER_SOCKET PLACE "/domcapabilities"
#define START_SECONDS 60
#define NOBODY 65534U

/* All that libvirtd writes to, and what it reads its configuration from. */
static bool leave_machine(void) {
        static const char *const places[] = { "/etc", "/run", "/var/lib", "/var/cache", "/var/log" };

        if (!namespaces_enter() || unshare(CLONE_NEWNET) < 0)
                return false;

        FOREACH_ELEMENT(place, places)
                if (mount("tmpfs", *place, "tmpfs", 0, "mode=0755") < 0)
                        return false;

        return true;
}

static void write_file(const char *path, const char *text) {
        g_autofree char *directory = g_path_get_dirname(path);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void end_with_parent(gpointer data) {
        (void) data;
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *start_libvirtd(void) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        /* The driver for QEMU does not start without these users, whoever it is to run guests as. */
        write_file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/:/bin/false\n"
                                  "qemu:x:107:107::/:/bin/false\n"
                                  "nobody:x:65534:65534::/nonexistent:/bin/false\n");
        write_file("/etc/group",
                   "root:x:0:\nkvm:x:36:\nlibvirt-qemu:x:64055:\nqemu:x:107:\nnogroup:x:65534:\n");
        write_file("/etc/libvirt/qemu.conf", "user = \"root\"\ngroup = \"root\"\n");
        write_file(PLACE "/libvirtd.conf", "unix_sock_dir = \"" PLACE "\"\n"
                                           "auth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\n"
                                           "unix_sock_rw_perms = \"0700\"\n"
                                           "log_outputs = \"3:file:" PLACE "/log\"\n");

        g_subprocess_launcher_set_child_setup(launcher, end_with_parent, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, "/usr/sbin/libvirtd", "--config",
                                              PLACE "/libvirtd.conf", "--pid-file", PLACE "/pid", NULL);
        g_assert_no_error(error);

        for (unsigned i = 0; access(SOCKET, F_OK) < 0; i++) {
                g_autofree char *log = NULL;

                if (i >= START_SECONDS * 100 || !g_subprocess_get_identifier(process)) {
                        (void) g_file_get_contents(PLACE "/log", &log, NULL, NULL);
                        g_error("libvirtd did not start: %s", log ? log : "no log");
                }
                g_usleep(10000);
        }

        return process;
}

static const Json *first_domain(const Answer *answer) {
        const Json *domains = json_object_object_get(answer->document, "domains");

        g_assert_cmpuint(json_object_array_length(domains), >, 0);
        return json_object_array_get_idx(domains, 0);
}

static void test_qemu(void) {
        Answer answer;

        assert_like_virsh("qemu+unix:///system?socket=" SOCKET, &answer);
        g_assert_cmpstr(answer_string(&answer, "type"), ==, "QEMU");
        g_assert_nonnull(json_object_object_get(first_domain(&answer), "devices"));
        answer_done(&answer);
}

static void test_lxc(void) {
        Answer answer;

        assert_like_virsh("lxc+unix:///system?socket=" SOCKET, &answer);
        g_assert_cmpstr(answer_string(&answer, "type"), ==, "LXC");
        g_assert_cmpstr(json_object_get_string(json_object_object_get(first_domain(&answer), "virt_type")),
                        ==, "lxc");
        answer_done(&answer);

        ask(&answer, "usage", "--uri=lxc+unix:///system?socket=" SOCKET "-ro", NULL);
        g_assert_cmpstr(answer.text, ==,
                        "{\"guests\":{\"count\":0,\"vcpus\":0,\"memory_bytes\":0,\"huge_page_bytes\":0,"
                        "\"resident_bytes\":0},"
                        "\"storage\":null,\"detail\":null}\n");
        answer_done(&answer);
}

/* Whoever may only read learns all but what guests may have. */
static void test_read_only(void) {
        Answer answer, all;
        Json *devices;

        ask(&answer, "describe", "qemu+unix:///system?socket=" SOCKET "-ro", NULL);
        ask(&all, "describe", "qemu+unix:///system?socket=" SOCKET, NULL);
        g_assert_cmpstr(answer_string(&answer, "state"), ==, "running");
        g_assert_nonnull(strstr(answer_string(&answer, "detail"), "read only"));
        g_assert_true(json_object_object_get_ex((Json *) first_domain(&answer), "devices", &devices));
        g_assert_null(devices);
        g_assert_true(json_object_equal(json_object_object_get(answer.document, "max_vcpus"),
                                        json_object_object_get(all.document, "max_vcpus")));
        g_assert_true(json_object_equal(json_object_object_get((Json *) first_domain(&answer), "max_vcpus"),
                                        json_object_object_get((Json *) first_domain(&all), "max_vcpus")));
        answer_done(&answer);
        answer_done(&all);
}

/* Listens as systemd would, for anybody. */
static GSubprocess *start_helper(void) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autoptr(GError) error = NULL;
        GSubprocess *process;

        (void) g_unlink(HELPER_SOCKET);
        g_subprocess_launcher_set_child_setup(launcher, end_with_parent, NULL, NULL);
        process = g_subprocess_launcher_spawn(launcher, &error, "systemd-socket-activate", "--accept",
                                              "--inetd", "--listen=" HELPER_SOCKET,
                                              g_getenv("VIRTREADY_DOMCAPABILITIES"), NULL);
        g_assert_no_error(error);
        for (unsigned i = 0; access(HELPER_SOCKET, F_OK) < 0; i++) {
                g_assert_cmpuint(i, <, START_SECONDS * 100);
                g_usleep(10000);
        }
        g_assert_cmpint(chmod(HELPER_SOCKET, 0666), ==, 0);

        return process;
}

/* Nobody may be let into the directory that the program was built in. */
static void ask_as_nobody(Answer *answer, const char *socket) {
        g_autofree char *option = g_strconcat("--domcapabilities-socket=", socket, NULL),
                        *program = g_strdup(g_getenv("VIRTREADY_LIBVIRT")), *text = NULL;
        gsize size;

        g_assert_true(g_file_get_contents(program, &text, &size, NULL));
        g_assert_true(g_file_set_contents(PLACE "/virtready-libvirt", text, (gssize) size, NULL));
        g_assert_cmpint(chmod(PLACE "/virtready-libvirt", 0755), ==, 0);
        g_assert_true(g_setenv("VIRTREADY_LIBVIRT", PLACE "/virtready-libvirt", TRUE));

        g_assert_cmpint(setresgid(NOBODY, NOBODY, 0), ==, 0);
        g_assert_cmpint(setresuid(NOBODY, NOBODY, 0), ==, 0);
        ask(answer, "describe", option, "qemu:///system", NULL);
        g_assert_cmpint(setresuid(0, 0, 0), ==, 0);
        g_assert_cmpint(setresgid(0, 0, 0), ==, 0);
        g_assert_true(g_setenv("VIRTREADY_LIBVIRT", program, TRUE));
}

/* libvirtd lets nobody manage guests but root: so it is on most machines. What the helper tells is what root
 * is told. */
static void test_helper(void) {
        g_autoptr(GSubprocess) helper = start_helper();
        Answer without, with, root;
        Json *devices;

        ask_as_nobody(&without, PLACE "/nobody-listens");
        ask_as_nobody(&with, HELPER_SOCKET);
        ask(&root, "describe", "--domcapabilities-socket=" PLACE "/nobody-listens", "qemu:///system", NULL);

        g_test_message("%s", without.text);
        g_assert_cmpstr(answer_string(&without, "state"), ==, "running");
        g_assert_nonnull(strstr(answer_string(&without, "detail"), "what guests may have"));
        g_assert_true(json_object_object_get_ex((Json *) first_domain(&without), "devices", &devices));
        g_assert_null(devices);

        g_assert_null(answer_string(&with, "detail"));
        g_assert_true(json_object_object_get_ex((Json *) first_domain(&with), "devices", &devices));
        g_assert_nonnull(devices);
        g_assert_true(json_object_equal(json_object_object_get(with.document, "domains"),
                                        json_object_object_get(root.document, "domains")));

        answer_done(&without);
        answer_done(&with);
        answer_done(&root);
        g_subprocess_force_exit(helper);
        g_subprocess_wait(helper, NULL, NULL);
}

/* One that asks another libvirt is left for our own connection. */
static void test_helper_of_another(void) {
        g_autoptr(GSubprocess) helper = start_helper();
        Answer answer;

        ask(&answer, "describe", "--domcapabilities-socket=" HELPER_SOCKET,
            "qemu+unix:///system?socket=" SOCKET, NULL);
        g_assert_null(answer_string(&answer, "detail"));
        g_assert_nonnull(json_object_object_get(first_domain(&answer), "devices"));
        answer_done(&answer);
        g_subprocess_force_exit(helper);
        g_subprocess_wait(helper, NULL, NULL);
}

static void test_no_driver(void) {
        Answer answer;

        ask(&answer, "describe", "bhyve+unix:///system?socket=" SOCKET "-ro", NULL);
        assert_no_description(&answer, "not-installed",
                              "no connection driver available for bhyve:///system");
        answer_done(&answer);
}

static void test_skipped(void) {
        g_test_skip("Only root has mounts of its own, and a system's libvirtd.");
}

int main(int argc, char *argv[]) {
        /* Before there are threads. */
        bool apart = geteuid() == 0 && leave_machine();
        g_autoptr(GSubprocess) libvirtd = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        if (!apart) {
                g_test_add_func("/libvirt/system", test_skipped);
                return g_test_run();
        }

        libvirtd = start_libvirtd();
        g_test_add_func("/libvirt/system/qemu", test_qemu);
        g_test_add_func("/libvirt/system/lxc", test_lxc);
        g_test_add_func("/libvirt/system/read-only", test_read_only);
        g_test_add_func("/libvirt/system/no-driver", test_no_driver);
        g_test_add_func("/libvirt/system/helper", test_helper);
        g_test_add_func("/libvirt/system/helper-of-another", test_helper_of_another);
        r = g_test_run();

        g_subprocess_force_exit(libvirtd);
        g_subprocess_wait(libvirtd, NULL, NULL);
        return r;
}
