/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtready1.Hypervisor beside a systemd and a helper that the test plays: when libvirt is asked, and
 * what is made public of the answer. */

#include <string.h>

#include "daemon/hypervisor-view.h"
#include "dbus/names.h"
#include "fake-libvirt.h"

#define SERVICE "libvirtd.service"
#define SOCKET "libvirtd.socket"
#define URI "qemu:///system"

static void refresh(FakeLibvirt *fake, const char *path) {
        Refreshes refreshes = {};

        fake_libvirt_refresh(fake->bus.connection, path, &refreshes);
        wait_until(refreshes.done == 1 || refreshes.failed);
        g_assert_cmpstr(refreshes.failed, ==, NULL);
}

static char *text_of(FakeLibvirt *fake, const char *property) {
        return property_get_string(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, property);
}

static guint domains(FakeLibvirt *fake) {
        g_autoptr(GVariant) value = property_get(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, "Domains");

        return (guint) g_variant_n_children(value);
}

static guint64 answered(FakeLibvirt *fake) {
        g_autoptr(GVariant) value =
                property_get(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, "AnsweredUSec");

        return g_variant_get_uint64(value);
}

static void start_running(FakeLibvirt *fake) {
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        fake_libvirt_start(fake, NULL, NULL);
        wait_until(domains(fake) == 2);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 1);
        signals_forget(&fake->daemon);
}

/* The names of the properties that the only announcement of an object had. */
static char *announced(FakeLibvirt *fake, const char *path) {
        const Signal *s = signals_last(&fake->daemon, "PropertiesChanged", path);
        GString *names = g_string_new(NULL);

        g_assert_cmpuint(signals_count(&fake->daemon, "PropertiesChanged", path), ==, 1);
        for (const HypervisorField *field = hypervisor_fields; field->property; field++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(s->parameters, field->property, NULL);

                if (value)
                        g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", field->property);
        }

        return g_string_free(names, FALSE);
}

/* What sleeps is not woken, by nothing but Refresh, and what that learns stays when it sleeps again. */
static void test_dormant(FakeLibvirt *fake, const void *data) {
        g_autofree char *detail = NULL, *version = NULL;

        (void) data;

        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_has_state(fake, QEMU, "dormant"));
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        fake_systemd_announce_unit(fake->systemd, SERVICE);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, ""), ==, 0);
        detail = text_of(fake, "Detail");
        g_assert_nonnull(strstr(detail, SOCKET));
        g_assert_cmpuint(domains(fake), ==, 0);
        g_assert_cmpuint(answered(fake), ==, 0);

        refresh(fake, QEMU);
        g_assert_cmpuint(domains(fake), ==, 2);
        g_assert_cmpuint(answered(fake), >, 0);

        /* That it has started is our doing, and leads to no other question. */
        fake_libvirt_set_unit(fake, SERVICE, "active");
        fake_libvirt_settle(fake);
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "inactive");
        fake_systemd_announce_unit(fake->systemd, SERVICE);
        wait_until(fake_libvirt_has_state(fake, QEMU, "dormant"));
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 1);
        version = text_of(fake, "DaemonVersion");
        g_assert_cmpstr(version, ==, "9.0.1");
        g_assert_cmpuint(domains(fake), ==, 2);
        daemon_down(&fake->daemon);
}

/* One that begins to run is asked once, and one announcement tells what it says. */
static void test_starts(FakeLibvirt *fake, const void *data) {
        g_autofree char *names = NULL;

        (void) data;

        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_has_state(fake, QEMU, "dormant"));
        fake_libvirt_settle(fake);
        fake_libvirt_set_manner(fake, "wait");
        fake_libvirt_set_unit(fake, SERVICE, "active");
        wait_until(fake_libvirt_has_state(fake, QEMU, "running"));
        wait_until(fake_libvirt_asked(fake, URI) == 1);
        daemon_settle(&fake->daemon);
        signals_forget(&fake->daemon);

        fake_libvirt_go(fake);
        wait_until(domains(fake) == 2);
        fake_libvirt_settle(fake);
        names = announced(fake, QEMU);
        g_assert_cmpstr(names, ==,
                        "LibraryVersion DaemonVersion HypervisorType HypervisorVersion NodeInfo MaxVcpus "
                        "Domains");
        g_assert_cmpuint(signals_count(&fake->daemon, "Changed", ""), ==, 0);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 1);

        /* Stopped, it is not there to be known. */
        fake_systemd_set(fake->systemd, SOCKET, "loaded", "inactive");
        fake_libvirt_set_unit(fake, SERVICE, "inactive");
        wait_until(fake_libvirt_has_state(fake, QEMU, "stopped"));
        g_assert_cmpuint(domains(fake), ==, 0);
        daemon_down(&fake->daemon);
}

