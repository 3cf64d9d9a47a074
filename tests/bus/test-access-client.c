/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "virtreadyctl access" as a person sees it: the real client, run by different users. */

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dbus/names.h"
#include "harness.h"

/* A number that every machine's account files have. */
#define ALICE 1U
#define KVM 104U

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
        char *client; /* where everybody may run it */
        bool no_nodes;
} Fixture;

static void copy_client(Fixture *fixture) {
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("VIRTREADYCTL"));
        g_autoptr(GFile) to = g_file_new_build_filename(fixture->bus.directory, "virtreadyctl", NULL);
        g_autoptr(GError) error = NULL;

        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        fixture->client = g_file_get_path(to);
        g_assert_cmpint(g_chmod(fixture->client, 0755), ==, 0);
}

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *directory = NULL, *node = NULL;

        (void) data;

        bus_up(&fixture->bus);
        copy_client(fixture);
        fixture->root = machine_new_amd();
        file_write(fixture->root, "proc/misc", "232 kvm\n200 tun\n238 vhost-net\n");
        file_write(fixture->root, "etc/passwd", "alice:x:1:1000::/:/bin/sh\n");
        file_write(fixture->root, "etc/group", "kvm:x:104:\n");

        directory = g_build_filename(fixture->root, "dev", NULL);
        node = g_build_filename(directory, "kvm", NULL);
        g_assert_cmpint(g_mkdir(directory, 0755), ==, 0);
        fixture->no_nodes = mknod(node, S_IFCHR, makedev(10, 232)) < 0;
        g_assert_true(!fixture->no_nodes || errno == EPERM);
        if (!fixture->no_nodes) {
                g_assert_cmpint(chown(node, 0, KVM), ==, 0);
                g_assert_cmpint(g_chmod(node, 0660), ==, 0);
        }
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
        g_free(fixture->client);
}

static void become_alice(gpointer data) {
        gid_t group = data ? KVM : 1000;

        if (setgroups(1, &group) < 0 || setgid(1000) < 0 || setuid(ALICE) < 0)
                _exit(EXIT_FAILURE);
}

static char *run(GSubprocessLauncher *launcher, const char *const *argv, int expected_status) {
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;
        char *output = NULL;

        process = g_subprocess_launcher_spawnv(launcher, argv, &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        g_test_message("%s", output);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, expected_status);
        return output;
}

/* Runs it as Alice, in the group kvm or not. OPTION may be NULL. */
static char *run_client(Fixture *fixture, bool in_group, const char *option, int expected_status) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
        g_autofree char *bus = g_strdup_printf("--bus=%s", fixture->bus.address);
        const char *argv[] = { fixture->client, bus, "access", option, NULL };

        g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
        g_subprocess_launcher_set_child_setup(launcher, become_alice, in_group ? fixture : NULL, NULL);
        return run(launcher, argv, expected_status);
}

static void test_text(Fixture *fixture, const void *data) {
        g_autofree char *without = NULL, *with = NULL;

        (void) data;
        if (fixture->no_nodes)
                skip_because("no device node can be made here");

        without = run_client(fixture, false, NULL, 1);
        g_assert_nonnull(strstr(without, "✗ /dev/kvm          not-in-group\n"));
        g_assert_nonnull(strstr(without, "  → sudo usermod --append --groups kvm alice\n"));

        with = run_client(fixture, true, NULL, 0);
        g_assert_nonnull(strstr(with, "✓ /dev/kvm          group\n"));

        file_write(fixture->root, "etc/group", "kvm:x:104:alice\n");
        g_clear_pointer(&without, g_free);
        without = run_client(fixture, false, NULL, 1);
        g_assert_nonnull(strstr(without, "✗ /dev/kvm          group-not-in-session\n"));
        g_assert_nonnull(strstr(without, "  → newgrp kvm\n"));
}

/* What it prints for a script is as the schema says. */
static void test_json(Fixture *fixture, const void *data) {
        g_autofree char *json = NULL, *file = NULL, *complaints = NULL;
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
        g_autoptr(GError) error = NULL;

        (void) data;
        if (fixture->no_nodes)
                skip_because("no device node can be made here");

        json = run_client(fixture, false, "--json", 1);
        file = g_build_filename(fixture->bus.directory, "access.json", NULL);
        g_file_set_contents(file, json, -1, &error);
        g_assert_no_error(error);
        complaints = run(launcher,
                         (const char *const[]){ g_getenv("PYTHON"), g_getenv("VALIDATE"),
                                                g_getenv("ACCESS_SCHEMA"), file, NULL },
                         0);
        g_assert_cmpstr(complaints, ==, "");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (getuid() != 0) {
                puts("1..0 # SKIP not root: cannot become another user");
                return 0;
        }

        g_test_add("/access-client/text", Fixture, NULL, set_up, test_text, tear_down);
        g_test_add("/access-client/json", Fixture, NULL, set_up, test_json, tear_down);

        return g_test_run();
}
