/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PCI devices come, go and change drivers, as umockdev tells a real virtreadyd, and objects with them. */

#include <stdlib.h>
#include <umockdev.h>
#include <unistd.h>

#include "dbus/names.h"
#include "harness.h"

#define CARD "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define CARD_PATH "/device/0000_01_00_0"
#define SOUND_PATH "/device/0000_01_00_1"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

#define STORM 1000U

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        UMockdevTestbed *testbed;
        char *root;
} Fixture;

static void link_make(const Fixture *fixture, const char *path, const char *target) {
        g_autofree char *full = g_build_filename(fixture->root, path, NULL),
                        *parent = g_path_get_dirname(full);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        g_assert_cmpint(symlink(target, full), ==, 0);
}

/* What an Intel machine has whose IOMMU is on and where VFIO is loaded. */
static void write_passthrough(const Fixture *fixture) {
        machine_write_amd(fixture->root);
        link_make(fixture, "sys/class/iommu/ivhd0", "../../devices/virtual/iommu/ivhd0");
        file_write(fixture->root, "proc/modules",
                   "vfio_pci 16384 0 - Live 0x0000000000000000\ntun 61440 0 - Live 0x0000000000000000\n");
        file_write(fixture->root, "proc/misc", "196 vfio\n200 tun\n");
        file_write(fixture->root, "sys/module/vfio_pci/initstate", "live\n");
        file_write(fixture->root, "sys/devices/pci0000:00/uevent", "");
}

static char *device_directory(const char *address) {
        return g_strdup_printf("sys/devices/pci0000:00/%s", address);
}

static void send_event(const Fixture *fixture, const char *address, const char *action) {
        g_autofree char *directory = device_directory(address), *path = g_strconcat("/", directory, NULL);

        umockdev_testbed_uevent(fixture->testbed, path, action);
}

static void set_driver(const Fixture *fixture, const char *address, const char *driver) {
        g_autofree char *directory = device_directory(address),
                        *path = g_strconcat(directory, "/driver", NULL);

        if (driver) {
                g_autofree char *target = g_strconcat("../../../bus/pci/drivers/", driver, NULL);

                link_make(fixture, path, target);
        } else
                file_remove(fixture->root, path);
}

/* The bus lists a device when all else is there. */
static void add_files(const Fixture *fixture, const char *address, unsigned group, const char *modalias) {
        g_autofree char *directory = device_directory(address),
                        *modalias_file = g_strconcat(directory, "/modalias", NULL),
                        *uevent = g_strconcat(directory, "/uevent", NULL),
                        *subsystem = g_strconcat(directory, "/subsystem", NULL),
                        *group_link = g_strconcat(directory, "/iommu_group", NULL),
                        *group_path = g_strdup_printf("../../../kernel/iommu_groups/%u", group),
                        *member = g_strdup_printf("sys/kernel/iommu_groups/%u/devices/%s", group, address),
                        *target = g_strconcat("../../../../devices/pci0000:00/", address, NULL),
                        *listed = g_strconcat("sys/bus/pci/devices/", address, NULL),
                        *listed_target = g_strconcat("../../../devices/pci0000:00/", address, NULL);

        file_write(fixture->root, modalias_file, modalias);
        file_write(fixture->root, uevent, "");
        link_make(fixture, subsystem, "../../../bus/pci");
        link_make(fixture, group_link, group_path);
        link_make(fixture, member, target);
        link_make(fixture, listed, listed_target);
}

#define MODALIAS_CARD "pci:v000010DEd00001B80sv00001458sd00003702bc03sc00i00\n"
#define MODALIAS_SOUND "pci:v000010DEd000010F0sv00001458sd00003702bc04sc03i00\n"

static void add_device(const Fixture *fixture, const char *address, const char *modalias) {
        add_files(fixture, address, 1, modalias);
        send_event(fixture, address, "add");
}

