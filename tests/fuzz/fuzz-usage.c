/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What virtready-libvirt has printed: it is taken or refused, and what is taken can be counted with. */

#include <errno.h>

#include "../../daemon/capacity/inputs.h"
#include "fuzz.h"

static void count(const Usage *usage) {
        const Facts facts = { .live = true, .kvm.limits.max_vcpus = 1024 };
        const MemoryFacts memory = { .total_bytes = UINT64_C(1) << 40,
                                     .available_known = true,
                                     .available_bytes = UINT64_C(1) << 39 };
        const HeadroomFacts headroom = {};
        const CapacityInputs inputs = {
                .facts = &facts, .memory = &memory, .headroom = &headroom, .usage = usage
        };
        const CapacityGuest guest = { .vcpus = 2, .memory = UINT64_C(1) << 30, .disk = 4096 };
        const CapacityPolicy policy = { .cpu_ratio = 1, .memory_ratio = 1.5, .disk_ratio = 1 };
        const CapacityMachine machine = capacity_machine(&inputs);
        CapacityEstimate estimate;

        fuzz_assert(capacity_estimate(&machine, &guest, &policy, &estimate) == 0);
        fuzz_assert(estimate.known && estimate.guests < 1024);
        FOREACH_ELEMENT(entry, estimate.entries)
                fuzz_assert(!entry->applies || !entry->known || entry->guests >= estimate.guests);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_copy(data, size);
        Usage usage = {};
        int r;

        r = usage_parse(text, size, &usage);
        fuzz_assert(r == 0 || r == -EBADMSG);
        fuzz_assert_printable(usage.detail);
        fuzz_assert_printable(usage.storage_path);
        fuzz_assert(usage.storage.available_bytes <= usage.storage.total_bytes);
        if (r == 0)
                count(&usage);
        usage_done(&usage);
        return 0;
}
