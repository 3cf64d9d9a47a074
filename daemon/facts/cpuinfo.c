/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits the lines of cpuinfo. */

#include <ctype.h>
#include <string.h>

#include "cpuinfo.h"
#include "values.h"

int cpuinfo_open(const Root *root, Cpuinfo *ret) {
        FILE *file;
        int r;

        r = root_fopen(root, "proc/cpuinfo", CPUINFO_MAX, &file);
        if (r < 0)
                return r;

        *ret = (Cpuinfo){ .file = file };
        return 0;
}

void cpuinfo_done(Cpuinfo *cpuinfo) {
        if (cpuinfo->file)
                (void) fclose(cpuinfo->file);
        cpuinfo->file = NULL;
}

static bool read_line(Cpuinfo *cpuinfo) {
        if (cpuinfo->n_bytes >= CPUINFO_MAX ||
            !fgets(cpuinfo->line, (int) sizeof(cpuinfo->line), cpuinfo->file))
                return false;

        /* A line that does not end may have gone on behind a zero byte. */
        cpuinfo->n_bytes += strchr(cpuinfo->line, '\n') ? strlen(cpuinfo->line) : sizeof(cpuinfo->line);
        make_printable(cpuinfo->line);
        return true;
}

bool cpuinfo_next(Cpuinfo *cpuinfo) {
        bool continued = false;

        while (read_line(cpuinfo)) {
                char *colon = strchr(cpuinfo->line, ':'), *end;
                bool is_rest = continued;

                continued = !strchr(cpuinfo->line, '\n');
                if (is_rest || !colon)
                        continue;

                for (end = colon; end > cpuinfo->line && isspace((unsigned char) end[-1]);)
                        end--;
                *end = '\0';

                cpuinfo->key = cpuinfo->line;
                cpuinfo->value = colon + 1 + strspn(colon + 1, " \t");
                colon[1 + strcspn(colon + 1, "\n")] = '\0';
                return true;
        }

        return false;
}

bool cpuinfo_number(const Cpuinfo *cpuinfo, const char *key, uint64_t *ret) {
        const char *rest;
        uint64_t value;

        if (!streq(cpuinfo->key, key) || parse_unsigned(cpuinfo->value, &value, &rest) < 0 ||
            (*rest != '\0' && *rest != '.' && !isspace((unsigned char) *rest)))
                return false;

        *ret = value;
        return true;
}
