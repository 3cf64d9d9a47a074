/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts guests, resource by resource. For each of them guests take, all together, no more than
 *
 *     (total - what is not for guests) * ratio - what is promised to guests already
 *
 * as OpenStack's placement has it, where what is not for guests is "reserved". And no guest alone takes more
 * than what is not reserved, whatever the ratio: it would overcommit against itself (nova,
 * nova/virt/hardware.py: _numa_fit_instance_cell(); max_unit in nova/virt/libvirt/driver.py). */

#include <errno.h>
#include <math.h>

#include "capacity.h"

/* Wide enough for any number times any ratio. */
typedef unsigned __int128 Wide;

#define RATIO_UNIT 1000000U

/* What one resource comes down to. */
typedef struct Share {
        uint64_t total;
        uint64_t kept;     /* not for guests, or used by now: the ratio is of what is left */
        uint64_t promised; /* to guests, of what that makes */
        uint64_t per_guest;
        uint64_t ratio; /* in millionths */
} Share;

static const char *const capacity_resource_table[_CAPACITY_RESOURCE_MAX] = {
        [CAPACITY_CPU] = "cpu",       [CAPACITY_MEMORY] = "memory", [CAPACITY_HUGE_PAGES] = "hugepages",
        [CAPACITY_DISK] = "disk",     [CAPACITY_VCPUS] = "vcpus",   [CAPACITY_THREADS] = "threads",
        [CAPACITY_COMMIT] = "commit",
};
DEFINE_STRING_TABLE(capacity_resource, CapacityResource);

const char *capacity_resource_unit(CapacityResource resource) {
        switch (resource) {
        case CAPACITY_CPU:
                return "cpus";
        case CAPACITY_VCPUS:
                return "vcpus";
        case CAPACITY_THREADS:
                return "threads";
        default:
                return "bytes";
        }
}

bool capacity_ratio_is_valid(double ratio) {
        return isfinite(ratio) && ratio >= CAPACITY_RATIO_MIN && ratio <= CAPACITY_RATIO_MAX;
}

static uint64_t in_millionths(double ratio) {
        return (uint64_t) (ratio * RATIO_UNIT + 0.5);
}

static uint64_t narrow(Wide value) {
        return value > UINT64_MAX ? UINT64_MAX : (uint64_t) value;
}

static uint64_t subtract(uint64_t a, uint64_t b) {
        return a > b ? a - b : 0;
}

/* What is there for guests, with the ratio. */
static Wide share_available(const Share *share) {
        Wide capacity = (Wide) subtract(share->total, share->kept) * share->ratio / RATIO_UNIT;

        return capacity > share->promised ? capacity - share->promised : 0;
}

static uint64_t share_guests(const Share *share) {
        Wide guests;

        if (share->per_guest > subtract(share->total, share->kept))
                return 0;
        if (share->per_guest == 0)
                return CAPACITY_UNLIMITED;

        guests = share_available(share) / share->per_guest;
        return guests >= CAPACITY_UNLIMITED ? CAPACITY_UNLIMITED : (uint64_t) guests;
}

/* By how much the total would have to grow for GUESTS guests. */
static uint64_t share_short_by(const Share *share, uint64_t guests) {
        Wide promised = (Wide) guests * share->per_guest + share->promised,
             needed = (promised * RATIO_UNIT + share->ratio - 1) / share->ratio;

        if (needed < share->per_guest)
                needed = share->per_guest;
        needed += share->kept;

        return needed > share->total ? narrow(needed - share->total) : 0;
}

/* What a resource of the machine comes down to, and what is said of it. A ratio of NULL is 1. */
typedef struct Resource {
        bool known;
        Share share;
        double ratio;
        uint64_t reserved, used, overhead;
} Resource;

static Resource cpu(const CapacityMachine *machine, const CapacityGuest *guest,
                    const CapacityPolicy *policy) {
        uint64_t used = machine->guests_known ? machine->guest_vcpus : 0;

        return (Resource){
                .known = machine->cpus.known,
                .ratio = policy->cpu_ratio,
                .reserved = policy->reserve_cpus,
                .used = used,
                .share = { .total = machine->cpus.value,
                           .kept = policy->reserve_cpus,
                           .promised = used,
                           .per_guest = guest->vcpus },
        };
}

/* The memory that guests may use, and what they take beside that. Of what is said to be in huge pages only
 * as much is there as is in use; of ordinary memory they have at least what they use. */
static uint64_t memory_of_guests(const CapacityMachine *machine, const CapacityPolicy *policy) {
        uint64_t huge = machine->guest_huge < machine->huge_pool_used_bytes ? machine->guest_huge
                                                                            : machine->huge_pool_used_bytes,
                 ordinary = subtract(machine->guest_memory, huge);

        if (ordinary < machine->guest_resident)
                ordinary = machine->guest_resident;

        return add_saturated(ordinary,
                             guest_overhead(machine->guests, machine->guest_vcpus, machine->guest_memory,
                                            machine->arm64, policy->launcher)
                                     .total);
}

