/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client that means harm with LoadModule, on a daemon that could load modules: polkit is asked no more
 * than it should be, others' modules are loaded meanwhile, and memory stays bounded. */

#include <string.h>

#include "hostile.h"
#include "module-calls.h"
#include "policy/polkit.h"
#include "stress.h"

#define MIB ((gsize) 1024 * 1024)

/* A bus carries strings of tens of megabytes. They are not kept, and not sent back. */
static void test_huge_strings(ModuleFixture *fixture, const void *data) {
        g_autofree char *huge = g_strnfill(20 * MIB, 'k');
        GDBusConnection *connection = fixture->bus.connection;
        guint64 before, after;
        Call call;

        (void) data;

        call_load(&call, connection, "kkk");
        call_end(&call, BUS_ERROR_MODULE_NOT_ALLOWED, "kkk");
        before = daemon_memory_kib(&fixture->daemon, "VmRSS");
        for (guint i = 0; i < 5; i++) {
                call_load(&call, connection, huge);
                call_end(&call, INVALID_ARGS, "no name of a kernel module");
                call_start(&call, connection, "PersistModule", g_variant_new("(sb)", huge, TRUE),
                           /* interactive= */ true);
                call_end(&call, INVALID_ARGS, "no name of a kernel module");
        }
        assert_others_are_answered(&fixture->daemon);
        assert_nobody_was_asked(fixture);

        after = daemon_memory_kib(&fixture->daemon, "VmRSS");
        g_test_message("resident memory: %" G_GUINT64_FORMAT " KiB before, %" G_GUINT64_FORMAT
                       " KiB after 10 strings of 20 MiB",
                       before, after);
        g_assert_cmpuint(after, <, before + memory_growth_max_kib());
}

/* Loads a module as everybody may whom polkit lets. */
static void load_politely(ModuleFixture *fixture) {
        FakeQuestion *question;
        Call call;

        call_load(&call, fixture->bus.connection, "fuse");
        question = fake_polkit_next_question(fixture->polkit);
        g_assert_cmpstr(question->subject, ==, g_dbus_connection_get_unique_name(fixture->bus.connection));
        fake_polkit_answer(question, /* authorized= */ true, /* challenge= */ false);
        fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, "load fuse"), "done 0");
        call_end(&call, NULL, NULL);
}

static guint count_in_log(ModuleFixture *fixture, const char *words) {
        g_autofree char *log = daemon_log(&fixture->daemon);
        guint n = 0;

        for (const char *p = log; (p = strstr(p, words)); p++)
                n++;

        return n;
}

/* Ten thousand calls while polkit takes its time: it is asked about four. */
static void test_calls_without_reply(ModuleFixture *fixture, const void *data) {
        FakeQuestion *questions[POLKIT_QUESTIONS_PER_CALLER_MAX];
        GDBusConnection *client = bus_connect_client(&fixture->bus);
        guint64 before, peak;

        (void) data;

        load_politely(fixture);
        daemon_reset_peak(&fixture->daemon);
        before = daemon_memory_kib(&fixture->daemon, "VmHWM");

        for (guint i = 0; i < 10000; i++)
                send_without_reply(client, BUS_INTERFACE_MANAGER, "LoadModule", g_variant_new("(s)", "tun"));
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
                questions[i] = fake_polkit_next_question(fixture->polkit);
                g_assert_cmpstr(questions[i]->subject, ==, g_dbus_connection_get_unique_name(client));
        }
        load_politely(fixture);
        assert_others_are_answered(&fixture->daemon);
        wait_for_bus(client);
        assert_nobody_was_asked(fixture);

        peak = daemon_memory_kib(&fixture->daemon, "VmHWM");
        g_test_message("peak of resident memory: %" G_GUINT64_FORMAT " KiB before, %" G_GUINT64_FORMAT
                       " KiB after",
                       before, peak);
        g_assert_cmpuint(peak, <, before + 8 * memory_growth_max_kib());

        /* What polkit allows is done, answer or not, and leaves room. */
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
                fake_polkit_answer(questions[i], /* authorized= */ true, /* challenge= */ false);
                fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, "load tun"), "done 0");
        }
        load_politely(fixture);
        assert_nobody_was_asked(fixture);
        g_assert_cmpuint(count_in_log(fixture, "Asked to load the kernel module tun"), ==,
                         G_N_ELEMENTS(questions));

        g_dbus_connection_close_sync(client, NULL, NULL);
        g_object_unref(client);
}

static GDBusConnection *load_without_waiting(ModuleFixture *fixture) {
        GDBusConnection *client = bus_connect_client(&fixture->bus);

        g_dbus_connection_call(client, BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER, "LoadModule",
                               g_variant_new("(s)", "tun"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                               NULL);
        g_dbus_connection_flush_sync(client, NULL, NULL);
        return client;
}

#define AT_ONCE 20U

/* As many questions as callers, which then leave: each question is withdrawn, and polkit answers that. */
static void come_and_go(ModuleFixture *fixture) {
        GDBusConnection *clients[AT_ONCE];
        FakeQuestion *questions[AT_ONCE];

        for (guint i = 0; i < AT_ONCE; i++)
                clients[i] = load_without_waiting(fixture);
        for (guint i = 0; i < AT_ONCE; i++)
                questions[i] = fake_polkit_next_question(fixture->polkit);
        for (guint i = 0; i < AT_ONCE; i++) {
                g_dbus_connection_close_sync(clients[i], NULL, NULL);
                g_object_unref(clients[i]);
        }
        for (guint i = 0; i < AT_ONCE; i++)
                g_free(fake_polkit_next_cancellation(fixture->polkit));
        for (guint i = 0; i < AT_ONCE; i++)
                fake_polkit_answer_error(questions[i], "org.freedesktop.PolicyKit1.Error.Cancelled",
                                         "Cancelled");
}

/* Callers leave as fast as they come: their questions go with them, and leave room for others'. */
static void test_come_and_go(ModuleFixture *fixture, const void *data) {
        (void) data;

        for (guint round = 0; round < 10; round++)
                come_and_go(fixture);
        assert_others_are_answered(&fixture->daemon);
        load_politely(fixture);
        assert_nobody_was_asked(fixture);
        g_assert_cmpuint(count_in_log(fixture, "Asked to load the kernel module tun"), ==, 0);
        g_assert_cmpuint(count_in_log(fixture, "Polkit could not be asked"), ==, 0);
}

int main(int argc, char *argv[]) {
        g_autofree char *memory = memory_env();
        const char *const env[] = { memory, NULL };

        g_test_init(&argc, &argv, NULL);

#define add(name, test) \
        g_test_add("/hostile-module/" name, ModuleFixture, env, module_fixture_up, test, module_fixture_down)
        add("huge-strings", test_huge_strings);
        add("calls-without-reply", test_calls_without_reply);
        add("come-and-go", test_come_and_go);

        return g_test_run();
}
