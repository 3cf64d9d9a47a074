/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepares and looks after what the tests of archives have in common. */

#include <sys/stat.h>

#include "archive-fixture.h"
#include "documents.h"

void set_up(Fixture *fixture, gconstpointer data) {
        (void) data;
        machine_init(&fixture->machine);
        fixture->file = g_build_filename(fixture->machine.path, "archive", NULL);
        fixture->option = g_strconcat("--sosreport=", fixture->file, NULL);
        fixture->scratch = g_build_filename(fixture->machine.path, "scratch", NULL);
        g_assert_no_errno(mkdir(fixture->scratch, 0755));
        g_assert_true(g_setenv("TMPDIR", fixture->scratch, TRUE));
}

static gboolean is_empty(gpointer directory) {
        g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);

        return dir && !g_dir_read_name(dir);
}

gboolean is_not_empty(gpointer directory) {
        return !is_empty(directory);
}

void tear_down(Fixture *fixture, gconstpointer data) {
        (void) data;
        g_assert_true(is_empty(fixture->scratch));
        machine_clear(&fixture->machine);
        g_free(fixture->file);
        g_free(fixture->option);
        g_free(fixture->scratch);
}

Outcome analyze_pack(Fixture *fixture) {
        pack_close(&fixture->pack);
        return run_client("analyze", fixture->option);
}

void assert_refused(const Outcome *outcome, const char *error) {
        g_assert_cmpint(outcome->status, ==, 4);
        g_assert_cmpstr(outcome->out, ==, "");
        assert_contains(outcome->err, error);
}

/* The module tree is found in /usr, and the control groups behind two links. */
void assert_machine(const Outcome *outcome) {
        g_assert_cmpstr(outcome->err, ==, "");
        g_assert_cmpint(outcome->status, ==, 0);
        assert_contains(outcome->out, "AMD EPYC Test, x86_64, Linux 5.14.0-test\n");
        assert_contains(outcome->out, "✗ The kernel module kvm_amd is not loaded.  kvm.vendor_module\n");
        assert_contains(outcome->out, "✓ Memory limits of guests");
}
