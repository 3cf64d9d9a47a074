/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that virtreadyctl load, persist and unpersist say when the real daemon refuses, and their exit status.
 */

#include <glib/gstdio.h>
#include <unistd.h>

#include "dbus/names.h"
#include "fake-modprobe.h"
#include "fake-polkit.h"

/* What virtready-modprobe may have waiting: of one caller, and in all. */
#define CALLS_PER_CALLER 4U
#define CALLERS 4U

#define LOAD_ACTION "org.virtready1.load-module"
#define PERSIST_ACTION "org.virtready1.persist-module"
#define WHO                                                                            \
        "for root, for administrators who sit at the machine, and for whom a rule in " \
        "/etc/polkit-1/rules.d allows it.\n"
#define MODPROBE_LOG "See: journalctl -u virtready-modprobe.socket -u 'virtready-modprobe@*'\n"

typedef struct Fixture {
        Bus bus;
        FakePolkit *polkit;
        FakeModprobe modprobe;
        Daemon daemon;
        char *client; /* where everybody may run it */
} Fixture;

static void copy_client(Fixture *fixture) {
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("VIRTREADYCTL")), to = NULL;
        g_autoptr(GError) error = NULL;

        fixture->client = g_build_filename(fixture->bus.directory, "virtreadyctl", NULL);
        to = g_file_new_for_path(fixture->client);
        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_chmod(fixture->client, 0755), ==, 0);
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;
        bus_up(&fixture->bus);
        fixture->polkit = fake_polkit_new(&fixture->bus);
        fake_modprobe_up(&fixture->modprobe, &fixture->bus);
        daemon_up(&fixture->daemon, &fixture->bus,
                  (DaemonOptions){ .modprobe_socket = fixture->modprobe.path });
        copy_client(fixture);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;
        daemon_down(&fixture->daemon);
        fake_modprobe_down(&fixture->modprobe);
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        g_free(fixture->client);
        bus_down(&fixture->bus);
}

static void restart_daemon(Fixture *fixture, DaemonOptions options) {
        daemon_down(&fixture->daemon);
        daemon_up(&fixture->daemon, &fixture->bus, options);
}

/* A command, and what it prints. */
typedef struct Client {
        GSubprocess *process;
        char *out, *err;
        bool ended;
} Client;

static void on_ended(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        Client *client = data;

        (void) g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &client->out, &client->err,
                                                    &error);
        g_assert_no_error(error);
        client->ended = true;
}

/* For root there is other advice. */
static void become_other(void *data) {
        if (getuid() == 0)
                become_nobody(data);
}

/* COMMAND is the verb and what follows it, separated by blanks. */
static void client_start(Client *client, const Fixture *fixture, const char *command, bool as_other) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_autofree char *line =
                g_strdup_printf("%s --bus=%s %s", fixture->client, fixture->bus.address, command);
        g_auto(GStrv) arguments = g_strsplit(line, " ", 0);
        g_autoptr(GError) error = NULL;

        *client = (Client){};
        if (as_other)
                g_subprocess_launcher_set_child_setup(launcher, become_other, NULL, NULL);
        client->process = g_subprocess_launcher_spawnv(launcher, (const char *const *) arguments, &error);
        g_assert_no_error(error);
        g_subprocess_communicate_utf8_async(client->process, NULL, NULL, on_ended, client);
}

static void client_expect(Client *client, int status, const char *err) {
        wait_until(client->ended);
        if (err)
                g_assert_cmpstr(client->err, ==, err);
        else
                g_assert_true(g_regex_match_simple("^[^\\n]+\\n$", client->err, G_REGEX_DOLLAR_ENDONLY, 0));
        g_assert_cmpstr(client->out, ==, "");
        g_assert_true(g_subprocess_get_if_exited(client->process));
        g_assert_cmpint(g_subprocess_get_exit_status(client->process), ==, status);
        g_object_unref(client->process);
        g_free(client->out);
        g_free(client->err);
}

static void expect(const Fixture *fixture, const char *command, int status, const char *err) {
        Client client;

        client_start(&client, fixture, command, true);
        client_expect(&client, status, err);
}

typedef enum Decision {
        NOT_ASKED,
        ALLOWS,
        DENIES,
        WANTS_PASSWORD,
        DISMISSED,
        FAILS,
} Decision;

static void decide(FakeQuestion *question, Decision decision) {
        if (decision == DISMISSED)
                fake_polkit_answer_dismissed(question);
        else if (decision == FAILS)
                fake_polkit_answer_error(question, "org.example.Ill", "It is ill.");
        else
                fake_polkit_answer(question, decision == ALLOWS, decision == WANTS_PASSWORD);
}

