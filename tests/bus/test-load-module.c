/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LoadModule and PersistModule: what is asked of whom, in which order, and what the caller is told of what
 * the helper says. */

#include <string.h>
#include <unistd.h>

#include "daemon/modprobe/protocol.h"
#include "module-calls.h"

#define LOAD_ACTION "org.virtready1.load-module"
#define PERSIST_ACTION "org.virtready1.persist-module"

static void test_load(ModuleFixture *fixture, const void *data) {
        g_autoptr(FakeQuestion) question = NULL;
        guint passes = daemon_passes(&fixture->daemon);
        g_autofree char *log = NULL, *expected = NULL;
        int connection;
        Call call;

        (void) data;

        call_load(&call, fixture->bus.connection, "kvm-amd");
        question = fake_polkit_next_question(fixture->polkit);
        g_assert_cmpstr(question->action, ==, LOAD_ACTION);
        g_assert_cmpstr(question->kind, ==, "system-bus-name");
        g_assert_cmpstr(question->subject, ==, g_dbus_connection_get_unique_name(fixture->bus.connection));
        g_assert_cmpstr(fake_question_detail(question, "module"), ==, "kvm_amd");
        g_assert_cmpuint(question->flags, ==, 0);

        /* Nothing has been done before polkit has decided. */
        daemon_settle(&fixture->daemon);
        g_assert_false(fake_modprobe_is_asked(&fixture->modprobe));
        fake_polkit_answer(g_steal_pointer(&question), true, false);

        connection = fake_modprobe_next(&fixture->modprobe, "load kvm_amd");
        daemon_settle(&fixture->daemon);
        g_assert_false(call.done);
        fake_modprobe_answer(connection, "done 0");
        call_end(&call, NULL, NULL);
        g_assert_cmpuint(daemon_passes(&fixture->daemon), >, passes);

        log = daemon_log(&fixture->daemon);
        expected = g_strdup_printf("Asked to load the kernel module kvm_amd by %s, user %u: done",
                                   g_dbus_connection_get_unique_name(fixture->bus.connection), getuid());
        g_assert_nonnull(strstr(log, expected));
}

static void test_all_allowed(ModuleFixture *fixture, const void *data) {
        static const char *const expected[] = { "fuse",      "kvm",       "kvm_amd",    "kvm_hv",
                                                "kvm_intel", "kvm_pr",    "tun",        "vfio_iommu_type1",
                                                "vfio_pci",  "vhost_net", "vhost_vsock" };
        const char *const *allowed = modprobe_allow_list();

        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                Call call;

                g_assert_cmpstr(allowed[i], ==, expected[i]);
                fake_modprobe_answer(load_until_helper(fixture, expected[i], &call), "done 0");
                call_end(&call, NULL, NULL);
        }
        g_assert_null(allowed[G_N_ELEMENTS(expected)]);
}

static void test_names(ModuleFixture *fixture, const void *data) {
        g_autofree char *long_name = g_strnfill(56, 'k'), *huge_name = g_strnfill(1000000, 'k');
        const char *invalid[] = { "",        " ",      "kvm amd", "../kvm",    "/lib/modules/kvm.ko",
                                  "kvm\n",   "kvm.ko", "kvm;tun", "k\303\244", "kvm%s",
                                  long_name, huge_name };
        const char *other[] = { "nbd", "KVM", "kvm_amd_", "kvm__amd", "_", "vfio", "snd_hda_intel" };
        Call call;

        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(invalid); i++) {
                call_load(&call, fixture->bus.connection, invalid[i]);
                call_end(&call, INVALID_ARGS, "no name of a kernel module");
        }
        for (gsize i = 0; i < G_N_ELEMENTS(other); i++) {
                call_load(&call, fixture->bus.connection, other[i]);
                call_end(&call, BUS_ERROR_MODULE_NOT_ALLOWED, other[i]);
        }
        call_start(&call, fixture->bus.connection, "PersistModule", g_variant_new("(sb)", "nbd", TRUE),
                   /* interactive= */ false);
        call_end(&call, BUS_ERROR_MODULE_NOT_ALLOWED, "nbd");
        assert_nobody_was_asked(fixture);
}

/* While a helper takes its time, one caller has four places with it, and the others theirs. */
static void test_slow_helper(ModuleFixture *fixture, const void *data) {
        g_autoptr(GDBusConnection) client = bus_connect_client(&fixture->bus);
        int connections[5];
        Call calls[5], last;

        (void) data;

        for (guint i = 0; i < 4; i++)
                connections[i] = load_until_helper(fixture, "tun", &calls[i]);
        /* Who has no place is not asked for a password, either. */
        call_load(&last, fixture->bus.connection, "tun");
        call_end(&last, BUS_ERROR_RATE_LIMITED, "try again later");
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);

        call_start(&calls[4], client, "LoadModule", g_variant_new("(s)", "tun"), /* interactive= */ false);
        fake_polkit_allow_next(fixture->polkit);
        connections[4] = fake_modprobe_next(&fixture->modprobe, "load tun");

        /* Others are answered all the time. */
        g_variant_unref(manager_call(&fixture->daemon, "Describe"));
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                g_assert_false(calls[i].done);

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
                fake_modprobe_answer(connections[i], "done 0");
                call_end(&calls[i], NULL, NULL);
        }
}

