/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The API as its description promises it, and as clients of other libraries see it. */

#include <gio/gunixfdlist.h>
#include <libglib-testing/signal-logger.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "dbus/names.h"
#include "harness.h"

typedef struct Fixture {
        Bus bus;
        Daemon daemon;
        char *root;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        bus_up(&fixture->bus);
        fixture->root = machine_new_amd();
        file_write(fixture->root, "sys/bus/pci/devices/0000:01:00.0/modalias",
                   "pci:v00008086d00001533sv00008086sd00000001bc02sc00i00\n");
        daemon_up(&fixture->daemon, &fixture->bus, (DaemonOptions){ .root = fixture->root });
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        daemon_down(&fixture->daemon);
        bus_down(&fixture->bus);
        directory_remove(fixture->root);
        g_free(fixture->root);
}

static GDBusInterfaceInfo *read_description(const char *interface) {
        g_autofree char *path = g_strdup_printf("%s/%s.xml", g_getenv("BUS_INTERFACES"), interface),
                        *text = NULL;
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        node = g_dbus_node_info_new_for_xml(text, &error);
        g_assert_no_error(error);
        g_assert_nonnull(g_dbus_node_info_lookup_interface(node, interface));

        return g_dbus_interface_info_ref(g_dbus_node_info_lookup_interface(node, interface));
}

static GDBusInterfaceInfo *introspect(Fixture *fixture, const char *path, const char *interface) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GError) error = NULL;
        const char *text;

        reply = g_dbus_connection_call_sync(fixture->bus.connection, BUS_NAME, path,
                                            "org.freedesktop.DBus.Introspectable", "Introspect", NULL,
                                            G_VARIANT_TYPE("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(&s)", &text);
        node = g_dbus_node_info_new_for_xml(text, &error);
        g_assert_no_error(error);
        g_assert_nonnull(g_dbus_node_info_lookup_interface(node, interface));

        return g_dbus_interface_info_ref(g_dbus_node_info_lookup_interface(node, interface));
}

static guint length(void *array) {
        return array ? g_strv_length(array) : 0;
}

static const char *emits_changed(const GDBusPropertyInfo *property) {
        const char *value = g_dbus_annotation_info_lookup(
                property->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

        return value ? value : "true";
}

static void assert_same_arguments(GDBusArgInfo **described, GDBusArgInfo **offered) {
        g_assert_cmpuint(length(described), ==, length(offered));

        for (guint i = 0; i < length(described); i++) {
                g_assert_cmpstr(described[i]->name, ==, offered[i]->name);
                g_assert_cmpstr(described[i]->signature, ==, offered[i]->signature);
        }
}

static void assert_same_interface(GDBusInterfaceInfo *described, GDBusInterfaceInfo *offered) {
        g_assert_cmpuint(length(described->properties), ==, length(offered->properties));
        g_assert_cmpuint(length(described->methods), ==, length(offered->methods));
        g_assert_cmpuint(length(described->signals), ==, length(offered->signals));

        for (guint i = 0; i < length(described->properties); i++) {
                const GDBusPropertyInfo *a = described->properties[i];
                const GDBusPropertyInfo *b = g_dbus_interface_info_lookup_property(offered, a->name);

                g_assert_nonnull(b);
                g_assert_cmpstr(a->signature, ==, b->signature);
                g_assert_cmpint(a->flags, ==, b->flags);
                g_assert_cmpstr(emits_changed(a), ==, emits_changed(b));
        }

        for (guint i = 0; i < length(described->methods); i++) {
                const GDBusMethodInfo *a = described->methods[i];
                const GDBusMethodInfo *b = g_dbus_interface_info_lookup_method(offered, a->name);

                g_assert_nonnull(b);
                assert_same_arguments(a->in_args, b->in_args);
                assert_same_arguments(a->out_args, b->out_args);
        }

        for (guint i = 0; i < length(described->signals); i++) {
                const GDBusSignalInfo *a = described->signals[i];
                const GDBusSignalInfo *b = g_dbus_interface_info_lookup_signal(offered, a->name);

                g_assert_nonnull(b);
                assert_same_arguments(a->args, b->args);
        }
}

static void test_description(Fixture *fixture, const void *data) {
        static const struct {
                const char *path, *interface;
        } objects[] = {
                { BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER },
                { BUS_PATH_CHECK "/kvm/usable", BUS_INTERFACE_CHECK },
                { BUS_PATH_CHECK "/cgroup/cpu", BUS_INTERFACE_CHECK },
                { BUS_PATH_PROFILE "/qemu", BUS_INTERFACE_PROFILE },
                { BUS_PATH_HOST, BUS_INTERFACE_HOST },
                { BUS_PATH_DEVICE "/0000_01_00_0", BUS_INTERFACE_DEVICE },
                { BUS_PATH_HYPERVISOR "/qemu", BUS_INTERFACE_HYPERVISOR },
        };

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(objects); i++) {
                GDBusInterfaceInfo *described = read_description(objects[i].interface);
                GDBusInterfaceInfo *offered = introspect(fixture, objects[i].path, objects[i].interface);

                assert_same_interface(described, offered);
                g_dbus_interface_info_unref(described);
                g_dbus_interface_info_unref(offered);
        }
}

