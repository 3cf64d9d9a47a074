/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the emulators by their names. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../basic/macro.h"
#include "emulators.h"
#include "program-file.h"

/* A directory of programs has a few thousand entries. */
#define ENTRIES_MAX 65536U

static int compare(const void *a, const void *b) {
        const Emulator *x = a, *y = b;

        return strcmp(x->architecture, y->architecture);
}

void emulator_facts_add(EmulatorFacts *facts, const char *architecture, const char *path) {
        Emulator *emulator;

        FOREACH_ARRAY(e, facts->entries, facts->n)
                if (streq(e->architecture, architecture))
                        return;

        if (facts->n == EMULATORS_MAX) {
                facts->known = false;
                return;
        }

        emulator = &facts->entries[facts->n++];
        snprintf(emulator->architecture, sizeof(emulator->architecture), "%s", architecture);
        snprintf(emulator->path, sizeof(emulator->path), "%s", path);
        qsort(facts->entries, facts->n, sizeof(Emulator), compare);
}

/* QEMU's words for architectures (QEMU, configs/targets/). */
static bool is_architecture(const char *word) {
        size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

        return length > 0 && length < EMULATOR_ARCHITECTURE_MAX && word[length] == '\0';
}

static void look_at(const Root *root, const char *directory, const char *name, EmulatorFacts *facts) {
        const char *architecture = startswith(name, "qemu-system-");
        ProgramIdentity identity;
        char path[EMULATOR_PATH_MAX];

        if (!architecture || !is_architecture(architecture))
                return;

        if ((size_t) snprintf(path, sizeof(path), "/%s/%s", directory, name) >= sizeof(path))
                return;

        switch (program_file_read(root, path + 1, &identity)) {
        case TRISTATE_YES:
                emulator_facts_add(facts, architecture, path);
                return;
        case TRISTATE_UNKNOWN:
                facts->known = false;
                return;
        default:
                return;
        }
}

static void list(const Root *root, const char *path, EmulatorFacts *facts) {
        _cleanup_(closedirp) DIR *directory = NULL;
        struct dirent *entry;
        unsigned n = 0;
        int r;

        r = root_opendir(root, path, &directory);
        if (r < 0) {
                if (r != -ENOENT)
                        facts->known = false;
                return;
        }

        while ((entry = root_readdir(root, directory))) {
                if (++n > ENTRIES_MAX) {
                        facts->known = false;
                        return;
                }
                look_at(root, path, entry->d_name, facts);
        }
}

void emulator_facts_read(const Root *root, const char *const *directories, size_t n_directories,
                         EmulatorFacts *facts) {
        *facts = (EmulatorFacts){ .known = root_knows_directory(root, directories[0]) };

        FOREACH_ARRAY(directory, directories, n_directories)
                list(root, *directory, facts);
        if (root_is_exhausted(root))
                facts->known = false;
}
