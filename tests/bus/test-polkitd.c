/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real polkitd with the action file and the example rule that we ship. Mounts of its own give this
 * program and all that it starts other users, actions and rules; the machine's stay as they are. */

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "caller.h"
#include "dbus/names.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"

/* Ids that hardly any machine has. */
enum {
        VIRTREADY = 64901,
        ALICE, /* in the group libvirt */
        BOB,
        POLKITD,
};

/* Whom the example rule does not concern. */
static const char test_rule[] = "polkit.addRule(function(action, subject) {\n"
                                "    if (action.lookup('module') == 'vhost_net' && subject.user == 'bob')\n"
                                "        return polkit.Result.AUTH_ADMIN;\n"
                                "    if (action.id == 'org.virtready1.persist-module' &&\n"
                                "        action.lookup('module') == 'tun' &&\n"
                                "        action.lookup('persistent') == 'true' && subject.user == 'bob')\n"
                                "        return polkit.Result.YES;\n"
                                "});\n";

typedef struct Fixture {
        Bus bus;
        Asker asker;
        GSubprocess *polkitd;
} Fixture;

/* The place of what is mounted over the machine's own. */
static const char *place;
static const char *polkitd_program;

static char *read_text(const char *path) {
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static void cover(const char *name, const char *path) {
        g_autofree char *source = g_build_filename(place, name, NULL);

        if (mount(source, path, NULL, MS_BIND, NULL) < 0)
                g_error("Failed to mount over %s: %m", path);
}

static void write_users(void) {
        static const char polkitd_user[] = "polkitd:x:64904:64904::/:/bin/false\n";
        g_autofree char *passwd = NULL, *group = NULL;
        const char *more = strstr(passwd = read_text("/etc/passwd"), "\npolkitd:") ? "" : polkitd_user;
        g_autofree char *all_users =
                g_strdup_printf("%svirtready:x:64901:64901::/:/bin/false\n"
                                "alice:x:64902:64902::/:/bin/false\nbob:x:64903:64903::/:/bin/false\n%s",
                                passwd, more);
        g_autofree char *all_groups = NULL;

        group = read_text("/etc/group");
        all_groups =
                g_strdup_printf("libvirt:x:64905:alice\nvirtready:x:64901:\nalice:x:64902:\nbob:x:64903:\n"
                                "polkitd:x:64904:\n%s",
                                group);
        file_write(place, "passwd", all_users);
        file_write(place, "group", all_groups);
}

/* What a test has changed in it is made anew for the next. */
static void write_policy(void) {
        g_autofree char *action = read_text(g_getenv("POLKIT_POLICY")),
                        *rule = read_text(g_getenv("POLKIT_RULE"));

        file_write(place, "actions/org.virtready1.policy", action);
        file_write(place, "etc-rules/50-virtready.rules", rule);
        file_write(place, "etc-rules/60-test.rules", test_rule);
}

/* Before there is any thread: threads would keep the mounts that there were. */
static void enter_mounts(void) {
        static const char *const names[] = { "actions", "etc-rules", "usr-rules" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *directory = g_build_filename(place, names[i], NULL);

                g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
        }
        write_users();

        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                g_error("Failed to get mounts of its own: %m");
        cover("passwd", "/etc/passwd");
        cover("group", "/etc/group");
        cover("actions", "/usr/share/polkit-1/actions");
        cover("etc-rules", "/etc/polkit-1/rules.d");
        cover("usr-rules", "/usr/share/polkit-1/rules.d");
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

static void start_polkitd(Fixture *fixture) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autoptr(GError) error = NULL;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", fixture->bus.address, TRUE);
        fixture->polkitd =
                g_subprocess_launcher_spawn(launcher, &error, polkitd_program, "--no-debug", NULL);
        g_assert_no_error(error);
        wait_until(has_polkit(&fixture->bus));
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        if (!place)
                return;

        write_policy();
        bus_up(&fixture->bus);
}

static void start(Fixture *fixture) {
        start_polkitd(fixture);
        asker_up_as(&fixture->asker, &fixture->bus, VIRTREADY);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        if (!place)
                return;

        asker_down(&fixture->asker);
        g_subprocess_force_exit(fixture->polkitd);
        g_subprocess_wait(fixture->polkitd, NULL, NULL);
        g_clear_object(&fixture->polkitd);
        bus_down(&fixture->bus);
}

#define skip_unless_possible()                                                              \
        do {                                                                                \
                if (!place)                                                                 \
                        skip_because("only root can start polkitd with mounts of its own, " \
                                     "and polkitd has to be installed");                    \
        } while (0)

static void become(gpointer data) {
        become_user(GPOINTER_TO_UINT(data));
}

/* Calls a method as that user, in a process of its own. */
static char *call_as(Fixture *fixture, uid_t user, const char *const *arguments) {
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

        g_subprocess_launcher_set_child_setup(launcher, become, GUINT_TO_POINTER(user), NULL);
        process = g_subprocess_launcher_spawnv(launcher, (const char *const *) command->pdata, &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, &error);
        g_assert_no_error(error);
        return output;
}

#define LOAD "--method", BUS_INTERFACE_MANAGER ".LoadModule"
#define PERSIST "--method", BUS_INTERFACE_MANAGER ".PersistModule"
#define MAY "()\n"
#define DENIED "AccessDenied: Polkit denies you"
#define ASKED "InteractiveAuthorizationRequired"

/* Makes sure that the output of the call begins like this, or has it somewhere. */
static void assert_call(Fixture *fixture, uid_t user, const char *expected, const char *const *arguments) {
        guint acts = asker_acts(&fixture->asker);
        g_autofree char *output = call_as(fixture, user, arguments),
                        *words = g_strjoinv(" ", (char **) arguments);

        g_test_message("user %u, %s: %s", user, words, output);
        g_assert_nonnull(strstr(output, expected));
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, acts + g_str_equal(output, MAY));
}