/* The object manager lists every check and every profile that the summary names, with all
 * their properties. */
static void test_object_manager(Fixture *fixture, const void *data) {
        g_autoptr(GDBusObjectManager) client = NULL;
        g_autoptr(GVariant) profiles = NULL;
        g_autoptr(GError) error = NULL;
        GList *objects;
        guint n_checks = 0, n_profiles = 0, n_devices = 0, n_hypervisors = 0;

        (void) data;

        client = g_dbus_object_manager_client_new_sync(fixture->bus.connection,
                                                       G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, BUS_NAME,
                                                       BUS_PATH_MANAGER, NULL, NULL, NULL, NULL, &error);
        g_assert_no_error(error);

        objects = g_dbus_object_manager_get_objects(client);
        for (GList *l = objects; l; l = l->next) {
                const char *path = g_dbus_object_get_object_path(l->data);
                g_autoptr(GDBusInterface) check = g_dbus_object_get_interface(l->data, BUS_INTERFACE_CHECK);
                g_autoptr(GDBusInterface) profile =
                        g_dbus_object_get_interface(l->data, BUS_INTERFACE_PROFILE);
                g_autoptr(GDBusInterface) device =
                        g_dbus_object_get_interface(l->data, BUS_INTERFACE_DEVICE);
                g_autoptr(GDBusInterface) hypervisor =
                        g_dbus_object_get_interface(l->data, BUS_INTERFACE_HYPERVISOR);
                GDBusInterface *either = check ? check : profile;
                g_autoptr(GVariant) id = NULL, state = NULL;
                g_autofree char *suffix = NULL;

                if (g_str_equal(path, BUS_PATH_MANAGER) || g_str_equal(path, BUS_PATH_HOST))
                        continue;

                if (device || hypervisor) {
                        n_devices += device ? 1 : 0;
                        n_hypervisors += hypervisor ? 1 : 0;
                        continue;
                }

                g_assert_nonnull(either);
                id = g_dbus_proxy_get_cached_property(G_DBUS_PROXY(either), "Id");
                state = g_dbus_proxy_get_cached_property(G_DBUS_PROXY(either), "State");
                g_assert_nonnull(state);
                suffix = g_strdelimit(g_variant_dup_string(id, NULL), ".", '/');
                g_assert_true(g_str_has_suffix(path, suffix));

                n_checks += check ? 1 : 0;
                n_profiles += profile ? 1 : 0;
        }
        g_list_free_full(objects, g_object_unref);

        profiles = property_get(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "Profiles");
        g_assert_cmpuint(n_profiles, ==, g_variant_n_children(profiles));
        g_assert_cmpuint(n_checks, >=, 20);
        g_assert_cmpuint(n_devices, ==, 1);
        g_assert_cmpuint(n_hypervisors, ==, 1);
}