static void remove_files(const Fixture *fixture, const char *address, unsigned group) {
        g_autofree char *directory = device_directory(address),
                        *member = g_strdup_printf("sys/kernel/iommu_groups/%u/devices/%s", group, address),
                        *listed = g_strconcat("sys/bus/pci/devices/", address, NULL),
                        *full = g_build_filename(fixture->root, directory, NULL);

        file_remove(fixture->root, listed);
        file_remove(fixture->root, member);
        send_event(fixture, address, "remove");
        directory_remove(full);
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        fixture->testbed = umockdev_testbed_new();
        fixture->root = umockdev_testbed_get_root_dir(fixture->testbed);
        write_passthrough(fixture);

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        g_free(fixture->root);
        g_clear_object(&fixture->testbed);
}

/* Counts the signals of the object manager that are about the object at PATH, below ours; NULL: any. Yields
 * the last one's parameters. */
static guint count_of(const Fixture *fixture, const char *member, const char *path, GVariant **ret) {
        g_autofree char *full = g_strconcat(BUS_PATH_MANAGER, path, NULL);
        guint n = 0;

        for (guint i = 0; i < fixture->daemon.signals->len; i++) {
                const Signal *s = g_ptr_array_index(fixture->daemon.signals, i);
                g_autofree char *object = NULL;

                if (!g_str_equal(s->member, member) || !g_str_equal(s->path, BUS_PATH_MANAGER))
                        continue;
                g_variant_get_child(s->parameters, 0, "o", &object);
                if (path && !g_str_equal(object, full))
                        continue;
                n++;
                if (ret)
                        *ret = s->parameters;
        }

        return n;
}

static void wait_for_signal(Fixture *fixture, const char *member, const char *path) {
        wait_until(signals_count(&fixture->daemon, member, path) > 0);
        daemon_settle(&fixture->daemon);
}

static void wait_for_change(Fixture *fixture) {
        wait_for_signal(fixture, "Changed", "");
}

/* Makes the card's object be there, and forgets about it. */
static void begin_with_card(Fixture *fixture) {
        add_device(fixture, CARD, MODALIAS_CARD);
        wait_until(count_of(fixture, "InterfacesAdded", CARD_PATH, NULL) == 1);
        wait_for_change(fixture);
        signals_forget(&fixture->daemon);
}

static void assert_string(GVariant *properties, const char *name, const char *expected) {
        const char *value = NULL;

        g_assert_true(g_variant_lookup(properties, name, "&s", &value));
        g_assert_cmpstr(value, ==, expected);
}

static void assert_number(GVariant *properties, const char *name, guint expected) {
        guint32 value = 0;

        g_assert_true(g_variant_lookup(properties, name, "u", &value));
        g_assert_cmpuint(value, ==, expected);
}

static void assert_is_card(GVariant *properties) {
        g_auto(GStrv) members = NULL, blocked_by = NULL;
        gboolean assignable = FALSE;
        gint32 group = -1;

        g_assert_cmpuint(g_variant_n_children(properties), ==, 16);
        assert_string(properties, "Address", CARD);
        assert_number(properties, "Class", 0x030000);
        assert_number(properties, "VendorID", 0x10de);
        assert_number(properties, "DeviceID", 0x1b80);
        assert_number(properties, "SubsystemVendorID", 0x1458);
        assert_number(properties, "SubsystemID", 0x3702);
        assert_string(properties, "Driver", "");
        assert_string(properties, "Reason", "no-driver");
        assert_string(properties, "Detail", "No driver of the host uses it.");
        g_assert_true(g_variant_lookup(properties, "IOMMUGroup", "i", &group));
        g_assert_cmpint(group, ==, 1);
        g_assert_true(g_variant_lookup(properties, "Assignable", "b", &assignable));
        g_assert_true(assignable);
        g_assert_true(g_variant_lookup(properties, "OtherMembers", "^as", &members));
        g_assert_cmpuint(g_strv_length(members), ==, 0);
        g_assert_true(g_variant_lookup(properties, "BlockedBy", "^as", &blocked_by));
        g_assert_cmpuint(g_strv_length(blocked_by), ==, 0);

        /* What their values are depends on the database of the machine that runs the test. */
        g_assert_true(g_variant_lookup(properties, "VendorName", "&s", NULL));
        g_assert_true(g_variant_lookup(properties, "DeviceName", "&s", NULL));
        g_assert_true(g_variant_lookup(properties, "ClassName", "&s", NULL));
}

