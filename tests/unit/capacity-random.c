/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws cases, and counts by multiplying where the model divides. */

#include <glib.h>

#include "capacity-random.h"

typedef unsigned __int128 Wide;

#define MILLION 1000000U

uint64_t random_number(void) {
        unsigned bits = (unsigned) g_test_rand_int_range(0, 65);
        uint64_t number = (uint64_t) (uint32_t) g_test_rand_int() << 32 | (uint32_t) g_test_rand_int();

        return bits == 0 ? 0 : number >> (64 - bits);
}

static uint64_t uniform(uint64_t from, uint64_t to) {
        return from + (uint64_t) (g_test_rand_double() * (double) (to - from));
}

static uint64_t random_below(uint64_t limit) {
        return limit == 0 ? 0 : random_number() % (limit < UINT64_MAX ? limit + 1 : limit);
}

static bool one_in(int n) {
        return g_test_rand_int_range(0, n) == 0;
}

static Amount maybe(uint64_t number) {
        return one_in(10) ? (Amount){} : AMOUNT(number);
}

/* Sizes as machines have them, most of the time. */
static uint64_t random_size(uint64_t usual) {
        return one_in(5) ? random_number() : random_below(usual);
}

static double random_ratio(void) {
        static const double usual[] = { 1, 1, 1, 1.5, 4, 10, 0.5, 0.001, 1000 };

        return one_in(4) ? g_test_rand_double_range(0.000001, 20)
                         : usual[g_test_rand_int_range(0, G_N_ELEMENTS(usual))];
}

static CapacityMachine random_machine(void) {
        const uint64_t memory = random_size(UINT64_C(1) << 40), pool = one_in(2) ? 0 : random_below(memory),
                       pages = random_size(100000), disk = random_size(UINT64_C(1) << 43),
                       commit = random_size(UINT64_C(1) << 41);
        CapacityMachine m = {
                .arm64 = one_in(2),
                .cpus = maybe(random_size(512)),
                .memory_total = maybe(memory),
                .memory_available = maybe(random_below(memory)),
                .huge_pool_bytes = pool,
                .huge_pool_used_bytes = random_below(pool),
                .huge_pages_total = maybe(pages),
                .huge_pages_free = random_below(pages),
                .disk_total = maybe(disk),
                .disk_available = maybe(random_below(disk)),
                .max_vcpus = maybe(random_size(4096)),
                .threads_max = maybe(random_size(4194304)),
                .threads = random_size(10000),
                .never_overcommits = maybe(one_in(3)),
                .commit_limit = commit,
                .committed = random_below(commit),
                .guests_known = !one_in(4),
                .guests = random_size(200),
                .guest_vcpus = random_size(400),
                .guest_memory = random_size(UINT64_C(1) << 38),
        };

        m.guest_huge = random_below(m.guest_memory);
        m.guest_resident = random_below(m.guest_memory);
        return m;
}

static const uint64_t page_sizes[] = { 0, 0, 65536, 2097152, 1073741824, 17179869184 };

static RandomCase odd_case(void) {
        return (RandomCase){
                .machine = random_machine(),
                .guest = { .vcpus = 1 + random_size(32) % UINT64_MAX,
                           .memory = 1 + random_size(UINT64_C(1) << 36) % UINT64_MAX,
                           .disk = one_in(3) ? 0 : random_size(UINT64_C(1) << 39),
                           .huge_page = page_sizes[g_test_rand_int_range(0, G_N_ELEMENTS(page_sizes))] },
                .policy = { .cpu_ratio = random_ratio(),
                            .memory_ratio = random_ratio(),
                            .disk_ratio = random_ratio(),
                            .reserve_cpus = one_in(2) ? 0 : random_size(8),
                            .reserve_memory = random_size(UINT64_C(1) << 33),
                            .launcher = one_in(2) ? 0 : random_size(UINT64_C(1) << 28) },
        };
}