/* The host has what it uses now, and what it could be asked to give back to it. */
static Resource memory(const CapacityMachine *machine, const CapacityGuest *guest,
                       const CapacityPolicy *policy, uint64_t overhead) {
        uint64_t total = subtract(machine->memory_total.value, machine->huge_pool_bytes),
                 host = subtract(total, machine->memory_available.value), used = 0;

        if (machine->guests_known) {
                host = subtract(host, machine->guest_resident);
                used = memory_of_guests(machine, policy);
        }
        if (host < policy->reserve_memory)
                host = policy->reserve_memory;

        return (Resource){
                .known = machine->memory_total.known && machine->memory_available.known,
                .ratio = policy->memory_ratio,
                .reserved = host,
                .used = used,
                .overhead = overhead,
                .share = { .total = total,
                           .kept = host,
                           .promised = used,
                           .per_guest = guest->huge_page > 0 ? overhead
                                                             : add_saturated(guest->memory, overhead) },
        };
}

/* What is in use of one is lost to new guests whoever has it, and there is no ratio. */
static Resource fixed(bool known, uint64_t total, uint64_t used, uint64_t per_guest) {
        return (Resource){
                .known = known,
                .ratio = 1,
                .used = used,
                .share = { .total = total, .kept = used, .per_guest = per_guest },
        };
}

/* A page is in use as a whole. */
static Resource huge_pages(const CapacityMachine *machine, const CapacityGuest *guest) {
        uint64_t size = guest->huge_page, pages = guest->memory / size + (guest->memory % size > 0),
                 used = subtract(machine->huge_pages_total.value, machine->huge_pages_free);

        return fixed(machine->huge_pages_total.known,
                     multiply_saturated(machine->huge_pages_total.value, size),
                     multiply_saturated(used, size), multiply_saturated(pages, size));
}

static Resource disk(const CapacityMachine *machine, const CapacityGuest *guest,
                     const CapacityPolicy *policy) {
        Resource resource =
                fixed(machine->disk_total.known && machine->disk_available.known, machine->disk_total.value,
                      subtract(machine->disk_total.value, machine->disk_available.value), guest->disk);

        resource.ratio = policy->disk_ratio;
        return resource;
}

/* Address space in huge pages is not counted (mm/hugetlb.c: hugetlb_reserve_pages() counts pages). */
static Resource commit(const CapacityMachine *machine, const CapacityGuest *guest, uint64_t overhead) {
        Resource resource =
                fixed(machine->never_overcommits.known, machine->commit_limit, machine->committed,
                      guest->huge_page > 0 ? overhead : add_saturated(guest->memory, overhead));

        resource.overhead = overhead;
        return resource;
}

static Resource resource_of(CapacityResource id, const CapacityMachine *machine, const CapacityGuest *guest,
                            const CapacityPolicy *policy, uint64_t overhead) {
        switch (id) {
        case CAPACITY_CPU:
                return cpu(machine, guest, policy);
        case CAPACITY_MEMORY:
                return memory(machine, guest, policy, overhead);
        case CAPACITY_HUGE_PAGES:
                return huge_pages(machine, guest);
        case CAPACITY_DISK:
                return disk(machine, guest, policy);
        case CAPACITY_VCPUS:
                return fixed(machine->max_vcpus.known, machine->max_vcpus.value, 0, guest->vcpus);
        case CAPACITY_THREADS:
                return fixed(machine->threads_max.known, machine->threads_max.value, machine->threads,
                             add_saturated(guest->vcpus, GUEST_THREADS));
        default:
                return commit(machine, guest, overhead);
        }
}

static bool applies(CapacityResource id, const CapacityMachine *machine, const CapacityGuest *guest) {
        switch (id) {
        case CAPACITY_HUGE_PAGES:
                return guest->huge_page > 0;
        case CAPACITY_DISK:
                return guest->disk > 0;
        case CAPACITY_COMMIT:
                return !machine->never_overcommits.known || machine->never_overcommits.value > 0;
        default:
                return true;
        }
}

/* Of what is a limit to each guest there is enough for any number of them, or for none. */
static uint64_t guests_of(CapacityResource id, const Share *share) {
        if (id == CAPACITY_VCPUS)
                return share->per_guest <= share->total ? CAPACITY_UNLIMITED : 0;

        return share_guests(share);
}

/* Guests that nobody has counted have vCPUs, and memory that they have not touched yet. */
static bool is_at_most(CapacityResource id, const CapacityMachine *machine) {
        return (id == CAPACITY_CPU || id == CAPACITY_MEMORY) &&
               (!machine->guests_known || machine->guests_missing);
}

