/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a helper, starts the daemon, asks it, and takes the answer apart. */

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capacity-fixture.h"
#include "dbus/names.h"

void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->vm = -1;
        bus_up(&fixture->bus);
        fixture->systemd = fake_systemd_new(&fixture->bus);
        fixture->helper = g_build_filename(fixture->bus.directory, "helper", NULL);
        fixture->asked = g_build_filename(fixture->bus.directory, "asked", NULL);
        helper_write(fixture, HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON));
}

void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->daemon.process)
                daemon_down(&fixture->daemon);
        fake_systemd_free(fixture->systemd);
        bus_down(&fixture->bus);
        if (fixture->root)
                directory_remove(fixture->root);
        g_free(fixture->root);
        g_free(fixture->helper);
        g_free(fixture->asked);
        if (fixture->vm >= 0)
                close(fixture->vm);
}

void helper_write(Fixture *fixture, const char *script) {
        g_autofree char *text = g_strdup_printf("#!/bin/sh\n[ \"$1\" = usage ] && [ $# -eq 2 ] || exit 9\n"
                                                "echo \"$2\" >>%s\n%s",
                                                fixture->asked, script);

        program_write("/", fixture->helper, text);
}

static bool has_reason(Fixture *fixture, const char *expected) {
        g_autofree char *reason = property_get_string(&fixture->daemon, "/check/service/libvirt",
                                                      BUS_INTERFACE_CHECK, "Reason");

        return g_str_has_prefix(reason, expected);
}

void start_until(Fixture *fixture, const char *service, const char *socket, const char *expected) {
        fake_systemd_set(fixture->systemd, LIBVIRTD_SERVICE, "loaded", service);
        fake_systemd_set(fixture->systemd, LIBVIRTD_SOCKET, "loaded", socket);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .libvirt_helper = fixture->helper });
        wait_until(has_reason(fixture, expected));
}

void start(Fixture *fixture, const char *service, const char *socket) {
        start_until(fixture, service, socket,
                    g_str_equal(service, "active")  ? "running"
                    : g_str_equal(socket, "active") ? "dormant"
                                                    : "stopped");
}

void start_on_snapshot(Fixture *fixture) {
        fixture->root = machine_new_amd();
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .root = fixture->root, .libvirt_helper = fixture->helper });
}

char *helper_asked(const Fixture *fixture) {
        char *text = NULL;

        return g_file_get_contents(fixture->asked, &text, NULL, NULL) ? text : g_strdup("");
}

guint helper_runs(const Fixture *fixture) {
        g_autofree char *asked = helper_asked(fixture);
        guint n = 0;

        for (const char *p = asked; (p = strchr(p, '\n')); p++)
                n++;
        return n;
}

static GVariant *argument(const char *guest) {
        g_autoptr(GError) error = NULL;
        GVariant *dictionary;

        dictionary = g_variant_parse(G_VARIANT_TYPE("a{sv}"), guest, NULL, NULL, &error);
        g_assert_no_error(error);
        return g_variant_new("(@a{sv})", dictionary);
}

static GVariant *call(Fixture *fixture, const char *guest, GError **error) {
        return g_dbus_connection_call_sync(fixture->bus.connection, BUS_NAME, BUS_PATH_MANAGER,
                                           BUS_INTERFACE_MANAGER, "EstimateCapacity", argument(guest),
                                           G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NONE,
                                           (int) WAIT_SECONDS * 1000, NULL, error);
}

GVariant *estimate(Fixture *fixture, const char *guest) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = call(fixture, guest, &error);
        g_assert_no_error(error);
        return g_variant_get_child_value(reply, 0);
}

void assert_refused(Fixture *fixture, const char *guest, const char *name, const char *word) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *remote = NULL;

        reply = call(fixture, guest, &error);
        if (reply)
                g_error("%s was answered", guest);
        remote = g_dbus_error_get_remote_error(error);
        g_test_message("%s: %s", guest, error->message);
        g_assert_cmpstr(remote, ==, name);
        if (!strstr(error->message, word))
                g_error("'%s' is not in: %s", word, error->message);
}

void on_estimate(GObject *source, GAsyncResult *result, gpointer data) {
        GVariant **answer = data;
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        g_assert_no_error(error);
        *answer = g_variant_get_child_value(reply, 0);
}

void estimate_start(GDBusConnection *caller, const char *guest, GAsyncReadyCallback callback,
                    gpointer data) {
        g_dbus_connection_call(caller, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "EstimateCapacity",
                               argument(guest), NULL, G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000,
                               NULL, callback, data);
}

