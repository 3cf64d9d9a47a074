/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl analyze on directories: what it shows and how it ends, also where a file is a trap. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "documents.h"
#include "harness.h"

typedef struct Fixture {
        Machine machine;
        char *root; /* the option that names it */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
        (void) data;
        machine_init(&fixture->machine);
        fixture->root = g_strdup_printf("--root=%s", fixture->machine.path);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
        (void) data;
        g_free(fixture->root);
        machine_clear(&fixture->machine);
}

static char *path_in(const Fixture *fixture, const char *path) {
        return g_build_filename(fixture->machine.path, path, NULL);
}

/* The machine cannot run guests; that it could be found out is what counts. */
static void test_not_ready(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        machine_fill(&fixture->machine, FALSE);
        outcome = run_client("analyze", fixture->root);

        g_assert_cmpint(outcome.status, ==, 0);
        g_assert_cmpstr(outcome.err, ==, "");
        assert_contains(outcome.out, "AMD EPYC Test, x86_64, Linux 6.1.0-test\n");
        assert_contains(outcome.out,
                        ": not ready\n  ✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n"
                        "    → sudo modprobe kvm_amd\n");
        assert_lacks(outcome.out, "probed");
}

static void test_profile(Fixture *fixture, gconstpointer data) {
        g_auto(Outcome) lxc = { NULL }, none = { NULL };

        (void) data;
        machine_fill(&fixture->machine, TRUE);
        lxc = run_client("--profile=lxc", "analyze", fixture->root);
        g_assert_cmpint(lxc.status, ==, 0);
        assert_contains(lxc.out, "✗ Containers with libvirt's LXC driver: not ready\n"
                                 "  ✗ The kernel 6.1.0-test comes without the module fuse.  fuse.mount\n");

        none = run_client("analyze", fixture->root, "--profile=qemo");
        g_assert_cmpint(none.status, ==, 2);
        g_assert_cmpstr(none.out, ==, "");
        assert_contains(none.err, "There is no profile 'qemo'. Did you mean qemu?");
}

static Json *parsed(const Outcome *outcome) {
        Json *json = NULL;

        g_assert_cmpint(outcome->status, ==, 0);
        g_assert_cmpint(document_parse(outcome->out, &json), ==, 0);
        return json;
}

/* Nothing of a snapshot has been observed, and what is found out is so since now. */
static void test_json(Fixture *fixture, gconstpointer data) {
        _cleanup_(json_object_putp) Json *document = NULL;
        g_auto(Outcome) outcome = { NULL };
        guint64 before = (guint64) g_get_real_time(), after;
        guint n = 0;

        (void) data;
        machine_fill(&fixture->machine, TRUE);
        outcome = run_client("analyze", "--json", fixture->root);
        after = (guint64) g_get_real_time();
        document = parsed(&outcome);

        for (Member *m = doc_first(doc_get(document, "checks")); m; m = doc_next(m), n++) {
                g_assert_cmpstr(doc_text(doc_value(m), "evidence"), ==, "inferred");
                g_assert_cmpuint(doc_number(doc_value(m), "since_usec"), >=, before);
                g_assert_cmpuint(doc_number(doc_value(m), "since_usec"), <=, after);
                g_assert_cmpuint(doc_number(doc_value(m), "reason_since_usec"), >=, before);
                g_assert_cmpuint(doc_number(doc_value(m), "reason_since_usec"), <=, after);
        }
        g_assert_cmpuint(n, >, 20);
        g_assert_cmpstr(doc_text(doc_check(document, "net.tun"), "state"), ==, "pass");
        g_assert_cmpstr(doc_text(doc_get(document, "host"), "kernel_release"), ==, "6.1.0-test");
}

/* What is not there is unknown, and neither a failure nor an error. */
static void test_little(Fixture *fixture, gconstpointer data) {
        g_autofree char *sys = path_in(fixture, "sys");
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        g_assert_no_errno(mkdir(sys, 0755));
        outcome = run_client("analyze", fixture->root);
        g_assert_cmpint(outcome.status, ==, 0);
        assert_contains(outcome.out, ": not known\n");
        assert_lacks(outcome.out, "✗");
        assert_lacks(outcome.out, "✓");
}

