/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real polkitd with the action file and the example rule that we ship. */

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "dbus/names.h"
#include "polkit-agent.h"
#include "polkitd-fixture.h"

#define skip_unless_possible(fixture)                                                 \
        do {                                                                          \
                if (!(fixture)->place)                                                \
                        skip_because("only root can start polkitd with other users, " \
                                     "and polkitd has to be installed");              \
        } while (0)

#define LOAD "--method", "org.virtready1.Manager.LoadModule"
#define PERSIST "--method", "org.virtready1.Manager.PersistModule"
#define MAY "()\n"
#define DENIED "AccessDenied: Polkit denies you"
#define ASKED "InteractiveAuthorizationRequired"

/* Makes sure that the output of the call begins like this, or has it somewhere. */
static void assert_call(PolkitdFixture *fixture, uid_t user, const char *expected,
                        const char *const *arguments) {
        guint acts = asker_acts(&fixture->asker);
        g_autofree char *output = polkitd_fixture_call(fixture, user, arguments),
                        *words = g_strjoinv(" ", (char **) arguments);

        g_test_message("user %u, %s: %s", user, words, output);
        g_assert_nonnull(strstr(output, expected));
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, acts + g_str_equal(output, MAY));
}

#define CALL(user, expected, ...) \
        assert_call(fixture, (user), (expected), (const char *[]){ __VA_ARGS__, NULL })

static void test_callers(PolkitdFixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible(fixture);

        polkitd_fixture_start(fixture);
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
static void test_interactive(PolkitdFixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible(fixture);

        polkitd_fixture_start(fixture);
        CALL(BOB, "does not allow to ask", LOAD, "vhost_net");
        CALL(BOB, "no agent", "--interactive", LOAD, "vhost_net");
        CALL(BOB, DENIED, "--interactive", LOAD, "kvm");
}

/* A connection of bob's in this process, for which the agent is. */
static GDBusConnection *connect_bob(PolkitdFixture *fixture) {
        GDBusConnection *connection;

        g_assert_cmpint(seteuid(BOB), ==, 0);
        connection = bus_connect_client(&fixture->bus);
        g_assert_cmpint(seteuid(0), ==, 0);
        return connection;
}

static void load_interactively(Call *call, GDBusConnection *caller, const char *module) {
        call_start(call, caller, "LoadModule", g_variant_new("(s)", module), /* interactive= */ true);
}

/* The dialog names the module. A password is good for one call, a closed dialog is a no, and the dialog goes
 * when the caller does. */
static void test_dialog(PolkitdFixture *fixture, const void *data) {
        GDBusConnection *bob;
        PolkitAgent agent;
        Call call;

        (void) data;
        skip_unless_possible(fixture);

        polkitd_fixture_start(fixture);
        polkit_agent_up(&agent, &fixture->bus);
        bob = connect_bob(fixture);

        load_interactively(&call, bob, "vhost_net");
        polkit_agent_wait(&agent);
        g_assert_cmpstr(agent.message, ==, "Authentication is required to load the kernel module vhost_net");
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        polkit_agent_authenticate(&agent);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);

        load_interactively(&call, bob, "vhost_net");
        polkit_agent_wait(&agent);
        polkit_agent_dismiss(&agent);
        call_end(&call, ACCESS_DENIED, "dismissed");

        call_load(&call, bob, "vhost_net");
        call_end(&call, INTERACTION_NEEDED, "does not allow");
        g_assert_cmpuint(agent.n_cancelled, ==, 0);

        load_interactively(&call, bob, "vhost_net");
        polkit_agent_wait(&agent);
        g_dbus_connection_close_sync(bob, NULL, NULL);
        call_end(&call, NO_ANSWER, NULL);
        wait_until(agent.n_cancelled == 1);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);

        g_object_unref(bob);
        polkit_agent_down(&agent);
}

/* Polkit does not tell every user what it thinks of others. */
static void test_owner(PolkitdFixture *fixture, const void *data) {
        static const char annotation[] = "unix-user:virtready";
        g_autofree char *action = NULL, *changed = NULL;
        g_auto(GStrv) parts = NULL;

        (void) data;
        skip_unless_possible(fixture);

        action = polkitd_fixture_read(g_getenv("POLKIT_POLICY"));
        parts = g_strsplit(action, annotation, -1);
        g_assert_cmpuint(g_strv_length(parts), ==, 3);
        changed = g_strjoinv("unix-user:bob", parts);
        file_write(fixture->place, "actions/org.virtready1.policy", changed);
        polkitd_fixture_start(fixture);
        CALL(ALICE, "rusted callers", LOAD, "kvm");
        CALL(0, "rusted callers", PERSIST, "kvm", "true");
}

/* Then nobody owns the actions either. */
static void test_no_action_file(PolkitdFixture *fixture, const void *data) {
        g_autofree char *path = NULL;

        (void) data;
        skip_unless_possible(fixture);

        path = g_build_filename(fixture->place, "actions/org.virtready1.policy", NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
        polkitd_fixture_start(fixture);
        CALL(ALICE, "rusted callers", LOAD, "kvm");
        CALL(ALICE, "rusted callers", PERSIST, "kvm", "true");
}

/* What polkit makes of the action file, in a language. */
static void assert_action(PolkitdFixture *fixture, const char *locale, const char *id, const char *message) {
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

static void test_action_file(PolkitdFixture *fixture, const void *data) {
        (void) data;
        skip_unless_possible(fixture);

        polkitd_fixture_start(fixture);
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

#define ADD(path, function)                                                               \
        g_test_add("/polkitd/" path, PolkitdFixture, place, polkitd_fixture_up, function, \
                   polkitd_fixture_down)

int main(int argc, char *argv[]) {
        g_autofree char *place = polkitd_fixture_enter();
        int status;

        g_test_init(&argc, &argv, NULL);

        ADD("callers", test_callers);
        ADD("interactive", test_interactive);
        ADD("dialog", test_dialog);
        ADD("owner", test_owner);
        ADD("no-action-file", test_no_action_file);
        ADD("action-file", test_action_file);
        status = g_test_run();

        if (place)
                directory_remove(place);
        return status;
}
