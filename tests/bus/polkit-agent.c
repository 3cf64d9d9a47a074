/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface org.freedesktop.PolicyKit1.AuthenticationAgent, and what polkit's setuid helper would say.
 */

#include <string.h>
#include <unistd.h>

#include "polkit-agent.h"

#define AGENT_PATH "/agent"

/* As in polkit's reference manual. */
static const char introspection[] =
        "<node><interface name='org.freedesktop.PolicyKit1.AuthenticationAgent'>"
        "<method name='BeginAuthentication'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
        "<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/><arg type='s' direction='in'/>"
        "<arg type='a(sa{sv})' direction='in'/></method>"
        "<method name='CancelAuthentication'><arg type='s' direction='in'/></method>"
        "</interface></node>";

static void forget_dialog(PolkitAgent *agent) {
        g_clear_pointer(&agent->message, g_free);
        g_clear_pointer(&agent->cookie, g_free);
}

static void begin(PolkitAgent *agent, GVariant *parameters, GDBusMethodInvocation *invocation) {
        g_assert_null(agent->cookie);
        g_variant_get(parameters, "(ss&s@a{ss}s@a(sa{sv}))", NULL, &agent->message, NULL, NULL,
                      &agent->cookie, NULL);
        agent->invocation = invocation;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of GDBusInterfaceMethodCallFunc. */
static void on_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
                    gpointer data) {
        PolkitAgent *agent = data;
        const char *cookie;

        (void) connection, (void) sender, (void) path, (void) interface;

        if (g_str_equal(method, "BeginAuthentication")) {
                begin(agent, parameters, invocation);
                return;
        }

        /* Polkit may take a dialog away twice: when it is told to, and when it sees the caller leave. */
        g_variant_get(parameters, "(&s)", &cookie);
        g_dbus_method_invocation_return_value(invocation, NULL);
        if (g_strcmp0(cookie, agent->cookie) != 0)
                return;

        agent->n_cancelled++;
        polkit_agent_dismiss(agent);
}

static void call_authority(PolkitAgent *agent, const char *method, GVariant *parameters) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(agent->connection, POLKIT_NAME,
                                            "/org/freedesktop/PolicyKit1/Authority",
                                            "org.freedesktop.PolicyKit1.Authority", method, parameters, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}

/* proc_pid_stat(5), field 22; the name before it ends with the last bracket. */
static guint64 start_time(void) {
        g_autofree char *stat = NULL;
        g_auto(GStrv) fields = NULL;

        g_assert_true(g_file_get_contents("/proc/self/stat", &stat, NULL, NULL));
        fields = g_strsplit(strrchr(stat, ')') + 2, " ", -1);
        g_assert_cmpuint(g_strv_length(fields), >, 19);
        return g_ascii_strtoull(fields[19], NULL, 10);
}

void polkit_agent_up(PolkitAgent *agent, const Bus *bus) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call };
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GError) error = NULL;
        GVariantBuilder process;

        *agent = (PolkitAgent){ .connection = bus_connect_client(bus) };
        node = g_dbus_node_info_new_for_xml(introspection, &error);
        g_assert_no_error(error);
        agent->object = g_dbus_connection_register_object(agent->connection, AGENT_PATH, node->interfaces[0],
                                                          &vtable, agent, NULL, &error);
        g_assert_no_error(error);

        g_variant_builder_init(&process, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&process, "{sv}", "pid", g_variant_new_uint32((guint32) getpid()));
        g_variant_builder_add(&process, "{sv}", "start-time", g_variant_new_uint64(start_time()));
        call_authority(agent, "RegisterAuthenticationAgent",
                       g_variant_new("((sa{sv})ss)", "unix-process", &process, "C", AGENT_PATH));
}

void polkit_agent_down(PolkitAgent *agent) {
        g_assert_null(agent->cookie);
        g_dbus_connection_unregister_object(agent->connection, agent->object);
        g_dbus_connection_close_sync(agent->connection, NULL, NULL);
        g_clear_object(&agent->connection);
}

void polkit_agent_wait(PolkitAgent *agent) {
        wait_until(agent->cookie);
}

void polkit_agent_authenticate(PolkitAgent *agent) {
        GVariantBuilder identity;

        g_variant_builder_init(&identity, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&identity, "{sv}", "uid", g_variant_new_uint32(0));
        call_authority(agent, "AuthenticationAgentResponse2",
                       g_variant_new("(us(sa{sv}))", 0, agent->cookie, "unix-user", &identity));
        g_dbus_method_invocation_return_value(g_steal_pointer(&agent->invocation), NULL);
        forget_dialog(agent);
}

void polkit_agent_dismiss(PolkitAgent *agent) {
        g_dbus_method_invocation_return_dbus_error(g_steal_pointer(&agent->invocation),
                                                   "org.freedesktop.PolicyKit1.Error.Cancelled",
                                                   "The dialog was closed");
        forget_dialog(agent);
}
