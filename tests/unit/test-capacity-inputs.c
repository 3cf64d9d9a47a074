/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the files of a machine, and what is told of its guests, to what the model counts with. */

#include "daemon/capacity/inputs.h"
#include "daemon/capacity/machine-vcpus.h"
#include "tree.h"

#define GIB (UINT64_C(1024) * BYTES_PER_MIB)

/* What KSM saves was counted more than once; it is never more than all. */
static void test_merged_pages(void) {
        static const struct {
                uint64_t pages, resident;
        } cases[] = { { 0, 10 * GIB }, { 1 << 20, 6 * GIB }, { UINT64_MAX, 0 } };
        const Facts facts = {};
        const HeadroomFacts headroom = {};

        FOREACH_ELEMENT(c, cases) {
                const MemoryFacts memory = { .ksm = { .known = true, .pages_sharing = c->pages } };
                Usage usage = {
                        .guests = { .known = true, .resident_known = true, .resident_bytes = 10 * GIB },
                };
                const CapacityInputs inputs = { .facts = &facts,
                                                .memory = &memory,
                                                .headroom = &headroom,
                                                .usage = &usage,
                                                .page_bytes = 4096 };

                g_assert_cmpuint(capacity_machine(&inputs).guest_resident, ==, c->resident);
                usage.guests.resident_known = false;
                g_assert_cmpuint(capacity_machine(&inputs).guest_resident, ==, 0);
        }
}

/* The kernel counts more virtual machines than libvirt, or nobody tells of the guests. */
static void test_at_most(void) {
        static const struct {
                bool known;
                uint64_t count;
                uint32_t vms;
                bool at_most;
        } cases[] = {
                { true, 2, 0, false }, { true, 2, 2, false }, { true, 2, 3, true }, { false, 0, 0, true }
        };
        const CapacityGuest guest = { .vcpus = 1, .memory = GIB, .disk = 1 };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 };
        const MemoryFacts memory = {};
        const HeadroomFacts headroom = {};
        const Facts facts = {};

        FOREACH_ELEMENT(c, cases) {
                const Usage usage = { .guests = { .known = c->known, .count = c->count } };
                const CapacityInputs inputs = { .facts = &facts,
                                                .memory = &memory,
                                                .headroom = &headroom,
                                                .usage = &usage,
                                                .vms_active = c->vms };
                const CapacityMachine machine = capacity_machine(&inputs);
                CapacityEstimate e;

                g_assert_cmpint(capacity_estimate(&machine, &guest, &policy, &e), ==, 0);
                g_assert_true(e.entries[CAPACITY_CPU].at_most == c->at_most);
                g_assert_true(e.entries[CAPACITY_MEMORY].at_most == c->at_most);
                g_assert_false(e.entries[CAPACITY_DISK].at_most);
        }
}

/* Where hardly anything is left the kernel says 0, for its estimate may be less than that (mm/show_mem.c:
 * si_mem_available()). No line at all is another thing. */
static void test_nothing_available(void) {
        static const struct {
                const char *line;
                bool known;
        } cases[] = { { "MemAvailable: 0 kB\n", true },
                      { "", false },
                      { "MemAvailable: many kB\n", false } };
        const CapacityGuest guest = { .vcpus = 1, .memory = GIB };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 };
        const HeadroomFacts headroom = {};
        const Usage usage = {};
        const Facts facts = {};

        FOREACH_ELEMENT(c, cases) {
                _cleanup_tree_ char *tree = tree_new();
                g_autofree char *meminfo = g_strdup_printf("MemTotal: 8388608 kB\n%s", c->line);
                _cleanup_(memory_facts_done) MemoryFacts memory = {};
                _cleanup_(root_freep) Root *root = NULL;
                const CapacityInputs inputs = {
                        .facts = &facts, .memory = &memory, .headroom = &headroom, .usage = &usage
                };
                CapacityMachine machine;
                CapacityEstimate e;

                tree_file(tree, "proc/meminfo", meminfo);
                root = tree_root(tree);
                g_assert_cmpint(memory_facts_read(root, &memory), ==, 0);
                machine = capacity_machine(&inputs);
                g_assert_cmpint(capacity_estimate(&machine, &guest, &policy, &e), ==, 0);
                g_assert_true(e.entries[CAPACITY_MEMORY].known == c->known);
                g_assert_true(e.known == c->known);
                g_assert_cmpuint(e.entries[CAPACITY_MEMORY].guests, ==, c->known ? 0 : CAPACITY_UNLIMITED);
        }
}

