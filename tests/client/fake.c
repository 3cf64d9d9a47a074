/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Enough of org.virtready1 to lead the client astray. */

#include "fake.h"

static const char introspection[] =
        "<node><interface name='org.virtready1.Manager'>"
        "<method name='Describe'><arg name='json' type='s' direction='out'/></method>"
        "<method name='LoadModule'><arg name='module' type='s' direction='in'/></method>"
        "<method name='PersistModule'><arg name='module' type='s' direction='in'/>"
        "<arg name='persistent' type='b' direction='in'/></method>"
        "<property name='ActiveVMs' type='u' access='read'/>"
        "<property name='Features' type='as' access='read'/>"
        "</interface>"
        "<interface name='org.virtready1.Hypervisor'><method name='Refresh'/></interface></node>";

void fake_announce(const Fake *fake, const char *path, const char *interface, const char *changed,
                   const char *const *invalidated) {
        static const char *const none[] = { NULL };
        g_autoptr(GError) error = NULL;
        GVariant *properties;

        properties = g_variant_parse(G_VARIANT_TYPE_VARDICT, changed, NULL, NULL, &error);
        g_assert_no_error(error);

        (void) g_dbus_connection_emit_signal(
                fake->connection, fake->destination, path, "org.freedesktop.DBus.Properties",
                "PropertiesChanged",
                g_variant_new("(s@a{sv}^as)", interface, properties, invalidated ? invalidated : none),
                &error);
        g_assert_no_error(error);
}

static void announce(const Fake *fake, const char *changed) {
        fake_announce(fake, fake->path ? fake->path : FAKE_CHECK_PATH,
                      fake->interface ? fake->interface : FAKE_CHECK_INTERFACE, changed, NULL);
}

static void refuse(const Fake *fake, GDBusMethodInvocation *invocation) {
        g_dbus_method_invocation_return_dbus_error(invocation, fake->error,
                                                   fake->message ? fake->message : "This is the message.");
}

static gboolean on_delay_over(gpointer data) {
        g_dbus_method_invocation_return_value(data, NULL);
        return G_SOURCE_REMOVE;
}

static void take_module(Fake *fake, const char *method, GVariant *parameters,
                        GDBusMethodInvocation *invocation) {
        GDBusMessage *call = g_dbus_method_invocation_get_message(invocation);
        gboolean persistent = FALSE;
        const char *module;

        if (g_str_equal(method, "LoadModule"))
                g_variant_get(parameters, "(&s)", &module);
        else
                g_variant_get(parameters, "(&sb)", &module, &persistent);

        g_strlcpy(fake->module, module, sizeof(fake->module));
        g_strlcpy(fake->act,
                  g_str_equal(method, "LoadModule") ? "load"
                  : persistent                      ? "persist"
                                                    : "forget",
                  sizeof(fake->act));
        fake->interactive =
                g_dbus_message_get_flags(call) & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;
        fake->n_asked++;

        if (fake->error)
                refuse(fake, invocation);
        else
                g_timeout_add_seconds(fake->delay_seconds, on_delay_over, invocation);
}

static void refresh(Fake *fake, const char *path, GDBusMethodInvocation *invocation) {
        g_strlcpy(fake->refreshed, path, sizeof(fake->refreshed));
        fake->n_refreshed++;

        if (fake->refresh_error)
                g_dbus_method_invocation_return_dbus_error(invocation, fake->refresh_error, "No.");
        else
                g_timeout_add_seconds(fake->delay_seconds, on_delay_over, invocation);
}

static void answer(const Fake *fake, GDBusMethodInvocation *invocation) {
        if (fake->error)
                refuse(fake, invocation);
        else if (fake->document)
                g_dbus_method_invocation_return_value(invocation, g_variant_new("(s)", fake->document));
        else
                g_object_unref(invocation);
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of GDBusInterfaceMethodCallFunc. */
static void on_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
                    gpointer data) {
        Fake *fake = data;

        (void) connection, (void) interface;
        g_strlcpy(fake->client, sender, sizeof(fake->client));
        if (g_str_equal(method, "Refresh")) {
                refresh(fake, path, invocation);
                return;
        }
        if (!g_str_equal(method, "Describe")) {
                take_module(fake, method, parameters, invocation);
                return;
        }

        if (fake->before)
                announce(fake, fake->before);
        answer(fake, invocation);
        if (fake->after)
                announce(fake, fake->after);
        fake->n_described++;
}

