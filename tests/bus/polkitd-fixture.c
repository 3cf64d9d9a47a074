/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts, users, rules, processes. */

#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "dbus/names.h"
#include "polkit-agent.h"
#include "polkitd-fixture.h"

/* Whom the example rule does not concern. */
static const char test_rule[] = "polkit.addRule(function(action, subject) {\n"
                                "    if (action.lookup('module') == 'vhost_net' && subject.user == 'bob')\n"
                                "        return polkit.Result.AUTH_ADMIN;\n"
                                "    if (action.id == 'org.virtready1.persist-module' &&\n"
                                "        action.lookup('module') == 'tun' &&\n"
                                "        action.lookup('persistent') == 'true' && subject.user == 'bob')\n"
                                "        return polkit.Result.YES;\n"
                                "});\n";

char *polkitd_fixture_read(const char *path) {
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static void cover(const char *place, const char *name, const char *path) {
        g_autofree char *source = g_build_filename(place, name, NULL);

        if (mount(source, path, NULL, MS_BIND, NULL) < 0)
                g_error("Failed to mount over %s: %m", path);
}

/* The first entry of a name counts. The machine's own polkitd may have files that it needs. */
static void write_users(const char *place) {
        g_autofree char *passwd = polkitd_fixture_read("/etc/passwd"),
                        *group = polkitd_fixture_read("/etc/group"), *users = NULL, *groups = NULL;

        users = g_strdup_printf("virtready:x:%i:%i::/:/bin/false\nalice:x:%i:%i::/:/bin/false\n"
                                "bob:x:%i:%i::/:/bin/false\n%spolkitd:x:%i:%i::/:/bin/false\n",
                                VIRTREADY, VIRTREADY, ALICE, ALICE, BOB, BOB, passwd, POLKITD, POLKITD);
        groups = g_strdup_printf(
                "virtready:x:%i:\nalice:x:%i:\nbob:x:%i:\nlibvirt:x:%i:alice\n%spolkitd:x:%i:\n", VIRTREADY,
                ALICE, BOB, LIBVIRT, group, POLKITD);
        file_write(place, "passwd", users);
        file_write(place, "group", groups);
}

/* What a test has changed in it is made anew for the next. */
static void write_policy(const char *place) {
        g_autofree char *action = polkitd_fixture_read(g_getenv("POLKIT_POLICY")),
                        *rule = polkitd_fixture_read(g_getenv("POLKIT_RULE"));

        file_write(place, "actions/org.virtready1.policy", action);
        file_write(place, "etc-rules/50-virtready.rules", rule);
        file_write(place, "etc-rules/60-test.rules", test_rule);
}

static void enter_mounts(const char *place) {
        static const char *const names[] = { "actions", "etc-rules", "usr-rules" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *directory = g_build_filename(place, names[i], NULL);

                g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        }
        write_users(place);

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                g_error("Failed to get mounts of its own: %m");
        cover(place, "passwd", "/etc/passwd");
        cover(place, "group", "/etc/group");
        cover(place, "actions", "/usr/share/polkit-1/actions");
        cover(place, "etc-rules", "/etc/polkit-1/rules.d");
        cover(place, "usr-rules", "/usr/share/polkit-1/rules.d");
}

static const char *find_polkitd(void) {
        static const char *const places[] = { "/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd",
                                              "/usr/libexec/polkit-1/polkitd" };

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
                if (access(places[i], X_OK) == 0)
                        return places[i];

        return NULL;
}

char *polkitd_fixture_enter(void) {
        g_autoptr(GError) error = NULL;
        char *place;

        if (getuid() != 0 || !find_polkitd())
                return NULL;

        place = g_dir_make_tmp("virtready-test-XXXXXX", &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(place, 0755), ==, 0);
        enter_mounts(place);
        return place;
}

static bool has_polkit(const Bus *bus) {
        g_autoptr(GVariant) reply = NULL;
        gboolean owned;

        reply = g_dbus_connection_call_sync(bus->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "NameHasOwner",
                                            g_variant_new("(s)", POLKIT_NAME), NULL, G_DBUS_CALL_FLAGS_NONE,
                                            (int) WAIT_SECONDS * 1000, NULL, NULL);
        g_assert_nonnull(reply);
        g_variant_get(reply, "(b)", &owned);
        return owned;
}

static void start_polkitd(PolkitdFixture *fixture) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autoptr(GError) error = NULL;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", fixture->bus.address, TRUE);
        fixture->polkitd = g_subprocess_launcher_spawn(launcher, &error, find_polkitd(), "--no-debug", NULL);
        g_assert_no_error(error);
        wait_until(has_polkit(&fixture->bus));
}

void polkitd_fixture_up(PolkitdFixture *fixture, const void *data) {
        fixture->place = data;
        if (!fixture->place)
                return;

        write_policy(fixture->place);
        bus_up(&fixture->bus);
}

void polkitd_fixture_start(PolkitdFixture *fixture) {
        start_polkitd(fixture);
        asker_up_as(&fixture->asker, &fixture->bus, VIRTREADY);
}

void polkitd_fixture_down(PolkitdFixture *fixture, const void *data) {
        (void) data;

        if (!fixture->place)
                return;

        asker_down(&fixture->asker);
        g_subprocess_force_exit(fixture->polkitd);
        g_subprocess_wait(fixture->polkitd, NULL, NULL);
        g_clear_object(&fixture->polkitd);
        bus_down(&fixture->bus);
}

static void become(gpointer data) {
        const uid_t *user = data;

        become_user(*user);
}

char *polkitd_fixture_call(PolkitdFixture *fixture, uid_t user, const char *const *arguments) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
        g_autoptr(GPtrArray) command = g_ptr_array_new();
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;
        const char *fixed[] = { "gdbus",  "call",   "--address",     fixture->bus.address,
                                "--dest", BUS_NAME, "--object-path", BUS_PATH_MANAGER };
        char *output;

        for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
                g_ptr_array_add(command, (char *) fixed[i]);
        for (; *arguments; arguments++)
                g_ptr_array_add(command, (char *) *arguments);
        g_ptr_array_add(command, NULL);

        g_subprocess_launcher_set_child_setup(launcher, become, &user, NULL);
        process = g_subprocess_launcher_spawnv(launcher, (const char *const *) command->pdata, &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        return output;
}
