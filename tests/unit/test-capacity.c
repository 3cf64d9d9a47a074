/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds of the number of guests for any machine: many thousands of them, drawn anew in each run. The
 * test says the seed, and takes it with --seed. */

#include <errno.h>
#include <glib.h>
#include <math.h>

#include "capacity-random.h"

#define CASES 40000U
#define GIB (UINT64_C(1024) * BYTES_PER_MIB)

static CapacityEstimate estimate(const RandomCase *c) {
        CapacityEstimate e;

        g_assert_cmpint(capacity_estimate(&c->machine, &c->guest, &c->policy, &e), ==, 0);
        return e;
}

/* Fails with the case that it fails for. */
#define assert_of(c, condition)                                              \
        do {                                                                 \
                if (!(condition)) {                                          \
                        g_autofree char *text = case_to_string((c));         \
                        g_error("%s does not hold of %s", #condition, text); \
                }                                                            \
        } while (0)

static uint64_t guests_or_all(const CapacityEstimate *e) {
        return e->known ? e->guests : CAPACITY_UNLIMITED;
}

static uint64_t grow(uint64_t number) {
        uint64_t more = random_number();

        return add_saturated(number, more);
}

/* A guest that has grown in anything is never there more often. */
static void test_guest_grows(void) {
        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);
                RandomCase larger[3] = { c, c, c };

                larger[0].guest.vcpus = grow(c.guest.vcpus);
                larger[1].guest.memory = grow(c.guest.memory);
                larger[2].guest.disk = grow(c.guest.disk);
                for (size_t j = 0; j < G_N_ELEMENTS(larger); j++) {
                        const CapacityEstimate f = estimate(&larger[j]);

                        assert_of(&larger[j], guests_or_all(&f) <= guests_or_all(&e));
                }
        }
}

/* As many guests as fit take no more than there is, of anything that is known, and one more takes more of
 * exactly what is said to end first. */
static void test_fits_exactly(void) {
        unsigned n_unknown = 0, n_zero = 0; /* unknown or, hardly ever, as many as a number can say */

        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);

                n_unknown += !e.known;
                n_zero += e.known && e.guests == 0;
                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                        const CapacityEntry *entry = &e.entries[id];

                        if (!e.known) {
                                assert_of(&c, !entry->limiting);
                                continue;
                        }
                        assert_of(&c, fits_by_hand(&c, id, e.guests));
                        assert_of(&c, entry->limiting == !fits_by_hand(&c, id, e.guests + 1));
                        assert_of(&c, entry->limiting == (entry->short_by > 0));
                        assert_of(&c, !entry->limiting || (entry->applies && entry->known));
                }
        }

        g_test_message("%u cases; nothing known of %u, no guest in %u", CASES, n_unknown, n_zero);
        g_assert_cmpuint(n_zero, <, CASES * 2 / 3);
}

/* With what is missing of all that ends first there is room for one more; with all but the last bit of any
 * one of these there is not. */
static void test_short_by(void) {
        unsigned n = 0;

        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);
                RandomCase more = c;
                bool possible = e.known;

                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                        possible = possible && e.entries[id].short_by < UINT64_MAX / 4 &&
                                   e.entries[id].total < UINT64_MAX / 4;
                if (!possible || c.machine.memory_available.value > UINT64_MAX / 4 ||
                    c.machine.memory_total.value > UINT64_MAX / 4)
                        continue;

                n++;
                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                        if (e.entries[id].limiting)
                                give_more(&more.machine, &c.guest, id, e.entries[id].short_by);
                {
                        const CapacityEstimate f = estimate(&more);

                        assert_of(&more, guests_or_all(&f) > e.guests);
                }

                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                        const uint64_t step = id == CAPACITY_HUGE_PAGES ? c.guest.huge_page : 1;
                        RandomCase less = c;

                        if (!e.entries[id].limiting)
                                continue;
                        give_more(&less.machine, &c.guest, id, e.entries[id].short_by - step);
                        {
                                const CapacityEstimate f = estimate(&less);

                                assert_of(&less, f.guests == e.guests);
                        }
                }
        }

        g_test_message("%u of %u cases", n, CASES);
        g_assert_cmpuint(n, >, CASES / 4);
}

static void test_ratio_grows(void) {
        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);
                const double factor = g_test_rand_double_range(1, 3);
                RandomCase more = c;
                double *ratios[] = { &more.policy.cpu_ratio, &more.policy.memory_ratio,
                                     &more.policy.disk_ratio };
                double *ratio = ratios[g_test_rand_int_range(0, 3)];

                *ratio = MIN(*ratio * factor, CAPACITY_RATIO_MAX);
                {
                        const CapacityEstimate f = estimate(&more);

                        assert_of(&more, guests_or_all(&f) >= guests_or_all(&e));
                }
        }
}

/* No ratio makes room for a guest that is larger than what guests may use. */
static void test_not_against_itself(void) {
        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);

                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                        const CapacityEntry *entry = &e.entries[id];

                        if (entry->applies && entry->known && e.guests > 0)
                                assert_of(&c, entry->reserved <= entry->total &&
                                                      entry->per_guest <= entry->total - entry->reserved);
                }
        }
}

