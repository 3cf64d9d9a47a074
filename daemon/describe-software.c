/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes which programs are installed. */

#include "describe-software.h"

static int add_emulators(Json *software, const EmulatorFacts *facts) {
        Json *emulators;
        int r;

        if (!facts->known)
                return json_add_string(software, "emulators", NULL);

        r = json_add_container(software, "emulators", json_object_new_object(), &emulators);
        if (r < 0)
                return r;

        FOREACH_ARRAY(emulator, facts->entries, facts->n) {
                r = json_add_string(emulators, emulator->architecture, emulator->path);
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_program(Json *programs, const ProgramFacts *facts, Program program) {
        Tristate installed = facts->installed[program];
        const char *path = facts->path[program], *version = facts->version[program];
        Json *object;
        int r;

        r = json_add_container(programs, program_to_string(program), json_object_new_object(), &object);
        if (r < 0)
                return r;

        r = json_add_bool(object, "installed", installed != TRISTATE_UNKNOWN, installed == TRISTATE_YES);
        if (r < 0)
                return r;

        r = json_add_string(object, "path", isempty(path) ? NULL : path);
        if (r < 0)
                return r;

        return json_add_string(object, "version", isempty(version) ? NULL : version);
}

int describe_software(Json *software, const ProgramFacts *facts) {
        Json *programs;
        int r;

        r = add_emulators(software, &facts->emulators);
        if (r < 0)
                return r;

        r = json_add_container(software, "programs", json_object_new_object(), &programs);
        for (Program program = 0; r >= 0 && program < _PROGRAM_MAX; program++)
                r = add_program(programs, facts, program);

        return r;
}
