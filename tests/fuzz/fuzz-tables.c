/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are one table or one value, each as every reader of such a file sees it. */

#include <errno.h>

#include "../../daemon/facts/device.h"
#include "../../daemon/facts/meminfo.h"
#include "../../daemon/facts/memory.h"
#include "../../daemon/facts/owner.h"
#include "../../daemon/facts/values.h"
#include "../../daemon/facts/zoneinfo.h"
#include "tree.h"

static void run_meminfo(const FuzzTree *tree) {
        _cleanup_(memory_facts_done) MemoryFacts memory = {};
        Meminfo meminfo = {};

        if (meminfo_read(tree->root, "proc/meminfo", &meminfo) < 0)
                return;

        fuzz_assert(meminfo.has_total || meminfo.total_bytes == 0);
        fuzz_assert(meminfo.has_available || meminfo.available_bytes == 0);
        fuzz_assert(meminfo.total_bytes % 1024 == 0);

        fuzz_assert(memory_facts_read(tree->root, &memory) == 0);
        fuzz_assert(memory.total_bytes == meminfo.total_bytes);
        fuzz_assert(memory.n_huge_pages == 0);
}

/* No node keeps more than it has. */
static void run_zoneinfo(const FuzzTree *tree) {
        NodeZones nodes[] = { { .id = 0 }, { .id = 1 } };

        if (zoneinfo_read(tree->root, nodes, ELEMENTSOF(nodes)) >= 0)
                FOREACH_ELEMENT(node, nodes)
                        fuzz_assert(node->reserved <= node->managed);
}

/* Whoever it is, he has a name that can be shown, or his number. */
static void run_accounts(const FuzzTree *tree) {
        static const id_t ids[] = { 0, 1, 1000, UINT32_MAX };
        _cleanup_(accounts_done) Accounts accounts = { .root = tree->root };

        FOREACH_ELEMENT(id, ids) {
                _cleanup_free_ char *user = NULL, *group = NULL;
                _cleanup_(account_done) Account account = {};

                fuzz_assert(accounts_user_name(&accounts, *id, &user, NULL) == 0);
                fuzz_assert(accounts_group_name(&accounts, *id, &group, NULL) == 0);
                fuzz_assert(!isempty(user) && user[0] != '+');
                fuzz_assert(!isempty(group) && group[0] != '+');
                fuzz_assert_printable(user);
                fuzz_assert_printable(group);

                fuzz_assert(account_read(&accounts, *id, &account) == 0);
                fuzz_assert(!account.name || streq(account.name, user));
                fuzz_assert(account.name || account.n_groups == 0);
        }
}

/* All devices are listed or not, or none is known to be. */
static void run_misc(const FuzzTree *tree) {
        _cleanup_(devices_facts_done) DevicesFacts devices = {};
        const KernelFacts kernel = {};
        bool known;

        fuzz_assert(devices_facts_read(tree->root, &kernel, &devices) == 0);
        known = devices.devices[0].registered != TRISTATE_UNKNOWN;

        FOREACH_ELEMENT(device, devices.devices) {
                fuzz_assert(known == (device->registered != TRISTATE_UNKNOWN));
                fuzz_assert(device->has_node == TRISTATE_UNKNOWN);
        }
}

static void run_values(const FuzzTree *tree) {
        _cleanup_(cpu_set_done) CpuSet list = {}, mask = {};
        _cleanup_free_ char *line = NULL;
        int64_t number = 0;

        if (root_read_line(tree->root, "proc/meminfo", &line) >= 0)
                fuzz_assert_printable(line);

        if (read_number_at(tree->root, &number, "proc/%s", "meminfo") >= 0)
                fuzz_assert(line && strtoll(line, NULL, 10) == number);

        (void) read_cpu_list_at(tree->root, &list, "proc/%s", "meminfo");
        (void) read_cpu_mask_at(tree->root, &mask, "proc/%s", "meminfo");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const paths[] = { "proc/meminfo", "proc/misc",      "proc/zoneinfo", "etc/passwd",
                                             "etc/group",    "usr/lib/passwd", "usr/lib/group" };
        _cleanup_(fuzz_tree_freep) FuzzTree *tree = fuzz_tree_new();

        FOREACH_ELEMENT(path, paths)
                fuzz_tree_file(tree, *path, data, size);

        run_meminfo(tree);
        run_accounts(tree);
        run_misc(tree);
        run_zoneinfo(tree);
        run_values(tree);
        return 0;
}
