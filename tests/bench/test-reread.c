/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A module or device that comes or goes has nothing read again that describes CPUs and nodes, and of the
 * other devices no more than a file each. */

#include <glib.h>

#include "daemon/basic/cleanup.h"
#include "daemon/basic/macro.h"
#include "daemon/facts/facts.h"
#include "daemon/watch/uevent.h"
#include "large-machine.h"
#include "open-counter.h"

#define CPUS 256U

typedef struct Fixture {
        LargeMachine machine;
        Root *root;
        Facts facts;
        OpenCounter counter; /* of what is below sys/devices/system */
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        g_autofree char *watched = NULL;

        (void) data;

        *fixture = (Fixture){ .counter = OPEN_COUNTER_NONE };
        g_assert_cmpint(large_machine_new(CPUS, &fixture->machine), ==, 0);
        g_assert_cmpint(root_new(fixture->machine.path, &fixture->root), ==, 0);

        watched = g_build_filename(fixture->machine.path, "sys/devices/system", NULL);
        g_assert_cmpint(open_counter_new(watched, &fixture->counter), ==, 0);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        open_counter_done(&fixture->counter);
        facts_done(&fixture->facts);
        fixture->root = root_free(fixture->root);
        large_machine_done(&fixture->machine);
}

/* Reads sources and yields how many files that opened. */
static unsigned count_opened(Fixture *fixture, SourceMask sources) {
        unsigned n = 0;

        g_assert_cmpint(facts_read(&fixture->facts, fixture->root, sources), ==, 0);
        g_assert_cmpint(open_counter_read(&fixture->counter, &n), ==, 0);
        return n;
}

/* What the benchmark measures is the machine that it means to write. */
static void test_machine(Fixture *fixture, const void *data) {
        const TopologyFacts *topology = &fixture->facts.topology;

        (void) data;
        (void) count_opened(fixture, SOURCE_MASK_ALL);

        g_assert_cmpuint(topology->threads, ==, CPUS);
        g_assert_cmpuint(topology->cores, ==, 128);
        g_assert_cmpuint(topology->clusters, ==, 128);
        g_assert_cmpuint(topology->dies, ==, 2);
        g_assert_cmpuint(topology->packages, ==, 2);
        g_assert_cmpuint(topology->n_nodes, ==, 2);
        g_assert_cmpuint(cpu_set_count(&topology->present), ==, CPUS);
        g_assert_cmpuint(cpu_set_count(&topology->nodes[1].cpus), ==, 128);
        g_assert_cmpuint(topology->max_frequency_hz, ==, G_GUINT64_CONSTANT(3500000000));
        g_assert_cmpint(fixture->facts.cpu.extension, ==, CPU_EXTENSION_SVM);
}

/* Every CPU has files that only a pass over the topology opens, which also shows that openings are seen. */
static void test_topology(Fixture *fixture, const void *data) {
        (void) data;

        g_assert_cmpuint(count_opened(fixture, SOURCE_MASK_ALL), >, CPUS);
        g_assert_cmpuint(count_opened(fixture, SOURCE_MASK(SOURCE_TOPOLOGY)), >, CPUS);
}

static void test_modules(Fixture *fixture, const void *data) {
        (void) data;
        g_assert_cmpuint(count_opened(fixture, SOURCE_MASK_ALL), >, 0);

        for (ModuleId id = 0; id < _MODULE_MAX; id++) {
                g_test_message("%s", module_to_string(id));
                g_assert_cmpuint(count_opened(fixture, uevent_sources_of_module(id)), ==, 0);
        }

        /* What was read before is still there. */
        g_assert_cmpuint(fixture->facts.topology.threads, ==, CPUS);
}

/* An event of a device that is bound or unbound. */
static void test_devices(Fixture *fixture, const void *data) {
        _cleanup_(open_counter_done) OpenCounter counter = OPEN_COUNTER_NONE;
        g_autofree char *watched = g_build_filename(fixture->machine.path, "sys/devices/pci0000:00", NULL);
        unsigned n = 0;

        (void) data;
        g_assert_cmpuint(fixture->machine.n_devices, ==, CPUS / 4);
        g_assert_cmpint(open_counter_new(watched, &counter), ==, 0);
        (void) count_opened(fixture, SOURCE_MASK_ALL);
        g_assert_cmpint(open_counter_read(&counter, &n), ==, 0);
        g_assert_cmpuint(fixture->facts.pci->n_devices, ==, fixture->machine.n_devices);

        g_assert_cmpuint(count_opened(fixture, SOURCE_MASK(SOURCE_PCI)), ==, 0);
        g_assert_cmpint(open_counter_read(&counter, &n), ==, 0);
        g_assert_cmpuint(n, ==, fixture->machine.n_devices);
        g_assert_cmpuint(fixture->facts.pci->n_groups, ==, fixture->machine.n_devices);

        /* What is about something else leaves them alone. */
        g_assert_cmpuint(count_opened(fixture, uevent_sources_of_module(MODULE_KVM)), ==, 0);
        g_assert_cmpint(open_counter_read(&counter, &n), ==, 0);
        g_assert_cmpuint(n, ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/reread/machine", Fixture, NULL, set_up, test_machine, tear_down);
        g_test_add("/reread/topology", Fixture, NULL, set_up, test_topology, tear_down);
        g_test_add("/reread/modules", Fixture, NULL, set_up, test_modules, tear_down);

        g_test_add("/reread/devices", Fixture, NULL, set_up, test_devices, tear_down);

        return g_test_run();
}
