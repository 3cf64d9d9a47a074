/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses zoneinfo. */

#include <string.h>

#include "../basic/macro.h"
#include "values.h"
#include "zoneinfo.h"

/* Each zone has some lines for each CPU: 16 nodes with 1000 of these make 2 MiB. */
#define ZONEINFO_MAX (16U * 1024U * 1024U)

typedef struct Zone {
        uint64_t managed, high, protection;
} Zone;

/* "high     17", and not "high: 378", which is about the lists of a CPU. */
static void take_number(const char *line, const char *name, uint64_t *number) {
        const char *rest = startswith(line, name);
        uint64_t value;

        if (rest && parse_unsigned(rest + strspn(rest, " "), &value, &rest) >= 0 && *rest == '\0')
                *number = value;
}

/* "protection: (0, 1895, 7811)": the largest of them. */
static void take_protection(const char *line, uint64_t *protection) {
        const char *rest = startswith(line, "protection: (");
        uint64_t value;

        while (rest && parse_unsigned(rest, &value, &rest) >= 0) {
                if (value > *protection)
                        *protection = value;
                rest = startswith(rest, ", ");
        }
}

static void add_zone(NodeZones *node, const Zone *zone) {
        uint64_t kept, managed;

        if (__builtin_add_overflow(zone->high, zone->protection, &kept) || kept > zone->managed)
                kept = zone->managed;
        if (__builtin_add_overflow(node->managed, zone->managed, &managed))
                return;

        node->managed = managed;
        node->reserved += kept;
}

/* "Node 0, zone   Normal" begins the next one. */
static NodeZones *find_node(const char *rest, NodeZones *nodes, size_t n) {
        uint64_t id;

        if (parse_unsigned(rest, &id, &rest) < 0 || !startswith(rest, ", zone "))
                return NULL;

        FOREACH_ARRAY(node, nodes, n)
                if (node->id == id)
                        return node;

        return NULL;
}

int zoneinfo_read(const Root *root, NodeZones *nodes, size_t n) {
        _cleanup_free_ char *text = NULL;
        NodeZones *node = NULL;
        char *cursor, *line;
        Zone zone = {};
        int r;

        r = root_read(root, "proc/zoneinfo", ZONEINFO_MAX, &text);
        if (r < 0)
                return r;

        for (cursor = text; (line = strsep(&cursor, "\n"));) {
                const char *rest = startswith(line, "Node ");

                line += strspn(line, " ");
                if (rest) {
                        if (node)
                                add_zone(node, &zone);
                        node = find_node(rest, nodes, n);
                        zone = (Zone){};
                }

                take_number(line, "managed ", &zone.managed);
                take_number(line, "high ", &zone.high);
                take_protection(line, &zone.protection);
        }
        if (node)
                add_zone(node, &zone);

        return 0;
}