/* A frontend that never asks again: its cache follows the signals. */
static void test_cached_client(Fixture *fixture, const void *data) {
        g_autoptr(GtSignalLogger) logger = gt_signal_logger_new();
        g_autoptr(GVariant) recheck = NULL, state = NULL;
        g_autoptr(GDBusProxy) proxy = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;

        proxy = g_dbus_proxy_new_sync(fixture->bus.connection, G_DBUS_PROXY_FLAGS_NONE, NULL, BUS_NAME,
                                      BUS_PATH_CHECK "/net/vhost_net", BUS_INTERFACE_CHECK, NULL, &error);
        g_assert_no_error(error);
        gt_signal_logger_connect(logger, proxy, "g-properties-changed");

        file_write(fixture->root, "proc/misc", "200 tun\n238 vhost-net\n");
        recheck = manager_call(&fixture->daemon, "Recheck");
        daemon_settle(&fixture->daemon);

        g_assert_cmpuint(gt_signal_logger_get_n_emissions(logger), ==, 1);
        state = g_dbus_proxy_get_cached_property(proxy, "State");
        g_assert_cmpstr(g_variant_get_string(state, NULL), ==, "pass");
}

/* A link that a frontend can open: a local page, and the check's entry in it. */
static void test_documentation(Fixture *fixture, const void *data) {
        g_autofree char *usable = NULL, *user = NULL;

        (void) data;

        usable = property_get_string(&fixture->daemon, "/check/kvm/usable", BUS_INTERFACE_CHECK,
                                     "DocumentationURI");
        g_assert_true(g_str_has_prefix(usable, "file:///"));
        g_assert_true(g_str_has_suffix(usable, "/checks.html#kvm.usable"));

        user = property_get_string(&fixture->daemon, "/check/namespace/user_unprivileged",
                                   BUS_INTERFACE_CHECK, "DocumentationURI");
        g_assert_true(g_str_has_suffix(user, "/checks.html#namespace.user_unprivileged"));
}

static void test_unknown_object(Fixture *fixture, const void *data) {
        static const char *const paths[] = { BUS_PATH_CHECK "/kvm", BUS_PATH_CHECK "/no/such_check",
                                             BUS_PATH_PROFILE "/nonsense", BUS_PATH_CHECK,
                                             BUS_PATH_DEVICE "/0000_01_00_1" };

        (void) data;

        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) reply = NULL;

                reply = g_dbus_connection_call_sync(fixture->bus.connection, BUS_NAME, paths[i],
                                                    "org.freedesktop.DBus.Properties", "Get",
                                                    g_variant_new("(ss)", BUS_INTERFACE_CHECK, "State"),
                                                    NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
                g_assert_null(reply);
                g_assert_true(g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) ||
                              g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE) ||
                              g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY));
        }
}

/* A hundred callers at once share a pass, or a few. */
static void test_recheck_shared(Fixture *fixture, const void *data) {
        GDBusConnection *connections[100];
        Answers answers = {};
        guint passes;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(connections); i++)
                connections[i] = bus_connect_client(&fixture->bus);
        passes = daemon_passes(&fixture->daemon);
        for (guint i = 0; i < G_N_ELEMENTS(connections); i++)
                call_without_waiting(connections[i], "Recheck", &answers);
        wait_until(answers.done + answers.limited == G_N_ELEMENTS(connections));
        for (guint i = 0; i < G_N_ELEMENTS(connections); i++) {
                g_dbus_connection_close_sync(connections[i], NULL, NULL);
                g_object_unref(connections[i]);
        }

        g_assert_cmpuint(answers.done, ==, G_N_ELEMENTS(connections));
        passes = daemon_passes(&fixture->daemon) - passes;
        g_assert_cmpuint(passes, >=, 1);
        g_assert_cmpuint(passes, <=, 10);
}

