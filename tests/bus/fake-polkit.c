/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the calls in a GtDBusQueue until the test looks at them. */

#include <glib/gstdio.h>
#include <libglib-testing/dbus-queue.h>

#include "fake-polkit.h"

#define PATH "/org/freedesktop/PolicyKit1/Authority"

/* As in polkit's reference manual, "org.freedesktop.PolicyKit1.Authority". */
static const char introspection[] =
        "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
        "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/>"
        "<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/><arg type='u' direction='in'/>"
        "<arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/></method>"
        "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
        "</interface></node>";

struct FakePolkit {
        const Bus *bus;
        GtDBusQueue *queue;
        guint name;
};

/* In place of a bus: says the address of the one that is there, on the descriptor that is asked for. A test
 * that fails takes it along. */
static const char bus_script[] = "#!/bin/sh\n"
                                 "fd=1\n"
                                 "for option; do\n"
                                 "    case $option in --print-address=*) fd=${option#*=} ;; esac\n"
                                 "done\n"
                                 "echo '%s' >/proc/self/fd/\"$fd\"\n"
                                 "exec setpriv --pdeathsig TERM sleep infinity\n";

/* A GtDBusQueue starts a bus of its own, by GTestDBus, which starts the program that this variable names. */
static void connect_queue(FakePolkit *fake) {
        g_autofree char *program = g_build_filename(fake->bus->directory, "the-same-bus", NULL),
                        *script = g_strdup_printf(bus_script, fake->bus->address);
        g_autoptr(GError) error = NULL;

        file_write(fake->bus->directory, "the-same-bus", script);
        g_assert_cmpint(g_chmod(program, 0755), ==, 0);

        g_setenv("G_TEST_DBUS_DAEMON", program, TRUE);
        gt_dbus_queue_connect(fake->queue, &error);
        g_unsetenv("G_TEST_DBUS_DAEMON");
        g_assert_no_error(error);
}

static bool has_owner(const FakePolkit *fake) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        gboolean owned;

        reply = g_dbus_connection_call_sync(fake->bus->connection, "org.freedesktop.DBus",
                                            "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                            g_variant_new("(s)", POLKIT_NAME), G_VARIANT_TYPE("(b)"),
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
        g_variant_get(reply, "(b)", &owned);
        return owned;
}

FakePolkit *fake_polkit_new(const Bus *bus) {
        FakePolkit *fake = g_new0(FakePolkit, 1);
        g_autoptr(GDBusNodeInfo) node = NULL;
        g_autoptr(GError) error = NULL;

        fake->bus = bus;
        fake->queue = gt_dbus_queue_new();
        connect_queue(fake);

        node = g_dbus_node_info_new_for_xml(introspection, &error);
        g_assert_no_error(error);
        gt_dbus_queue_export_object(fake->queue, PATH, node->interfaces[0], &error);
        g_assert_no_error(error);

        fake->name = gt_dbus_queue_own_name(fake->queue, POLKIT_NAME);
        wait_until(has_owner(fake));
        return fake;
}

/* The queue wants to be empty at its end, and nothing comes any more once the name is gone. */
void fake_polkit_free(FakePolkit *fake) {
        gt_dbus_queue_unown_name(fake->queue, fake->name);
        wait_until(!has_owner(fake));
        while (gt_dbus_queue_get_n_messages(fake->queue) > 0) {
                g_autoptr(GDBusMethodInvocation) invocation = NULL;

                gt_dbus_queue_pop_message(fake->queue, &invocation);
        }

        gt_dbus_queue_disconnect(fake->queue, TRUE);
        gt_dbus_queue_free(fake->queue);
        g_free(fake);
}

gsize fake_polkit_waiting(const FakePolkit *fake) {
        return gt_dbus_queue_get_n_messages(fake->queue);
}

/* gt_dbus_queue_pop_message() alone would wait for ever. */
static GDBusMethodInvocation *next_call(FakePolkit *fake, const char *method) {
        GDBusMethodInvocation *invocation;

        wait_until(fake_polkit_waiting(fake) > 0);
        gt_dbus_queue_pop_message(fake->queue, &invocation);
        g_assert_cmpstr(g_dbus_method_invocation_get_method_name(invocation), ==, method);
        return invocation;
}

FakeQuestion *fake_polkit_next_question(FakePolkit *fake) {
        GDBusMethodInvocation *invocation = next_call(fake, "CheckAuthorization");
        FakeQuestion *question = g_new0(FakeQuestion, 1);
        g_autoptr(GVariant) subject = NULL;

        question->invocation = invocation;
        question->asker = g_strdup(g_dbus_method_invocation_get_sender(invocation));
        g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "((s@a{sv})s@a{ss}us)",
                      &question->kind, &subject, &question->action, &question->details, &question->flags,
                      &question->cancellation_id);
        g_assert_cmpuint(g_variant_n_children(subject), ==, 1);
        g_assert_true(g_variant_lookup(subject, "name", "s", &question->subject));
        return question;
}

char *fake_polkit_next_cancellation(FakePolkit *fake) {
        g_autoptr(GDBusMethodInvocation) invocation = next_call(fake, "CancelCheckAuthorization");
        char *id;

        g_assert_cmpint(g_dbus_message_get_flags(g_dbus_method_invocation_get_message(invocation)), ==,
                        G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED | G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
        g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(s)", &id);
        return id;
}

const char *fake_question_detail(const FakeQuestion *question, const char *name) {
        const char *value = NULL;

        g_variant_lookup(question->details, name, "&s", &value);
        return value;
}

/* GDBus itself would not send what the interface does not have. */
void fake_polkit_answer_body(FakeQuestion *question, GVariant *body) {
        g_autoptr(GDBusMessage) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_message_new_method_reply(g_dbus_method_invocation_get_message(question->invocation));
        if (body)
                g_dbus_message_set_body(reply, body);
        g_dbus_connection_send_message(g_dbus_method_invocation_get_connection(question->invocation), reply,
                                       G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error);
        g_assert_no_error(error);
        fake_question_free(question);
}

void fake_polkit_answer(FakeQuestion *question, bool authorized, bool challenge) {
        fake_polkit_answer_body(question, g_variant_new("((bb@a{ss}))", authorized, challenge,
                                                        g_variant_new_parsed("@a{ss} {}")));
}

void fake_polkit_answer_dismissed(FakeQuestion *question) {
        fake_polkit_answer_body(question,
                                g_variant_new_parsed("((false, false, {'polkit.dismissed': 'true'}),)"));
}

void fake_polkit_answer_error(FakeQuestion *question, const char *name, const char *message) {
        g_dbus_method_invocation_return_dbus_error(g_object_ref(question->invocation), name, message);
        fake_question_free(question);
}

void fake_polkit_allow_next(FakePolkit *fake) {
        fake_polkit_answer(fake_polkit_next_question(fake), /* authorized= */ true, /* challenge= */ false);
}

void fake_question_free(FakeQuestion *question) {
        g_free(question->asker);
        g_free(question->kind);
        g_free(question->subject);
        g_free(question->action);
        g_variant_unref(question->details);
        g_free(question->cancellation_id);
        g_object_unref(question->invocation);
        g_free(question);
}
