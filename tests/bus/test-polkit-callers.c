/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callers that leave while polkit decides, that are many, and that others could be taken for. */

#include <string.h>

#include "asker.h"
#include "call.h"
#include "dbus/names.h"
#include "fake-polkit.h"
#include "policy/polkit.h"

/* dbus-daemon's default of max_match_rules_per_connection. */
#define MATCHES_MAX 512U

typedef struct Fixture {
        Bus bus;
        Asker asker;
        FakePolkit *polkit;
        GDBusConnection *caller, *other;
} Fixture;

/* DATA is for the asker's environment, or NULL. */
static void set_up(Fixture *fixture, const void *data) {
        bus_up(&fixture->bus);
        fixture->polkit = fake_polkit_new(&fixture->bus);
        fixture->caller = bus_connect_client(&fixture->bus);
        fixture->other = bus_connect_client(&fixture->bus);
        asker_up(&fixture->asker, &fixture->bus, data);
}

static void leave(GDBusConnection **caller) {
        if (*caller)
                g_dbus_connection_close_sync(*caller, NULL, NULL);
        g_clear_object(caller);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        if (fixture->asker.process)
                asker_down(&fixture->asker);
        leave(&fixture->caller);
        leave(&fixture->other);
        fake_polkit_free(fixture->polkit);
        bus_down(&fixture->bus);
}

static void allow(FakeQuestion *question) {
        fake_polkit_answer(question, /* authorized= */ true, /* challenge= */ false);
}

static void deny(FakeQuestion *question) {
        fake_polkit_answer(question, /* authorized= */ false, /* challenge= */ false);
}

static void assert_withdrawn(Fixture *fixture, const FakeQuestion *question) {
        g_autofree char *id = fake_polkit_next_cancellation(fixture->polkit);

        g_assert_cmpstr(id, ==, question->cancellation_id);
}

/* Makes sure that a call which is allowed is done, so that all works. */
static void assert_works(Fixture *fixture) {
        guint acts = asker_acts(&fixture->asker);
        Call call;

        call_load(&call, fixture->other, "kvm_amd");
        fake_polkit_allow_next(fixture->polkit);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, acts + 1);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
}

/* Its question is withdrawn, and an answer that comes anyway changes nothing; other callers' questions stay.
 */
static void test_leaves(Fixture *fixture, const void *data) {
        FakeQuestion *question, *others;
        Call call, staying;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        question = fake_polkit_next_question(fixture->polkit);
        call_load(&staying, fixture->other, "kvm");
        others = fake_polkit_next_question(fixture->polkit);

        leave(&fixture->caller);
        call_end(&call, NO_ANSWER, NULL);
        assert_withdrawn(fixture, question);
        allow(question);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_false(staying.done);

        allow(others);
        call_end(&staying, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
        assert_works(fixture);
}

/* Polkit has said yes, and before that is acted on the caller leaves. Polkit is not asked again. */
static void test_leaves_answered(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        fake_polkit_allow_next(fixture->polkit);
        wait_until(asker_has_late_call(&fixture->asker));
        leave(&fixture->caller);
        call_end(&call, NO_ANSWER, NULL);

        asker_call(&fixture->asker, "Release");
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        assert_works(fixture);
}

/* As the test before, but that it stays. */
static void test_stays_answered(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        fake_polkit_allow_next(fixture->polkit);
        wait_until(asker_has_late_call(&fixture->asker));
        asker_call(&fixture->asker, "Release");
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
}

/* The asker has handled whatever the other caller has sent before. */
static void settle(Fixture *fixture) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;

        reply = g_dbus_connection_call_sync(fixture->other, BUS_NAME, BUS_PATH_MANAGER,
                                            BUS_INTERFACE_MANAGER, "GetActs", NULL, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, (int) WAIT_SECONDS * 1000, NULL, &error);
        g_assert_no_error(error);
}

/* Anybody may send what looks like the bus's signal, and nothing comes of it. */
static void test_forged(Fixture *fixture, const void *data) {
        FakeQuestion *question;
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        question = fake_polkit_next_question(fixture->polkit);
        bus_forge_leaving(fixture->other, fixture->caller);
        settle(fixture);
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);

        allow(question);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);
}