#define CALL(user, expected, ...) \
        assert_call(fixture, (user), (expected), (const char *[]){ __VA_ARGS__, NULL })

static void test_callers(Fixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible();

        start(fixture);
        /* Polkit itself lets root do everything. */
        CALL(0, MAY, LOAD, "kvm");
        CALL(0, MAY, PERSIST, "vfio_pci", "true");

        /* The example's. */
        CALL(ALICE, MAY, LOAD, "kvm");
        CALL(ALICE, MAY, LOAD, "kvm_intel");
        CALL(ALICE, MAY, LOAD, "kvm_amd");
        CALL(ALICE, DENIED, LOAD, "tun");
        CALL(ALICE, DENIED, LOAD, "kvm-intel");
        CALL(ALICE, DENIED, LOAD, "");
        CALL(ALICE, DENIED, PERSIST, "kvm", "true");

        CALL(BOB, DENIED, LOAD, "kvm");
        CALL(BOB, ASKED, LOAD, "vhost_net");
        CALL(BOB, MAY, PERSIST, "tun", "true");
        CALL(BOB, DENIED, PERSIST, "tun", "false");
        CALL(BOB, DENIED, LOAD, "tun");

        /* Our own user is no better than others. */
        CALL(VIRTREADY, DENIED, LOAD, "kvm");
}

/* Who may be asked for a password needs somebody to ask. */
static void test_interactive(Fixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible();

        start(fixture);
        CALL(BOB, "does not allow to ask", LOAD, "vhost_net");
        CALL(BOB, "no agent", "--interactive", LOAD, "vhost_net");
        CALL(BOB, DENIED, "--interactive", LOAD, "kvm");
}

/* Polkit does not tell every user what it thinks of others. */
static void test_owner(Fixture *fixture, const void *data) {
        static const char annotation[] = "unix-user:virtready";
        g_autofree char *action = NULL, *changed = NULL;
        g_auto(GStrv) parts = NULL;

        (void) data;
        skip_unless_possible();

        action = read_text(g_getenv("POLKIT_POLICY"));
        parts = g_strsplit(action, annotation, -1);
        g_assert_cmpuint(g_strv_length(parts), ==, 3);
        changed = g_strjoinv("unix-user:bob", parts);
        file_write(place, "actions/org.virtready1.policy", changed);
        start(fixture);
        CALL(ALICE, "rusted callers", LOAD, "kvm");
        CALL(0, "rusted callers", PERSIST, "kvm", "true");
}

