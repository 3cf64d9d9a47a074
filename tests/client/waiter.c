/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs "virtreadyctl wait" beside the test. */

#include "waiter.h"
#include "documents.h"

/* Long enough for a client that does not wait to be noticed. */
#define WHILE_USEC (G_USEC_PER_SEC / 2)

static void on_ended(GObject *source, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        Waiter *waiter = data;

        g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &waiter->out, &waiter->err,
                                             &error);
        g_assert_no_error(error);
        waiter->ended = TRUE;
}

gboolean waiter_has_ended(gpointer data) {
        return ((Waiter *) data)->ended;
}

void waiter_start(Waiter *waiter, const char *address, const char *option) {
        g_autofree char *bus = g_strdup_printf("--bus=%s", address);

        *waiter = (Waiter){};
        waiter->process = client_spawn(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                                       (const char *const[]){ bus, "wait", option, NULL });
        g_subprocess_communicate_utf8_async(waiter->process, NULL, NULL, on_ended, waiter);
}

void waiter_start_on_bus(Waiter *waiter, const char *address, const char *option) {
        waiter_start(waiter, address, option);
        wait_for_client(address, waiter->process);
}

static gboolean has_described(gpointer data) {
        return ((const Fake *) data)->n_described > 0;
}

void waiter_start_on_fake(Waiter *waiter, Fake *fake, const char *address, const char *option) {
        fake->n_described = 0;
        waiter_start(waiter, address, option);
        wait_until(has_described, fake, "the client to ask");
}

static gboolean time_is_over(gpointer data) {
        return g_get_monotonic_time() >= *(gint64 *) data;
}

void expect_to_wait(Waiter *waiter) {
        gint64 end = g_get_monotonic_time() + WHILE_USEC;

        wait_until(time_is_over, &end, "the time to pass");
        g_assert_false(waiter->ended);
}

void expect_end(Waiter *waiter, int status, const char *out, const char *err) {
        wait_until(waiter_has_ended, waiter, "the client to end");
        wait_for_exit(waiter->process);
        g_test_message("%s%s", waiter->out, waiter->err);
        g_assert_true(g_subprocess_get_if_exited(waiter->process));
        g_assert_cmpint(g_subprocess_get_exit_status(waiter->process), ==, status);
        assert_contains(waiter->out, out);
        g_assert_cmpint(out[0] == '\0', ==, waiter->out[0] == '\0');
        assert_contains(waiter->err, err);
        g_assert_cmpint(err[0] == '\0', ==, waiter->err[0] == '\0');

        g_clear_object(&waiter->process);
        g_free(waiter->out);
        g_free(waiter->err);
}