static CapacityNodeEstimate estimate_node(const RandomCase *c, const CapacityNode *node) {
        const CapacityEstimate e = estimate(c);
        CapacityNodeEstimate n;

        capacity_estimate_node(node, &c->guest, &c->policy, &e, &n);
        return n;
}

/* Those that fit into a node fit into it, and into the machine; one more takes more of exactly what is said
 * to end first, of the node or of the machine. */
static void test_nodes(void) {
        unsigned n_some = 0;

        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityNode node = random_node(&c);
                const CapacityNodeEstimate n = estimate_node(&c, &node);

                n_some += n.known && n.guests > 0;
                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                        if (!n.known) {
                                assert_of(&c, !n.limiting[id]);
                                assert_of(&c, fits_node_by_hand(&c, &node, id, UINT64_MAX - 1));
                                continue;
                        }
                        assert_of(&c, fits_node_by_hand(&c, &node, id, n.guests));
                        assert_of(&c, fits_by_hand(&c, id, n.guests));
                        assert_of(&c, n.limiting[id] == !(fits_node_by_hand(&c, &node, id, n.guests + 1) &&
                                                          fits_by_hand(&c, id, n.guests + 1)));
                }
        }

        g_test_message("%u cases; a guest fits in %u", CASES, n_some);
        g_assert_cmpuint(n_some, >, CASES / 4);
}

/* With more of all that ends first there is room for another. */
static void test_nodes_grow(void) {
        unsigned tried = 0;

        for (unsigned i = 0; i < CASES; i++) {
                const RandomCase c = random_case();
                const CapacityEstimate e = estimate(&c);
                const CapacityNode node = random_node(&c);
                const CapacityNodeEstimate n = estimate_node(&c, &node);
                bool possible = n.known && c.machine.memory_total.value < UINT64_MAX / 4 &&
                                c.machine.memory_available.value < UINT64_MAX / 4;
                CapacityNode larger = node;
                RandomCase more = c;

                for (CapacityResource id = 0; possible && id < _CAPACITY_RESOURCE_MAX; id++) {
                        const CapacityEntry *entry = &e.entries[id];

                        if (!n.limiting[id])
                                continue;
                        if (!fits_node_by_hand(&c, &node, id, n.guests + 1))
                                possible = give_node_more(&larger, &c, id);
                        if (e.known && e.guests == n.guests && entry->limiting)
                                possible = possible && entry->short_by < UINT64_MAX / 4 &&
                                           entry->total < UINT64_MAX / 4;
                        if (possible && e.known && e.guests == n.guests && entry->limiting)
                                give_more(&more.machine, &c.guest, id, entry->short_by);
                }
                if (!possible)
                        continue;

                tried++;
                assert_of(&more, estimate_node(&more, &larger).guests > n.guests);
        }

        g_test_message("%u of %u cases", tried, CASES);
        g_assert_cmpuint(tried, >, CASES / 4);
}

/* Two that end together are both named, of the machine and of a node. */
static void test_ties(void) {
        const GuestOverhead overhead = guest_overhead(1, 2, GIB, false, 0);
        const uint64_t per_guest = GIB + overhead.total;
        const RandomCase c = {
                .machine = { .cpus = AMOUNT(8),
                             .memory_total = AMOUNT(4 * per_guest + 1),
                             .memory_available = AMOUNT(4 * per_guest + 1),
                             .never_overcommits = AMOUNT(0) },
                .guest = { .vcpus = 2, .memory = GIB },
                .policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 },
        };
        const CapacityNode node = { .cpus = AMOUNT(4), .memory_available = AMOUNT(3 * per_guest - 1) };
        const CapacityEstimate e = estimate(&c);
        CapacityNodeEstimate n;

        g_assert_cmpuint(e.guests, ==, 4);
        g_assert_true(e.entries[CAPACITY_CPU].limiting);
        g_assert_cmpuint(e.entries[CAPACITY_CPU].short_by, ==, 2);
        g_assert_true(e.entries[CAPACITY_MEMORY].limiting);
        g_assert_cmpuint(e.entries[CAPACITY_MEMORY].short_by, ==, per_guest - 1);

        capacity_estimate_node(&node, &c.guest, &c.policy, &e, &n);
        g_assert_cmpuint(n.guests, ==, 2);
        g_assert_true(n.limiting[CAPACITY_CPU]);
        g_assert_true(n.limiting[CAPACITY_MEMORY]);
}

/* What the machine and its node have the same number by is named of both. */
static void test_tie_of_node_and_machine(void) {
        const RandomCase c = {
                .machine = { .cpus = AMOUNT(64), .threads_max = AMOUNT(5 * (2 + GUEST_THREADS)) },
                .guest = { .vcpus = 2, .memory = GIB },
                .policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 },
        };
        const CapacityNode node = { .cpus = AMOUNT(10) };
        const CapacityNodeEstimate n = estimate_node(&c, &node);

        g_assert_cmpuint(n.guests, ==, 5);
        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                g_assert_true(n.limiting[id] == (id == CAPACITY_CPU || id == CAPACITY_THREADS));
}