/* All places may be taken, and not for long. */
static void test_many_callers(ModuleFixture *fixture, const void *data) {
        GDBusConnection *clients[5];
        int connections[16];
        Call calls[16], last;

        (void) data;

        for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
                clients[i] = bus_connect_client(&fixture->bus);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
                call_start(&calls[i], clients[i / 4], "LoadModule", g_variant_new("(s)", "tun"),
                           /* interactive= */ false);
                fake_polkit_allow_next(fixture->polkit);
                connections[i] = fake_modprobe_next(&fixture->modprobe, "load tun");
        }
        call_start(&last, clients[4], "LoadModule", g_variant_new("(s)", "tun"), /* interactive= */ false);
        call_end(&last, BUS_ERROR_RATE_LIMITED, "try again later");
        g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);

        for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
                fake_modprobe_answer(connections[i], "done 0");
                call_end(&calls[i], NULL, NULL);
        }
        for (guint i = 0; i < G_N_ELEMENTS(clients); i++) {
                g_dbus_connection_close_sync(clients[i], NULL, NULL);
                g_object_unref(clients[i]);
        }
}

/* The daemon's patience with a helper is half a minute; it answers others meanwhile. */
static void test_silent_helper(ModuleFixture *fixture, const void *data) {
        gint64 begin = g_get_monotonic_time();
        Call call;
        int connection;

        (void) data;

        connection = load_until_helper(fixture, "tun", &call);
        while (!call.done) {
                g_assert_cmpint(g_get_monotonic_time() - begin, <, 60 * G_USEC_PER_SEC);
                daemon_settle(&fixture->daemon);
                g_usleep(G_USEC_PER_SEC / 2);
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, 30 * G_USEC_PER_SEC);
        call_end(&call, BUS_ERROR_LOADER_UNAVAILABLE, "not answered for 30 seconds");
        fake_modprobe_answer(connection, NULL);
}

static void test_refused(ModuleFixture *fixture, const void *data) {
        static const struct {
                const char *answer, *error, *words;
        } cases[] = {
                { "refused 95", BUS_ERROR_MODULE_REFUSED, "(EOPNOTSUPP). This CPU has no AMD-V" },
                { "refused 16", BUS_ERROR_MODULE_REFUSED, "(EBUSY)" },
                { "refused 129", BUS_ERROR_MODULE_REFUSED, "(EKEYREJECTED). It is not signed" },
                { "refused 1", BUS_ERROR_MODULE_REFUSED, "(EPERM)" },
                { "refused 4000", BUS_ERROR_MODULE_REFUSED, "error 4000" },
                { "failed 5", BUS_ERROR_MODULE_REFUSED, "(EIO)" },
                { "overridden 0", BUS_ERROR_MODULE_REFUSED, "modprobe.d" },
                { "not-found 0", BUS_ERROR_MODULE_NOT_FOUND, "kvm_amd" },
                { "blacklisted 0", BUS_ERROR_LOADER_UNAVAILABLE, "different versions" },
                { "not-allowed 0", BUS_ERROR_LOADER_UNAVAILABLE, "different versions" },
                { "bad-request 0", BUS_ERROR_LOADER_UNAVAILABLE, "different versions" },
                { "refused -1", BUS_ERROR_LOADER_UNAVAILABLE, "makes no sense" },
                { "refused", BUS_ERROR_LOADER_UNAVAILABLE, "makes no sense" },
                { "done 0 and more", BUS_ERROR_LOADER_UNAVAILABLE, "makes no sense" },
                { NULL, BUS_ERROR_LOADER_UNAVAILABLE, "ended without an answer" },
        };
        Call call;

        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                fake_modprobe_answer(load_until_helper(fixture, "kvm_amd", &call), cases[i].answer);
                call_end(&call, cases[i].error, cases[i].words);
        }
}

static void test_without_helper(ModuleFixture *fixture, const void *data) {
        Call call;

        (void) data;

        fake_modprobe_down(&fixture->modprobe);
        call_load(&call, fixture->bus.connection, "tun");
        fake_polkit_allow_next(fixture->polkit);
        call_end(&call, BUS_ERROR_LOADER_UNAVAILABLE, "systemctl status virtready-modprobe.socket");
        fake_modprobe_up(&fixture->modprobe, &fixture->bus);
}