/* What is announced by its name and what the interface says of that are two tables. */
static void test_announced_flags(FakeLibvirt *fake, const void *data) {
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GVariant) reply = NULL;
        const GDBusInterfaceInfo *interface;
        g_autoptr(GError) error = NULL;
        const char *xml;

        (void) data;

        fake_libvirt_start(fake, NULL, NULL);
        reply = g_dbus_connection_call_sync(fake->bus.connection, BUS_NAME, BUS_PATH_MANAGER QEMU,
                                            "org.freedesktop.DBus.Introspectable", "Introspect", NULL,
                                            G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(&s)", &xml);
        node = g_dbus_node_info_new_for_xml(xml, &error);
        g_assert_no_error(error);
        interface = g_dbus_node_info_lookup_interface(node, BUS_INTERFACE_HYPERVISOR);
        for (const HypervisorField *field = hypervisor_fields; field->property; field++) {
                const GDBusPropertyInfo *property = g_dbus_interface_info_lookup_property(
                        (GDBusInterfaceInfo *) interface, field->property);
                const char *emits = g_dbus_annotation_info_lookup(
                        property->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

                g_test_message("%s", field->property);
                g_assert_cmpint(field->announced, ==, !emits || g_str_equal(emits, "true"));
        }
        daemon_down(&fake->daemon);
}

/* Null, and what is empty or zero, are the same on D-Bus, and no news after each other. */
static void test_nothing(FakeLibvirt *fake, const void *data) {
        static const char *const answers[] = {
                "{\"state\":\"running\",\"max_vcpus\":{},\"type\":\"\",\"node_info\":{\"model\":null},"
                "\"domains\":[]}",
                "{\"state\":\"running\",\"max_vcpus\":null,\"type\":null,\"node_info\":null}",
        };

        (void) data;

        fake_libvirt_set_answer(fake, answers[0]);
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_asked(fake, URI) == 1);
        fake_libvirt_settle(fake);
        signals_forget(&fake->daemon);
        for (guint i = 0; i < 4; i++) {
                fake_libvirt_set_answer(fake, answers[(i + 1) % 2]);
                refresh(fake, QEMU);
        }
        daemon_settle(&fake->daemon);
        g_assert_true(fake_libvirt_has_state(fake, QEMU, "running"));
        g_assert_cmpuint(signals_count(&fake->daemon, "PropertiesChanged", QEMU), ==, 0);
        daemon_down(&fake->daemon);
}

/* A quick restart is seen only because something was announced; an answer that is the same is no news. */
static void test_restarts(FakeLibvirt *fake, const void *data) {
        g_autofree char *names = NULL;
        guint64 before;

        (void) data;

        start_running(fake);
        before = answered(fake);
        fake_systemd_announce_unit(fake->systemd, SERVICE);
        wait_until(answered(fake) > before);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 2);
        g_assert_cmpuint(signals_count(&fake->daemon, "PropertiesChanged", QEMU), ==, 0);

        /* What is announced of the socket is about nothing that answers. */
        fake_systemd_announce_unit(fake->systemd, SOCKET);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 2);

        fake_libvirt_set_answer(fake,
                                "{\"state\":\"running\",\"library_version\":\"9.0.0\","
                                "\"daemon_version\":\"9.9.9\",\"type\":\"QEMU\",\"version\":\"7.2.22\"}");
        fake_systemd_announce_unit(fake->systemd, SERVICE);
        wait_until(domains(fake) == 0);
        fake_libvirt_settle(fake);
        names = announced(fake, QEMU);
        g_assert_cmpstr(names, ==, "DaemonVersion NodeInfo MaxVcpus Domains");
        daemon_down(&fake->daemon);
}