static const struct {
        const char *command;
        Decision decision;
        const char *request; /* what the helper hears, and answers; NULL: it is not asked */
        const char *answer;  /* NULL: it hangs up */
        int status;
        const char *err; /* NULL: one line, which depends on this machine */
} cases[] = {
        { "load nouveau", NOT_ASKED, NULL, NULL, 2,
          "nouveau is not among the modules that virtready loads: fuse, kvm, kvm_amd, kvm_hv, kvm_intel, "
          "kvm_pr, tun, vfio_iommu_type1, vfio_pci, vhost_net, vhost_vsock.\n" },

        { "load tun", DENIES, NULL, NULL, 1,
          "Polkit denies you the action " LOAD_ACTION ". If a password was asked for, the right one was not "
          "given; if not, this is " WHO "As root: sudo virtreadyctl load tun\n" },
        { "persist vhost-net", DENIES, NULL, NULL, 1,
          "Polkit denies you the action " PERSIST_ACTION ". If a password was asked for, the right one was "
          "not given; if not, this is " WHO "As root: sudo virtreadyctl persist vhost_net\n" },
        { "unpersist tun --no-ask-password", DENIES, NULL, NULL, 1,
          "Polkit denies you the action " PERSIST_ACTION ". It is " WHO
          "As root: sudo virtreadyctl unpersist tun\n" },
        { "load tun", WANTS_PASSWORD, NULL, NULL, 1,
          "The action " LOAD_ACTION " needs a password, and your session has no agent that asks for one, "
          "such as pkttyagent.\nAs root: sudo virtreadyctl load tun\n" },
        { "load tun --no-ask-password", WANTS_PASSWORD, NULL, NULL, 1,
          "The action " LOAD_ACTION
          " needs a password, and the call does not allow to ask for one (interactive authorization).\n"
          "Try again without --no-ask-password.\n" },
        { "load tun", DISMISSED, NULL, NULL, 1,
          "The action " LOAD_ACTION " needs a password, and the dialog that asked for it was dismissed.\n"
          "As root: sudo virtreadyctl load tun\n" },

        { "load kvm-amd", ALLOWS, "load kvm_amd", "refused 129", 1,
          "The kernel refuses kvm_amd: Key was rejected by service (EKEYREJECTED). It is not signed with a "
          "key that this kernel trusts, and this kernel takes no other: sign it and enroll the key, or "
          "install the kernel's own modules.\n" },
        { "load kvm_pr", ALLOWS, "load kvm_pr", "not-found 0", 1, NULL },
        { "load kvm_pr", ALLOWS, "load kvm_pr", "overridden 0", 1, NULL },
        { "load tun", ALLOWS, "load tun", NULL, 1,
          "virtready-modprobe has ended without an answer. " MODPROBE_LOG },
        { "load tun", ALLOWS, "load tun", "42", 1,
          "virtready-modprobe gave an answer that makes no sense. " MODPROBE_LOG },
        { "load tun", ALLOWS, "load tun", "not-allowed 0", 1,
          "virtready-modprobe does not understand this virtreadyd: they are of different versions. Restart "
          "it with: systemctl restart virtreadyd\n" },
        { "persist tun", ALLOWS, "persist tun", "failed 30", 1,
          "Failed to write /etc/modules-load.d/virtready-tun.conf: Read-only file system "
          "(EROFS). " MODPROBE_LOG },
        { "unpersist tun", ALLOWS, "forget tun", "failed 13", 1,
          "Failed to remove /etc/modules-load.d/virtready-tun.conf: Permission denied "
          "(EACCES). " MODPROBE_LOG },
};

static void test_refusals(Fixture *fixture, const void *data) {
        (void) data;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                Client client;

                g_test_message("%s", cases[i].command);
                client_start(&client, fixture, cases[i].command, true);
                if (cases[i].decision != NOT_ASKED)
                        decide(fake_polkit_next_question(fixture->polkit), cases[i].decision);
                if (cases[i].request)
                        fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, cases[i].request),
                                             cases[i].answer);
                client_expect(&client, cases[i].status, cases[i].err);
                g_assert_cmpuint(fake_polkit_waiting(fixture->polkit), ==, 0);
        }
}

/* Also root gets nothing out of it. */
static void test_no_polkit(Fixture *fixture, const void *data) {
        (void) data;
        g_clear_pointer(&fixture->polkit, fake_polkit_free);
        expect(fixture, "load tun", 1,
               "Polkit does not run, and without it virtreadyd does this for nobody, not even for root. "
               "Install it (package polkitd or polkit), and start it with \"systemctl start polkit\".\n");
}

