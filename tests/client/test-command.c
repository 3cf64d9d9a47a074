/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real client asks the real daemon about machines that are directories. */

#include "../../daemon/modprobe/protocol.h"
#include "documents.h"
#include "harness.h"

/* One bus for the program; each test starts a daemon of its own. */
typedef struct Fixture {
        Machine machine;
        GSubprocess *daemon;
        const char *bus;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
        void (*fill)(const Machine *machine) = (void (*)(const Machine *)) data;

        machine_init(&fixture->machine);
        fill(&fixture->machine);
        fixture->bus = g_getenv("DBUS_SESSION_BUS_ADDRESS");
        fixture->daemon = daemon_start(fixture->bus, &fixture->machine);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
        (void) data;
        daemon_stop(fixture->daemon);
        machine_clear(&fixture->machine);
}

static void fill_ready(const Machine *machine) {
        machine_fill(machine, TRUE);
}

static void fill_not_ready(const Machine *machine) {
        machine_fill(machine, FALSE);
}

/* Two functions of a card in one group, one of which the host uses. */
static void fill_devices(const Machine *machine) {
        machine_fill(machine, TRUE);
        machine_add_device(machine, "0000:01:00.0", "pci:v000010DEd00001B80sv00001458sd00003702bc03sc00i00",
                           NULL);
        machine_add_device(machine, "0000:01:00.1", "pci:v000010DEd000010F0sv00001458sd00003702bc04sc03i00",
                           "snd_hda_intel");
}

static void fill_nothing(const Machine *machine) {
        (void) machine;
}

static void test_ready(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) nothing = run_client_on(fixture->bus);
        g_auto(Outcome) status = run_client_on(fixture->bus, "status");
        g_auto(Outcome) why = run_client_on(fixture->bus, "why");
        g_auto(Outcome) check = run_client_on(fixture->bus, "check", "kvm.usable", "net.tun");

        (void) data;
        g_assert_cmpint(nothing.status, ==, 0);
        g_assert_cmpstr(nothing.err, ==, "");
        g_assert_cmpstr(nothing.out, ==, status.out);
        assert_contains(status.out, "AMD EPYC Test, x86_64, Linux 6.1.0-test\n");
        assert_lacks(status.out, "\033");
        g_assert_cmpint(why.status, ==, 0);
        g_assert_cmpint(check.status, ==, 0);
        assert_contains(check.out, "kvm.usable - ");
        assert_contains(check.out, "net.tun - ");
}

static void test_not_ready(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) status = run_client_on(fixture->bus, "status");
        g_auto(Outcome) profile = run_client_on(fixture->bus, "why", "qemu");
        g_auto(Outcome) check = run_client_on(fixture->bus, "why", "kvm.usable");
        g_auto(Outcome) good = run_client_on(fixture->bus, "check", "net.tun");
        g_auto(Outcome) bad = run_client_on(fixture->bus, "check", "net.tun", "kvm.vendor_module");
        g_auto(Outcome) list = run_client_on(fixture->bus, "check");

        (void) data;
        g_assert_cmpint(status.status, ==, 1);
        assert_contains(status.out,
                        ": not ready\n  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n");
        assert_contains(status.out, "modprobe kvm_amd\n");
        g_assert_cmpint(profile.status, ==, 1);
        assert_contains(profile.out, "blocks kvm.usable, ");
        g_assert_cmpint(check.status, ==, 1);
        assert_contains(check.out, "blocked by kvm.vendor_module\n");
        assert_contains(check.out, "required for qemu, ");
        g_assert_cmpint(good.status, ==, 0);
        g_assert_cmpint(bad.status, ==, 1);
        g_assert_cmpint(list.status, ==, 0);
        /* The longest id sets the width of the column. */
        assert_contains(list.out, "\nfail            kvm.vendor_module ");
        assert_contains(list.out, "  module-not-loaded\n");
}

static void test_unknown(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) status = run_client_on(fixture->bus);
        g_auto(Outcome) why = run_client_on(fixture->bus, "why", "qemu");
        g_auto(Outcome) check = run_client_on(fixture->bus, "check", "kvm.usable");

        (void) data;
        g_assert_cmpint(status.status, ==, 4);
        assert_contains(status.out, ": not known\n");
        g_assert_cmpint(why.status, ==, 4);
        g_assert_cmpint(check.status, ==, 4);
}

static Json *parsed(const Outcome *outcome) {
        Json *json = NULL;

        g_assert_cmpint(document_parse(outcome->out, &json), ==, 0);
        return json;
}

