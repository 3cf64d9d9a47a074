/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CheckAccess: real processes of different users and groups ask about nodes below a directory. */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/acl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/basic/cleanup.h"
#include "dbus/names.h"
#include "harness.h"

/* A system bus lets in who is in the account files of the machine that it runs on, as these numbers are
 * everywhere. Their names here are other ones, for virtreadyd reads those below its root. */
#define ALICE 1U
#define BOB 2U
#define CAROL 3U

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
        char *kvm;
        bool no_nodes; /* none can be made here */
} Fixture;

static bool make_node(const char *root, const char *name, dev_t number, mode_t mode, gid_t group) {
        g_autofree char *path = g_build_filename(root, name, NULL), *parent = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        if (mknod(path, S_IFCHR, number) < 0) {
                g_assert_cmpint(errno, ==, EPERM);
                return false;
        }

        g_assert_cmpint(chown(path, 0, group), ==, 0);
        g_assert_cmpint(g_chmod(path, mode), ==, 0);
        return true;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->root = machine_new_amd();
        fixture->kvm = g_build_filename(fixture->root, "dev/kvm", NULL);

        file_write(fixture->root, "proc/misc", "232 kvm\n200 tun\n238 vhost-net\n");
        file_write(fixture->root, "etc/passwd",
                   "root:x:0:0::/root:/bin/sh\nalice:x:1:1000::/:/bin/sh\nbob:x:2:1001::/:/bin/sh\n"
                   "carol:x:3:104::/:/bin/sh\n");
        file_write(fixture->root, "etc/group", "root:x:0:\nkvm:x:104:bob\nusers:x:100:alice,bob\n");
        fixture->no_nodes = !make_node(fixture->root, "dev/null", makedev(1, 3), 0666, 0) ||
                            !make_node(fixture->root, "dev/kvm", makedev(10, 232), 0660, 104) ||
                            !make_node(fixture->root, "dev/net/tun", makedev(10, 200), 0666, 0);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->kvm);
        g_free(fixture->root);
}

/* What CheckAccess tells a process of that user and those groups; LATER are those that it has by the time
 * that it calls, or NULL. */
static GVariant *ask_as(Fixture *fixture, uid_t uid, const char *groups, const char *later) {
        g_autofree char *user = g_strdup_printf("%u", uid), *output = NULL;
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;
        GVariant *devices;

        process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, g_getenv("ACCESS_CALLER"),
                                   fixture->bus.address, user, groups, later, NULL);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, 0);

        devices = g_variant_parse(G_VARIANT_TYPE("aa{sv}"), output, NULL, NULL, &error);
        g_assert_no_error(error);
        return devices;
}

static GVariant *device_of(GVariant *devices, const char *path) {
        for (gsize i = 0; i < g_variant_n_children(devices); i++) {
                g_autoptr(GVariant) device = g_variant_get_child_value(devices, i);
                const char *name;

                g_assert_true(g_variant_lookup(device, "device", "&s", &name));
                if (g_str_equal(name, path))
                        return g_steal_pointer(&device);
        }

        g_error("%s is not in the answer", path);
}

/* COMMAND is that of the first remedy; NULL where there must be no remedy. */
static void assert_answer(GVariant *devices, const char *path, bool allowed, const char *reason,
                          const char *command) {
        g_autoptr(GVariant) device = device_of(devices, path), remedies = NULL, remedy = NULL;
        const char *word, *detail, *line;
        gboolean may;

        g_assert_true(g_variant_lookup(device, "reason", "&s", &word));
        g_assert_cmpstr(word, ==, reason);
        g_assert_true(g_variant_lookup(device, "allowed", "b", &may));
        g_assert_true(may == allowed);
        g_assert_true(g_variant_lookup(device, "detail", "&s", &detail));
        g_assert_true(g_str_has_suffix(detail, "."));

        remedies = g_variant_lookup_value(device, "remedies", G_VARIANT_TYPE("aa{sv}"));
        g_assert_nonnull(remedies);
        g_assert_cmpint(g_variant_n_children(remedies) > 0, ==, command != NULL);
        if (command) {
                remedy = g_variant_get_child_value(remedies, 0);
                g_assert_true(g_variant_lookup(remedy, "command", "&s", &line));
                g_assert_cmpstr(line, ==, command);
        }
}