static void test_persist(ModuleFixture *fixture, const void *data) {
        (void) data;

        for (guint persistent = 0; persistent < 2; persistent++) {
                FakeQuestion *question;
                Call call;

                call_start(&call, fixture->bus.connection, "PersistModule",
                           g_variant_new("(sb)", "vhost-net", (gboolean) persistent),
                           /* interactive= */ false);
                question = fake_polkit_next_question(fixture->polkit);
                g_assert_cmpstr(question->action, ==, PERSIST_ACTION);
                g_assert_cmpstr(fake_question_detail(question, "module"), ==, "vhost_net");
                g_assert_cmpstr(fake_question_detail(question, "persistent"), ==,
                                persistent ? "true" : "false");
                fake_polkit_answer(question, true, false);
                fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, persistent ? "persist vhost_net"
                                                                                       : "forget vhost_net"),
                                     "done 0");
                call_end(&call, NULL, NULL);
        }
}

static void test_persist_fails(ModuleFixture *fixture, const void *data) {
        static const struct {
                const char *answer, *error, *words;
        } cases[] = {
                { "failed 30", BUS_ERROR_FILE_NOT_WRITTEN,
                  "/etc/modules-load.d/virtready-tun.conf: Read-only file system (EROFS)" },
                { "failed 17", BUS_ERROR_FILE_NOT_WRITTEN,
                  "/etc/modules-load.d/virtready-tun.conf exists already, and virtready has not written it: "
                  "move "
                  "it away first." },
                { "failed 13", BUS_ERROR_FILE_NOT_WRITTEN, "Permission denied (EACCES)" },
                { "failed 4000", BUS_ERROR_FILE_NOT_WRITTEN, "unknown error" },
                { "not-found 0", BUS_ERROR_MODULE_NOT_FOUND, "tun" },
                { "overridden 0", BUS_ERROR_MODULE_REFUSED, "modprobe.d" },
                { "blacklisted 0", BUS_ERROR_MODULE_REFUSED, "systemd does not load it at the start" },
                { "failed 0", BUS_ERROR_LOADER_UNAVAILABLE, "makes no sense" },
                { "refused 95", BUS_ERROR_LOADER_UNAVAILABLE, "different versions" },
                { "not-allowed 0", BUS_ERROR_LOADER_UNAVAILABLE, "different versions" },
                { NULL, BUS_ERROR_LOADER_UNAVAILABLE, "ended without an answer" },
        };
        Call call;

        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                call_start(&call, fixture->bus.connection, "PersistModule",
                           g_variant_new("(sb)", "tun", TRUE), /* interactive= */ false);
                fake_polkit_allow_next(fixture->polkit);
                fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, "persist tun"), cases[i].answer);
                call_end(&call, cases[i].error, cases[i].words);
        }

        call_start(&call, fixture->bus.connection, "PersistModule", g_variant_new("(sb)", "tun", TRUE),
                   /* interactive= */ false);
        fake_polkit_answer(fake_polkit_next_question(fixture->polkit), false, false);
        call_end(&call, ACCESS_DENIED, NULL);
        assert_nobody_was_asked(fixture);
}

/* The files of another machine have nobody's modules. */
static void test_snapshot(void) {
        g_autofree char *root = machine_new_amd();
        ModuleFixture fixture = {};
        Call call;

        bus_up(&fixture.bus);
        fixture.polkit = fake_polkit_new(&fixture.bus);
        fake_modprobe_up(&fixture.modprobe, &fixture.bus);
        daemon_up(&fixture.daemon, &fixture.bus,
                  (DaemonOptions){ .root = root, .modprobe_socket = fixture.modprobe.path });

        call_load(&call, fixture.bus.connection, "kvm_amd");
        call_end(&call, "org.freedesktop.DBus.Error.NotSupported", "another machine");
        assert_nobody_was_asked(&fixture);

        module_fixture_down(&fixture, NULL);
        directory_remove(root);
}

static void add(const char *path, void (*test)(ModuleFixture *fixture, const void *data)) {
        g_test_add(path, ModuleFixture, NULL, module_fixture_up, test, module_fixture_down);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        add("/load-module/load", test_load);
        add("/load-module/all-allowed", test_all_allowed);
        add("/load-module/names", test_names);
        add("/load-module/slow-helper", test_slow_helper);
        add("/load-module/many-callers", test_many_callers);
        add("/load-module/silent-helper", test_silent_helper);
        add("/load-module/refused", test_refused);
        add("/load-module/without-helper", test_without_helper);
        add("/load-module/persist", test_persist);
        add("/load-module/persist-fails", test_persist_fails);
        g_test_add_func("/load-module/snapshot", test_snapshot);

        return g_test_run();
}