static GVariant *managed_objects(Fixture *fixture) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(fixture->bus.connection, BUS_NAME, BUS_PATH_MANAGER,
                                            OBJECT_MANAGER, "GetManagedObjects", NULL,
                                            G_VARIANT_TYPE("(a{oa{sa{sv}}})"), G_DBUS_CALL_FLAGS_NONE,
                                            (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        return g_variant_get_child_value(reply, 0);
}

static guint count_devices(Fixture *fixture) {
        g_autoptr(GVariant) objects = managed_objects(fixture);
        GVariant *interfaces;
        GVariantIter iter;
        const char *path;
        guint n = 0;

        g_variant_iter_init(&iter, objects);
        while (g_variant_iter_loop(&iter, "{&o@a{sa{sv}}}", &path, &interfaces))
                if (g_str_has_prefix(path, BUS_PATH_DEVICE "/"))
                        n++;

        return n;
}

/* A device that appears does so with all that is known of it, and then the pass is announced. */
static void test_added(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) interfaces = NULL, properties = NULL;
        g_autofree const char **checks = NULL;
        const Signal *changed;
        GVariant *added = NULL;
        guint64 generation;

        (void) data;
        g_assert_cmpuint(count_devices(fixture), ==, 0);

        add_device(fixture, CARD, MODALIAS_CARD);
        wait_until(count_of(fixture, "InterfacesAdded", CARD_PATH, NULL) > 0);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(count_of(fixture, "InterfacesAdded", NULL, &added), ==, 1);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", NULL, NULL), ==, 0);

        interfaces = g_variant_get_child_value(added, 1);
        properties = g_variant_lookup_value(interfaces, BUS_INTERFACE_DEVICE, G_VARIANT_TYPE_VARDICT);
        g_assert_nonnull(properties);
        assert_is_card(properties);

        /* The group is the first, so the IOMMU is in effect now, and the profile may be. */
        changed = signals_last(&fixture->daemon, "Changed", "");
        g_assert_nonnull(changed);
        g_variant_get(changed->parameters, "(t^a&s)", &generation, &checks);
        g_assert_cmpuint(generation, ==, 2);
        g_assert_cmpstr(checks[0], ==, "iommu.enabled");
        g_assert_null(checks[1]);

        g_assert_cmpuint(count_devices(fixture), ==, 1);
        assert_property(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "Address", CARD);
}

static guint32 last_sources(const Fixture *fixture) {
        g_autofree char *log = daemon_log(&fixture->daemon);
        const char *last = NULL;

        for (const char *p = log; (p = strstr(p, "Read the sources 0x")); p++)
                last = p + strlen("Read the sources 0x");
        g_assert_nonnull(last);
        return (guint32) strtoul(last, NULL, 16);
}

/* A change of drivers is one signal, with the new values, and has nothing else read. */
static void test_bound(Fixture *fixture, const void *data) {
        static const struct {
                const char *driver, *reason;
        } steps[] = {
                { "nouveau", "driver-attached" }, { NULL, "no-driver" },
                { "vfio-pci", "bound-to-vfio" },  { NULL, "no-driver" },
                { "pci-stub", "reserved" },
        };

        (void) data;
        begin_with_card(fixture);

        for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
                g_autofree char *paths = NULL;
                const Signal *changed;

                set_driver(fixture, CARD, steps[i].driver);
                send_event(fixture, CARD, steps[i].driver ? "bind" : "unbind");
                wait_for_change(fixture);

                paths = signals_changed_paths(&fixture->daemon);
                g_assert_cmpstr(paths, ==, " " CARD_PATH);
                changed = signals_last(&fixture->daemon, "PropertiesChanged", CARD_PATH);
                assert_string(changed->parameters, "Driver", steps[i].driver ? steps[i].driver : "");
                assert_string(changed->parameters, "Reason", steps[i].reason);
                g_assert_false(g_variant_lookup(changed->parameters, "Assignable", "b", NULL));
                g_assert_cmpuint(g_variant_n_children(changed->parameters), ==, 3);

                /* One source, and none of those that cost more. */
                g_assert_cmpuint(__builtin_popcount(last_sources(fixture)), ==, 1);
                g_assert_cmpuint(count_of(fixture, "InterfacesAdded", NULL, NULL), ==, 0);
                signals_forget(&fixture->daemon);
        }
}

