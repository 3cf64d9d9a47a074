/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that print, fail, hang, print too much, and leave others behind. */

#include <errno.h>
#include <glib.h>

#include "children.h"
#include "daemon/basic/clock.h"
#include "daemon/child.h"

#define OUTPUT_MAX 100000U

typedef struct Fixture {
        sd_event *event;
        Child *child;
        unsigned calls;
        int result;
        GString *output;
        bool free_in_handler;
} Fixture;

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        children_block_signal();
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        fixture->output = g_string_new(NULL);
}

/* Whatever a case has started is gone afterwards, and waited for. */
static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        child_free(fixture->child);
        wait_for_children(fixture->event);
        sd_event_unref(fixture->event);
        g_string_free(fixture->output, TRUE);
}

static void on_done(int result, const char *output, size_t size, void *userdata) {
        Fixture *fixture = userdata;

        g_assert_true(output[size] == '\0');
        fixture->calls++;
        fixture->result = result;
        g_string_append_len(fixture->output, output, (gssize) size);
        if (fixture->free_in_handler)
                fixture->child = child_free(fixture->child);
}

static int start(Fixture *fixture, const char *const *arguments, uint64_t timeout_usec) {
        const ChildOptions options = { .arguments = arguments,
                                       .output_max = OUTPUT_MAX,
                                       .timeout_usec = timeout_usec };

        return child_new(fixture->event, &options, on_done, fixture, &fixture->child);
}

static void start_shell(Fixture *fixture, const char *script, uint64_t timeout_usec) {
        const char *const arguments[] = { "/bin/sh", "-c", script, NULL };

        g_assert_cmpint(start(fixture, arguments, timeout_usec), ==, 0);
}

static void run_shell(Fixture *fixture, const char *script, uint64_t timeout_usec) {
        start_shell(fixture, script, timeout_usec);
        while (fixture->calls == 0)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        /* The handler is called once. */
        while (sd_event_run(fixture->event, 0) > 0)
                ;
        g_assert_cmpuint(fixture->calls, ==, 1);
}

static void test_prints(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "echo one; echo two; exit 3", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, 3);
        g_assert_cmpstr(fixture->output->str, ==, "one\ntwo\n");
}

/* It has the environment that it is given, and that of the daemon if it is given none. */
static void test_environment(Fixture *fixture, const void *data) {
        static const char *const arguments[] = { "/bin/sh", "-c", "echo $ONE-$TWO", NULL },
                                 *const environment[] = { "ONE=1", NULL };
        ChildOptions options = { .arguments = arguments,
                                 .environment = environment,
                                 .output_max = OUTPUT_MAX,
                                 .timeout_usec = 20 * USEC_PER_SEC };

        (void) data;

        g_assert_true(g_setenv("TWO", "2", TRUE));
        for (unsigned i = 0; i < 2; i++) {
                g_assert_cmpint(child_new(fixture->event, &options, on_done, fixture, &fixture->child), ==,
                                0);
                while (fixture->calls <= i)
                        g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
                fixture->child = child_free(fixture->child);
                options.environment = NULL;
        }
        g_assert_cmpstr(fixture->output->str, ==, "1-\n-2\n");
}

static void test_freed_in_handler(Fixture *fixture, const void *data) {
        (void) data;

        fixture->free_in_handler = true;
        run_shell(fixture, "echo one", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, 0);
        g_assert_null(fixture->child);
}

static void test_prints_much(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "head -c 100000 /dev/zero", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, 0);
        g_assert_cmpuint(fixture->output->len, ==, OUTPUT_MAX);
}

static void test_prints_too_much(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "exec cat /dev/zero", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, -EFBIG);
        g_assert_cmpuint(fixture->output->len, <=, OUTPUT_MAX + 4096);
}

static void test_hangs(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "echo begun; exec sleep 1000", 200 * USEC_PER_MSEC);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);
        g_assert_cmpstr(fixture->output->str, ==, "begun\n");
}

static void test_stopped(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "kill -STOP $$", 200 * USEC_PER_MSEC);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);
}

static void test_killed(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "kill -KILL $$", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, -ECONNRESET);
}

