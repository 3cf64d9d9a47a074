/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings: their arguments, and the sentences that these complete. */

#include <errno.h>
#include <glib.h>

#include "daemon/basic/cleanup.h"
#include "daemon/checks/check.h"
#include "daemon/checks/remedies.h"

static void assert_expands(const Finding *finding, const char *template, const char *expected) {
        _cleanup_free_ char *text = NULL;

        g_assert_cmpint(finding_expand(finding, template, &text), ==, 0);
        g_assert_cmpstr(text, ==, expected);
}

static void test_expand(void) {
        Finding finding = {};

        finding_add(&finding, "device", "/dev/kvm");
        finding_add(&finding, "module", "kvm");
        finding_add(&finding, "empty", "");
        finding_add(&finding, "braces", "{device}");

        assert_expands(&finding, "", "");
        assert_expands(&finding, "no placeholder", "no placeholder");
        assert_expands(&finding, "{device}", "/dev/kvm");
        assert_expands(&finding, "{module} serves {device}.", "kvm serves /dev/kvm.");
        assert_expands(&finding, "{module}{module}", "kvmkvm");
        assert_expands(&finding, "<{empty}>", "<>");

        /* A value is no template. */
        assert_expands(&finding, "{braces}", "{device}");
        finding_done(&finding);
        g_assert_cmpuint(finding.n_arguments, ==, 0);
}

static void test_expand_unknown(void) {
        Finding finding = {};

        finding_add(&finding, "device", "/dev/kvm");
        assert_expands(&finding, "<{nobody}>", "<?>");
        assert_expands(&finding, "<{devic} {devices} {}>", "<? ? ?>");
        assert_expands(&finding, "open {device", "open /dev/kvm");
        assert_expands(&finding, "open {", "open ?");
        assert_expands(&finding, "closed}", "closed}");
        finding_done(&finding);
}

/* What is in brackets is there when all of its arguments are. */
static void test_expand_optional(void) {
        Finding finding = {};

        finding_add(&finding, "program", "/usr/bin/kvm");
        assert_expands(&finding, "{program}[, version {version},] is installed.",
                       "/usr/bin/kvm is installed.");
        g_assert_true(finding_knows(&finding, "{program}[, version {version},] is installed."));
        g_assert_false(finding_knows(&finding, "{program}[{program}]{version}"));

        finding_add(&finding, "version", "7.2.22");
        assert_expands(&finding, "{program}[, version {version},] is installed.",
                       "/usr/bin/kvm, version 7.2.22, is installed.");
        assert_expands(&finding, "[{version}][{nobody}{version}][{version}{nobody}]<[]>[a]", "7.2.22<>a");
        assert_expands(&finding, "a[{version}", "a7.2.22");
        assert_expands(&finding, "a[{nobody}", "a");
        assert_expands(&finding, "a[", "a");
        assert_expands(&finding, "a]", "a]");

        /* A value is no template. */
        finding_add(&finding, "brackets", "[{version}]");
        assert_expands(&finding, "{brackets}[{brackets}]", "[{version}][{version}]");
        finding_done(&finding);
}

static void test_arguments(void) {
        Finding finding = {};

        finding_add(&finding, "missing", NULL);
        finding_add_unsigned(&finding, "number", 4294967295U);
        finding_add_error(&finding, "negative", -EACCES);
        finding_add_error(&finding, "positive", EBUSY);
        g_assert_cmpuint(finding.n_arguments, ==, 4);
        g_assert_cmpstr(finding.arguments[0].value, ==, "unknown");
        g_assert_cmpstr(finding.arguments[1].value, ==, "4294967295");
        g_assert_cmpstr(finding.arguments[2].value, ==, "Permission denied (EACCES)");
        g_assert_cmpstr(finding.arguments[3].value, ==, "Device or resource busy (EBUSY)");
        g_assert_false(finding.out_of_memory);
        finding_done(&finding);
}

/* ENOTSUPP, which the kernel at times lets out and C does not know (include/linux/errno.h). */
static void test_unknown_error(void) {
        Finding finding = {};

        finding_add_error(&finding, "error", -524);
        g_assert_cmpstr(finding.arguments[0].value, ==, "error 524");
        finding_done(&finding);
}

