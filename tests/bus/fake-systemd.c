/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sees every call before GDBus does, so that none goes unnoticed. */

#include <string.h>

#include "fake-systemd.h"

#define NAME "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

typedef struct Unit {
        char *load, *activity;
} Unit;

struct FakeSystemd {
        GDBusConnection *connection;
        guint filter;

        GMutex mutex; /* of what is below: calls arrive in GDBus's thread */
        FakeManner manner;
        char *subscription_error;
        GHashTable *units;
        GHashTable *calls;
        GQueue *held;
        guint questions, most_held;
};

static void unit_free(void *p) {
        Unit *unit = p;

        g_free(unit->load);
        g_free(unit->activity);
        g_free(unit);
}

char *fake_systemd_unit_path(const char *unit) {
        g_auto(GStrv) parts = g_strsplit(unit, ".", -1);
        g_autofree char *escaped = g_strjoinv("_2e", parts);

        return g_strconcat(PATH "/unit/", escaped, NULL);
}

static void append_unit(GVariantBuilder *builder, const char *name, const Unit *unit) {
        g_autofree char *path = fake_systemd_unit_path(name);

        g_variant_builder_add(builder, "(ssssssouso)", name, "A unit", unit->load, unit->activity, "sub", "",
                              path, 0, "", "/");
}

/* A list of what the patterns name, which are names here. */
static GVariant *list_units(FakeSystemd *fake, GDBusMessage *call) {
        g_autofree const char **patterns = NULL;
        GVariantBuilder builder;

        g_variant_get(g_dbus_message_get_body(call), "(as^a&s)", NULL, &patterns);
        g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ssssssouso)"));
        for (const char **pattern = patterns; *pattern; pattern++) {
                const Unit *unit = g_hash_table_lookup(fake->units, *pattern);

                if (unit)
                        append_unit(&builder, *pattern, unit);
        }

        return g_variant_new("(a(ssssssouso))", &builder);
}

