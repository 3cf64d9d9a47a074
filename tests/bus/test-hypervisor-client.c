/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "virtreadyctl hypervisor --refresh" as a person types it, beside a daemon that asks a helper of the
 * test's. */

#include <string.h>

#include "dbus/names.h"
#include "fake-libvirt.h"

#define URI "qemu:///system"

typedef struct Outcome {
        char *out, *err;
        int status;
        bool done;
} Outcome;

static void outcome_clear(Outcome *outcome) {
        g_free(outcome->out);
        g_free(outcome->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void on_ended(GObject *process, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        Outcome *outcome = data;

        g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, &outcome->out, &outcome->err,
                                             &error);
        g_assert_no_error(error);
        outcome->status = g_subprocess_get_exit_status(G_SUBPROCESS(process));
        outcome->done = true;
}

/* The test goes on being systemd meanwhile. */
static void run(FakeLibvirt *fake, const char *id, bool refresh, Outcome *ret) {
        g_autofree char *bus = g_strdup_printf("--bus=%s", fake->bus.address);
        const char *argv[] = { g_getenv("VIRTREADYCTL"), bus, "hypervisor", refresh ? "--refresh" : id,
                               refresh ? id : NULL,      NULL };
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) error = NULL;

        process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                                    &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8_async(process, NULL, NULL, on_ended, ret);
        wait_until(ret->done);
}

static void assert_part(const char *text, const char *part) {
        if (!strstr(text, part))
                g_error("\"%s\" is not in:\n%s", part, text);
}

/* Where lines are broken depends on how long the path of the helper is. */
static void assert_sentence(const char *text, const char *sentence) {
        g_autofree char *line = g_strdelimit(g_strdup(text), "\n", ' ');
        g_auto(GStrv) pieces = g_strsplit(line, "  ", -1);
        g_autofree char *joined = g_strjoinv("", pieces);

        assert_part(joined, sentence);
}

/* What sleeps is shown as that, with what wakes it; and that is no more than what it says. */
static void test_dormant(FakeLibvirt *fake, const void *data) {
        g_auto(Outcome) list = {}, whole = {};

        (void) data;

        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_has_state(fake, QEMU, "dormant"));
        run(fake, NULL, false, &list);
        g_assert_cmpint(list.status, ==, 0);
        assert_part(list.out, " virtreadyctl hypervisor --refresh qemu (asks it, which wakes it)\n");
        g_assert_cmpuint(fake_libvirt_asked(fake, ""), ==, 0);

        run(fake, "qemu", true, &whole);
        g_assert_cmpstr(whole.err, ==, "");
        g_assert_cmpint(whole.status, ==, 0);
        assert_part(whole.out, "        Version: QEMU 7.2.22, libvirt 9.0.1\n");
        assert_part(whole.out, "x86_64 guests with kvm, machine q35 (pc-q35-7.2)\n");
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 1);
        daemon_down(&fake->daemon);
}

/* Without an id all are asked, and listed. */
static void test_all(FakeLibvirt *fake, const void *data) {
        g_auto(Outcome) list = {};

        (void) data;

        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_has_state(fake, QEMU, "dormant"));
        run(fake, NULL, true, &list);
        g_assert_cmpstr(list.err, ==, "");
        g_assert_cmpint(list.status, ==, 0);
        assert_part(list.out, "QEMU 7.2.22, libvirt 9.0.1");
        g_assert_cmpuint(fake_libvirt_asked(fake, URI), ==, 1);
        daemon_down(&fake->daemon);
}

/* That it does not answer is an answer, and said below its row. */
static void test_unreachable(FakeLibvirt *fake, const void *data) {
        g_auto(Outcome) list = {}, whole = {};

        (void) data;

        fake_libvirt_set_manner(fake, "fail");
        fake_libvirt_start(fake, URI, NULL);
        wait_until(fake_libvirt_has_state(fake, QEMU, "unreachable"));
        run(fake, NULL, true, &list);
        g_assert_cmpstr(list.err, ==, "");
        g_assert_cmpint(list.status, ==, 0);
        assert_part(list.out, "unreachable");
        assert_sentence(list.out, "failed with exit status 1");
        assert_part(list.out, " virtreadyctl hypervisor --refresh qemu (asks it again)\n");

        run(fake, "qemu", true, &whole);
        g_assert_cmpstr(whole.err, ==, "");
        g_assert_cmpint(whole.status, ==, 1);
        g_assert_null(strstr(whole.out, "Version:"));
        daemon_down(&fake->daemon);
}

/* Files have no libvirt that could be asked. */
static void test_files(FakeLibvirt *fake, const void *data) {
        g_auto(Outcome) outcome = {};

        (void) data;

        fake_libvirt_start(fake, NULL, fake->directory);
        run(fake, "qemu", true, &outcome);
        g_assert_cmpstr(outcome.out, ==, "");
        assert_part(outcome.err, "the files of another machine, whose libvirt cannot be asked.\n");
        g_assert_cmpint(outcome.status, ==, 4);
        g_assert_cmpuint(fake_libvirt_asked(fake, ""), ==, 0);
        daemon_down(&fake->daemon);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*function)(FakeLibvirt *fake, const void *data);
        } cases[] = {
                { "/hypervisor-client/dormant", test_dormant },
                { "/hypervisor-client/all", test_all },
                { "/hypervisor-client/unreachable", test_unreachable },
                { "/hypervisor-client/files", test_files },
        };

        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_test_add(cases[i].name, FakeLibvirt, NULL, fake_libvirt_up, cases[i].function,
                           fake_libvirt_down);

        return g_test_run();
}