/* "/" is this machine, and it may be probed: wherever there is /dev/kvm, opening it is how that is known. */
static void test_live(void) {
        g_auto(Outcome) outcome = run_client("analyze", "--json", "--root=/");
        _cleanup_(json_object_putp) Json *document = parsed(&outcome);
        g_autofree char *release = NULL;
        g_autoptr(GError) error = NULL;
        guint observed = 0;

        (void) g_file_get_contents("/proc/sys/kernel/osrelease", &release, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(doc_text(doc_get(document, "host"), "kernel_release"), ==, g_strchomp(release));
        for (Member *m = doc_first(doc_get(document, "checks")); m; m = doc_next(m))
                if (g_str_equal(doc_text(doc_value(m), "evidence"), "observed"))
                        observed++;
        g_assert_cmpuint(observed, >, 0);
}

static void test_usage(void) {
        static const struct {
                const char *arguments[4], *error;
        } cases[] = {
                { { "analyze" }, "'analyze' needs either --root=DIR or --sosreport=FILE." },
                { { "analyze", "--root=/", "--sosreport=x" }, "either --root=DIR or --sosreport=FILE." },
                { { "analyze", "--root=" }, "Option '--root' needs a value." },
                { { "analyze", "--sosreport=" }, "Option '--sosreport' needs a value." },
                { { "analyze", "--root=/", "x" }, "'x' is one argument too many" },
                { { "analyze", "--root=/", "--bus=unix:path=/x" }, "--bus says nothing to 'analyze'" },
                { { "status", "--root=/" }, "--root says nothing to 'status'" },
                { { "monitor", "--sosreport=x" }, "--sosreport says nothing to 'monitor'" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Outcome) outcome = run_client_with(cases[i].arguments);

                g_assert_cmpint(outcome.status, ==, 2);
                g_assert_cmpstr(outcome.out, ==, "");
                assert_contains(outcome.err, cases[i].error);
                assert_contains(outcome.err, "Try --help.");
        }
}

static void assert_not_judged(const Outcome *outcome, const char *error) {
        g_assert_cmpint(outcome->status, ==, 4);
        g_assert_cmpstr(outcome->out, ==, "");
        assert_contains(outcome->err, error);
}

static void test_no_machine(Fixture *fixture, gconstpointer data) {
        g_autofree char *missing = g_strconcat(fixture->root, "/missing", NULL),
                        *file = g_strconcat(fixture->root, "/file", NULL);
        g_auto(Outcome) empty = run_client("analyze", fixture->root), none = { NULL },
                        not_directory = { NULL }, files = { NULL };

        (void) data;
        assert_not_judged(&empty, "There is neither a directory proc nor a directory sys in ");
        none = run_client("analyze", missing);
        assert_not_judged(&none, "There is no directory ");

        machine_write(&fixture->machine, "file", "");
        not_directory = run_client("analyze", file);
        assert_not_judged(&not_directory, "is not a directory.\n");
        assert_contains(not_directory.err, "--sosreport=");

        machine_write(&fixture->machine, "proc", "");
        machine_write(&fixture->machine, "sys", "");
        files = run_client("analyze", fixture->root);
        assert_not_judged(&files, "There is neither a directory proc nor a directory sys in ");
}

/* Runs it, which must not wait for anybody, and takes as good as no time. */
static Outcome analyze_trap(const Fixture *fixture) {
        gint64 begin = g_get_monotonic_time();
        Outcome outcome = run_client("analyze", fixture->root);

        g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * G_USEC_PER_SEC);
        g_assert_cmpint(outcome.status, ==, 0);
        assert_contains(outcome.out, "kvm.usable");
        return outcome;
}

static void replace_cpuinfo(const Fixture *fixture, char **ret_path) {
        machine_fill(&fixture->machine, TRUE);
        *ret_path = path_in(fixture, "proc/cpuinfo");
        g_assert_no_errno(unlink(*ret_path));
}

static void test_fifo(Fixture *fixture, gconstpointer data) {
        g_autofree char *cpuinfo = NULL;
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        replace_cpuinfo(fixture, &cpuinfo);
        g_assert_no_errno(mkfifo(cpuinfo, 0644));
        outcome = analyze_trap(fixture);
        assert_contains(outcome.out, "Linux 6.1.0-test\n");
        assert_lacks(outcome.out, "EPYC");
}

static void test_link_loop(Fixture *fixture, gconstpointer data) {
        g_autofree char *cpuinfo = NULL;
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        replace_cpuinfo(fixture, &cpuinfo);
        g_assert_no_errno(symlink("cpuinfo", cpuinfo));
        outcome = analyze_trap(fixture);
        assert_lacks(outcome.out, "EPYC");
}

/* A link that leads out of the directory leads to its top instead. */
static void test_link_out(Fixture *fixture, gconstpointer data) {
        g_autofree char *cpuinfo = NULL, *secret = NULL, *up = NULL;
        g_auto(Outcome) absolute = { NULL }, relative = { NULL };
        Machine other;

        (void) data;
        machine_init(&other);
        machine_write(&other, "cpuinfo",
                      "vendor_id\t: GenuineIntel\nmodel name\t: SECRET\nflags\t\t: vmx\n");
        secret = g_build_filename(other.path, "cpuinfo", NULL);
        up = g_strconcat("../../../../../../../../..", secret, NULL);
        replace_cpuinfo(fixture, &cpuinfo);

        g_assert_no_errno(symlink(secret, cpuinfo));
        absolute = analyze_trap(fixture);
        assert_lacks(absolute.out, "SECRET");

        g_assert_no_errno(unlink(cpuinfo));
        g_assert_no_errno(symlink(up, cpuinfo));
        relative = analyze_trap(fixture);
        assert_lacks(relative.out, "SECRET");

        machine_clear(&other);
}

