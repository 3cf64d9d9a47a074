/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host on the bus: what it says of a machine whose files are known, and what it announces. */

#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        char *root;
        Bus bus;
        Daemon daemon;
} Fixture;

/* The CPUs are threads 0 and 2 of core 0, and 1 and 3 of core 1, as x86 numbers them. */
static void write_cpu(const char *root, unsigned cpu) {
        g_autofree char *directory = g_strdup_printf("sys/devices/system/cpu/cpu%u/topology", cpu);
        g_autofree char *siblings = g_strdup_printf("%u,%u\n", cpu % 2, cpu % 2 + 2);
        g_autofree char *core = g_strdup_printf("%u\n", cpu % 2);
        const struct {
                const char *name, *content;
        } files[] = {
                { "physical_package_id", "0\n" },
                { "package_cpus_list", "0-3\n" },
                { "core_id", core },
                { "core_cpus_list", siblings },
                { "die_id", "0\n" },
                { "die_cpus_list", "0-3\n" },
                { "cluster_id", "65535\n" },
                { "cluster_cpus_list", "0\n" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(directory, files[i].name, NULL);

                file_write(root, path, files[i].content);
        }
}

static void write_machine(const char *root) {
        machine_write_amd(root);
        file_write(root, "sys/devices/system/cpu/present", "0-3\n");
        file_write(root, "sys/devices/system/cpu/online", "0-3\n");
        file_write(root, "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3500000\n");
        for (unsigned cpu = 0; cpu < 4; cpu++)
                write_cpu(root, cpu);

        file_write(root, "sys/devices/system/node/node0/cpulist", "0-3\n");
        file_write(root, "sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:       8000000 kB\n");
        file_write(root, "sys/devices/system/node/node0/distance", "10 20\n");
        file_write(root, "sys/devices/system/node/node1/cpulist", "\n");
        file_write(root, "sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:       4000000 kB\n");
        file_write(root, "sys/devices/system/node/node1/distance", "20 10\n");

        file_write(root, "proc/meminfo", "MemTotal:       12000001 kB\nMemAvailable:    9000000 kB\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64\n");
        file_write(root, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "60\n");
}

static void fixture_up(Fixture *fixture, const void *data) {
        g_autoptr(GError) error = NULL;

        (void) data;

        fixture->root = g_dir_make_tmp("virtready-host-XXXXXX", &error);
        g_assert_no_error(error);
        write_machine(fixture->root);

        bus_up(&fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void fixture_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

static void assert_value(Fixture *fixture, const char *property, const char *expected) {
        g_autoptr(GVariant) value = property_get(&fixture->daemon, "/host", BUS_INTERFACE_HOST, property);
        g_autofree char *text = g_variant_print(value, /* type_annotate= */ false);

        g_test_message("%s", property);
        g_assert_cmpstr(text, ==, expected);
}

static void test_values(Fixture *fixture, const void *data) {
        static const struct {
                const char *property, *value;
        } expected[] = {
                { "Architecture", "'x86_64'" },
                { "CPUVendor", "'AuthenticAMD'" },
                { "CPUVirtualization", "'svm'" },
                { "MaxFrequencyHz", "3500000000" },
                { "Packages", "1" },
                { "Dies", "1" },
                { "Clusters", "0" },
                { "Cores", "2" },
                { "Threads", "4" },
                { "OnlineCPUs", "'0-3'" },
                { "OfflineCPUs", "''" },
                { "CoreTypes", "[]" },
                { "NUMANodes", "[(0, '0-3', 8192000000, [10, 20]), (1, '', 4096000000, [20, 10])]" },
                { "MemoryTotalBytes", "12288001024" },
                { "MemoryAvailableBytes", "9216000000" },
                { "HugePages", "[(-1, 2097152, 64, 60)]" },
        };

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
                assert_value(fixture, expected[i].property, expected[i].value);
}

/* A node without CPUs is more than libvirt's numbers can say. */
static void test_node_info(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) value = property_get(&fixture->daemon, "/host", BUS_INTERFACE_HOST, "NodeInfo");
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(value);
        static const struct {
                const char *key;
                guint32 value;
        } expected[] = {
                { "cpus", 4 }, { "nodes", 1 }, { "sockets", 1 }, { "cores", 4 }, { "threads", 1 },
        };
        gboolean fallback = FALSE;
        guint64 memory = 0;

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
                guint32 number = 0;

                g_assert_true(g_variant_dict_lookup(&dict, expected[i].key, "u", &number));
                g_assert_cmpuint(number, ==, expected[i].value);
        }

        g_assert_true(g_variant_dict_lookup(&dict, "fallback", "b", &fallback));
        g_assert_true(fallback);
        g_assert_true(g_variant_dict_lookup(&dict, "memory_kib", "t", &memory));
        g_assert_cmpuint(memory, ==, 12000000);
}

/* Without the files of sys, nobody knows of nodes; where cpuinfo has no frequency it is 0, as in libvirt. */
static void test_node_info_of_cpuinfo(void) {
        g_autoptr(GVariant) value = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *root = g_dir_make_tmp("virtready-host-XXXXXX", &error), *text = NULL;
        Daemon daemon;
        Bus bus;

        g_assert_no_error(error);
        machine_write_amd(root);
        bus_up(&bus);
        daemon_up(&daemon, &bus, (DaemonOptions){ .root = root });

        value = property_get(&daemon, "/host", BUS_INTERFACE_HOST, "NodeInfo");
        text = g_variant_print(value, /* type_annotate= */ false);
        g_assert_cmpstr(text, ==, "{'cpus': <uint32 1>, 'mhz': <uint32 0>}");

        daemon_down(&daemon);
        bus_down(&bus);
        directory_remove(root);
}

/* What changes without an event is read for each answer, and is not announced. */
static void test_current(Fixture *fixture, const void *data) {
        (void) data;

        signals_forget(&fixture->daemon);
        file_write(fixture->root, "proc/meminfo",
                   "MemTotal:       12000001 kB\nMemAvailable:     1000 kB\n");
        assert_value(fixture, "MemoryAvailableBytes", "1024000");

        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", ""), ==, 0);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 0);
}

/* A CPU goes offline: the kernel takes its topology away, and its siblings do not name it any more. */
static void test_cpu_offline(Fixture *fixture, const void *data) {
        g_autofree char *paths = NULL;
        const Signal *signal;
        GVariantDict dict;

        (void) data;

        signals_forget(&fixture->daemon);
        file_write(fixture->root, "sys/devices/system/cpu/online", "0-2\n");
        file_write(fixture->root, "sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1\n");
        g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        daemon_settle(&fixture->daemon);

        paths = signals_changed_paths(&fixture->daemon);
        g_assert_cmpstr(paths, ==, " /host");
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", "/host"), ==, 1);
        g_assert_cmpuint(signals_count(&fixture->daemon, "Changed", ""), ==, 1);

        signal = signals_last(&fixture->daemon, "PropertiesChanged", "/host");
        g_assert_nonnull(signal);
        g_assert_cmpuint(g_variant_n_children(signal->parameters), ==, 3);

        g_variant_dict_init(&dict, signal->parameters);
        g_assert_true(g_variant_dict_contains(&dict, "Threads"));
        g_assert_true(g_variant_dict_contains(&dict, "OnlineCPUs"));
        g_assert_true(g_variant_dict_contains(&dict, "OfflineCPUs"));
        g_variant_dict_clear(&dict);

        assert_value(fixture, "Threads", "3");
        assert_value(fixture, "Cores", "2");
        assert_value(fixture, "OnlineCPUs", "'0-2'");
        assert_value(fixture, "OfflineCPUs", "'3'");
}

/* Whatever this machine is, it has memory and a CPU. */
static void test_live(void) {
        g_autoptr(GVariant) available = NULL;
        g_autofree char *architecture = NULL;
        g_autoptr(GVariant) threads = NULL;
        Daemon daemon;
        Bus bus;

        bus_up(&bus);
        daemon_up(&daemon, &bus, (DaemonOptions){});

        architecture = property_get_string(&daemon, "/host", BUS_INTERFACE_HOST, "Architecture");
        g_assert_cmpstr(architecture, !=, "");
        available = property_get(&daemon, "/host", BUS_INTERFACE_HOST, "MemoryAvailableBytes");
        g_assert_cmpuint(g_variant_get_uint64(available), >, 0);
        threads = property_get(&daemon, "/host", BUS_INTERFACE_HOST, "Threads");
        g_assert_cmpuint(g_variant_get_uint32(threads), ==, g_get_num_processors());

        daemon_down(&daemon);
        bus_down(&bus);
}

#define ADD_TEST(name, function) g_test_add("/host/" name, Fixture, NULL, fixture_up, function, fixture_down)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        ADD_TEST("values", test_values);
        ADD_TEST("node-info", test_node_info);
        g_test_add_func("/host/node-info-of-cpuinfo", test_node_info_of_cpuinfo);
        ADD_TEST("current", test_current);
        ADD_TEST("cpu-offline", test_cpu_offline);
        g_test_add_func("/host/live", test_live);

        return g_test_run();
}