static void test_json(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) status = run_client_on(fixture->bus, "--json");
        g_auto(Outcome) check = run_client_on(fixture->bus, "check", "kvm.vendor_module", "--json");
        g_auto(Outcome) checks = run_client_on(fixture->bus, "check", "--json");
        g_auto(Outcome) why = run_client_on(fixture->bus, "why", "--json");
        _cleanup_(json_object_putp) Json *document = parsed(&status), *one = parsed(&check),
                                         *all = parsed(&checks), *causes = parsed(&why);

        (void) data;
        g_assert_cmpint(status.status, ==, 1);
        g_assert_cmpstr(doc_text(doc_profile(document, "qemu"), "state"), ==, "not-ready");
        g_assert_cmpint(check.status, ==, 1);
        g_assert_cmpstr(doc_text(one, "id"), ==, "kvm.vendor_module");
        g_assert_cmpint(checks.status, ==, 0);
        g_assert_true(json_object_equal(all, doc_get(document, "checks")));
        g_assert_cmpint(why.status, ==, 1);
        g_assert_cmpstr(doc_text(doc_at(doc_get(causes, "causes"), 0), "id"), ==, "kvm.vendor_module");
}

/* Takes the times out of a document. */
static void forget_times(Json *document) {
        static const char *const sections[] = { "checks", "profiles" };

        for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
                for (Member *m = doc_first(doc_get(document, sections[i])); m; m = doc_next(m)) {
                        json_object_object_del(doc_value(m), "since_usec");
                        json_object_object_del(doc_value(m), "reason_since_usec");
                }
}

/* Of the same files the daemon and analyze say the same, but for when they looked. */
static void test_analyze(Fixture *fixture, gconstpointer data) {
        g_autofree char *root = g_strdup_printf("--root=%s", fixture->machine.path);
        g_auto(Outcome) status = run_client_on(fixture->bus, "--json");
        g_auto(Outcome) analysis = run_client("analyze", "--json", root);
        _cleanup_(json_object_putp) Json *asked = parsed(&status), *made = parsed(&analysis);

        (void) data;
        g_assert_cmpint(status.status, ==, 1);
        g_assert_cmpint(analysis.status, ==, 0);
        g_assert_false(json_object_equal(asked, made));
        forget_times(asked);
        forget_times(made);
        g_assert_true(json_object_equal(asked, made));
}

/* These machines are files, and not all of them have nodes. */
static void test_access(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) access = run_client_on(fixture->bus, "access");
        g_auto(Outcome) json = run_client_on(fixture->bus, "--json", "access");
        g_auto(Outcome) profile = run_client_on(fixture->bus, "access", "--profile=qemu");
        g_auto(Outcome) operand = run_client_on(fixture->bus, "access", "/dev/kvm");
        _cleanup_(json_object_putp) Json *answer = parsed(&json);
        bool has_kvm = data == (gconstpointer) fill_ready;

        g_assert_cmpint(access.status, ==, has_kvm ? 4 : 1);
        assert_contains(access.out,
                        has_kvm ? "? /dev/kvm          unknown\n" : "– /dev/kvm          no-driver\n");
        g_assert_cmpstr(access.err, ==, "");
        g_assert_cmpint(json.status, ==, access.status);
        g_assert_cmpuint(doc_size(doc_get(answer, "devices")), ==, 7);
        g_assert_cmpstr(doc_text(doc_at(doc_get(answer, "devices"), 0), "device"), ==, "/dev/fuse");
        g_assert_cmpint(profile.status, ==, 2);
        g_assert_cmpint(operand.status, ==, 2);
}

static void test_unknown_ids(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) check = run_client_on(fixture->bus, "check", "kvm.usabel");
        g_auto(Outcome) why = run_client_on(fixture->bus, "why", "zzzzzz");
        g_auto(Outcome) profile = run_client_on(fixture->bus, "--profile=qemo");
        g_auto(Outcome) monitor = run_client_on(fixture->bus, "--profile=qemo", "monitor");

        (void) data;
        g_assert_cmpint(check.status, ==, 2);
        g_assert_cmpstr(check.out, ==, "");
        g_assert_cmpstr(check.err, ==,
                        "There is no check 'kvm.usabel'. Did you mean kvm.usable? "
                        "'virtreadyctl check' lists all checks.\n");
        g_assert_cmpint(why.status, ==, 2);
        assert_contains(why.err, "There is no profile or check 'zzzzzz'.");
        g_assert_cmpint(profile.status, ==, 2);
        assert_contains(profile.err, "Did you mean qemu?");
        g_assert_cmpint(monitor.status, ==, 2);
}

