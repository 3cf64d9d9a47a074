/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the words that describe a topology. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>

#include "daemon/basic/cleanup.h"
#include "machine-topology.h"
#include "tests/cpu-tree.h"

static unsigned parse_number(const char *value) {
        guint64 number;

        if (!g_ascii_string_to_unsigned(value, 10, 1, 65536, &number, NULL))
                g_error("'%s' is no number of parts.", value);

        return (unsigned) number;
}

static void parse_word(CpuLayout *layout, const char *word) {
        g_auto(GStrv) pair = g_strsplit(word, "=", 2);
        const struct {
                const char *key;
                unsigned *value;
        } numbers[] = {
                { "packages", &layout->packages }, { "dies", &layout->dies },
                { "clusters", &layout->clusters }, { "cores", &layout->cores },
                { "threads", &layout->threads },   { "nodes", &layout->nodes },
        };

        if (!pair[0] || !pair[1])
                g_error("'%s' is not of the form KEY=VALUE.", word);

        FOREACH_ELEMENT(number, numbers)
                if (streq(pair[0], number->key)) {
                        *number->value = parse_number(pair[1]);
                        return;
                }

        if (streq(word, "numbering=split"))
                layout->split = true;
        else if (streq(word, "numbering=adjacent"))
                layout->split = false;
        else if (streq(pair[0], "offline"))
                g_assert_cmpint(cpu_set_parse_list(pair[1], &layout->offline), ==, 0);
        else if (streq(pair[0], "memory_kib"))
                layout->memory_kib = strtoul(pair[1], NULL, 10);
        else
                g_error("A topology has no '%s'.", pair[0]);
}

void machine_topology_unpack(const char *tree, char **words) {
        CpuLayout layout = {
                .packages = 1,
                .dies = 1,
                .clusters = 1,
                .cores = 1,
                .threads = 1,
                .nodes = 1,
                .memory_kib = 1024,
        };
        _cleanup_close_ int directory = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
        TreeWriter writer = { .directory = directory };

        for (char **word = words; *word; word++)
                parse_word(&layout, *word);

        cpu_tree_write(&writer, &layout);
        g_assert_cmpint(writer.error, ==, 0);
        cpu_set_done(&layout.offline);
}
