/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses meminfo. */

#include <string.h>

#include "../basic/macro.h"
#include "meminfo.h"
#include "values.h"

/* It has some fifty lines, and a node's fits into a page. */
#define MEMINFO_MAX (64U * 1024U)

static const char *skip_node_prefix(const char *line) {
        const char *rest = startswith(line, "Node ");
        uint64_t node;

        if (!rest || parse_unsigned(rest, &node, &rest) < 0)
                return line;

        return rest + strspn(rest, " ");
}

/* The unit is printed as "kB" and means KiB. */
static bool parse_line(const char *line, const char *name, uint64_t *ret_bytes) {
        const char *rest = startswith(line, name);
        uint64_t kib;

        if (!rest || parse_unsigned(rest + strspn(rest, " "), &kib, &rest) < 0 || !streq(rest, " kB") ||
            kib > UINT64_MAX / BYTES_PER_KIB)
                return false;

        *ret_bytes = kib * BYTES_PER_KIB;
        return true;
}

int meminfo_read(const Root *root, const char *path, Meminfo *ret) {
        _cleanup_free_ char *text = NULL;
        uint64_t active = 0, inactive = 0;
        bool has_limit = false;
        Meminfo meminfo = {};
        char *cursor, *line;
        int r;

        r = root_read(root, path, MEMINFO_MAX, &text);
        if (r < 0)
                return r;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                const char *entry = skip_node_prefix(line);

                meminfo.has_total |= parse_line(entry, "MemTotal:", &meminfo.total_bytes);
                meminfo.has_available |= parse_line(entry, "MemAvailable:", &meminfo.available_bytes);
                meminfo.has_free |= parse_line(entry, "MemFree:", &meminfo.free_bytes);
                (void) parse_line(entry, "Active(file):", &active);
                (void) parse_line(entry, "Inactive(file):", &inactive);
                (void) parse_line(entry, "SReclaimable:", &meminfo.reclaimable_bytes);
                has_limit |= parse_line(entry, "CommitLimit:", &meminfo.commit_limit_bytes);
                meminfo.has_commit |= parse_line(entry, "Committed_AS:", &meminfo.committed_bytes);
        }

        meminfo.has_commit &= has_limit;
        if (__builtin_add_overflow(active, inactive, &meminfo.file_bytes))
                meminfo.file_bytes = 0;

        *ret = meminfo;
        return 0;
}