/* The other function of a card keeps it from guests as long as the host uses that. */
static void test_group(Fixture *fixture, const void *data) {
        g_autofree char *detail = NULL, *paths = NULL;
        g_autoptr(GVariant) assignable = NULL;
        const Signal *changed;
        gboolean value = FALSE;

        (void) data;
        begin_with_card(fixture);

        add_files(fixture, SOUND, 1, MODALIAS_SOUND);
        set_driver(fixture, SOUND, "snd_hda_intel");
        send_event(fixture, SOUND, "add");
        wait_for_change(fixture);

        g_assert_cmpuint(count_of(fixture, "InterfacesAdded", SOUND_PATH, NULL), ==, 1);
        assert_property(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "Reason", "group-in-use");
        detail = property_get_string(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "Detail");
        g_assert_nonnull(strstr(detail, SOUND " (snd_hda_intel)"));
        assert_property(&fixture->daemon, SOUND_PATH, BUS_INTERFACE_DEVICE, "Reason", "driver-attached");
        assignable = property_get(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "Assignable");
        g_assert_false(g_variant_get_boolean(assignable));
        signals_forget(&fixture->daemon);

        set_driver(fixture, SOUND, NULL);
        send_event(fixture, SOUND, "unbind");
        wait_for_change(fixture);
        paths = signals_changed_paths(&fixture->daemon);
        g_assert_cmpstr(paths, ==, " " CARD_PATH " " SOUND_PATH);
        changed = signals_last(&fixture->daemon, "PropertiesChanged", CARD_PATH);
        g_assert_true(g_variant_lookup(changed->parameters, "Assignable", "b", &value));
        g_assert_true(value);
        g_assert_false(g_variant_lookup(changed->parameters, "OtherMembers", "^a&s", NULL));
}

static void test_removed(Fixture *fixture, const void *data) {
        g_autofree const char **interfaces = NULL;
        GVariant *removed = NULL;

        (void) data;
        begin_with_card(fixture);

        remove_files(fixture, CARD, 1);
        wait_for_change(fixture);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", NULL, &removed), ==, 1);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", CARD_PATH, NULL), ==, 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", CARD_PATH), ==, 0);
        g_variant_get_child(removed, 1, "^a&s", &interfaces);
        g_assert_true(g_strv_contains(interfaces, BUS_INTERFACE_DEVICE));
        g_assert_cmpuint(count_devices(fixture), ==, 0);
}

/* What interfaces came are those that go. */
static void test_interfaces(Fixture *fixture, const void *data) {
        g_autofree const char **removed = NULL;
        g_autoptr(GVariant) added = NULL;
        GVariant *signal = NULL;

        (void) data;
        add_device(fixture, CARD, MODALIAS_CARD);
        wait_until(count_of(fixture, "InterfacesAdded", CARD_PATH, &signal) == 1);
        added = g_variant_get_child_value(signal, 1);

        remove_files(fixture, CARD, 1);
        wait_until(count_of(fixture, "InterfacesRemoved", CARD_PATH, &signal) == 1);
        g_variant_get_child(signal, 1, "^a&s", &removed);

        g_assert_cmpuint(g_strv_length((char **) removed), ==, g_variant_n_children(added));
        for (const char **name = removed; *name; name++)
                g_assert_true(g_variant_lookup(added, *name, "@a{sv}", NULL));
}

/* Another device at the same address is another object. */
static void test_replaced(Fixture *fixture, const void *data) {
        g_autofree char *directory = device_directory(CARD),
                        *modalias = g_strconcat(directory, "/modalias", NULL);
        g_autoptr(GVariant) id = NULL;

        (void) data;
        begin_with_card(fixture);

        file_write(fixture->root, modalias, MODALIAS_SOUND);
        send_event(fixture, CARD, "add");
        wait_for_change(fixture);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", CARD_PATH, NULL), ==, 1);
        g_assert_cmpuint(count_of(fixture, "InterfacesAdded", CARD_PATH, NULL), ==, 1);
        id = property_get(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "DeviceID");
        g_assert_cmpuint(g_variant_get_uint32(id), ==, 0x10f0);
}

