/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Documents that are not as they should be: no command may crash on them, nor call a machine ready. */

#include "../../client/exit-status.h"
#include "../../client/show.h"
#include "documents.h"

static const ShowFunction commands[] = { status_show, why_show, check_show };

static void test_unknown_words(void) {
        static const char document[] =
                "{'checks': {'kvm.usable': {'title': 'T', 'state': 'sideways', 'reason': 'r', 'detail': "
                "'D.',"
                " 'evidence': 'dreamt', 'remedies': [{'kind': 'pray', 'argument': 'twice'}]}},"
                " 'profiles': {'qemu': {'title': 'Q', 'state': 'superb', 'required': ['kvm.usable']}}}";
        g_auto(Shown) status = show(status_show, document, (Form){}, (Arguments){});
        g_auto(Shown) check = show(check_show, document, (Form){}, (Arguments){ OPERANDS("kvm.usable") });

        g_assert_cmpint(status.status, ==, STATUS_UNKNOWN);
        assert_contains(status.text, "? Q: not known (superb)\n  ? D.  kvm.usable\n    → pray: twice\n");
        g_assert_cmpint(check.status, ==, STATUS_UNKNOWN);
        assert_contains(check.text, "State: sideways\n");
}

static void test_missing(void) {
        static const char *const documents[] = {
                "{}",
                "{'checks': null, 'profiles': null, 'host': null}",
                "{'checks': {}, 'profiles': {}, 'host': {}}",
                "{'checks': [1, 2], 'profiles': 'many', 'host': 3}",
                "{'checks': {'a.b': null, 'c': [], '': 3, 'd.e': {}}, 'profiles': {'qemu': null}}",
                "{'checks': {'a.b': {'title': 1, 'state': [], 'reason': {}, 'detail': null, 'evidence': "
                "true,"
                " 'blocked_by': 'x', 'remedies': {'a': 1}, 'arguments': ['x'], 'since_usec': 'never'}},"
                " 'profiles': {'qemu': {'title': [], 'state': 1, 'required': {}, 'root_causes': 'a.b'}}}",
                "{'checks': {'a.b': {'state': 'fail', 'remedies': [null, 1, [], {}, {'kind': 7}],"
                " 'blocked_by': [null, 1, {}]}}, 'profiles': {'qemu': {'state': 'not-ready',"
                " 'root_causes': [null, 1, 'gone'], 'required': [null]}}}",
                "{'host': {'cpu': 'fast', 'architecture': {}, 'kernel_release': 6}}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(documents); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(commands); j++)
                        for (int json = 0; json <= 1; json++) {
                                g_auto(Shown) shown = show(commands[j], documents[i], (Form){},
                                                           (Arguments){ .json = json != 0 });

                                g_assert_cmpint(shown.status, >=, 0);
                                if (commands[j] != check_show)
                                        g_assert_cmpint(shown.status, !=, STATUS_READY);
                        }
}

/* A daemon would never say so, but a file might. */
static void test_circle(void) {
        static const char document[] =
                "{'checks': {'a.b': {'title': 'A', 'state': 'blocked', 'blocked_by': ['c.d', 'a.b']},"
                " 'c.d': {'title': 'C', 'state': 'blocked', 'blocked_by': ['a.b']}},"
                " 'profiles': {'qemu': {'state': 'not-ready', 'root_causes': ['a.b', 'c.d']}}}";

        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
                g_auto(Shown) shown = show(commands[i], document, (Form){}, (Arguments){});

                g_assert_cmpint(shown.status, >=, 0);
        }
        for (int json = 0; json <= 1; json++) {
                g_auto(Shown) shown = show(why_show, document, (Form){},
                                           (Arguments){ .json = json != 0, OPERANDS("a.b") });

                g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        }
}