/* Another process has its standard output: what that prints counts, and so does its time. */
static void test_outlived(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "(sleep 0.2; echo late) & echo early", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, 0);
        g_assert_cmpstr(fixture->output->str, ==, "early\nlate\n");
}

static void test_outlived_for_ever(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "sleep 2 & echo early", 200 * USEC_PER_MSEC);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);
}

/* It closes its standard output long before it ends. */
static void test_outlives_output(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "echo one; exec >&-; sleep 0.2; exit 4", 20 * USEC_PER_SEC);
        g_assert_cmpint(fixture->result, ==, 4);
        g_assert_cmpstr(fixture->output->str, ==, "one\n");
}

static void test_given_up(Fixture *fixture, const void *data) {
        (void) data;

        start_shell(fixture, "exec sleep 1000", 20 * USEC_PER_SEC);
        g_assert_true(has_children());
        fixture->child = child_free(fixture->child);
        wait_for_children(fixture->event);
        g_assert_cmpuint(fixture->calls, ==, 0);
}

static void on_end(void *userdata) {
        Fixture *fixture = userdata;

        g_assert_false(child_is_running(fixture->child));
        fixture->child = child_free(fixture->child);
}

/* Before its time is over, and when that was the reason to call the other handler. */
static void test_stopped_by_us(Fixture *fixture, const void *data) {
        (void) data;

        start_shell(fixture, "exec sleep 1000", 20 * USEC_PER_SEC);
        g_assert_true(child_is_running(fixture->child));
        child_stop(fixture->child, on_end, fixture);
        while (fixture->child)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        g_assert_cmpuint(fixture->calls, ==, 0);

        start_shell(fixture, "exec sleep 1000", 50 * USEC_PER_MSEC);
        while (fixture->calls == 0)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        g_assert_cmpint(fixture->result, ==, -ETIMEDOUT);
        if (child_is_running(fixture->child)) {
                child_stop(fixture->child, on_end, fixture);
                while (fixture->child)
                        g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        }
        g_assert_cmpuint(fixture->calls, ==, 1);
}

static void test_not_there(Fixture *fixture, const void *data) {
        const char *const missing[] = { "/nonexistent/program", NULL }, *const directory[] = { "/", NULL };

        (void) data;

        g_assert_cmpint(start(fixture, missing, USEC_PER_SEC), ==, -ENOENT);
        g_assert_cmpint(start(fixture, directory, USEC_PER_SEC), ==, -EACCES);
        g_assert_null(fixture->child);
        g_assert_false(has_children());
}

/* What the event loop has blocked is not blocked in the program. */
static void test_signals(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture, "grep SigBlk /proc/self/status", 20 * USEC_PER_SEC);
        g_assert_cmpstr(fixture->output->str, ==, "SigBlk:\t0000000000000000\n");
}

/* Nothing of the daemon's is open in it. */
static void test_files(Fixture *fixture, const void *data) {
        (void) data;

        run_shell(fixture,
                  "for i in $(seq 0 63); do [ -e /proc/$$/fd/$i ] && printf '%s ' $i; done;"
                  "readlink /proc/$$/fd/0 /proc/$$/fd/2",
                  20 * USEC_PER_SEC);
        g_assert_cmpstr(fixture->output->str, ==, "0 1 2 /dev/null\n/dev/null\n");
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                void (*function)(Fixture *fixture, const void *data);
        } cases[] = {
                { "/child/prints", test_prints },
                { "/child/environment", test_environment },
                { "/child/freed-in-handler", test_freed_in_handler },
                { "/child/prints-much", test_prints_much },
                { "/child/prints-too-much", test_prints_too_much },
                { "/child/hangs", test_hangs },
                { "/child/stopped", test_stopped },
                { "/child/killed", test_killed },
                { "/child/outlived", test_outlived },
                { "/child/outlived-for-ever", test_outlived_for_ever },
                { "/child/outlives-output", test_outlives_output },
                { "/child/given-up", test_given_up },
                { "/child/stopped-by-us", test_stopped_by_us },
                { "/child/not-there", test_not_there },
                { "/child/signals", test_signals },
                { "/child/files", test_files },
        };

        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_test_add(cases[i].name, Fixture, NULL, set_up, cases[i].function, tear_down);

        return g_test_run();
}