/* Nothing about the device itself changes, but what is said of it does. */
static void test_without_vfio(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) blocked_by = NULL;
        g_autofree const char **checks = NULL;
        const Signal *changed;

        (void) data;
        begin_with_card(fixture);

        file_write(fixture->root, "proc/modules", "tun 61440 0 - Live 0x0000000000000000\n");
        file_write(fixture->root, "proc/misc", "200 tun\n");
        file_remove(fixture->root, "sys/module/vfio_pci/initstate");
        umockdev_testbed_uevent(fixture->testbed, "/sys/module/vfio_pci", "remove");
        wait_for_change(fixture);

        changed = signals_last(&fixture->daemon, "PropertiesChanged", CARD_PATH);
        g_assert_nonnull(changed);
        assert_string(changed->parameters, "Reason", "vfio-missing");
        blocked_by = property_get(&fixture->daemon, CARD_PATH, BUS_INTERFACE_DEVICE, "BlockedBy");
        checks = g_variant_get_strv(blocked_by, NULL);
        g_assert_cmpstr(checks[0], ==, "vfio.pci");
        g_assert_null(checks[1]);
}

static char *storm_address(unsigned i) {
        return g_strdup_printf("0000:%02x:%02x.%u", 2 + i / 256, i / 8 % 32, i % 8);
}

/* umockdev gives up when its socket is full, which it is after ten events or more. */
static void pace(Fixture *fixture, unsigned i) {
        if (i % 4 == 3)
                daemon_settle(&fixture->daemon);
}

/* Many devices at once: every one appears once, and those that go again are gone in the end. */
static void test_storm(Fixture *fixture, const void *data) {
        guint passes = daemon_passes(&fixture->daemon), halves;
        gint64 started = g_get_monotonic_time();

        (void) data;

        for (unsigned i = 0; i < STORM; i++) {
                g_autofree char *address = storm_address(i);

                add_files(fixture, address, 10 + i, MODALIAS_SOUND);
                send_event(fixture, address, "add");
                pace(fixture, i);
        }
        wait_until(count_of(fixture, "InterfacesAdded", NULL, NULL) >= STORM);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(count_of(fixture, "InterfacesAdded", NULL, NULL), ==, STORM);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", NULL, NULL), ==, 0);
        g_assert_cmpuint(count_devices(fixture), ==, STORM);

        passes = daemon_passes(&fixture->daemon) - passes;
        halves = (guint) ((g_get_monotonic_time() - started) / (G_USEC_PER_SEC / 2));
        g_test_message("%u passes for %u events in %u half seconds", passes, STORM, halves);
        g_assert_cmpuint(passes, <=, 3 * (halves + 2));

        for (unsigned i = 0; i < STORM / 2; i++) {
                g_autofree char *address = storm_address(i);

                remove_files(fixture, address, 10 + i);
                pace(fixture, i);
        }
        wait_until(count_of(fixture, "InterfacesRemoved", NULL, NULL) >= STORM / 2);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(count_of(fixture, "InterfacesRemoved", NULL, NULL), ==, STORM / 2);
        g_assert_cmpuint(count_devices(fixture), ==, STORM - STORM / 2);
        assert_property(&fixture->daemon, "/device/0000_05_1c_7", BUS_INTERFACE_DEVICE, "Reason",
                        "no-driver");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/devices/added", Fixture, NULL, set_up, test_added, tear_down);
        g_test_add("/devices/bound", Fixture, NULL, set_up, test_bound, tear_down);
        g_test_add("/devices/group", Fixture, NULL, set_up, test_group, tear_down);
        g_test_add("/devices/removed", Fixture, NULL, set_up, test_removed, tear_down);
        g_test_add("/devices/interfaces", Fixture, NULL, set_up, test_interfaces, tear_down);
        g_test_add("/devices/replaced", Fixture, NULL, set_up, test_replaced, tear_down);
        g_test_add("/devices/without-vfio", Fixture, NULL, set_up, test_without_vfio, tear_down);
        g_test_add("/devices/storm", Fixture, NULL, set_up, test_storm, tear_down);

        return g_test_run();
}
