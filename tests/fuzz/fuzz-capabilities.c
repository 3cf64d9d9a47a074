/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The XML that libvirt describes a host with. */

#include <errno.h>

#include "../../daemon/libvirt/capabilities.h"
#include "fuzz.h"

static void check_guest(Json *guest) {
        static const char *const members[] = { "arch",  "virt_type", "machine",
                                               "alias", "emulator",  "max_vcpus" };

        FOREACH_ELEMENT(member, members)
                fuzz_assert(json_object_object_get_ex(guest, *member, NULL));
        fuzz_assert(json_object_object_length(guest) == (int) ELEMENTSOF(members));

        /* By these libvirt is asked about it. */
        fuzz_assert(json_object_get_string(json_object_object_get(guest, "arch")));
        fuzz_assert(json_object_get_string(json_object_object_get(guest, "virt_type")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_copy(data, size);
        _cleanup_(json_object_putp) Json *guests = NULL;
        size_t n;
        int r;

        r = capabilities_parse(text, &guests);
        fuzz_assert(r == 0 || r == -EBADMSG || r == -E2BIG);
        fuzz_assert((r == 0) == (guests != NULL));
        if (r < 0)
                return 0;

        n = json_object_array_length(guests);
        fuzz_assert(n <= CAPABILITIES_DOMAINS_MAX);
        for (size_t i = 0; i < n; i++)
                check_guest(json_object_array_get_idx(guests, i));
        fuzz_assert_json_text(guests);
        return 0;
}
