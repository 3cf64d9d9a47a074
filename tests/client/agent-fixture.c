/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scripts, and what they write. */

#include <glib/gstdio.h>
#include <unistd.h>

#include "agent-fixture.h"

/* What the scripts need, and no agent that is installed. */
static void link_programs(const AgentFixture *fixture) {
        static const char *const programs[] = { "sh", "sleep", "stty" };

        for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
                g_autofree char *program = g_find_program_in_path(programs[i]);
                g_autofree char *link = g_build_filename(fixture->directory, programs[i], NULL);

                g_assert_nonnull(program);
                g_assert_cmpint(symlink(program, link), ==, 0);
        }
}

void agent_fixture_set_up(AgentFixture *fixture, gconstpointer data) {
        g_autoptr(GError) error = NULL;

        (void) data;
        fixture->directory = g_dir_make_tmp("virtready-agent-XXXXXX", &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(fixture->directory, 0777), ==, 0);
        link_programs(fixture);

        fixture->path = g_strdup(g_getenv("PATH"));
        g_setenv("PATH", fixture->directory, TRUE);
        g_setenv("RECORD", fixture->directory, TRUE);
}

void agent_fixture_tear_down(AgentFixture *fixture, gconstpointer data) {
        g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);
        const char *name;

        (void) data;
        while ((name = g_dir_read_name(directory))) {
                g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

                (void) g_unlink(path);
        }
        (void) g_rmdir(fixture->directory);

        g_unsetenv("RECORD");
        g_setenv("PATH", fixture->path, TRUE);
        g_clear_pointer(&fixture->path, g_free);
        g_clear_pointer(&fixture->directory, g_free);
}

void agent_fixture_write(const AgentFixture *fixture, const char *lines) {
        g_autofree char *path = g_build_filename(fixture->directory, "pkttyagent", NULL);
        g_autofree char *script = g_strdup_printf("#!/bin/sh\n%s", lines);
        g_autoptr(GError) error = NULL;

        (void) g_file_set_contents(path, script, -1, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
}

static char *read_record(const AgentFixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

char *agent_fixture_arguments(const AgentFixture *fixture) {
        return read_record(fixture, "arguments");
}

bool agent_fixture_waits(const AgentFixture *fixture) {
        g_autofree char *text = read_record(fixture, "waits");

        return text && text[0] != '\0';
}

bool agent_fixture_was_ended(const AgentFixture *fixture) {
        g_autofree char *text = read_record(fixture, "ended");

        return text && text[0] != '\0';
}