/* A machine as people have it, in which there is room for some guests. */
static RandomCase usual_case(void) {
        const uint64_t gib = UINT64_C(1) << 30, memory = uniform(16 * gib, 2048 * gib),
                       page = page_sizes[g_test_rand_int_range(0, 4)], pool = page > 0 ? memory / 2 : 0,
                       pages_total = page > 0 ? pool / page : 0;
        CapacityMachine m = {
                .arm64 = one_in(2),
                .cpus = maybe(uniform(8, 512)),
                .memory_total = maybe(memory),
                .memory_available = maybe(uniform((memory - pool) / 2, memory - pool)),
                .huge_pool_bytes = pool,
                .huge_pages_total = maybe(pages_total),
                .huge_pages_free = uniform(pages_total / 2, pages_total),
                .disk_total = maybe(8192 * gib),
                .disk_available = maybe(uniform(100 * gib, 8192 * gib)),
                .max_vcpus = maybe(uniform(8, 4096)),
                .threads_max = maybe(one_in(2) ? 32768 : 4194304),
                .threads = uniform(100, 5000),
                .never_overcommits = maybe(one_in(3)),
                .commit_limit = memory,
                .committed = uniform(0, memory / 2),
                .guests_known = !one_in(4),
                .guests = uniform(0, 10),
        };

        m.huge_pool_used_bytes = pool / 8;
        m.guest_vcpus = m.guests * uniform(1, 4);
        m.guest_memory = m.guests * gib;
        m.guest_huge = one_in(2) ? 0 : uniform(0, m.guest_memory);
        m.guest_resident = uniform(0, m.guest_memory - m.guest_huge);
        return (RandomCase){
                .machine = m,
                .guest = { .vcpus = uniform(1, 8),
                           .memory = uniform(gib / 4, 8 * gib),
                           .disk = one_in(3) ? 0 : uniform(gib, 100 * gib),
                           .huge_page = page },
                .policy = { .cpu_ratio = g_test_rand_double_range(0.5, 10),
                            .memory_ratio = one_in(2) ? 1 : g_test_rand_double_range(0.5, 2),
                            .disk_ratio = one_in(2) ? 1 : g_test_rand_double_range(0.5, 4),
                            .reserve_cpus = uniform(0, 4),
                            .reserve_memory = 512 * BYTES_PER_MIB,
                            .launcher = one_in(2) ? 0 : 190 * BYTES_PER_MIB },
        };
}

RandomCase random_case(void) {
        return one_in(2) ? odd_case() : usual_case();
}

CapacityNode random_node(const RandomCase *c) {
        const uint64_t cpus = c->machine.cpus.value, memory = c->machine.memory_available.value,
                       pages = c->machine.huge_pages_free, parts = uniform(1, 5);

        return (CapacityNode){
                .cpus = maybe(one_in(4) ? random_below(cpus) : cpus / parts),
                .memory_available = maybe(one_in(4) ? random_below(memory) : memory / parts),
                .huge_pages_free = maybe(one_in(4) ? random_below(pages) : pages / parts),
        };
}

static Wide less(Wide a, Wide b) {
        return a > b ? a - b : 0;
}

/* Of N guests that take PER each, and PROMISED before them; no guest may take all for itself and more. */
static bool fit(Wide total, Wide kept, Wide promised, double ratio, uint64_t per, uint64_t n) {
        Wide millionths = (Wide) (ratio * MILLION + 0.5);

        if (millionths == 0)
                millionths = 1;
        if (n == 0)
                return true;
        return (Wide) per <= less(total, kept) &&
               ((Wide) n * per + promised) * MILLION <= less(total, kept) * millionths;
}

/* What the guest takes beside its memory, but for what would not fit into a number. */
static uint64_t overhead_by_hand(const RandomCase *c, Wide n, Wide vcpus, Wide memory) {
        Wide mib = 1024U * 1024U, bytes = (memory + 511) / 512 + 8 * mib * vcpus + 70 * mib * n;

        bytes += c->machine.arm64 ? 128 * mib * n : 0;
        bytes += (Wide) c->policy.launcher * n;
        return bytes > UINT64_MAX ? UINT64_MAX : (uint64_t) bytes;
}

static uint64_t narrow(Wide value) {
        return value > UINT64_MAX ? UINT64_MAX : (uint64_t) value;
}

static bool memory_fits(const RandomCase *c, uint64_t overhead, uint64_t n) {
        const CapacityMachine *m = &c->machine;
        Wide total = less(m->memory_total.value, m->huge_pool_bytes),
             host = less(total, m->memory_available.value), promised = 0;

        if (!m->memory_total.known || !m->memory_available.known)
                return true;
        if (m->guests_known) {
                Wide huge = m->guest_huge < m->huge_pool_used_bytes ? m->guest_huge
                                                                    : m->huge_pool_used_bytes,
                     guests = less(m->guest_memory, huge);

                host = less(host, m->guest_resident);
                promised = guests > m->guest_resident ? guests : m->guest_resident;
                promised =
                        narrow(promised + overhead_by_hand(c, m->guests, m->guest_vcpus, m->guest_memory));
        }
        if (host < c->policy.reserve_memory)
                host = c->policy.reserve_memory;

        return fit(total, host, promised, c->policy.memory_ratio,
                   c->guest.huge_page > 0 ? overhead : narrow((Wide) c->guest.memory + overhead), n);
}