/* The same area in two places is one group. */
static void test_scattered_areas(void) {
        static const char document[] = "{'checks': {'a.x': {'title': 'AX', 'state': 'pass'},"
                                       " 'ab.z': {'title': 'BZ', 'state': 'pass'},"
                                       " 'a.y': {'title': 'AY', 'state': 'pass'}}}";
        g_auto(Shown) shown = show(status_show, document, (Form){}, (Arguments){});

        assert_contains(shown.text, "  a   ✓ AX                a.x\n"
                                    "      ✓ AY                a.y\n"
                                    "  ab  ✓ BZ                ab.z\n");
}

static void test_control_characters(void) {
        static const char document[] = "{'checks': {'a.b': {'title': 'T\\u001b[31m', 'state': 'fail', "
                                       "'detail': 'D\\u0007\\u009bX \\u202e\\n.',"
                                       " 'remedies': [{'kind': 'x', 'command': 'rm\\u001b\\n'}]}},"
                                       " 'host': {'cpu': {'model': '\\u001b]0;title\\u0007'}}}";
        static const char right_to_left[] = { (char) 0xe2, (char) 0x80, (char) 0xae, '\0' };
        g_auto(Shown) status = show(status_show, document, (Form){}, (Arguments){});
        g_auto(Shown) check = show(check_show, document, (Form){}, (Arguments){ OPERANDS("a.b") });
        g_auto(Shown) ascii = show(status_show, document, (Form){ .ascii = TRUE }, (Arguments){});

        for (size_t i = 0; i < 3; i++) {
                const char *text = i == 0 ? status.text : i == 1 ? check.text : ascii.text;

                g_assert_true(g_utf8_validate(text, -1, NULL));
                assert_lacks(text, "\033");
                assert_lacks(text, "\007");
                assert_lacks(text, "\302\233");
                assert_lacks(text, right_to_left);
        }
        assert_contains(status.text, "D??X ? .\n");
        assert_contains(status.text, "→ rm??\n");
}

static void test_no_document(void) {
        static const char *const texts[] = {
                "", "null", "[]", "3", "\"qemu\"", "{", "{\"checks\":", "<xml/>"
        };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                Json *document = NULL;

                g_assert_cmpint(document_parse(texts[i], &document), ==, -EBADMSG);
                g_assert_null(document);
        }
}

static void test_unknown_profile(void) {
        g_auto(Shown) shown = show(status_show, document_ready, (Form){}, (Arguments){ .profile = "qemo" });

        g_assert_cmpint(shown.status, ==, STATUS_USAGE);
        g_assert_cmpstr(shown.text, ==, "");
}

/* A state in which the root causes do not help: the required checks tell. */
static void test_profile_without_root_causes(void) {
        static const char format[] = "{'checks': {'a.b': {'state': '%s', 'detail': 'Told.'},"
                                     " 'c.d': {'state': 'pass', 'detail': 'Nothing.'}},"
                                     " 'profiles': {'qemu': {'title': 'Q', 'state': '%s',"
                                     " 'required': ['c.d', 'a.b'], 'root_causes': []}}}";
        static const struct {
                const char *check, *profile;
                int status;
        } cases[] = {
                { "unknown", "unknown", STATUS_UNKNOWN },
                { "not-applicable", "not-applicable", STATUS_NOT_READY },
                { "fail", "not-ready", STATUS_NOT_READY },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *document = g_strdup_printf(format, cases[i].check, cases[i].profile);
                g_auto(Shown) shown = show(why_show, document, (Form){}, (Arguments){});

                g_assert_cmpint(shown.status, ==, cases[i].status);
                assert_contains(shown.text, "Told.  a.b\n");
                assert_lacks(shown.text, "Nothing.");
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/odd/unknown-words", test_unknown_words);
        g_test_add_func("/odd/missing", test_missing);
        g_test_add_func("/odd/circle", test_circle);
        g_test_add_func("/odd/scattered-areas", test_scattered_areas);
        g_test_add_func("/odd/control-characters", test_control_characters);
        g_test_add_func("/odd/no-document", test_no_document);
        g_test_add_func("/odd/unknown-profile", test_unknown_profile);
        g_test_add_func("/odd/no-root-causes", test_profile_without_root_causes);

        return g_test_run();
}
