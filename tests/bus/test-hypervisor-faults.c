/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A helper that is missing, hangs, dies, and talks nonsense or too much: the daemon says so, answers others
 * meanwhile, and stays small. */

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/basic/macro.h"
#include "dbus/names.h"
#include "fake-libvirt.h"
#include "hostile.h"
#include "stress.h"

#define SERVICE "libvirtd.service"
#define URI "qemu:///system"

/* The helper's own limit of time is shorter than the 25 seconds that callers of Refresh wait. */
#define HANGS_SECONDS 20

/* An answer of the greatest size, with what reading it takes while it grows. */
#define ANSWER_KIB 4096U

static void start_asking(FakeLibvirt *fake) {
        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        fake_libvirt_start(fake, NULL, NULL);
        wait_until(fake_libvirt_asked(fake, URI) == 1);
}

static void assert_unreachable(FakeLibvirt *fake, const char *words) {
        g_autofree char *detail = NULL;

        wait_until(fake_libvirt_has_state(fake, QEMU, "unreachable"));
        detail = property_get_string(&fake->daemon, QEMU, BUS_INTERFACE_HYPERVISOR, "Detail");
        if (!strstr(detail, words))
                g_error("'%s' is not in '%s'", words, detail);
}

/* The process whose parent this is, or 0. */
static pid_t child_of(pid_t parent) {
        g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(processes))) {
                g_autofree char *path = g_strdup_printf("/proc/%s/stat", name), *text = NULL;
                const char *end;
                char state;
                int ppid;

                if (!g_ascii_isdigit(name[0]) || !g_file_get_contents(path, &text, NULL, NULL))
                        continue;
                end = strrchr(text, ')');
                if (end && sscanf(end, ") %c %i", &state, &ppid) == 2 && ppid == parent)
                        return (pid_t) g_ascii_strtoll(name, NULL, 10);
        }

        return 0;
}

/* What nobody waits for any more is gone as well. */
static bool has_ended(pid_t pid) {
        g_autofree char *path = g_strdup_printf("/proc/%i/stat", (int) pid), *text = NULL;

        return !g_file_get_contents(path, &text, NULL, NULL) || strstr(text, ") Z ");
}

static void assert_maps_no_libvirt(const FakeLibvirt *fake) {
        g_autofree char *path = g_strdup_printf("/proc/%i/maps", (int) daemon_pid(&fake->daemon)),
                        *maps = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &maps, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(strstr(maps, "libsystemd.so"));
        g_assert_null(strstr(maps, "libvirt.so"));
        g_assert_null(strstr(maps, "libxml2"));
}

/* What goes wrong is said, and the next question may go well. */
static void test_fails(FakeLibvirt *fake, const void *data) {
        static const struct {
                const char *manner, *answer, *words;
        } cases[] = {
                { "die", "", "signal" },
                { "fail", "", "exit status 1" },
                { "answer", "", "made no sense" },
                { "answer", "Hello", "made no sense" },
                { "answer", "{\"state\":\"running\",\"domains\":[{}]}", "made no sense" },
                { "flood", "", "longer than 1048576 bytes" },
        };

        (void) data;

        fake_libvirt_set_manner(fake, cases[0].manner);
        start_asking(fake);
        FOREACH_ELEMENT(c, cases) {
                fake_libvirt_set_manner(fake, c->manner);
                fake_libvirt_set_answer(fake, c->answer);
                fake_systemd_announce_unit(fake->systemd, SERVICE);
                fake_libvirt_settle(fake);
                assert_unreachable(fake, c->words);

                fake_libvirt_set_manner(fake, "answer");
                fake_libvirt_set_answer(fake, answer_of_qemu);
                g_variant_unref(manager_call(&fake->daemon, "Recheck"));
                wait_until(fake_libvirt_has_state(fake, QEMU, "running"));
                fake_libvirt_settle(fake);
        }
        g_assert_cmpint(child_of(daemon_pid(&fake->daemon)), ==, 0);
        daemon_down(&fake->daemon);
}

static void test_missing(FakeLibvirt *fake, const void *data) {
        (void) data;

        fake_systemd_set(fake->systemd, SERVICE, "loaded", "active");
        daemon_up(&fake->daemon, &fake->bus, (DaemonOptions){ .libvirt_helper = "/nonexistent/helper" });
        assert_unreachable(fake, "/nonexistent/helper is missing");
        daemon_down(&fake->daemon);
}