#define PC "{'virt_type': 'kvm', 'machine': 'pc', 'max_vcpus': 255}"
#define Q35 "{'virt_type': 'kvm', 'machine': 'q35', 'max_vcpus': 288}"
#define EMULATED "{'virt_type': 'qemu', 'machine': 'virt', 'max_vcpus': 512}"
#define NAMELESS "{'virt_type': 'kvm', 'max_vcpus': 8}"

/* The machine that takes the most counts, if libvirt has told of all. */
static void test_machine_vcpus(void) {
        static const struct {
                const char *view, *machine;
                uint64_t max; /* 0: not known */
        } cases[] = {
                { "{'domains': [" PC ", " Q35 ", " EMULATED "]}", "q35", 288 },
                { "{'domains': [" Q35 ", " PC "]}", "q35", 288 },
                { "{'domains': [" NAMELESS "]}", NULL, 8 },
                { "{'domains': [" EMULATED "]}", NULL, 0 },
                { "{'domains': [" Q35 ", {'virt_type': 'kvm', 'machine': 'microvm'}]}", NULL, 0 },
                { "{'domains': [" Q35 ", {'virt_type': 'kvm', 'max_vcpus': null}]}", NULL, 0 },
                { "{'domains': [" Q35 ", {'virt_type': 'kvm', 'max_vcpus': 0}]}", NULL, 0 },
                { "{'domains': [" Q35 ", {'virt_type': 'kvm', 'max_vcpus': '9'}]}", NULL, 0 },
                { "{'domains': [7, {'virt_type': 7}]}", NULL, 0 },
                { "{'domains': []}", NULL, 0 },
                { "{'domains': null}", NULL, 0 },
                { "{}", NULL, 0 },
        };

        FOREACH_ELEMENT(c, cases) {
                g_autoptr(GString) text = g_string_new(c->view);
                _cleanup_(json_object_putp) Json *view = NULL;
                MachineVcpus found;

                g_test_message("%s", c->view);
                g_string_replace(text, "'", "\"", 0);
                view = json_tokener_parse(text->str);
                g_assert_nonnull(view);
                found = machine_vcpus_find(view);
                g_assert_true(found.max.known == (c->max > 0));
                g_assert_cmpuint(found.max.value, ==, c->max);
                g_assert_cmpstr(found.machine, ==, c->machine);
        }
        g_assert_false(machine_vcpus_find(NULL).max.known);
}

/* Of KVM's limit and that of QEMU's machines the smaller one, as far as they are known. */
static void test_max_vcpus(void) {
        static const struct {
                uint32_t kernel;
                Amount machine;
                bool known;
                uint64_t max;
        } cases[] = {
                { 0, {}, false, 0 },           { 4096, {}, true, 4096 },
                { 0, AMOUNT(288), true, 288 }, { 4096, AMOUNT(288), true, 288 },
                { 64, AMOUNT(288), true, 64 },
        };
        const MemoryFacts memory = {};
        const HeadroomFacts headroom = {};
        const Usage usage = {};

        FOREACH_ELEMENT(c, cases) {
                const Facts facts = { .kvm.limits.max_vcpus = c->kernel };
                const CapacityInputs inputs = { .facts = &facts,
                                                .memory = &memory,
                                                .headroom = &headroom,
                                                .usage = &usage,
                                                .machine_vcpus = c->machine };
                const CapacityMachine machine = capacity_machine(&inputs);

                g_assert_true(machine.max_vcpus.known == c->known);
                g_assert_cmpuint(machine.max_vcpus.value, ==, c->max);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/capacity-inputs/merged-pages", test_merged_pages);
        g_test_add_func("/capacity-inputs/at-most", test_at_most);
        g_test_add_func("/capacity-inputs/nothing-available", test_nothing_available);
        g_test_add_func("/capacity-inputs/machine-vcpus", test_machine_vcpus);
        g_test_add_func("/capacity-inputs/max-vcpus", test_max_vcpus);

        return g_test_run();
}