/* Then nobody owns the actions either. */
static void test_no_action_file(Fixture *fixture, const void *data) {
        g_autofree char *path = NULL;

        (void) data;
        skip_unless_possible();

        path = g_build_filename(place, "actions/org.virtready1.policy", NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
        start(fixture);
        CALL(ALICE, "rusted callers", LOAD, "kvm");
        CALL(ALICE, "rusted callers", PERSIST, "kvm", "true");
}

/* What polkit makes of the action file, in a language. */
static void assert_action(Fixture *fixture, const char *locale, const char *id, const char *message) {
        g_autoptr(GVariant) reply = NULL, actions = NULL;
        g_autoptr(GError) error = NULL;
        guint n_found = 0;

        reply = g_dbus_connection_call_sync(
                fixture->bus.connection, POLKIT_NAME, "/org/freedesktop/PolicyKit1/Authority",
                "org.freedesktop.PolicyKit1.Authority", "EnumerateActions", g_variant_new("(s)", locale),
                G_VARIANT_TYPE("(a(ssssssuuua{ss}))"), G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000,
                NULL, &error);
        g_assert_no_error(error);
        actions = g_variant_get_child_value(reply, 0);
        for (gsize i = 0; i < g_variant_n_children(actions); i++) {
                g_autoptr(GVariant) annotations = NULL;
                const char *name, *text, *owner;
                guint any, inactive, active;

                g_variant_get_child(actions, i, "(&s&s&s&s&s&suuu@a{ss})", &name, NULL, &text, NULL, NULL,
                                    NULL, &any, &inactive, &active, &annotations);
                if (!g_str_equal(name, id))
                        continue;

                n_found++;
                g_assert_cmpstr(text, ==, message);
                /* PolkitImplicitAuthorization: no, no, and auth_admin. */
                g_assert_cmpuint(any, ==, 0);
                g_assert_cmpuint(inactive, ==, 0);
                g_assert_cmpuint(active, ==, 2);
                g_assert_true(
                        g_variant_lookup(annotations, "org.freedesktop.policykit.owner", "&s", &owner));
                g_assert_cmpstr(owner, ==, "unix-user:virtready");
        }
        g_assert_cmpuint(n_found, ==, 1);
}

static void test_action_file(Fixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible();

        start(fixture);
        assert_action(fixture, "C", "org.virtready1.load-module",
                      "Authentication is required to load the kernel module $(module)");
        assert_action(fixture, "es", "org.virtready1.load-module",
                      "Se requiere autenticación para cargar el módulo del núcleo $(module)");
        assert_action(
                fixture, "C", "org.virtready1.persist-module",
                "Authentication is required to change whether the kernel module $(module) is loaded at "
                "boot");
        assert_action(fixture, "es_ES.UTF-8", "org.virtready1.persist-module",
                      "Se requiere autenticación para cambiar si el módulo del núcleo $(module) se carga al "
                      "arrancar");
}

static const char *find_polkitd(void) {
        static const char *const places[] = { "/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd",
                                              "/usr/libexec/polkit-1/polkitd" };

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
                if (access(places[i], X_OK) == 0)
                        return places[i];

        return NULL;
}

#define ADD(path, function) g_test_add("/polkitd/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char *argv[]) {
        g_autofree char *directory = NULL;
        int status;

        polkitd_program = find_polkitd();
        if (getuid() == 0 && polkitd_program) {
                place = directory = g_dir_make_tmp("virtready-test-XXXXXX", NULL);
                g_assert_nonnull(place);
                g_assert_cmpint(g_chmod(place, 0755), ==, 0);
                enter_mounts();
        }

        g_test_init(&argc, &argv, NULL);
        ADD("callers", test_callers);
        ADD("interactive", test_interactive);
        ADD("owner", test_owner);
        ADD("no-action-file", test_no_action_file);
        ADD("action-file", test_action_file);
        status = g_test_run();

        if (directory)
                directory_remove(directory);
        return status;
}