static void test_no_helper(Fixture *fixture, const void *data) {
        g_autofree char *err = NULL;
        Client client;

        (void) data;
        restart_daemon(fixture, (DaemonOptions){});
        err = g_strdup_printf("Nothing loads modules here: nobody listens at %s/nobody-listens. In a "
                              "container that is as it should be, and an administrator may have forbidden "
                              "it: see \"systemctl status virtready-modprobe.socket\".\n",
                              fixture->bus.directory);
        client_start(&client, fixture, "load tun", true);
        decide(fake_polkit_next_question(fixture->polkit), ALLOWS);
        client_expect(&client, 1, err);
}

static void test_snapshot(Fixture *fixture, const void *data) {
        (void) data;
        restart_daemon(fixture, (DaemonOptions){ .root = fixture->bus.directory });
        expect(fixture, "load tun", 1,
               "This virtreadyd shows the files of another machine, and changes none.\n");
}

static void on_replied(GObject *source, GAsyncResult *result, void *data) {
        GVariant *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

        g_clear_pointer(&reply, g_variant_unref);
        (*(guint *) data)++;
}

/* All that may wait for the helper does, though it takes none. */
static void test_too_many(Fixture *fixture, const void *data) {
        GDBusConnection *callers[CALLERS];
        guint n_replied = 0;

        (void) data;
        for (gsize i = 0; i < CALLERS; i++) {
                callers[i] = bus_connect_client(&fixture->bus);
                for (gsize j = 0; j < CALLS_PER_CALLER; j++) {
                        g_dbus_connection_call(callers[i], BUS_NAME, BUS_PATH_MANAGER, BUS_INTERFACE_MANAGER,
                                               "LoadModule", g_variant_new("(s)", "tun"), NULL,
                                               G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_replied, &n_replied);
                        decide(fake_polkit_next_question(fixture->polkit), ALLOWS);
                }
        }
        daemon_settle(&fixture->daemon);

        expect(fixture, "load tun", 1,
               "Too many requests wait for virtready-modprobe already; try again later.\n");

        for (gsize i = 0; i < (gsize) CALLERS * CALLS_PER_CALLER; i++)
                fake_modprobe_answer(fake_modprobe_next(&fixture->modprobe, "load tun"), NULL);
        wait_until(n_replied == CALLERS * CALLS_PER_CALLER);
        for (gsize i = 0; i < CALLERS; i++)
                g_object_unref(callers[i]);
}

/* Root is not asked for a password, and not sent to sudo. */
static void test_root(Fixture *fixture, const void *data) {
        FakeQuestion *question;
        Client client;

        (void) data;
        if (getuid() != 0)
                skip_because("not root");

        client_start(&client, fixture, "load tun", false);
        question = fake_polkit_next_question(fixture->polkit);
        g_assert_cmpuint(question->flags & POLKIT_ALLOWS_INTERACTION, ==, 0);
        decide(question, DENIES);
        client_expect(&client, 1, "Polkit denies you the action " LOAD_ACTION ". It is " WHO);
}

/* That polkit says no is one thing, and that the bus does is another. */
static void test_bus_policy(Fixture *fixture, const void *data) {
        g_autofree char *config = g_build_filename(fixture->bus.directory, "bus.conf", NULL), *text = NULL,
                        *changed = NULL;
        g_autoptr(GVariant) reply = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = NULL;
        Client client;

        (void) data;
        g_assert_true(g_file_get_contents(config, &text, NULL, NULL));
        parts = g_strsplit(text, "</busconfig>", 2);
        changed = g_strconcat(
                parts[0],
                "<policy context='mandatory'><deny send_destination='org.virtready1' "
                "send_interface='org.virtready1.Manager' send_member='LoadModule'/></policy></busconfig>",
                NULL);
        file_write(fixture->bus.directory, "bus.conf", changed);
        reply = g_dbus_connection_call_sync(fixture->bus.connection, "org.freedesktop.DBus",
                                            "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig",
                                            NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        g_assert_no_error(error);

        client_start(&client, fixture, "load tun", true);
        wait_until(client.ended);
        g_assert_true(
                g_str_has_prefix(client.err, "The message bus does not let this user ask virtreadyd: "));
        g_assert_true(g_str_has_suffix(client.err, "\nIts policy is in org.virtready1.conf.\n"));
        client_expect(&client, 3, client.err);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

#define add(name, test) g_test_add("/load-messages/" name, Fixture, NULL, set_up, test, tear_down)
        add("refusals", test_refusals);
        add("no-polkit", test_no_polkit);
        add("no-helper", test_no_helper);
        add("snapshot", test_snapshot);
        add("too-many", test_too_many);
        add("root", test_root);
        add("bus-policy", test_bus_policy);

        return g_test_run();
}