/* More callers than can wait are told so, and everybody gets an answer. */
static void test_recheck_limited(Fixture *fixture, const void *data) {
        enum {
                CONNECTIONS = 20,
                CALLS = 100,
        };
        GDBusConnection *connections[CONNECTIONS];
        Answers answers = {};

        (void) data;

        for (guint i = 0; i < CONNECTIONS; i++)
                connections[i] = bus_connect_client(&fixture->bus);

        /* While it is stopped, calls pile up. */
        g_subprocess_send_signal(fixture->daemon.process, SIGSTOP);
        for (guint i = 0; i < CALLS; i++)
                for (guint j = 0; j < CONNECTIONS; j++)
                        call_without_waiting(connections[j], "Recheck", &answers);
        for (guint i = 0; i < CONNECTIONS; i++)
                g_dbus_connection_flush_sync(connections[i], NULL, NULL);
        g_subprocess_send_signal(fixture->daemon.process, SIGCONT);

        wait_until(answers.done + answers.limited == CALLS * CONNECTIONS);
        g_test_message("%u answered, %u told to try again later", answers.done, answers.limited);
        g_assert_cmpuint(answers.done, >, 0);
        assert_property(&fixture->daemon, "", BUS_INTERFACE_MANAGER, "State", "not-ready");

        for (guint i = 0; i < CONNECTIONS; i++) {
                g_dbus_connection_close_sync(connections[i], NULL, NULL);
                g_object_unref(connections[i]);
        }
}

/* Nothing is announced when a pass finds nothing new. */
static void test_recheck_no_news(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) first = NULL, second = NULL;

        (void) data;

        first = manager_call(&fixture->daemon, "Recheck");
        second = manager_call(&fixture->daemon, "Recheck");
        daemon_settle(&fixture->daemon);
        g_assert_cmpuint(fixture->daemon.signals->len, ==, 0);
}

static void test_describe(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) reply = manager_call(&fixture->daemon, "Describe");
        const char *json;

        (void) data;

        g_variant_get(reply, "(&s)", &json);
        g_assert_nonnull(strstr(json, "\"kvm.vendor_module\":{"));
        g_assert_nonnull(strstr(json, "\"architecture\":\"x86_64\""));
        g_assert_nonnull(strstr(json, "\"virtualization\":\"svm\""));
}

/* Calls that wait would hold them, and anybody could fill the daemon's table. */
static void test_no_descriptors(Fixture *fixture, const void *data) {
        g_autoptr(GUnixFDList) descriptors = g_unix_fd_list_new();
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;

        g_assert_cmpint(g_unix_fd_list_append(descriptors, STDERR_FILENO, &error), ==, 0);
        g_assert_no_error(error);
        reply = g_dbus_connection_call_with_unix_fd_list_sync(
                fixture->bus.connection, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "Recheck", NULL,
                NULL, G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, descriptors, NULL, NULL, &error);
        g_assert_null(reply);
        g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/api/description", Fixture, NULL, set_up, test_description, tear_down);
        g_test_add("/api/object-manager", Fixture, NULL, set_up, test_object_manager, tear_down);
        g_test_add("/api/cached-client", Fixture, NULL, set_up, test_cached_client, tear_down);
        g_test_add("/api/documentation", Fixture, NULL, set_up, test_documentation, tear_down);
        g_test_add("/api/unknown-object", Fixture, NULL, set_up, test_unknown_object, tear_down);
        g_test_add("/api/recheck-shared", Fixture, NULL, set_up, test_recheck_shared, tear_down);
        g_test_add("/api/recheck-limited", Fixture, NULL, set_up, test_recheck_limited, tear_down);
        g_test_add("/api/recheck-no-news", Fixture, NULL, set_up, test_recheck_no_news, tear_down);
        g_test_add("/api/no-descriptors", Fixture, NULL, set_up, test_no_descriptors, tear_down);
        g_test_add("/api/describe", Fixture, NULL, set_up, test_describe, tear_down);

        return g_test_run();
}
