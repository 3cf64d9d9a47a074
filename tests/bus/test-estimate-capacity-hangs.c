/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity with helpers that have been killed and do not end. */

#include <string.h>

#include "capacity-fixture.h"
#include "dbus/names.h"
#include "held.h"

#define AT(path)                                                                                      \
        "{'vcpus': <uint32 1>, 'memory_bytes': <uint64 1048576>, 'disk_bytes': <uint64 1073741824>, " \
        "'storage_path': <'" path "'>}"
/* As many questions as are asked at a time, of one caller and in all. */
#define N_PER_CALLER 4U
#define N_CALLERS 4U
#define N_HELD (N_PER_CALLER * N_CALLERS)

/* Has what is asked about paths below /held be held, once HELD_HELPER runs. */
static void write_held_helper(Fixture *fixture) {
        g_autofree char *script = NULL;

        script = g_strdup_printf("case $2 in --storage=/held/*) echo $$ >>%s/pids; exec '%s' ;; "
                                 "--uri=*) echo '" GUESTS_JSON "' ;; *) echo '" STORAGE_JSON "' ;; esac\n",
                                 fixture->bus.directory, g_getenv("HELD_HELPER"));
        helper_write(fixture, script);
}

/* The processes that were started for it so far, or NULL if they are not N yet. */
static char **read_pids(const Fixture *fixture, guint n) {
        g_autofree char *path = g_build_filename(fixture->bus.directory, "pids", NULL), *text = NULL;
        char **pids;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return NULL;

        pids = g_strsplit(text, "\n", -1);
        if (g_strv_length(pids) == n + 1)
                return pids;

        g_strfreev(pids);
        return NULL;
}

/* Holds those from the FIRST on, of N so far. */
static void hold(const Fixture *fixture, pid_t *threads, guint first, guint n) {
        g_auto(GStrv) pids = NULL;

        wait_until((pids = read_pids(fixture, n)));
        for (guint i = first; i < n; i++)
                threads[i] = held_take((pid_t) g_ascii_strtoll(pids[i], NULL, 10));
}

static void assert_detail(GVariant *answer, const char *subject, const char *word) {
        g_autofree char *detail = detail_of(answer, subject);

        if (!strstr(detail, word))
                g_error("'%s' is not in: %s", word, detail);
}

static gboolean is_known_at(Fixture *fixture, const char *guest) {
        g_autoptr(GVariant) answer = estimate(fixture, guest), disk = resource_of(answer, "disk");

        return flag_of(disk, "known");
}

typedef struct Trial {
        gboolean ended;
        GVariant *answer;
} Trial;

static void on_tried(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        Trial *trial = data;

        trial->ended = TRUE;
        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        if (reply) {
                trial->answer = g_variant_get_child_value(reply, 0);
                return;
        }

        g_autofree char *name = g_dbus_error_get_remote_error(error);
        g_assert_cmpstr(name, ==, "org.virtready1.Error.RateLimited");
}

/* Yields NULL where there are too many questions. */
static GVariant *try(Fixture *fixture, const char *guest) {
        Trial trial = {};

        estimate_start(fixture->bus.connection, guest, on_tried, &trial);
        wait_until(trial.ended);
        return trial.answer;
}

/* One that hangs is asked again when it has ended, and not before. */
static void test_same(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) first = NULL;
        pid_t thread;

        (void) data;

        start(fixture, "active", "active");
        write_held_helper(fixture);
        estimate_start(fixture->bus.connection, AT("/held/a"), on_estimate, &first);
        hold(fixture, &thread, 0, 1);
        wait_until(first);
        assert_detail(first, "disk", "did not answer in time");
        g_assert_cmpuint(helper_runs(fixture), ==, 2);

        for (guint i = 1; i <= 5; i++) {
                g_autoptr(GVariant) answer = estimate(fixture, AT("/held/a"));

                assert_detail(answer, "disk", "still hangs");
                g_assert_true(flag_of(answer, "guests_known"));
                /* That about the guests is asked each time. */
                g_assert_cmpuint(helper_runs(fixture), ==, 2 + i);
        }

        /* Another path is another question. */
        {
                g_autoptr(GVariant) answer = estimate(fixture, AT("/srv")),
                                    disk = resource_of(answer, "disk");

                g_assert_true(flag_of(disk, "known"));
        }

        helper_write(fixture, HELPER_ANSWERS(GUESTS_JSON, STORAGE_JSON));
        g_assert_false(is_known_at(fixture, AT("/held/a")));
        held_let_go(thread);
        wait_until(is_known_at(fixture, AT("/held/a")));
}

static void on_ignored(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) reply = NULL;

        reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);
        ++*(guint *) data;
}

/* Who leaves makes no room for another one that hangs. */
static void test_many(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL;
        pid_t threads[N_HELD];
        guint ended = 0;

        (void) data;

        start(fixture, "active", "active");
        write_held_helper(fixture);
        for (guint i = 0; i < N_CALLERS; i++) {
                g_autoptr(GDBusConnection) caller = bus_connect_client(&fixture->bus);

                for (guint j = 0; j < N_PER_CALLER; j++) {
                        g_autofree char *guest = g_strdup_printf(AT("/held/%u-%u"), i, j);

                        estimate_start(caller, guest, on_ignored, &ended);
                }
                hold(fixture, threads, i * N_PER_CALLER, (i + 1) * N_PER_CALLER);
                g_dbus_connection_close_sync(caller, NULL, NULL);
        }
        wait_until(ended == N_HELD);

        /* Until it is known that they hang they are just many. */
        wait_until((answer = try(fixture, AT("/srv"))));
        assert_detail(answer, "disk", "Too many earlier questions");
        g_assert_true(flag_of(answer, "guests_known"));
        g_assert_cmpuint(number_of(answer, "guests_running"), ==, 2);

        for (guint i = 0; i < N_HELD; i++)
                held_let_go(threads[i]);
        wait_until(is_known_at(fixture, AT("/srv")));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/estimate-capacity-hangs/same", Fixture, NULL, set_up, test_same, tear_down);
        g_test_add("/estimate-capacity-hangs/many", Fixture, NULL, set_up, test_many, tear_down);

        return g_test_run();
}