static void test_devices(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) list = run_client_on(fixture->bus, "device");
        g_auto(Outcome) one = run_client_on(fixture->bus, "device", "01:00.0");
        g_auto(Outcome) json = run_client_on(fixture->bus, "device", "--json", "0000:01:00.0", "01:00.1");
        g_auto(Outcome) none = run_client_on(fixture->bus, "device", "0000:01:00.2");
        _cleanup_(json_object_putp) Json *both = json_tokener_parse(json.out);

        (void) data;
        g_assert_cmpint(list.status, ==, 0);
        assert_contains(list.out, "✗ 0000:01:00.0  vfio-missing  1  -              ");
        assert_contains(list.out, "✗ 0000:01:00.1  vfio-missing  1  snd_hda_intel  ");
        g_assert_cmpint(one.status, ==, 1);
        assert_contains(one.out, "0000:01:00.0 - ");
        assert_contains(one.out, "     Assignable: no\n         Reason: vfio-missing\n");
        assert_contains(one.out, "     Blocked by: vfio.pci\n");
        assert_contains(one.out, "  Other members: 0000:01:00.1\n");
        assert_contains(one.out, "             Id: 10de:1b80\n      Subsystem: 1458:3702\n");
        g_assert_cmpint(json.status, ==, 1);
        g_assert_cmpstr(doc_text(doc_at(both, 1), "id"), ==, "0000:01:00.1");
        g_assert_cmpstr(doc_text(doc_at(both, 1), "driver"), ==, "snd_hda_intel");
        g_assert_cmpint(none.status, ==, 2);
        assert_contains(none.err, "There is no device '0000:01:00.2'. Did you mean 0000:01:00.0, ");
}

static void test_full_disk(Fixture *fixture, gconstpointer data) {
        g_autofree char *line = g_strdup_printf("LC_ALL=C '%s' '--bus=%s' status >/dev/full",
                                                g_getenv("VIRTREADYCTL"), fixture->bus);
        g_autofree char *err = NULL;
        const char *argv[] = { "timeout", "30", "sh", "-c", line, NULL };
        g_autoptr(GError) error = NULL;
        int status;

        (void) data;
        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &err, &status,
                     &error);
        g_assert_no_error(error);
        g_assert_cmpint(WEXITSTATUS(status), ==, 4);
        assert_contains(err, "No space left on device");
}

static char *complete(const Fixture *fixture, const char *words) {
        g_autofree char *directory = g_path_get_dirname(g_getenv("VIRTREADYCTL"));
        g_autofree char *script = g_strdup_printf(
                "PATH='%s':$PATH; . \"$COMPLETION\"; COMP_LINE=\"virtreadyctl --bus=%s %s\";"
                " COMP_POINT=${#COMP_LINE}; IFS=' ' read -ra COMP_WORDS <<<\"$COMP_LINE\";"
                " [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('');"
                " COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _virtreadyctl; echo \"${COMPREPLY[*]}\"",
                directory, fixture->bus, words);
        const char *argv[] = { "timeout", "30", "bash", "-c", script, NULL };
        g_autoptr(GError) error = NULL;
        char *out = NULL;

        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, &error);
        g_assert_no_error(error);
        return g_strchomp(out);
}

/* All that may be loaded, and nothing else. */
static void test_completion_of_modules(Fixture *fixture, gconstpointer data) {
        g_autofree char *expected = g_strjoinv(" ", (char **) modprobe_allow_list());
        g_autofree char *load = complete(fixture, "load ");
        g_autofree char *persist = complete(fixture, "persist vhost_v");
        g_autofree char *unpersist = complete(fixture, "--no-ask-password unpersist tu");
        g_autofree char *option = complete(fixture, "wait --ti");
        g_autofree char *timeout = complete(fixture, "wait --timeout 3");
        g_autofree char *after = complete(fixture, "--timeout 3 wa");
        g_autofree char *second = complete(fixture, "load kvm ");
        g_autofree char *of_load = complete(fixture, "load --");
        g_autofree char *of_analyze = complete(fixture, "analyze --");
        g_autofree char *of_any = complete(fixture, "--no");
        g_autofree char *refresh = complete(fixture, "hypervisor --re");
        g_autofree char *after_refresh = complete(fixture, "hypervisor --refresh q");

        (void) data;
        g_assert_cmpstr(second, ==, "");
        g_assert_cmpstr(of_load, ==, "--help --version --json --bus= --no-ask-password");
        g_assert_cmpstr(of_analyze, ==, "--help --version --json --profile= --root= --sosreport=");
        g_assert_cmpstr(of_any, ==, "--no-ask-password");
        g_assert_cmpstr(refresh, ==, "--refresh");
        g_assert_cmpstr(after_refresh, ==, "qemu");
        g_assert_cmpstr(load, ==, expected);
        g_assert_cmpstr(persist, ==, "vhost_vsock");
        g_assert_cmpstr(unpersist, ==, "tun");
        g_assert_cmpstr(option, ==, "--timeout=");
        g_assert_cmpstr(timeout, ==, "");
        g_assert_cmpstr(after, ==, "wait");
}