static void reply(FakeSystemd *fake, GDBusMessage *call, GVariant *body) {
        g_autoptr(GDBusMessage) answer = g_dbus_message_new_method_reply(call);

        if (body)
                g_dbus_message_set_body(answer, body);
        g_dbus_connection_send_message(fake->connection, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static void reply_error(FakeSystemd *fake, GDBusMessage *call, const char *error) {
        g_autoptr(GDBusMessage) answer = g_dbus_message_new_method_error_literal(call, error, "No.");

        g_dbus_connection_send_message(fake->connection, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static void answer_question(FakeSystemd *fake, GDBusMessage *call) {
        switch (fake->manner) {
        case FAKE_ANSWERS:
                reply(fake, call, list_units(fake, call));
                break;
        case FAKE_HOLDS:
                g_queue_push_tail(fake->held, g_object_ref(call));
                fake->most_held = MAX(fake->most_held, g_queue_get_length(fake->held));
                break;
        case FAKE_REFUSES:
                reply_error(fake, call, "org.freedesktop.DBus.Error.AccessDenied");
                break;
        case FAKE_SAYS_NOTHING:
                reply(fake, call, NULL);
                break;
        case FAKE_SAYS_NUMBERS:
                reply(fake, call, g_variant_new("(u)", 42));
                break;
        case FAKE_SAYS_TOO_LITTLE:
                reply(fake, call, g_variant_new_parsed("([('libvirtd.service', 'libvirt', 'loaded')],)"));
                break;
        default:
                g_assert_not_reached();
        }
}

static void answer_call(FakeSystemd *fake, GDBusMessage *call) {
        const char *member = g_dbus_message_get_member(call);

        if (g_str_equal(member, "Subscribe")) {
                if (fake->subscription_error)
                        reply_error(fake, call, fake->subscription_error);
                else
                        reply(fake, call, NULL);
        } else if (g_str_equal(member, "ListUnitsByPatterns")) {
                fake->questions++;
                answer_question(fake, call);
        } else
                reply_error(fake, call, "org.freedesktop.DBus.Error.UnknownMethod");
}

static GDBusMessage *on_message(GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
                                gpointer userdata) {
        FakeSystemd *fake = userdata;
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
        bool wakes;

        (void) connection;

        if (!incoming || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
                return message;

        locker = g_mutex_locker_new(&fake->mutex);
        wakes = !(g_dbus_message_get_flags(message) & G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
        g_hash_table_add(fake->calls,
                         g_strconcat(g_dbus_message_get_member(message), wakes ? "!" : "", NULL));
        answer_call(fake, message);
        g_object_unref(message);
        return NULL;
}

static void request_name(FakeSystemd *fake) {
        g_autoptr(GVariant) answer = NULL;
        g_autoptr(GError) error = NULL;
        guint32 result;

        answer = g_dbus_connection_call_sync(fake->connection, "org.freedesktop.DBus",
                                             "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                             g_variant_new("(su)", NAME, 4), NULL, G_DBUS_CALL_FLAGS_NONE,
                                             (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(answer, "(u)", &result);
        g_assert_cmpuint(result, ==, 1);
}

FakeSystemd *fake_systemd_new(const Bus *bus) {
        FakeSystemd *fake = g_new0(FakeSystemd, 1);

        g_mutex_init(&fake->mutex);
        fake->units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unit_free);
        fake->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        fake->held = g_queue_new();

        fake->connection = bus_connect_client(bus);
        fake->filter = g_dbus_connection_add_filter(fake->connection, on_message, fake, NULL);
        request_name(fake);
        return fake;
}

void fake_systemd_free(FakeSystemd *fake) {
        g_autoptr(GError) error = NULL;

        if (!fake)
                return;

        g_dbus_connection_remove_filter(fake->connection, fake->filter);
        g_dbus_connection_close_sync(fake->connection, NULL, &error);
        g_assert_no_error(error);
        g_object_unref(fake->connection);

        g_queue_free_full(fake->held, g_object_unref);
        g_hash_table_unref(fake->calls);
        g_hash_table_unref(fake->units);
        g_free(fake->subscription_error);
        g_mutex_clear(&fake->mutex);
        g_free(fake);
}

void fake_systemd_set_manner(FakeSystemd *fake, FakeManner manner) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);

        fake->manner = manner;
}

void fake_systemd_refuse_subscription(FakeSystemd *fake, const char *error) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);

        g_free(fake->subscription_error);
        fake->subscription_error = g_strdup(error);
}

void fake_systemd_set(FakeSystemd *fake, const char *name, const char *load, const char *activity) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
        Unit *unit;

        if (!activity) {
                g_hash_table_remove(fake->units, name);
                return;
        }

        unit = g_new0(Unit, 1);
        unit->load = g_strdup(load);
        unit->activity = g_strdup(activity);
        g_hash_table_replace(fake->units, g_strdup(name), unit);
}

static void emit(FakeSystemd *fake, const char *path, const char *interface, const char *signal,
                 GVariant *parameters) {
        g_autoptr(GError) error = NULL;

        g_dbus_connection_emit_signal(fake->connection, NULL, path, interface, signal, parameters, &error);
        g_assert_no_error(error);
}

/* It says nothing of what has changed: who listens has to ask. */
void fake_systemd_announce_unit(FakeSystemd *fake, const char *unit) {
        g_autofree char *path = fake_systemd_unit_path(unit);

        emit(fake, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
             g_variant_new("(sa{sv}as)", "org.freedesktop.systemd1.Unit", NULL, NULL));
}

void fake_systemd_announce(FakeSystemd *fake, const char *signal, GVariant *parameters) {
        emit(fake, PATH, INTERFACE, signal, parameters);
}

void fake_systemd_release(FakeSystemd *fake) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
        FakeManner manner = fake->manner;
        GDBusMessage *call;

        fake->manner = FAKE_ANSWERS;
        while ((call = g_queue_pop_head(fake->held))) {
                answer_question(fake, call);
                g_object_unref(call);
        }
        fake->manner = manner;
}

guint fake_systemd_questions(FakeSystemd *fake) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);

        return fake->questions;
}

guint fake_systemd_held(FakeSystemd *fake) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);

        return g_queue_get_length(fake->held);
}

guint fake_systemd_most_held(FakeSystemd *fake) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);

        return fake->most_held;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char *fake_systemd_calls(FakeSystemd *fake) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fake->mutex);
        g_autofree char **names = (char **) g_hash_table_get_keys_as_array(fake->calls, NULL);

        qsort(names, g_strv_length(names), sizeof(names[0]), compare_strings);
        return g_strjoinv(" ", names);
}