static void assert_kvm(Fixture *fixture, uid_t uid, const char *groups, const char *reason,
                       const char *command) {
        g_autoptr(GVariant) devices = ask_as(fixture, uid, groups, NULL);

        assert_answer(devices, "/dev/kvm", command == NULL, reason, command);
}

#define skip_without_nodes(fixture)                                      \
        do {                                                             \
                if ((fixture)->no_nodes)                                 \
                        skip_because("no device node can be made here"); \
        } while (0)

static void test_users(Fixture *fixture, const void *data) {
        (void) data;
        skip_without_nodes(fixture);

        assert_kvm(fixture, 0, "0", "root", NULL);
        assert_kvm(fixture, ALICE, "1000,104", "group", NULL);
        assert_kvm(fixture, ALICE, "104", "group", NULL);
        assert_kvm(fixture, ALICE, "1000,100,3000,3001", "not-in-group",
                   "usermod --append --groups kvm alice");
        assert_kvm(fixture, BOB, "1001,100", "group-not-in-session", "newgrp kvm");
        assert_kvm(fixture, CAROL, "1002", "group-not-in-session", "newgrp kvm");
        /* Who is in no file cannot be added to a group by one. */
        assert_kvm(fixture, NOBODY, "65534", "not-in-group", "");
}

static void test_devices(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) devices = NULL, kvm = NULL, arguments = NULL;
        const char *caller, *mode;

        (void) data;
        skip_without_nodes(fixture);

        devices = ask_as(fixture, ALICE, "1000", NULL);
        g_assert_cmpuint(g_variant_n_children(devices), ==, 7);
        assert_answer(devices, "/dev/net/tun", true, "everybody", NULL);
        assert_answer(devices, "/dev/vhost-net", false, "no-node", "");
        assert_answer(devices, "/dev/vfio/vfio", false, "no-driver", NULL);

        kvm = device_of(devices, "/dev/kvm");
        arguments = g_variant_lookup_value(kvm, "arguments", G_VARIANT_TYPE_VARDICT);
        g_assert_true(g_variant_lookup(arguments, "caller", "&s", &caller));
        g_assert_cmpstr(caller, ==, "alice");
        g_assert_true(g_variant_lookup(arguments, "mode", "&s", &mode));
        g_assert_cmpstr(mode, ==, "0660");
}

/* What counts is what the process was when it connected, in both directions: one that gave up its groups, or
 * got some, connects anew to be asked about. */
static void test_changed_groups(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) lost = NULL, gained = NULL;

        (void) data;
        skip_without_nodes(fixture);

        lost = ask_as(fixture, ALICE, "1000,104", "1000");
        assert_answer(lost, "/dev/kvm", true, "group", NULL);
        gained = ask_as(fixture, ALICE, "1000", "1000,104");
        assert_answer(gained, "/dev/kvm", false, "not-in-group", "usermod --append --groups kvm alice");
        assert_kvm(fixture, ALICE, "1000,104", "group", NULL);
}

static void recheck(Fixture *fixture) {
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        daemon_settle(&fixture->daemon);
}

/* Who wants to know when to ask again is told, though no check says anything else. */
static void test_announced(Fixture *fixture, const void *data) {
        _cleanup_(acl_freep) acl_t acl = acl_from_text("u::rw,u:1:rw,g::rw,m::rw,o::-");

        (void) data;
        skip_without_nodes(fixture);

        if (acl_set_file(fixture->kvm, ACL_TYPE_ACCESS, acl) < 0)
                skip_because("the file system of temporary files keeps no access control lists");
        wait_until(signals_count(&fixture->daemon, "AccessChanged", "") == 1);

        file_write(fixture->root, "etc/group", "root:x:0:\nkvm:x:104:bob\nvirt:x:105:\n");
        wait_until(signals_count(&fixture->daemon, "AccessChanged", "") == 2);

        /* A touch is no news. */
        g_assert_cmpint(utimensat(AT_FDCWD, fixture->kvm, NULL, 0), ==, 0);
        recheck(fixture);
        g_assert_cmpuint(signals_count(&fixture->daemon, "AccessChanged", ""), ==, 2);
}