static void test_completion(Fixture *fixture, gconstpointer data) {
        g_autofree char *verbs = complete(fixture, "");
        g_autofree char *check = complete(fixture, "check kvm.v");
        g_autofree char *why = complete(fixture, "why qe");
        g_autofree char *profile = complete(fixture, "--profile q");
        g_autofree char *option = complete(fixture, "--js");
        g_autofree char *after = complete(fixture, "--profile lxc st");
        g_autofree char *directory = complete(fixture, "analyze --root /pro");
        g_autofree char *file = complete(fixture, "analyze --sosreport /proc/cpui");
        g_autofree char *preset = complete(fixture, "fit --preset k");
        g_autofree char *memory = complete(fixture, "fit --memory ");
        g_autofree char *fit = complete(fixture, "fit --memory 8G --huge");

        (void) data;
        g_assert_cmpstr(
                verbs, ==,
                "status why check access device host hypervisor fit monitor wait load persist unpersist "
                "analyze");
        g_assert_cmpstr(check, ==, "kvm.vendor_module");
        g_assert_cmpstr(why, ==, "qemu");
        g_assert_cmpstr(profile, ==, "qemu");
        g_assert_cmpstr(option, ==, "--json");
        g_assert_cmpstr(after, ==, "status");
        g_assert_cmpstr(directory, ==, "/proc");
        g_assert_cmpstr(file, ==, "/proc/cpuinfo");
        g_assert_cmpstr(preset, ==, "kubevirt");
        g_assert_cmpstr(memory, ==, "");
        g_assert_cmpstr(fit, ==, "--huge-pages=");
}

/* Bash takes what is after a colon for a word of its own. */
static void test_completion_of_devices(Fixture *fixture, gconstpointer data) {
        g_autofree char *all = complete(fixture, "device ");
        g_autofree char *whole = complete(fixture, "device 0000:01:00.1");

        (void) data;
        g_assert_cmpstr(all, ==, "0000:01:00.0 0000:01:00.1");
        g_assert_cmpstr(whole, ==, "0000:01:00.1");
}

/* The same with the words that Bash makes of the line. */
static void test_completion_after_colon(Fixture *fixture, gconstpointer data) {
        g_autofree char *directory = g_path_get_dirname(g_getenv("VIRTREADYCTL"));
        g_autofree char *script = g_strdup_printf(
                "PATH='%s':$PATH; . \"$COMPLETION\"; COMP_LINE=\"virtreadyctl --bus=%s device 0000:01:00.\";"
                " COMP_POINT=${#COMP_LINE}; COMP_WORDS=(virtreadyctl device 0000 : 01 : 00.); COMP_CWORD=6;"
                " _virtreadyctl; echo \"${COMPREPLY[*]}\"",
                directory, fixture->bus);
        const char *argv[] = { "timeout", "30", "bash", "-c", script, NULL };
        g_autofree char *out = NULL;
        g_autoptr(GError) error = NULL;

        (void) data;
        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(out, ==, "00.0 00.1\n");
}

int main(int argc, char *argv[]) {
        g_autoptr(GTestDBus) bus = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        bus = g_test_dbus_new(G_TEST_DBUS_NONE);
        g_test_dbus_up(bus);

        g_test_add("/command/ready", Fixture, fill_ready, set_up, test_ready, tear_down);
        g_test_add("/command/not-ready", Fixture, fill_not_ready, set_up, test_not_ready, tear_down);
        g_test_add("/command/unknown", Fixture, fill_nothing, set_up, test_unknown, tear_down);
        g_test_add("/command/json", Fixture, fill_not_ready, set_up, test_json, tear_down);
        g_test_add("/command/analyze", Fixture, fill_not_ready, set_up, test_analyze, tear_down);
        g_test_add("/command/access", Fixture, fill_ready, set_up, test_access, tear_down);
        g_test_add("/command/access-without-kvm", Fixture, fill_not_ready, set_up, test_access, tear_down);
        g_test_add("/command/unknown-ids", Fixture, fill_ready, set_up, test_unknown_ids, tear_down);
        g_test_add("/command/full-disk", Fixture, fill_ready, set_up, test_full_disk, tear_down);
        g_test_add("/command/completion", Fixture, fill_ready, set_up, test_completion, tear_down);
        g_test_add("/command/completion-of-modules", Fixture, fill_nothing, set_up,
                   test_completion_of_modules, tear_down);
        g_test_add("/command/devices", Fixture, fill_devices, set_up, test_devices, tear_down);
        g_test_add("/command/completion-of-devices", Fixture, fill_devices, set_up,
                   test_completion_of_devices, tear_down);
        g_test_add("/command/completion-after-colon", Fixture, fill_devices, set_up,
                   test_completion_after_colon, tear_down);

        r = g_test_run();
        g_test_dbus_stop(bus);
        return r;
}
