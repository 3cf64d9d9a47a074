/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses versions. */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "program-version.h"

/* The files have two or three KiB. */
#define CONFIGURATION_MAX (64U * 1024U)

static bool is_of_version(char c) {
        return isalnum((unsigned char) c) || (c != '\0' && strchr(".+~_-", c));
}

static bool copy_version(const char *text, size_t size, char ret[PROGRAM_VERSION_MAX]) {
        bool digit = false;
        size_t n = 0;

        for (; n < size && is_of_version(text[n]); n++)
                digit |= isdigit((unsigned char) text[n]);
        /* The end of a sentence is none of a version's. */
        while (n > 0 && !isalnum((unsigned char) text[n - 1]))
                n--;
        if (n >= PROGRAM_VERSION_MAX || !digit || n == 0 || !isalnum((unsigned char) text[0]))
                return false;

        memcpy(ret, text, n);
        ret[n] = '\0';
        return true;
}

bool program_version_parse(const char *text, size_t size, const char *marker,
                           char ret[PROGRAM_VERSION_MAX]) {
        const char *newline = memchr(text, '\n', size), *found;
        size_t skipped;

        if (newline)
                size = (size_t) (newline - text);

        found = memmem(text, size, marker, strlen(marker));
        if (!found)
                return false;

        skipped = (size_t) (found - text) + strlen(marker);
        return copy_version(text + skipped, size - skipped, ret);
}

/* __version__ = "4.1.0", in a line of its own. */
static bool find_assignment(char *text, char ret[PROGRAM_VERSION_MAX]) {
        char *line;

        while ((line = strsep(&text, "\n"))) {
                const char *value = startswith(line, "__version__");

                if (!value)
                        continue;
                value += strspn(value, " =");
                if (*value != '"' && *value != '\'')
                        continue;
                if (copy_version(value + 1, strlen(value + 1), ret))
                        return true;
        }

        return false;
}

void program_version_read(const Root *root, const char *program, char ret[PROGRAM_VERSION_MAX]) {
        static const char *const files[] = { "virtinst/buildconfig.py", "virtcli/cliconfig.py" };
        const char *end = strstr(program, "/bin/");

        if (!end || program[0] != '/')
                return;

        FOREACH_ELEMENT(file, files) {
                _cleanup_free_ char *text = NULL;
                char path[128];

                snprintf(path, sizeof(path), "%.*s/share/virt-manager/%s", (int) (end - program - 1),
                         program + 1, *file);
                if (root_read(root, path, CONFIGURATION_MAX, &text) >= 0 && find_assignment(text, ret))
                        return;
        }
}