static void grow(const Fixture *fixture, const char *path, off_t size) {
        g_autofree char *file = path_in(fixture, path);

        g_assert_no_errno(truncate(file, size));
}

/* Of a long cpuinfo the first processors are enough; a long list of modules is none. */
static void test_long_files(Fixture *fixture, gconstpointer data) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        machine_fill(&fixture->machine, FALSE);
        while (text->len < 64 * 1024)
                g_string_append(text, "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC Test\n"
                                      "flags\t\t: fpu lm svm\n\n");
        machine_write(&fixture->machine, "proc/cpuinfo", text->str);
        grow(fixture, "proc/cpuinfo", 100 * 1024 * 1024);
        grow(fixture, "proc/modules", 100 * 1024 * 1024);

        outcome = analyze_trap(fixture);
        assert_contains(outcome.out, "AMD EPYC Test, x86_64, Linux 6.1.0-test\n");
        assert_lacks(outcome.out, "kvm_amd is not loaded");
}

/* Root may read everything, unless it gives that up. */
static void analyze_without(const Fixture *fixture, const char *path, char **ret_out, char **ret_err) {
        g_autofree char *file = path_in(fixture, path);
        const char *argv[] = { "setpriv",
                               "--bounding-set=-dac_override,-dac_read_search",
                               g_getenv("VIRTREADYCTL"),
                               "analyze",
                               fixture->root,
                               NULL };
        const char **first = geteuid() == 0 ? argv : argv + 2;
        g_autoptr(GError) error = NULL;
        int status;

        g_assert_no_errno(chmod(file, 0));
        g_spawn_sync(NULL, (char **) first, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, ret_out, ret_err, &status,
                     &error);
        g_assert_no_error(error);
        g_assert_cmpint(status, ==, 0);
}

/* Whichever source reads it, whether for the verdict or for what is read when asked. */
static void test_unreadable(Fixture *fixture, gconstpointer data) {
        g_autofree char *out = NULL, *err = NULL, *out_modules = NULL, *err_modules = NULL;

        (void) data;
        machine_fill(&fixture->machine, TRUE);
        analyze_without(fixture, "proc/modules", &out_modules, &err_modules);
        assert_contains(out_modules, "EPYC");
        assert_contains(err_modules, "This user may not read all of ");
        assert_contains(err_modules, ", such as proc/modules.\n");

        analyze_without(fixture, "proc/cpuinfo", &out, &err);
        assert_lacks(out, "EPYC");
        assert_contains(out, "Linux 6.1.0-test\n");
        assert_contains(err, ", such as proc/cpuinfo.\n");
}

static void make_links(const Fixture *fixture, const char *prefix, guint n, const char *target) {
        for (guint i = 0; i < n; i++) {
                g_autofree char *name = g_strdup_printf("%s%u", prefix, i), *path = path_in(fixture, name);

                g_assert_no_errno(symlink(target, path));
        }
}

/* A few thousand links make millions of files. What had been read before is told, and that there is more. */
static void test_endless(Fixture *fixture, gconstpointer data) {
        g_autofree char *nodes = path_in(fixture, "sys/devices/system/node"),
                        *node = path_in(fixture, "node/x");
        g_auto(Outcome) outcome = { NULL };

        (void) data;
        machine_fill(&fixture->machine, TRUE);
        g_assert_no_errno(g_mkdir_with_parents(nodes, 0755));
        g_assert_no_errno(g_mkdir_with_parents(node, 0755));
        make_links(fixture, "sys/devices/system/node/node", 1024, "/node");
        make_links(fixture, "node/x", 4096, "/y");

        outcome = analyze_trap(fixture);
        assert_contains(outcome.out, "AMD EPYC Test, x86_64, Linux 6.1.0-test\n");
        assert_contains(outcome.err, " than the largest machine has.\n");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/analyze/not-ready", Fixture, NULL, set_up, test_not_ready, tear_down);
        g_test_add("/analyze/profile", Fixture, NULL, set_up, test_profile, tear_down);
        g_test_add("/analyze/json", Fixture, NULL, set_up, test_json, tear_down);
        g_test_add("/analyze/little", Fixture, NULL, set_up, test_little, tear_down);
        g_test_add_func("/analyze/live", test_live);
        g_test_add_func("/analyze/usage", test_usage);
        g_test_add("/analyze/no-machine", Fixture, NULL, set_up, test_no_machine, tear_down);
        g_test_add("/analyze/fifo", Fixture, NULL, set_up, test_fifo, tear_down);
        g_test_add("/analyze/link-loop", Fixture, NULL, set_up, test_link_loop, tear_down);
        g_test_add("/analyze/link-out", Fixture, NULL, set_up, test_link_out, tear_down);
        g_test_add("/analyze/long-files", Fixture, NULL, set_up, test_long_files, tear_down);
        g_test_add("/analyze/unreadable", Fixture, NULL, set_up, test_unreadable, tear_down);
        g_test_add("/analyze/endless", Fixture, NULL, set_up, test_endless, tear_down);

        return g_test_run();
}
