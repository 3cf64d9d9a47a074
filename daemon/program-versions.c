/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs one program at a time, and keeps in mind which have been run. */

#include <errno.h>

#include "basic/log.h"
#include "child.h"
#include "program-versions.h"

/* A program that is to be asked, or has been. */
typedef struct Asked {
        ProgramIdentity identity; /* all zeroes: it never was there */
        char path[PROGRAM_PATH_MAX];
        bool waits;
} Asked;

struct ProgramVersions {
        sd_event *event;
        uint64_t timeout_usec;
        ProgramVersionsHandler handler;
        void *userdata;

        Asked asked[_PROGRAM_MAX];
        ProgramVersion told[_PROGRAM_MAX];
        bool news;       /* that the handler has not been told */
        bool end_logged; /* that there is nobody left to ask */

        Child *child; /* NULL: none is running */
        Program running;
        ProgramIdentity running_identity;
};

int program_versions_new(sd_event *event, uint64_t timeout_usec, ProgramVersionsHandler handler,
                         void *userdata, ProgramVersions **ret) {
        ProgramVersions *versions;

        versions = calloc(1, sizeof(ProgramVersions));
        if (!versions)
                return -ENOMEM;

        versions->event = sd_event_ref(event);
        versions->timeout_usec = timeout_usec;
        versions->handler = handler;
        versions->userdata = userdata;
        *ret = versions;
        return 0;
}

ProgramVersions *program_versions_free(ProgramVersions *versions) {
        if (!versions)
                return NULL;

        child_free(versions->child);
        sd_event_unref(versions->event);
        free(versions);
        return NULL;
}

static void on_child(int result, const char *output, size_t size, void *userdata);

/* In an environment of its own it speaks English, and loads nothing that the daemon was told to. It is known
 * by the name that it was found under: one file may be many programs, each by a link. */
static int run(ProgramVersions *versions, Program program) {
        static const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
        const Asked *asked = &versions->asked[program];
        _cleanup_free_ char *path = NULL;
        const char *const arguments[] = { asked->path, program_question(program).argument, NULL };
        ChildOptions options = {
                .arguments = arguments,
                .environment = environment,
                .output_max = PROGRAM_VERSIONS_OUTPUT_MAX,
                .timeout_usec = versions->timeout_usec,
        };
        int r;

        r = program_file_trust(asked->path, &asked->identity, &path);
        if (r < 0)
                return r;

        options.path = path;
        r = child_new(versions->event, &options, on_child, versions, &versions->child);
        if (r < 0)
                return r;

        versions->running = program;
        versions->running_identity = asked->identity;
        return 0;
}

static void run_next(ProgramVersions *versions) {
        for (Program program = 0; program < _PROGRAM_MAX && !versions->child; program++) {
                Asked *asked = &versions->asked[program];
                int r;

                if (!asked->waits)
                        continue;

                asked->waits = false;
                r = run(versions, program);
                if (r < 0)
                        (void) log_debug_errno(r, "%s is not asked for its version: %m", asked->path);
        }
}

static void keep(ProgramVersions *versions, int result, const char *output, size_t size) {
        Program program = versions->running;
        ProgramVersion version = { .identity = versions->running_identity };

        if (result < 0)
                (void) log_debug_errno(result, "%s did not tell its version, ignoring: %m",
                                       versions->asked[program].path);
        else if (result > 0 ||
                 !program_version_parse(output, size, program_question(program).marker, version.text))
                log_debug("%s did not tell its version in a way that is known.",
                          versions->asked[program].path);
        else {
                versions->told[program] = version;
                versions->news = true;
        }
}

static void on_child(int result, const char *output, size_t size, void *userdata) {
        ProgramVersions *versions = userdata;

        keep(versions, result, output, size);
        versions->child = child_free(versions->child);
        run_next(versions);

        if (!versions->news)
                return;
        versions->news = versions->child;
        versions->handler(versions->told, versions->child, versions->userdata);
}

/* Returns whether it has to be asked. */
static bool take_note(Asked *asked, const ProgramFacts *facts, Program program) {
        if (facts->installed[program] != TRISTATE_YES || !program_question(program).argument ||
            program_identity_equal(&asked->identity, &facts->identity[program]))
                return false;

        asked->identity = facts->identity[program];
        memcpy(asked->path, facts->path[program], PROGRAM_PATH_MAX);
        asked->waits = true;
        return true;
}

void program_versions_ask(ProgramVersions *versions, const ProgramFacts *facts) {
        bool any = versions->child;

        for (Program program = 0; program < _PROGRAM_MAX; program++)
                any |= take_note(&versions->asked[program], facts, program);

        if (!any && !versions->end_logged)
                log_debug("No program is left to be asked for its version.");
        versions->end_logged = !any;

        if (!versions->child)
                run_next(versions);
}