static bool commit_fits(const RandomCase *c, uint64_t overhead, uint64_t n) {
        const CapacityMachine *m = &c->machine;

        return !m->never_overcommits.known || m->never_overcommits.value == 0 ||
               fit(m->commit_limit, m->committed, 0, 1,
                   c->guest.huge_page > 0 ? overhead : narrow((Wide) c->guest.memory + overhead), n);
}

static bool huge_pages_fit(const RandomCase *c, uint64_t n) {
        const CapacityMachine *m = &c->machine;
        Wide pages;

        if (c->guest.huge_page == 0 || !m->huge_pages_total.known)
                return true;

        /* More bytes than a number can say are as many as it can say, of what is there and of what is used.
         */
        pages = (c->guest.memory + (Wide) c->guest.huge_page - 1) / c->guest.huge_page;
        return fit(narrow((Wide) m->huge_pages_total.value * c->guest.huge_page),
                   narrow(less(m->huge_pages_total.value, m->huge_pages_free) * c->guest.huge_page), 0, 1,
                   narrow(pages * c->guest.huge_page), n);
}

bool fits_by_hand(const RandomCase *c, CapacityResource resource, uint64_t n) {
        const CapacityMachine *m = &c->machine;
        const uint64_t overhead = overhead_by_hand(c, 1, c->guest.vcpus, c->guest.memory);

        switch (resource) {
        case CAPACITY_CPU:
                return !m->cpus.known ||
                       fit(m->cpus.value, c->policy.reserve_cpus, m->guests_known ? m->guest_vcpus : 0,
                           c->policy.cpu_ratio, c->guest.vcpus, n);
        case CAPACITY_MEMORY:
                return memory_fits(c, overhead, n);
        case CAPACITY_HUGE_PAGES:
                return huge_pages_fit(c, n);
        case CAPACITY_DISK:
                return c->guest.disk == 0 || !m->disk_total.known || !m->disk_available.known ||
                       fit(m->disk_available.value, 0, 0, c->policy.disk_ratio, c->guest.disk, n);
        case CAPACITY_VCPUS:
                return n == 0 || !m->max_vcpus.known || c->guest.vcpus <= m->max_vcpus.value;
        case CAPACITY_THREADS:
                return !m->threads_max.known || fit(m->threads_max.value, m->threads, 0, 1,
                                                    narrow((Wide) c->guest.vcpus + GUEST_THREADS), n);
        default:
                return commit_fits(c, overhead, n);
        }
}

static uint64_t memory_per_guest(const RandomCase *c) {
        const uint64_t overhead = overhead_by_hand(c, 1, c->guest.vcpus, c->guest.memory);

        return c->guest.huge_page > 0 ? overhead : narrow((Wide) c->guest.memory + overhead);
}

static Wide pages_per_guest(const RandomCase *c) {
        return (c->guest.memory + (Wide) c->guest.huge_page - 1) / c->guest.huge_page;
}

bool fits_node_by_hand(const RandomCase *c, const CapacityNode *node, CapacityResource resource,
                       uint64_t n) {
        switch (resource) {
        case CAPACITY_CPU:
                return !node->cpus.known ||
                       fit(node->cpus.value, 0, 0, c->policy.cpu_ratio, c->guest.vcpus, n);
        case CAPACITY_MEMORY:
                return !node->memory_available.known || fit(node->memory_available.value, 0, 0,
                                                            c->policy.memory_ratio, memory_per_guest(c), n);
        case CAPACITY_HUGE_PAGES:
                return c->guest.huge_page == 0 || !node->huge_pages_free.known ||
                       fit(narrow((Wide) node->huge_pages_free.value * c->guest.huge_page), 0, 0, 1,
                           narrow(pages_per_guest(c) * c->guest.huge_page), n);
        default:
                return true;
        }
}

