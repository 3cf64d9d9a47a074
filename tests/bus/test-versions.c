/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyd on a live system, in whose /usr/bin the test puts programs that tell their version, hang, print
 * too much, or are others' to change: each is run once, and nobody waits for it. */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/namespaces.h"
#include "daemon/facts/facts.h"
#include "dbus/names.h"
#include "harness.h"

#define CHECK "/check/software/viewer"
#define VIEWER "/usr/bin/virt-viewer"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *directory; /* has the file "runs", a process number for each run */
} Fixture;

/* What is below /usr/bin stays, and what is changed there only this process and its children see. */
static bool cover_programs(void) {
        return geteuid() == 0 && namespaces_enter() &&
               mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755") == 0 && mkdir("/mnt/upper", 0755) == 0 &&
               mkdir("/mnt/work", 0755) == 0 &&
               mount("overlay", "/usr/bin", "overlay", 0,
                     "lowerdir=/usr/bin,upperdir=/mnt/upper,workdir=/mnt/work") == 0;
}

static void install(Fixture *fixture, const char *script) {
        g_autofree char *text =
                g_strdup_printf("#!/bin/sh\necho $$ >>%s/runs\n%s\n", fixture->directory, script);

        program_write("/", VIEWER, text);
}

static void set_up(Fixture *fixture, const void *data) {
        static const char *const others[] = { VIEWER, "/usr/bin/remote-viewer", "/usr/bin/virt-manager" };
        g_autoptr(GError) error = NULL;

        (void) data;

        fixture->directory = g_dir_make_tmp("virtready-versions-XXXXXX", &error);
        g_assert_no_error(error);
        FOREACH_ELEMENT(program, others)
                (void) g_unlink(*program);
        bus_up(&fixture->bus);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        bus_down(&fixture->bus);
        directory_remove(fixture->directory);
        g_free(fixture->directory);
}

static char **runs(const Fixture *fixture) {
        g_autofree char *path = g_build_filename(fixture->directory, "runs", NULL), *text = NULL;

        return g_strsplit(g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : "", "\n", -1);
}

static guint count_runs(const Fixture *fixture) {
        g_auto(GStrv) lines = runs(fixture);

        return g_strv_length(lines);
}

static bool says(Fixture *fixture, const char *detail) {
        g_autofree char *now = property_get_string(&fixture->daemon, CHECK, BUS_INTERFACE_CHECK, "Detail");

        return g_str_equal(now, detail);
}

/* The version in the document. */
static char *described_version(Fixture *fixture) {
        g_autoptr(GVariant) reply = manager_call(&fixture->daemon, "Describe");
        _cleanup_(json_object_putp) json_object *document = NULL;
        json_object *object;
        const char *text;

        g_variant_get(reply, "(&s)", &text);
        document = json_tokener_parse(text);
        g_assert_true(json_object_object_get_ex(document, "software", &object));
        g_assert_true(json_object_object_get_ex(object, "programs", &object));
        g_assert_true(json_object_object_get_ex(object, "virt-viewer", &object));
        g_assert_true(json_object_object_get_ex(object, "version", &object));
        return g_strdup(json_object_get_string(object));
}

/* For as long as it takes to be sure, and whatever is asked: reading everything again is no reason. */
static void assert_idle(Fixture *fixture, guint n_runs) {
        guint passes;

        for (unsigned i = 0; i < 3; i++)
                g_variant_unref(manager_call(&fixture->daemon, "Recheck"));
        daemon_settle(&fixture->daemon);
        passes = daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_PROGRAMS));
        signals_forget(&fixture->daemon);
        g_usleep(3 * G_USEC_PER_SEC / 2);
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(count_runs(fixture), ==, n_runs);
        g_assert_cmpuint(daemon_passes_over(&fixture->daemon, SOURCE_MASK(SOURCE_PROGRAMS)), ==, passes);
        g_assert_cmpuint(signals_count(&fixture->daemon, "PropertiesChanged", CHECK), ==, 0);
}

static void test_tells(Fixture *fixture, const void *data) {
        g_autofree char *version = NULL;

        (void) data;

        install(fixture, "[ $# = 1 ] && [ $1 = --version ] && echo virt-viewer version 11.0");
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_assert_true(says(fixture, VIEWER ", version 11.0, is installed."));
        version = described_version(fixture);
        g_assert_cmpstr(version, ==, "11.0");
        assert_idle(fixture, 1);
        daemon_down(&fixture->daemon);
}