static void test_floods(FakeLibvirt *fake, const void *data) {
        guint64 before;

        (void) data;

        start_asking(fake);
        fake_libvirt_settle(fake);
        fake_libvirt_set_manner(fake, "flood");
        daemon_reset_peak(&fake->daemon);
        before = daemon_memory_kib(&fake->daemon, "VmHWM");
        for (guint i = 0; i < 3; i++) {
                Refreshes refreshes = {};

                fake_libvirt_refresh(fake->bus.connection, QEMU, &refreshes);
                wait_until(refreshes.done == 1);
        }
        g_test_message("A hundred megabytes have added %" G_GUINT64_FORMAT " KiB",
                       daemon_memory_kib(&fake->daemon, "VmHWM") - before);
        g_assert_cmpuint(daemon_memory_kib(&fake->daemon, "VmHWM") - before, <,
                         ANSWER_KIB + memory_growth_max_kib());
        assert_unreachable(fake, "longer");
        daemon_down(&fake->daemon);
}

/* Whether QEMU was said to be unreachable, with these words about it. */
static bool was_announced(const Daemon *daemon, const char *words) {
        for (guint i = 0; i < daemon->signals->len; i++) {
                const Signal *s = g_ptr_array_index(daemon->signals, i);
                const char *state, *detail;

                if (g_str_equal(s->member, "PropertiesChanged") && g_str_has_suffix(s->path, QEMU) &&
                    g_variant_lookup(s->parameters, "State", "&s", &state) &&
                    g_str_equal(state, "unreachable") &&
                    g_variant_lookup(s->parameters, "Detail", "&s", &detail) && strstr(detail, words))
                        return true;
        }

        return false;
}

/* Others do not wait for it, and it does not stay. */
static void test_hangs(FakeLibvirt *fake, const void *data) {
        gint64 limit = g_get_monotonic_time() + (HANGS_SECONDS + WAIT_SECONDS) * G_USEC_PER_SEC;
        pid_t helper;

        (void) data;

        fake_libvirt_set_manner(fake, "hang");
        start_asking(fake);
        helper = child_of(daemon_pid(&fake->daemon));
        g_assert_cmpint(helper, >, 0);
        assert_others_are_answered(&fake->daemon);
        g_variant_unref(manager_call(&fake->daemon, "Recheck"));
        g_assert_true(fake_libvirt_has_state(fake, QEMU, "running"));
        assert_maps_no_libvirt(fake);

        fake_libvirt_set_manner(fake, "answer");
        while (g_get_monotonic_time() < limit && !has_ended(helper))
                g_usleep(G_USEC_PER_SEC / 10);
        g_assert_true(has_ended(helper));

        /* There was a Recheck meanwhile. */
        wait_until(fake_libvirt_asked(fake, URI) == 2);
        wait_until(fake_libvirt_has_state(fake, QEMU, "running"));
        daemon_settle(&fake->daemon);
        g_assert_true(was_announced(&fake->daemon, "20 seconds"));
        assert_maps_no_libvirt(fake);
        daemon_down(&fake->daemon);
}

/* The daemon ends at once, and takes the helper along. */
static void test_ends(FakeLibvirt *fake, const void *data) {
        pid_t helper;

        (void) data;

        fake_libvirt_set_manner(fake, "hang");
        start_asking(fake);
        helper = child_of(daemon_pid(&fake->daemon));
        g_assert_cmpint(helper, >, 0);
        daemon_down(&fake->daemon);
        wait_until(has_ended(helper));
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*run)(FakeLibvirt *fake, const void *data);
        } tests[] = {
                { "/hypervisor/fails", test_fails },   { "/hypervisor/missing", test_missing },
                { "/hypervisor/floods", test_floods }, { "/hypervisor/hangs", test_hangs },
                { "/hypervisor/ends", test_ends },
        };

        g_test_init(&argc, &argv, NULL);
        FOREACH_ELEMENT(test, tests)
                g_test_add(test->name, FakeLibvirt, NULL, fake_libvirt_up, test->run, fake_libvirt_down);

        return g_test_run();
}
