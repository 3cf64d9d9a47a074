/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows libvirt's view of a machine. */

#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "fields.h"
#include "node-info.h"

static void number_field(const Output *output, const char *name, Json *node_info, const char *key,
                         const char *of_what) {
        if (doc_number(node_info, key) > 0)
                field_format(output, name, "%" PRIu64 "%s", doc_number(node_info, key), of_what);
}

bool node_info_is_known(Json *node_info) {
        for (Member *m = doc_first(node_info); m; m = doc_next(m))
                if (!isempty(doc_text(node_info, doc_key(m))) || doc_number(node_info, doc_key(m)) > 0)
                        return true;

        return false;
}

void node_info_fields(const Output *output, Json *node_info) {
        field_text(output, "CPU model", STYLE_PLAIN, doc_text(node_info, "model"));
        number_field(output, "CPUs", node_info, "cpus", "");
        number_field(output, "CPU frequency", node_info, "mhz", " MHz");
        number_field(output, "NUMA cells", node_info, "nodes", "");
        number_field(output, "Sockets", node_info, "sockets", " per NUMA cell");
        number_field(output, "Cores", node_info, "cores", " per socket");
        number_field(output, "Threads", node_info, "threads", " per core");
        number_field(output, "Memory", node_info, "memory_kib", " KiB");
        if (doc_flag(node_info, "fallback"))
                field_text(output, "Note", STYLE_PLAIN,
                           "libvirt cannot describe this machine, and says that each CPU is a core of one "
                           "socket.");
}