/* Twenty at once: four wait, and each that is answered makes room for one. Another caller has room as well.
 */
static void test_greedy(Fixture *fixture, const void *data) {
        FakeQuestion *questions[POLKIT_QUESTIONS_PER_CALLER_MAX];
        Call calls[20], more;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_load(&calls[i], fixture->caller, "kvm");
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                questions[i] = fake_polkit_next_question(fixture->polkit);
        for (guint i = G_N_ELEMENTS(questions); i < G_N_ELEMENTS(calls); i++)
                call_end(&calls[i], BUS_ERROR_RATE_LIMITED, "your calls");
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        assert_works(fixture);

        deny(questions[0]);
        call_end(&calls[0], ACCESS_DENIED, NULL);
        call_load(&more, fixture->caller, "kvm");
        questions[0] = fake_polkit_next_question(fixture->polkit);
        call_load(&calls[0], fixture->caller, "kvm");
        call_end(&calls[0], BUS_ERROR_RATE_LIMITED, "your calls");

        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                allow(questions[i]);
        for (guint i = 1; i < G_N_ELEMENTS(questions); i++)
                call_end(&calls[i], NULL, NULL);
        call_end(&more, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1 + G_N_ELEMENTS(questions));
        assert_works(fixture);
}

/* Twenty callers are all asked about; 32 questions wait at most. */
static void test_many(Fixture *fixture, const void *data) {
        FakeQuestion *questions[POLKIT_QUESTIONS_MAX];
        GDBusConnection *callers[20];
        Call calls[POLKIT_QUESTIONS_MAX], more;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
                callers[i] = bus_connect_client(&fixture->bus);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_load(&calls[i], callers[i % G_N_ELEMENTS(callers)], "kvm");
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                questions[i] = fake_polkit_next_question(fixture->polkit);
        call_load(&more, fixture->caller, "kvm");
        call_end(&more, BUS_ERROR_RATE_LIMITED, "try again later");
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);

        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                allow(questions[i]);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_end(&calls[i], NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, G_N_ELEMENTS(calls));
        assert_works(fixture);
        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
                leave(&callers[i]);
}

static void load_interactively(Call *call, GDBusConnection *caller) {
        call_start(call, caller, "LoadModule", g_variant_new("(s)", "kvm"), /* interactive= */ true);
}

/* People may leave as many dialogs open as there may be. Who needs no password does not wait for them, and
 * each dialog that is answered makes room for one. */
static void test_dialogs(Fixture *fixture, const void *data) {
        FakeQuestion *questions[POLKIT_DIALOGS_MAX];
        GDBusConnection *callers[2 * POLKIT_DIALOGS_MAX / POLKIT_QUESTIONS_PER_CALLER_MAX];
        Call calls[2 * POLKIT_DIALOGS_MAX], more;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
                callers[i] = bus_connect_client(&fixture->bus);
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
                load_interactively(&calls[i], callers[i / POLKIT_QUESTIONS_PER_CALLER_MAX]);
                questions[i] = fake_polkit_next_question(fixture->polkit);
                g_assert_cmpuint(questions[i]->flags, ==, POLKIT_ALLOWS_INTERACTION);
        }
        for (guint i = G_N_ELEMENTS(questions); i < G_N_ELEMENTS(calls); i++) {
                load_interactively(&calls[i], callers[i / POLKIT_QUESTIONS_PER_CALLER_MAX]);
                call_end(&calls[i], BUS_ERROR_RATE_LIMITED, "type a password");
        }
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        assert_works(fixture);

        deny(questions[0]);
        call_end(&calls[0], ACCESS_DENIED, NULL);
        load_interactively(&more, fixture->caller);
        questions[0] = fake_polkit_next_question(fixture->polkit);
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                allow(questions[i]);
        for (guint i = 1; i < G_N_ELEMENTS(questions); i++)
                call_end(&calls[i], NULL, NULL);
        call_end(&more, NULL, NULL);

        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1 + G_N_ELEMENTS(questions));
        for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
                leave(&callers[i]);
}