/* Whatever happens while it is asked leads to one more question, however much it is. */
static void test_one_at_a_time(FakeLibvirt *fake, const void *data) {
        Refreshes refreshes = {};

        (void) data;

        start_running(fake);
        fake_libvirt_set_manner(fake, "wait");
        for (guint i = 0; i < 10; i++)
                fake_libvirt_refresh(fake->bus.connection, QEMU, &refreshes);
        wait_until(fake_libvirt_asked(fake, URI) == 2);
        for (guint i = 0; i < 5; i++) {
                fake_systemd_announce_unit(fake->systemd, SERVICE);
                g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        }
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 2);
        g_assert_cmpuint(refreshes.done, ==, 0);

        fake_libvirt_go(fake);
        wait_until(refreshes.done == 10);
        fake_libvirt_settle(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 3);
        daemon_down(&fake->daemon);
}

static bool has_lxc(FakeLibvirt *fake) {
        g_autoptr(GVariant) reply = manager_call(&fake->daemon, "Describe");
        const char *json;

        g_variant_get(reply, "(&s)", &json);
        return strstr(json, "\"lxc:///system\"");
}

/* The daemon that has all drivers says whether that for LXC is one of them. */
static void test_lxc(FakeLibvirt *fake, const void *data) {
        (void) data;

        start_running(fake);
        g_assert_cmpuint(fake_libvirt_asked(fake, "lxc:///system"), ==, 1);
        g_assert_false(has_lxc(fake));

        fake_libvirt_set_answer_of_lxc(fake, "{\"state\":\"running\",\"type\":\"LXC\"}");
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        wait_until(signals_count(&fake->daemon, "InterfacesAdded", "") == 1);
        wait_until(fake_libvirt_has_state(fake, LXC, "running"));
        g_assert_true(has_lxc(fake));

        fake_libvirt_set_answer_of_lxc(fake, answer_without_driver);
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        wait_until(signals_count(&fake->daemon, "InterfacesRemoved", "") == 1);
        wait_until(!has_lxc(fake));
        daemon_down(&fake->daemon);
}

/* A URI of the administrator's own is asked, whatever systemd says, and also beside a snapshot. */
static void test_uri(FakeLibvirt *fake, const void *data) {
        g_autofree char *root = machine_new_amd(), *uri = NULL;
        const char *path = "/hypervisor/test";

        (void) data;

        for (guint i = 0; i < 2; i++) {
                fake_libvirt_start(fake, "test:///default", i == 0 ? NULL : root);
                wait_until(fake_libvirt_has_state(fake, path, "running"));
                wait_until(fake_libvirt_asked(fake, "test:///default") == i + 1);
                uri = property_get_string(&fake->daemon, path, BUS_INTERFACE_HYPERVISOR, "Uri");
                g_assert_cmpstr(uri, ==, "test:///default");
                g_clear_pointer(&uri, g_free);
                g_assert_cmpuint(fake_libvirt_asked(fake, "qemu"), ==, 0);
                daemon_down(&fake->daemon);
        }
        directory_remove(root);
}

/* Of another machine, whatever runs here tells nothing. */
static void test_snapshot(FakeLibvirt *fake, const void *data) {
        g_autofree char *root = machine_new_amd();
        Refreshes refreshes = {};

        (void) data;

        file_write(root, "usr/lib/systemd/system/" SERVICE, "[Service]\n");
        file_write(root, "usr/lib/systemd/system/virtlxcd.service", "[Service]\n");
        fake_libvirt_start(fake, NULL, root);
        g_assert_true(fake_libvirt_has_state(fake, QEMU, "unknown"));
        g_assert_true(fake_libvirt_has_state(fake, LXC, "unknown"));

        fake_libvirt_refresh(fake->bus.connection, QEMU, &refreshes);
        wait_until(refreshes.failed);
        g_assert_cmpstr(refreshes.failed, ==, "org.freedesktop.DBus.Error.NotSupported");
        g_free(refreshes.failed);
        g_assert_cmpuint(fake_libvirt_asked(fake, ""), ==, 0);
        daemon_down(&fake->daemon);
        directory_remove(root);
}

static char *blocked_by(FakeLibvirt *fake, const char *path) {
        g_autoptr(GVariant) all = property_get(&fake->daemon, path, BUS_INTERFACE_HYPERVISOR, "Domains"),
                            first = NULL, blocked = NULL;

        if (g_variant_n_children(all) == 0)
                return g_strdup("");
        first = g_variant_get_child_value(all, 0);
        blocked = g_variant_lookup_value(first, "blocked_by", NULL);
        return g_variant_print(blocked, FALSE);
}