/* What is installed, replaced and removed while the daemon runs. */
static void test_changes(Fixture *fixture, const void *data) {
        (void) data;

        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_assert_true(says(fixture, "None of virt-viewer, remote-viewer and virt-manager is installed."));

        install(fixture, "echo virt-viewer version 11.0");
        wait_until(says(fixture, VIEWER ", version 11.0, is installed."));
        g_assert_cmpuint(count_runs(fixture), ==, 1);

        install(fixture, "echo virt-viewer version 12.1");
        wait_until(says(fixture, VIEWER ", version 12.1, is installed."));
        assert_idle(fixture, 2);

        g_assert_cmpint(g_unlink(VIEWER), ==, 0);
        wait_until(says(fixture, "None of virt-viewer, remote-viewer and virt-manager is installed."));
        daemon_down(&fixture->daemon);
}

static bool is_running(const Fixture *fixture) {
        g_auto(GStrv) lines = runs(fixture);

        return lines[0] && kill((pid_t) g_ascii_strtoll(lines[0], NULL, 10), 0) == 0;
}

/* The daemon answers as ever, and takes the program with it. */
static void test_hangs(Fixture *fixture, const void *data) {
        gint64 begin;

        (void) data;

        install(fixture, "exec sleep 1000");
        daemon_spawn(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        wait_until(bus_has_daemon(&fixture->bus));
        wait_until(count_runs(fixture) == 1);
        begin = g_get_monotonic_time();
        for (unsigned i = 0; i < 100; i++)
                g_assert_true(says(fixture, VIEWER " is installed."));
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
        g_assert_true(is_running(fixture));

        daemon_down(&fixture->daemon);
        wait_until(!is_running(fixture));
}

/* After its time it is killed, and what the daemon is told of other programs does not depend on it. */
static void test_hangs_to_the_end(Fixture *fixture, const void *data) {
        (void) data;

        install(fixture, "exec sleep 1000");
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_assert_false(is_running(fixture));
        g_assert_true(says(fixture, VIEWER " is installed."));
        assert_idle(fixture, 1);

        install(fixture, "echo virt-viewer version 11.0");
        wait_until(says(fixture, VIEWER ", version 11.0, is installed."));
        daemon_down(&fixture->daemon);
}

static void test_no_answer(Fixture *fixture, const void *data) {
        static const char *const scripts[] = {
                "exec cat /dev/zero",
                "echo virt-viewer version 11.0; exec head -c 10000000 /dev/zero",
                "head -c 3000 /dev/urandom",
                "echo virt-viewer version 11.0; exit 3",
                "kill -SEGV $$",
        };

        (void) data;

        FOREACH_ELEMENT(script, scripts) {
                g_autofree char *runs_path = g_build_filename(fixture->directory, "runs", NULL);

                (void) g_unlink(runs_path);
                install(fixture, *script);
                daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
                g_assert_true(says(fixture, VIEWER " is installed."));
                g_assert_cmpuint(count_runs(fixture), ==, 1);
                daemon_down(&fixture->daemon);
        }
}

/* Not even once. */
static void test_untrusted(Fixture *fixture, const void *data) {
        (void) data;

        install(fixture, "echo virt-viewer version 11.0");
        g_assert_cmpint(chown(VIEWER, NOBODY, NOBODY), ==, 0);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){});
        g_assert_true(says(fixture, VIEWER " is installed."));
        assert_idle(fixture, 0);
        daemon_down(&fixture->daemon);
}

/* Another machine's programs are not for this one to run. */
static void test_snapshot(Fixture *fixture, const void *data) {
        g_autofree char *root = g_build_filename(fixture->directory, "root", NULL),
                        *text = g_strdup_printf("#!/bin/sh\necho $$ >>%s/runs\n", fixture->directory);

        (void) data;

        machine_write_amd(root);
        program_write(root, "usr/bin/virt-viewer", text);
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = root });
        g_assert_true(says(fixture, VIEWER " is installed."));
        assert_idle(fixture, 0);
        daemon_down(&fixture->daemon);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*function)(Fixture *fixture, const void *data);
        } cases[] = {
                { "/versions/tells", test_tells },
                { "/versions/changes", test_changes },
                { "/versions/hangs", test_hangs },
                { "/versions/hangs-to-the-end", test_hangs_to_the_end },
                { "/versions/no-answer", test_no_answer },
                { "/versions/untrusted", test_untrusted },
                { "/versions/snapshot", test_snapshot },
        };

        g_test_init(&argc, &argv, NULL);

        if (!cover_programs()) {
                g_printerr("Only root, in mounts of its own, can put programs into /usr/bin.\n");
                return 77;
        }

        FOREACH_ELEMENT(c, cases)
                g_test_add(c->name, Fixture, NULL, set_up, c->function, tear_down);

        return g_test_run();
}