/* With a ratio it takes more, or less, and in any case one guest's own. */
static bool grow(Amount *amount, Wide per_guest, double ratio) {
        Wide millionths = (Wide) (ratio * MILLION + 0.5), more;

        if (millionths == 0)
                millionths = 1;
        more = per_guest + (per_guest * MILLION + millionths - 1) / millionths;
        if (!amount->known)
                return true;
        if (amount->value + more > UINT64_MAX / 4)
                return false;

        amount->value += (uint64_t) more;
        return true;
}

bool give_node_more(CapacityNode *node, const RandomCase *c, CapacityResource resource) {
        switch (resource) {
        case CAPACITY_CPU:
                return grow(&node->cpus, c->guest.vcpus, c->policy.cpu_ratio);
        case CAPACITY_MEMORY:
                return grow(&node->memory_available, memory_per_guest(c), c->policy.memory_ratio);
        case CAPACITY_HUGE_PAGES:
                return (node->huge_pages_free.value + 2 * pages_per_guest(c)) * c->guest.huge_page <
                               UINT64_MAX / 4 &&
                       grow(&node->huge_pages_free, pages_per_guest(c), 1);
        default:
                return true;
        }
}

void give_more(CapacityMachine *m, const CapacityGuest *guest, CapacityResource resource, uint64_t more) {
        switch (resource) {
        case CAPACITY_CPU:
                m->cpus.value += more;
                return;
        case CAPACITY_MEMORY:
                m->memory_total.value += more;
                m->memory_available.value += more;
                return;
        case CAPACITY_HUGE_PAGES:
                g_assert_cmpuint(more % guest->huge_page, ==, 0);
                m->huge_pages_total.value += more / guest->huge_page;
                m->huge_pages_free += more / guest->huge_page;
                return;
        case CAPACITY_DISK:
                m->disk_total.value += more;
                m->disk_available.value += more;
                return;
        case CAPACITY_VCPUS:
                m->max_vcpus.value += more;
                return;
        case CAPACITY_THREADS:
                m->threads_max.value += more;
                return;
        default:
                m->commit_limit += more;
        }
}

static char *amount(Amount a) {
        return a.known ? g_strdup_printf("%" G_GUINT64_FORMAT, a.value) : g_strdup("?");
}

char *case_to_string(const RandomCase *c) {
        const CapacityMachine *m = &c->machine;
        g_autofree char *cpus = amount(m->cpus), *total = amount(m->memory_total),
                        *available = amount(m->memory_available), *pages = amount(m->huge_pages_total),
                        *disk = amount(m->disk_total), *disk_available = amount(m->disk_available),
                        *max = amount(m->max_vcpus), *threads = amount(m->threads_max),
                        *never = amount(m->never_overcommits);
        GString *s = g_string_new(NULL);

        g_string_append_printf(s,
                               "guest: vcpus %" G_GUINT64_FORMAT " memory %" G_GUINT64_FORMAT
                               " disk %" G_GUINT64_FORMAT " page %" G_GUINT64_FORMAT
                               "; ratios %g %g %g reserve %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                               " launcher %" G_GUINT64_FORMAT,
                               c->guest.vcpus, c->guest.memory, c->guest.disk, c->guest.huge_page,
                               c->policy.cpu_ratio, c->policy.memory_ratio, c->policy.disk_ratio,
                               c->policy.reserve_cpus, c->policy.reserve_memory, c->policy.launcher);
        g_string_append_printf(
                s,
                "; cpus %s memory %s of %s pools %" G_GUINT64_FORMAT " used %" G_GUINT64_FORMAT
                " pages %" G_GUINT64_FORMAT " of %s disk %s of %s max %s threads "
                "%" G_GUINT64_FORMAT " of %s commit %s %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
                cpus, available, total, m->huge_pool_bytes, m->huge_pool_used_bytes, m->huge_pages_free,
                pages, disk_available, disk, max, m->threads, threads, never, m->committed, m->commit_limit);
        g_string_append_printf(s,
                               "; guests %s %" G_GUINT64_FORMAT " vcpus %" G_GUINT64_FORMAT
                               " memory %" G_GUINT64_FORMAT " huge %" G_GUINT64_FORMAT
                               " resident %" G_GUINT64_FORMAT "; arm64 %d",
                               m->guests_known ? "known" : "unknown", m->guests, m->guest_vcpus,
                               m->guest_memory, m->guest_huge, m->guest_resident, m->arm64);
        return g_string_free(s, FALSE);
}