static void test_equal(void) {
        static const Reason reason = { .id = "a" }, other = { .id = "a" };
        Finding a = { .reason = &reason }, b = { .reason = &reason };

        g_assert_true(finding_equal(&a, &b));

        b.reason = &other;
        g_assert_false(finding_equal(&a, &b));
        b.reason = &reason;

        b.evidence = EVIDENCE_PROBED;
        g_assert_false(finding_equal(&a, &b));
        b.evidence = a.evidence;

        finding_add(&a, "name", "value");
        g_assert_false(finding_equal(&a, &b));
        finding_add(&b, "name", "other value");
        g_assert_false(finding_equal(&a, &b));
        g_assert_false(finding_arguments_equal(&a, &b));
        finding_done(&b);

        b.reason = &reason;
        finding_add(&b, "name", "value");
        g_assert_true(finding_equal(&a, &b));
        finding_done(&b);

        finding_add(&b, "other name", "value");
        g_assert_false(finding_arguments_equal(&a, &b));
        finding_done(&a);
        finding_done(&b);
}

static void assert_command(const Facts *facts, const char *module, const Remedy *remedy,
                           const char *expected, bool needs_root) {
        Finding finding = finding_begin(facts);

        if (module)
                finding_add(&finding, "module", module);
        assert_expands(&finding, finding_command(&finding, remedy), expected);
        g_assert_cmpint(finding_needs_root(&finding, remedy), ==, needs_root);
        finding_done(&finding);
}

/* virtreadyd is named where it runs and may load the module. */
static void test_service_command(void) {
        static const Remedy load = REMEDY_TO_LOAD_MODULE, reload = REMEDY_TO_RELOAD_MODULE,
                            words = { .kind = REMEDY_LOAD_MODULE };
        const Facts here = { .live = true }, elsewhere = { .live = false };

        assert_command(&here, "kvm_amd", &load, "virtreadyctl load kvm_amd", false);
        assert_command(&here, "vhost_net", &load, "virtreadyctl load vhost_net", false);
        assert_command(&here, "nouveau", &load, "modprobe nouveau", true);
        assert_command(&here, NULL, &load, "modprobe ?", true);
        assert_command(&here, "kvm_amd", &reload, "modprobe -r kvm_amd && modprobe kvm_amd", true);
        assert_command(&here, "kvm_amd", &words, "", false);
        assert_command(&elsewhere, "kvm_amd", &load, "modprobe kvm_amd", true);
}

static void test_begin(void) {
        g_assert_cmpint(finding_begin(&(Facts){ .live = true }).evidence, ==, EVIDENCE_OBSERVED);
        g_assert_cmpint(finding_begin(&(Facts){ .live = false }).evidence, ==, EVIDENCE_INFERRED);
}

static void test_to_string(void) {
        for (CheckState state = 0; state < _CHECK_STATE_MAX; state++)
                g_assert_nonnull(check_state_to_string(state));
        for (Evidence evidence = 0; evidence < _EVIDENCE_MAX; evidence++)
                g_assert_nonnull(evidence_to_string(evidence));
        for (RemedyKind kind = 0; kind < _REMEDY_KIND_MAX; kind++)
                g_assert_nonnull(remedy_kind_to_string(kind));

        g_assert_null(check_state_to_string(_CHECK_STATE_MAX));
        g_assert_null(evidence_to_string(_EVIDENCE_MAX));
        g_assert_null(remedy_kind_to_string(_REMEDY_KIND_MAX));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/check/expand", test_expand);
        g_test_add_func("/check/expand-unknown", test_expand_unknown);
        g_test_add_func("/check/expand-optional", test_expand_optional);
        g_test_add_func("/check/arguments", test_arguments);
        g_test_add_func("/check/unknown-error", test_unknown_error);
        g_test_add_func("/check/equal", test_equal);
        g_test_add_func("/check/service-command", test_service_command);
        g_test_add_func("/check/begin", test_begin);
        g_test_add_func("/check/to-string", test_to_string);

        return g_test_run();
}