/* What the host cannot do follows the verdict, and is announced then and only then. */
static void test_blocked(FakeLibvirt *fake, const void *data) {
        g_autofree char *root = machine_new_amd(), *before = NULL, *after = NULL, *names = NULL;

        (void) data;

        fake_libvirt_start(fake, URI, root);
        wait_until(domains(fake) == 2);
        before = blocked_by(fake, QEMU);
        g_assert_nonnull(strstr(before, "'virt_type': ['kvm.usable']"));
        g_assert_nonnull(strstr(before, "'devices.hostdev': "));
        fake_libvirt_settle(fake);
        signals_forget(&fake->daemon);
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        fake_libvirt_settle(fake);
        g_assert_cmpuint(signals_count(&fake->daemon, "PropertiesChanged", QEMU), ==, 0);

        machine_load_kvm_amd(root);
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        fake_libvirt_settle(fake);
        after = blocked_by(fake, QEMU);
        g_assert_null(strstr(after, "virt_type"));
        g_assert_nonnull(strstr(after, "'devices.hostdev': "));
        names = announced(fake, QEMU);
        g_assert_cmpstr(names, ==, "Domains");
        daemon_down(&fake->daemon);
        directory_remove(root);
}

/* Every property has the value that was answered. */
static void test_values(FakeLibvirt *fake, const void *data) {
        static const struct {
                const char *property, *value;
        } expected[] = {
                { "State", "'running'" },
                { "Detail", "''" },
                { "LibraryVersion", "'9.0.0'" },
                { "DaemonVersion", "'9.0.1'" },
                { "HypervisorType", "'QEMU'" },
                { "HypervisorVersion", "'7.2.22'" },
                { "MaxVcpus", "{'kvm': 710, 'qemu': 16}" },
                { "NodeInfo", "{'model': <'x86_64'>, 'memory_kib': <uint64 8388608>, 'cpus': <uint32 4>, "
                              "'mhz': <uint32 2000>, 'nodes': <uint32 1>, 'sockets': <uint32 1>, "
                              "'cores': <uint32 2>, 'threads': <uint32 2>}" },
        };
        static const char *const parts[] = {
                "'machine': <'pc-q35-7.2'>",
                "'max_vcpus': <uint32 288>",
                "'loader': <{'type': ['rom', 'pflash'], 'secure': ['no']}>",
                "'memory_backing': <{'sourceType': ['file', 'memfd']}>",
                "'devices': <{'disk': {'bus': ['virtio', 'scsi']}, 'video': {}, "
                "'hostdev': {'subsysType': ['usb', 'pci']}}>",
                "'host_model_features': <{'require': ['x2apic'], 'disable': []}>",
                "{'arch': <'x86_64'>, 'virt_type': <'qemu'>, 'emulator': <'/usr/bin/qemu-system-x86_64'>, "
                "'max_vcpus': <uint32 255>, 'blocked_by': <@a{sas} {}>}",
        };
        g_autoptr(GVariant) value = NULL;
        g_autofree char *text = NULL;

        (void) data;

        start_running(fake);
        FOREACH_ELEMENT(e, expected) {
                g_autoptr(GVariant) property =
                        property_get(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, e->property);
                g_autofree char *printed = g_variant_print(property, FALSE);

                g_assert_cmpstr(printed, ==, e->value);
        }

        value = property_get(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, "Domains");
        text = g_variant_print(value, TRUE);
        FOREACH_ELEMENT(part, parts)
                if (!strstr(text, *part))
                        g_error("%s is not in %s", *part, text);
        daemon_down(&fake->daemon);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*run)(FakeLibvirt *fake, const void *data);
        } tests[] = {
                { "/hypervisor/dormant", test_dormant },
                { "/hypervisor/starts", test_starts },
                { "/hypervisor/announced-flags", test_announced_flags },
                { "/hypervisor/nothing", test_nothing },
                { "/hypervisor/restarts", test_restarts },
                { "/hypervisor/one-at-a-time", test_one_at_a_time },
                { "/hypervisor/lxc", test_lxc },
                { "/hypervisor/uri", test_uri },
                { "/hypervisor/snapshot", test_snapshot },
                { "/hypervisor/blocked", test_blocked },
                { "/hypervisor/values", test_values },
        };

        g_test_init(&argc, &argv, NULL);
        FOREACH_ELEMENT(test, tests)
                g_test_add(test->name, FakeLibvirt, NULL, fake_libvirt_up, test->run, fake_libvirt_down);

        return g_test_run();
}