static CapacityEntry entry_of(CapacityResource id, const Resource *resource) {
        CapacityEntry entry = {
                .applies = true,
                .known = resource->known,
                .per_guest = resource->share.per_guest,
                .overhead = resource->overhead,
                .ratio = resource->ratio,
                .guests = CAPACITY_UNLIMITED,
        };

        if (!entry.known)
                return entry;

        entry.total = resource->share.total;
        entry.reserved = resource->reserved;
        entry.used = resource->used;
        entry.available = narrow(share_available(&resource->share));
        entry.guests = guests_of(id, &resource->share);
        return entry;
}

/* With one more guest each resource that ends with these is short of something. */
static void find_limits(CapacityEstimate *estimate, const Resource *resources) {
        estimate->guests = CAPACITY_UNLIMITED;
        FOREACH_ELEMENT(entry, estimate->entries)
                if (entry->applies && entry->guests < estimate->guests)
                        estimate->guests = entry->guests;

        estimate->known = estimate->guests < CAPACITY_UNLIMITED;
        for (CapacityResource id = 0; estimate->known && id < _CAPACITY_RESOURCE_MAX; id++) {
                CapacityEntry *entry = &estimate->entries[id];

                if (!entry->applies || entry->guests != estimate->guests)
                        continue;

                entry->limiting = true;
                entry->short_by = share_short_by(&resources[id].share,
                                                 id == CAPACITY_VCPUS ? 1 : estimate->guests + 1);
        }
}

static bool is_valid(const CapacityPolicy *policy) {
        return capacity_ratio_is_valid(policy->cpu_ratio) && capacity_ratio_is_valid(policy->memory_ratio) &&
               capacity_ratio_is_valid(policy->disk_ratio);
}

int capacity_estimate(const CapacityMachine *machine, const CapacityGuest *guest,
                      const CapacityPolicy *policy, CapacityEstimate *ret) {
        Resource resources[_CAPACITY_RESOURCE_MAX] = {};
        CapacityEstimate estimate = {};

        if (guest->vcpus == 0 || guest->memory == 0)
                return -EINVAL;
        if (!is_valid(policy))
                return -ERANGE;

        estimate.overhead = guest_overhead(1, guest->vcpus, guest->memory, machine->arm64, policy->launcher);
        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                if (!applies(id, machine, guest))
                        continue;

                resources[id] = resource_of(id, machine, guest, policy, estimate.overhead.total);
                resources[id].share.ratio = in_millionths(resources[id].ratio);
                estimate.entries[id] = entry_of(id, &resources[id]);
                estimate.entries[id].at_most = is_at_most(id, machine);
        }

        find_limits(&estimate, resources);
        *ret = estimate;
        return 0;
}

/* Takes one resource of a node, and the guests that it is enough for, into account. */
static void count_in_node(CapacityNodeEstimate *node, CapacityResource id, Amount available,
                          uint64_t per_guest, double ratio) {
        Share share = { .total = available.value, .per_guest = per_guest, .ratio = in_millionths(ratio) };
        uint64_t guests = available.known ? share_guests(&share) : CAPACITY_UNLIMITED;

        if (!available.known || guests > node->guests)
                return;

        if (guests < node->guests)
                for (CapacityResource other = 0; other < _CAPACITY_RESOURCE_MAX; other++)
                        node->limiting[other] = false;

        node->guests = guests;
        node->limiting[id] = true;
        node->known = true;
}

void capacity_estimate_node(const CapacityNode *node, const CapacityGuest *guest,
                            const CapacityPolicy *policy, const CapacityEstimate *estimate,
                            CapacityNodeEstimate *ret) {
        CapacityNodeEstimate result = { .guests = CAPACITY_UNLIMITED };
        const CapacityEntry *entries = estimate->entries;

        count_in_node(&result, CAPACITY_CPU, node->cpus, guest->vcpus, policy->cpu_ratio);
        count_in_node(&result, CAPACITY_MEMORY, node->memory_available, entries[CAPACITY_MEMORY].per_guest,
                      policy->memory_ratio);
        if (guest->huge_page > 0)
                count_in_node(&result, CAPACITY_HUGE_PAGES,
                              (Amount){ .known = node->huge_pages_free.known,
                                        .value = multiply_saturated(node->huge_pages_free.value,
                                                                    guest->huge_page) },
                              entries[CAPACITY_HUGE_PAGES].per_guest, 1);

        /* What ends first in the whole machine is said of that, and of both where they end together. */
        if (result.known && estimate->known && estimate->guests <= result.guests) {
                if (estimate->guests < result.guests)
                        result = (CapacityNodeEstimate){ .known = true, .guests = estimate->guests };
                for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                        result.limiting[id] = result.limiting[id] || entries[id].limiting;
        }

        *ret = result;
}