static GVariant *member_of(GVariant *answer, const char *key, const char *type) {
        GVariant *value = g_variant_lookup_value(answer, key, G_VARIANT_TYPE(type));

        if (!value) {
                g_autofree char *text = g_variant_print(answer, FALSE);

                g_error("There is no '%s' of type %s in %s", key, type, text);
        }
        return value;
}

guint64 number_of(GVariant *answer, const char *key) {
        guint32 small;

        if (g_variant_lookup(answer, key, "u", &small))
                return small;
        {
                g_autoptr(GVariant) value = member_of(answer, key, "t");

                return g_variant_get_uint64(value);
        }
}

const char *text_of(GVariant *answer, const char *key) {
        const char *text;

        g_variant_unref(member_of(answer, key, "s"));
        g_assert_true(g_variant_lookup(answer, key, "&s", &text));
        return text;
}

char *detail_of(GVariant *answer, const char *subject) {
        g_autoptr(GVariant) details = member_of(answer, "details", "a{ss}");
        char *text = NULL;

        return g_variant_lookup(details, subject, "s", &text) ? text : g_strdup("");
}

gboolean flag_of(GVariant *answer, const char *key) {
        g_autoptr(GVariant) value = member_of(answer, key, "b");

        return g_variant_get_boolean(value);
}

char *names_of(GVariant *answer, const char *key) {
        g_autoptr(GVariant) value = member_of(answer, key, "as");
        g_autofree const char **names = g_variant_get_strv(value, NULL);

        return g_strjoinv(" ", (char **) names);
}

gboolean has_key(GVariant *answer, const char *key) {
        g_autoptr(GVariant) value = g_variant_lookup_value(answer, key, NULL);

        return value != NULL;
}

GVariant *resource_of(GVariant *answer, const char *name) {
        g_autoptr(GVariant) resources = member_of(answer, "resources", "a{sa{sv}}");

        return g_variant_lookup_value(resources, name, G_VARIANT_TYPE("a{sv}"));
}

gboolean knows_of_no_vms(Fixture *fixture) {
        g_autoptr(GVariant) features = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Features");
        g_autofree const char **words = g_variant_get_strv(features, NULL);

        return g_strv_contains(words, "active-vms") && active_vms(&fixture->daemon) == 0;
}

void hold_vm(Fixture *fixture) {
        int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

        fixture->vm = kvm >= 0 ? ioctl(kvm, KVM_CREATE_VM, 0) : -1;
        if (kvm >= 0)
                close(kvm);
}

static void write_node(const char *root, unsigned id, const char *cpus, const char *meminfo) {
        g_autofree char *directory = g_strdup_printf("sys/devices/system/node/node%u", id),
                        *list = g_build_filename(directory, "cpulist", NULL),
                        *memory = g_build_filename(directory, "meminfo", NULL),
                        *total =
                                g_build_filename(directory, "hugepages/hugepages-2048kB/nr_hugepages", NULL),
                        *free = g_build_filename(directory, "hugepages/hugepages-2048kB/free_hugepages",
                                                 NULL);

        file_write(root, list, cpus);
        file_write(root, memory, meminfo);
        file_write(root, total, "2048\n");
        file_write(root, free, "2048\n");
}

void capacity_machine_write(const char *root) {
        file_write(root, "sys/devices/system/cpu/present", "0-15\n");
        file_write(root, "sys/devices/system/cpu/online", "0-15\n");
        file_write(root, "proc/meminfo",
                   "MemTotal:       67108864 kB\nMemFree:        50331648 kB\n"
                   "MemAvailable:   54525952 kB\nCommitLimit:    33554432 kB\n"
                   "Committed_AS:   16777216 kB\n");
        file_write(root, "proc/loadavg", "0.20 0.18 0.12 1/800 11206\n");
        file_write(root, "proc/sys/kernel/threads-max", "500000\n");
        file_write(root, "proc/sys/kernel/pid_max", "32768\n");
        file_write(root, "proc/sys/vm/overcommit_memory", "0\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "4096\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4096\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "1024\n");
        write_node(root, 0, "0-7\n",
                   "Node 0 MemTotal:       33554432 kB\nNode 0 MemFree:        25165824 kB\n"
                   "Node 0 Active(file):    1048576 kB\nNode 0 Inactive(file):  1048576 kB\n"
                   "Node 0 SReclaimable:    2097152 kB\n");
        write_node(root, 1, "8-15\n",
                   "Node 1 MemTotal:       33554432 kB\nNode 1 MemFree:         4194304 kB\n");
}
