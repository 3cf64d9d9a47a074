/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the lines of cpuinfo by their names. */

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "../basic/macro.h"
#include "cpu-lines.h"

static const struct {
        const char *name;
        size_t offset;
} keys[] = {
        { "vendor_id", offsetof(CpuinfoLines, vendor_id) },
        { "vendor", offsetof(CpuinfoLines, vendor_id) },
        { "model name", offsetof(CpuinfoLines, model_name) },
        { "Model Name", offsetof(CpuinfoLines, model_name) },
        { "flags", offsetof(CpuinfoLines, flags) },
        { "features", offsetof(CpuinfoLines, features) },
        { "Features", offsetof(CpuinfoLines, features) },
        { "facilities", offsetof(CpuinfoLines, facilities) },
        { "CPU implementer", offsetof(CpuinfoLines, cpu_implementer) },
        { "CPU part", offsetof(CpuinfoLines, cpu_part) },
        { "CPU Family", offsetof(CpuinfoLines, cpu_family) },
        { "cpu", offsetof(CpuinfoLines, cpu) },
        { "isa", offsetof(CpuinfoLines, isa) },
        { "uarch", offsetof(CpuinfoLines, uarch) },
        { "mvendorid", offsetof(CpuinfoLines, mvendorid) },
        { "Processor", offsetof(CpuinfoLines, processor) },
        { "cpu model", offsetof(CpuinfoLines, cpu_model) },
        { "type", offsetof(CpuinfoLines, type) },
        { "arch", offsetof(CpuinfoLines, arch) },
        { "cpu family", offsetof(CpuinfoLines, x86_family) },
        { "coma_bug", offsetof(CpuinfoLines, coma_bug) },
        { "address sizes", offsetof(CpuinfoLines, address_sizes) },
};

/* Cuts blanks off the end of what lies between BEGIN and END. */
static void trim(const char *begin, char *end) {
        while (end > begin && isspace((unsigned char) end[-1]))
                end--;
        *end = '\0';
}

static void note_line(CpuinfoLines *lines, char *line) {
        char *value = strchr(line, ':');

        if (!value)
                return;

        trim(line, value);
        do
                value++;
        while (isspace((unsigned char) *value));
        trim(value, strchr(value, '\0'));
        if (isempty(value))
                return;

        if (!lines->processor_n && startswith(line, "processor "))
                lines->processor_n = value;

        FOREACH_ELEMENT(key, keys) {
                const char **slot = (const char **) (void *) ((char *) lines + key->offset);

                if (!*slot && streq(line, key->name))
                        *slot = value;
        }
}

void cpuinfo_lines_find(char *text, CpuinfoLines *ret) {
        CpuinfoLines lines = {};
        char *cursor = text, *line;

        while ((line = strsep(&cursor, "\n")))
                note_line(&lines, line);

        *ret = lines;
}
