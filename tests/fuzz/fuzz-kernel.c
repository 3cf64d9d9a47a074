/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What depends on the kernel's release, configuration and command line: control groups and namespaces, too.
 */

#include <ctype.h>

#include "../../daemon/facts/cgroup.h"
#include "../../daemon/facts/namespace.h"
#include "tree.h"

static void assert_kernel(const KernelFacts *kernel) {
        fuzz_assert_printable(kernel->release);
        fuzz_assert_printable(kernel->command_line);
        fuzz_assert(!kernel->release || isdigit((unsigned char) kernel->release[0]));

        /* A configuration tells of all of them. */
        FOREACH_ELEMENT(option, kernel->options)
                fuzz_assert((kernel->options[0] == TRISTATE_UNKNOWN) == (*option == TRISTATE_UNKNOWN));

        /* What is as new as something is as new as all that is older. */
        fuzz_assert(kernel_at_least(kernel, 6, 1, 0) != TRISTATE_YES ||
                    kernel_at_least(kernel, 5, 19, 17) == TRISTATE_YES);
        fuzz_assert((kernel_at_least(kernel, 0, 0, 0) == TRISTATE_UNKNOWN) == (kernel->version[0] == 0));
}

static void assert_cgroup(const CgroupFacts *cgroup) {
        fuzz_assert(cgroup_layout_to_string(cgroup->layout));

        FOREACH_ELEMENT(state, cgroup->controllers) {
                fuzz_assert(*state <= CGROUP_STATE_ABSENT);
                if (cgroup->layout == CGROUP_LAYOUT_UNKNOWN)
                        fuzz_assert(*state == CGROUP_STATE_UNKNOWN);
                if (cgroup->layout == CGROUP_LAYOUT_NONE)
                        fuzz_assert(*state != CGROUP_STATE_AVAILABLE);
                if (cgroup->layout == CGROUP_LAYOUT_V2)
                        fuzz_assert(*state != CGROUP_STATE_NOT_MOUNTED);
        }
}

static void assert_tristate(Tristate value) {
        fuzz_assert(value == TRISTATE_UNKNOWN || value == TRISTATE_NO || value == TRISTATE_YES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(fuzz_tree_freep) FuzzTree *files = fuzz_tree_new_from(data, size);
        _cleanup_(kernel_facts_done) KernelFacts kernel = {};
        NamespaceFacts namespaces = {};
        CgroupFacts cgroup = {};

        fuzz_assert(kernel_facts_read(files->root, &kernel) == 0);
        fuzz_assert(cgroup_facts_read(files->root, &kernel, &cgroup) == 0);
        fuzz_assert(namespace_facts_read(files->root, &kernel, &namespaces) == 0);

        assert_kernel(&kernel);
        assert_cgroup(&cgroup);
        for (size_t i = 0; i < _NAMESPACE_KIND_MAX; i++) {
                assert_tristate(namespaces.supported[i]);
                assert_tristate(namespaces.forbidden[i]);
        }
        assert_tristate(namespaces.user_privileged_only);
        assert_tristate(namespaces.user_restricted);
        return 0;
}