/* Two callers with two calls each. The answers come last question first, and each goes where it belongs. */
static void test_mixed(Fixture *fixture, const void *data) {
        static const struct {
                const char *module;
                bool allowed;
        } cases[] = { { "kvm", true }, { "kvm_amd", false }, { "kvm_intel", false }, { "tun", true } };
        FakeQuestion *questions[G_N_ELEMENTS(cases)];
        Call calls[G_N_ELEMENTS(cases)];

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                GDBusConnection *caller = i % 2 ? fixture->caller : fixture->other;

                call_load(&calls[i], caller, cases[i].module);
                questions[i] = fake_polkit_next_question(fixture->polkit);
                g_assert_cmpstr(questions[i]->subject, ==, g_dbus_connection_get_unique_name(caller));
                g_assert_cmpstr(fake_question_detail(questions[i], "module"), ==, cases[i].module);
                for (guint j = 0; j < i; j++)
                        g_assert_cmpstr(questions[i]->cancellation_id, !=, questions[j]->cancellation_id);
        }

        for (guint i = G_N_ELEMENTS(cases); i-- > 0;) {
                for (guint j = 0; j <= i; j++)
                        g_assert_false(calls[j].done);
                fake_polkit_answer(questions[i], cases[i].allowed, /* challenge= */ false);
                call_end(&calls[i], cases[i].allowed ? NULL : ACCESS_DENIED, NULL);
        }
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 2);
}

/* As when the bus is lost: nothing is left, and what polkit says later means nothing. */
static void test_drop(Fixture *fixture, const void *data) {
        FakeQuestion *questions[POLKIT_QUESTIONS_PER_CALLER_MAX];
        Call calls[G_N_ELEMENTS(questions)], call;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
                call_load(&calls[i], fixture->caller, "kvm");
                questions[i] = fake_polkit_next_question(fixture->polkit);
        }
        asker_call(&fixture->asker, "Drop");
        for (guint i = 0; i < G_N_ELEMENTS(questions); i++)
                allow(questions[i]);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);

        call_load(&call, fixture->caller, "kvm");
        fake_polkit_allow_next(fixture->polkit);
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 1);

        leave(&fixture->caller);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_end(&calls[i], NO_ANSWER, NULL);
}

/* With a question that waits, which it does not hold on to. */
static void test_asker_ends(Fixture *fixture, const void *data) {
        g_autoptr(FakeQuestion) question = NULL;
        Call call;

        (void) data;

        call_load(&call, fixture->caller, "kvm");
        question = fake_polkit_next_question(fixture->polkit);
        asker_down(&fixture->asker);
        call_end(&call, NO_REPLY, NULL);
}

/* More questions than the bus lets one connection have match rules: none is left over. */
static void test_matches_go(Fixture *fixture, const void *data) {
        Call call;

        (void) data;

        for (guint i = 0; i < MATCHES_MAX + 8; i++) {
                call_load(&call, fixture->caller, "kvm");
                fake_polkit_allow_next(fixture->polkit);
                call_end(&call, NULL, NULL);
        }
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, MATCHES_MAX + 8);
}

/* Who cannot be watched is not waited for. */
static void test_match_refused(Fixture *fixture, const void *data) {
        g_autoptr(FakeQuestion) question = NULL;
        Call call;

        (void) data;

        asker_call(&fixture->asker, "Fill");
        call_load(&call, fixture->caller, "kvm");
        call_end(&call, ACCESS_DENIED, "when callers leave");
        question = fake_polkit_next_question(fixture->polkit);
        assert_withdrawn(fixture, question);
        g_assert_cmpuint(asker_acts(&fixture->asker), ==, 0);
}

#define ADD(path, environment, function) \
        g_test_add("/polkit-callers/" path, Fixture, environment, set_up, function, tear_down)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        ADD("leaves", NULL, test_leaves);
        ADD("leaves-answered", "BUSY=1", test_leaves_answered);
        ADD("stays-answered", "BUSY=1", test_stays_answered);
        ADD("forged", NULL, test_forged);
        ADD("greedy", NULL, test_greedy);
        ADD("many", NULL, test_many);
        ADD("dialogs", NULL, test_dialogs);
        ADD("mixed", NULL, test_mixed);
        ADD("drop", NULL, test_drop);
        ADD("asker-ends", NULL, test_asker_ends);
        ADD("matches-go", NULL, test_matches_go);
        ADD("match-refused", NULL, test_match_refused);

        return g_test_run();
}