static GVariant *on_get(GDBusConnection *connection, const char *sender, const char *path,
                        const char *interface, const char *property, GError **error, gpointer data) {
        static const char *const features[] = { "active-vms", NULL };
        const Fake *fake = data;

        (void) connection, (void) sender, (void) path, (void) interface, (void) error;
        if (g_str_equal(property, "Features"))
                return g_variant_new_strv(features, fake->vms_unknown ? 0 : -1);

        return g_variant_new_uint32(fake->active_vms);
}

static GVariant *ask_bus(GDBusConnection *connection, const char *method, GVariant *parameters) {
        g_autoptr(GError) error = NULL;
        GVariant *reply;

        reply = g_dbus_connection_call_sync(connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", method, parameters, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, 10000, NULL, &error);
        g_assert_no_error(error);
        return reply;
}

/* Whatever is asked for is there. */
static char **list_hypervisors(GDBusConnection *connection, const char *sender, const char *path,
                               gpointer data) {
        (void) connection, (void) sender, (void) path, (void) data;
        return g_new0(char *, 1);
}

static GDBusInterfaceInfo **introspect_hypervisor(GDBusConnection *connection, const char *sender,
                                                  const char *path, const char *node, gpointer data) {
        g_autoptr(GDBusNodeInfo) info = g_dbus_node_info_new_for_xml(introspection, NULL);
        GDBusInterfaceInfo **interfaces = g_new0(GDBusInterfaceInfo *, 2);

        (void) connection, (void) sender, (void) path, (void) node, (void) data;
        interfaces[0] = g_dbus_interface_info_ref(info->interfaces[1]);
        return interfaces;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of GDBusDispatchSubtreeFunc. */
static const GDBusInterfaceVTable *dispatch_hypervisor(GDBusConnection *connection, const char *sender,
                                                       const char *path, const char *interface,
                                                       const char *node, gpointer *ret_data, gpointer data) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call };

        (void) connection, (void) sender, (void) path, (void) interface, (void) node;
        *ret_data = data;
        return &vtable;
}

void fake_start(Fake *fake, const char *address) {
        static const GDBusInterfaceVTable vtable = { .method_call = on_call, .get_property = on_get };
        static const GDBusSubtreeVTable hypervisors = {
                .enumerate = list_hypervisors,
                .introspect = introspect_hypervisor,
                .dispatch = dispatch_hypervisor,
        };
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        fake->connection = g_dbus_connection_new_for_address_sync(
                address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);
        g_assert_no_error(error);

        node = g_dbus_node_info_new_for_xml(introspection, &error);
        g_assert_no_error(error);
        fake->object = g_dbus_connection_register_object(fake->connection, "/org/virtready1",
                                                         node->interfaces[0], &vtable, fake, NULL, &error);
        g_assert_no_error(error);

        fake->hypervisors = g_dbus_connection_register_subtree(
                fake->connection, "/org/virtready1/hypervisor", &hypervisors,
                G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, fake, NULL, &error);
        g_assert_no_error(error);

        reply = ask_bus(fake->connection, "RequestName", g_variant_new("(su)", "org.virtready1", 0));
        g_assert_cmpuint(g_variant_n_children(reply), ==, 1);
}

void fake_stop(Fake *fake) {
        g_autoptr(GError) error = NULL;

        (void) g_dbus_connection_flush_sync(fake->connection, NULL, &error);
        g_assert_no_error(error);
        g_dbus_connection_unregister_object(fake->connection, fake->object);
        g_dbus_connection_unregister_subtree(fake->connection, fake->hypervisors);
        (void) g_dbus_connection_close_sync(fake->connection, NULL, &error);
        g_assert_no_error(error);
        g_clear_object(&fake->connection);
}