/* A machine without anything that is known says so, and does not say none. */
static void test_nothing_known(void) {
        const CapacityMachine nothing = {};
        const CapacityGuest guest = { .vcpus = 1, .memory = GIB, .disk = 1, .huge_page = 4096 };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 };
        CapacityEstimate e;

        g_assert_cmpint(capacity_estimate(&nothing, &guest, &policy, &e), ==, 0);
        g_assert_false(e.known);
        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                g_assert_true(e.entries[id].applies);
                g_assert_false(e.entries[id].known);
                g_assert_false(e.entries[id].limiting);
        }
}

static void test_refuses(void) {
        const CapacityMachine machine = { .cpus = AMOUNT(4) };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1, .disk_ratio = 1 };
        const CapacityGuest no_vcpus = { .memory = 1 }, no_memory = { .vcpus = 1 },
                            guest = { .vcpus = 1, .memory = 1 };
        const double wrong[] = { 0, 0.0000009, -1, NAN, INFINITY, -INFINITY, 1000.001 };
        CapacityEstimate e;

        g_assert_cmpint(capacity_estimate(&machine, &no_vcpus, &policy, &e), ==, -EINVAL);
        g_assert_cmpint(capacity_estimate(&machine, &no_memory, &policy, &e), ==, -EINVAL);
        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                CapacityPolicy cpu = policy, memory = policy, disk = policy;

                cpu.cpu_ratio = memory.memory_ratio = disk.disk_ratio = wrong[i];
                g_assert_cmpint(capacity_estimate(&machine, &guest, &cpu, &e), ==, -ERANGE);
                g_assert_cmpint(capacity_estimate(&machine, &guest, &memory, &e), ==, -ERANGE);
                g_assert_cmpint(capacity_estimate(&machine, &guest, &disk, &e), ==, -ERANGE);
        }
}

static void test_presets(void) {
        const CapacityPreset *presets;
        size_t n;

        presets = capacity_presets(&n);
        for (size_t i = 0; i < n; i++) {
                g_assert_true(capacity_preset_find(presets[i].name) == &presets[i]);
                g_assert_true(capacity_ratio_is_valid(presets[i].cpu_ratio));
                g_assert_true(capacity_ratio_is_valid(presets[i].memory_ratio));
                g_assert_true(capacity_ratio_is_valid(presets[i].disk_ratio));
                g_assert_nonnull(presets[i].cpu_source);
                g_assert_nonnull(presets[i].memory_source);
                g_assert_nonnull(presets[i].disk_source);
                g_assert_nonnull(presets[i].reserve_cpus_source);
                g_assert_nonnull(presets[i].reserve_memory_source);
        }
        g_assert_nonnull(capacity_preset_find(CAPACITY_PRESET_DEFAULT));
        g_assert_null(capacity_preset_find("None"));
        g_assert_null(capacity_preset_find(""));
}

/* Written out by hand for a guest of 4 vCPUs and 8 GiB. */
static void test_overhead(void) {
        GuestOverhead o = guest_overhead(1, 4, 8 * GIB, false, 0);
        size_t n;

        g_assert_cmpuint(o.page_tables, ==, 16 * BYTES_PER_MIB);
        g_assert_cmpuint(o.total, ==, (16 + 30 + 4 * 8 + 8 + 32) * BYTES_PER_MIB);
        o = guest_overhead(1, 4, 8 * GIB, true, 0);
        g_assert_cmpuint(o.total, ==, (16 + 30 + 4 * 8 + 8 + 32 + 128) * BYTES_PER_MIB);
        o = guest_overhead(3, 12, 24 * GIB, false, capacity_preset_find("kubevirt")->launcher);
        g_assert_cmpuint(o.total, ==, 3 * (16 + 30 + 4 * 8 + 8 + 32 + 190) * BYTES_PER_MIB);

        o = guest_overhead(UINT64_MAX, UINT64_MAX, UINT64_MAX, true, UINT64_MAX);
        g_assert_cmpuint(o.total, ==, UINT64_MAX);
        (void) capacity_presets(&n);
        g_assert_cmpuint(n, ==, 3);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/capacity/guest-grows", test_guest_grows);
        g_test_add_func("/capacity/fits-exactly", test_fits_exactly);
        g_test_add_func("/capacity/short-by", test_short_by);
        g_test_add_func("/capacity/ratio-grows", test_ratio_grows);
        g_test_add_func("/capacity/not-against-itself", test_not_against_itself);
        g_test_add_func("/capacity/nodes", test_nodes);
        g_test_add_func("/capacity/nodes-grow", test_nodes_grow);
        g_test_add_func("/capacity/ties", test_ties);
        g_test_add_func("/capacity/tie-of-node-and-machine", test_tie_of_node_and_machine);
        g_test_add_func("/capacity/nothing-known", test_nothing_known);
        g_test_add_func("/capacity/refuses", test_refuses);
        g_test_add_func("/capacity/presets", test_presets);
        g_test_add_func("/capacity/overhead", test_overhead);

        return g_test_run();
}