static void test_access_control_list(Fixture *fixture, const void *data) {
        _cleanup_(acl_freep) acl_t acl = acl_from_text("u::rw,u:1:rw,u:2:r,g::rw,g:100:rw,m::rw,o::-");

        (void) data;
        skip_without_nodes(fixture);

        if (acl_set_file(fixture->kvm, ACL_TYPE_ACCESS, acl) < 0)
                skip_because("the file system of temporary files keeps no access control lists");
        recheck(fixture);
        assert_kvm(fixture, ALICE, "1000", "acl-user", NULL);
        assert_kvm(fixture, BOB, "1001,104", "acl-user-denied",
                   "setfacl --no-mask --modify user:bob:rw /dev/kvm");
        assert_kvm(fixture, CAROL, "1002,100", "acl-group", NULL);

        /* The mask alone is in the way, also of others. */
        g_assert_cmpint(g_chmod(fixture->kvm, 0640), ==, 0);
        recheck(fixture);
        assert_kvm(fixture, ALICE, "1000", "acl-user-denied", "");

        g_assert_cmpint(g_chmod(fixture->kvm, 0600), ==, 0);
        recheck(fixture);
        assert_kvm(fixture, ALICE, "1000", "root-only",
                   "groupadd --system --force kvm && chgrp kvm /dev/kvm && chmod 0660 /dev/kvm");
}

static guint64 time_of(Fixture *fixture, const char *property) {
        g_autoptr(GVariant) value =
                property_get(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, property);

        return g_variant_get_uint64(value);
}

/* Another mode is another reason for the same state: the check says since when. */
static void test_since_when(Fixture *fixture, const void *data) {
        guint64 since, reason_since, announced;
        const Signal *signal;

        (void) data;
        skip_without_nodes(fixture);

        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "Reason", "group");
        since = time_of(fixture, "SinceUSec");
        reason_since = time_of(fixture, "ReasonSinceUSec");
        g_assert_cmpuint(reason_since, ==, since);

        g_assert_cmpint(g_chmod(fixture->kvm, 0666), ==, 0);
        recheck(fixture);
        assert_property(&fixture->daemon, "/check/kvm/access", BUS_INTERFACE_CHECK, "Reason", "everybody");
        g_assert_cmpuint(time_of(fixture, "SinceUSec"), ==, since);
        g_assert_cmpuint(time_of(fixture, "ReasonSinceUSec"), >, reason_since);

        signal = signals_last(&fixture->daemon, "PropertiesChanged", "/check/kvm/access");
        g_assert_nonnull(signal);
        g_assert_true(g_variant_lookup(signal->parameters, "ReasonSinceUSec", "t", &announced));
        g_assert_cmpuint(announced, ==, time_of(fixture, "ReasonSinceUSec"));
        g_assert_false(g_variant_lookup(signal->parameters, "SinceUSec", "t", &announced));
        g_assert_false(g_variant_lookup(signal->parameters, "State", "s", NULL));
        assert_kvm(fixture, NOBODY, "65534", "everybody", NULL);
}

/* A daemon without any privilege, which cannot look at other users' processes, says the same. */
static void test_unprivileged_daemon(Fixture *fixture, const void *data) {
        (void) data;
        skip_without_nodes(fixture);

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        bus_up_for(&fixture->bus, NOBODY);
        g_assert_cmpint(g_chmod(fixture->root, 0755), ==, 0);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .root = fixture->root, .as_nobody = true });

        assert_kvm(fixture, 0, "0", "root", NULL);
        assert_kvm(fixture, ALICE, "1000,104", "group", NULL);
        assert_kvm(fixture, BOB, "1001,100", "group-not-in-session", "newgrp kvm");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        if (getuid() != 0) {
                puts("1..0 # SKIP not root: cannot become another user");
                return 0;
        }

        g_test_add("/access/users", Fixture, NULL, set_up, test_users, tear_down);
        g_test_add("/access/devices", Fixture, NULL, set_up, test_devices, tear_down);
        g_test_add("/access/changed-groups", Fixture, NULL, set_up, test_changed_groups, tear_down);
        g_test_add("/access/access-control-list", Fixture, NULL, set_up, test_access_control_list,
                   tear_down);
        g_test_add("/access/announced", Fixture, NULL, set_up, test_announced, tear_down);
        g_test_add("/access/since-when", Fixture, NULL, set_up, test_since_when, tear_down);
        g_test_add("/access/unprivileged-daemon", Fixture, NULL, set_up, test_unprivileged_daemon,
                   tear_down);

        return g_test_run();
}
