/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "access" prints for answers made by hand, and what it tells the shell. */

#include "../../client/access.h"
#include "../../client/exit-status.h"
#include "documents.h"

#define TUN                                                                                            \
        "{'device': '/dev/net/tun', 'allowed': true, 'reason': 'everybody', 'detail': 'Open to all.'," \
        " 'arguments': {}, 'remedies': []}"

static const char answer_denied[] =
        "{'devices': ["
        "{'device': '/dev/fuse', 'allowed': false, 'reason': 'no-driver', 'detail': 'No driver.',"
        " 'remedies': []},"
        "{'device': '/dev/kvm', 'allowed': false, 'reason': 'not-in-group',"
        " 'detail': 'The group kvm may open /dev/kvm, but this process, of the user alice, does not.',"
        " 'arguments': {'caller': 'alice'}, 'remedies': [{'kind': 'add-to-group', 'argument': 'kvm',"
        " 'command': 'usermod --append --groups kvm alice', 'privileged': true}]}," TUN ","
        "{'device': '/dev/vhost-net', 'allowed': false, 'reason': 'group-not-in-session',"
        " 'detail': 'Log in.', 'remedies': [{'kind': 'log-in-again', 'argument': 'k m', 'command': '',"
        " 'privileged': false}]},"
        "{'device': '/dev/vfio/vfio', 'allowed': false, 'reason': 'unknown', 'detail': 'Not known.',"
        " 'remedies': []}]}";

static void test_denied(void) {
        g_auto(Shown) shown = show(access_show, answer_denied, (Form){}, (Arguments){});

        g_assert_cmpint(shown.status, ==, STATUS_NOT_READY);
        g_assert_cmpstr(shown.text, ==,
                        "– /dev/fuse       no-driver\n"
                        "✗ /dev/kvm        not-in-group\n"
                        "  The group kvm may open /dev/kvm, but this process, of the user alice, does\n"
                        "  not.\n"
                        "  → sudo usermod --append --groups kvm alice\n"
                        "✓ /dev/net/tun    everybody\n"
                        "✗ /dev/vhost-net  group-not-in-session\n"
                        "  Log in.\n"
                        "  → Log out and in again, so that the group k m counts.\n"
                        "? /dev/vfio/vfio  unknown\n"
                        "  Not known.\n");
}

static void test_forms(void) {
        g_auto(Shown) ascii = show(access_show, answer_denied, (Form){ .ascii = TRUE }, (Arguments){});
        g_auto(Shown) root = show(access_show, answer_denied, (Form){ .root = TRUE }, (Arguments){});
        g_auto(Shown) colour = show(access_show, answer_denied, (Form){ .colour = TRUE }, (Arguments){});

        for (const char *p = ascii.text; *p != '\0'; p++)
                g_assert_cmpint((unsigned char) *p, <, 0x80);
        assert_lacks(root.text, "sudo");
        assert_contains(colour.text, "\033[1;31m✗\033[0m /dev/kvm");
}

static void test_exit_status(void) {
        static const struct {
                const char *answer;
                ExitStatus status;
        } cases[] = {
                { "{'devices': [{'device': '/dev/kvm', 'allowed': true, 'reason': 'group'}]}",
                  STATUS_READY },
                { "{'devices': [{'device': '/dev/kvm', 'allowed': true, 'reason': 'a-new-one'}]}",
                  STATUS_READY },
                { "{'devices': [{'device': '/dev/kvm', 'allowed': false, 'reason': 'root-only'}]}",
                  STATUS_NOT_READY },
                { "{'devices': [{'device': '/dev/kvm', 'allowed': false, 'reason': 'a-new-one'}]}",
                  STATUS_NOT_READY },
                { "{'devices': [{'device': '/dev/kvm', 'allowed': false, 'reason': 'no-driver'}]}",
                  STATUS_NOT_READY },
                { "{'devices': [{'device': '/dev/kvm', 'allowed': false, 'reason': 'unknown'}]}",
                  STATUS_UNKNOWN },
                { "{'devices': [{'device': '/dev/kvm'}]}", STATUS_UNKNOWN },
                { "{'devices': [" TUN "]}", STATUS_UNKNOWN },
                { "{'devices': []}", STATUS_UNKNOWN },
                { "{'devices': [7, null, {'device': 7, 'remedies': 7}, 'x']}", STATUS_UNKNOWN },
                { "{'devices': 7}", STATUS_UNKNOWN },
                { "{}", STATUS_UNKNOWN },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(Shown) text = show(access_show, cases[i].answer, (Form){}, (Arguments){});
                g_auto(Shown) json =
                        show(access_show, cases[i].answer, (Form){}, (Arguments){ .json = true });

                g_test_message("%s", cases[i].answer);
                g_assert_cmpint(text.status, ==, cases[i].status);
                g_assert_cmpint(json.status, ==, cases[i].status);
        }
}

static void test_json(void) {
        g_auto(Shown) shown = show(access_show, answer_denied, (Form){}, (Arguments){ .json = true });
        _cleanup_(json_object_putp) Json *printed = NULL, *answer = NULL;

        g_assert_cmpint(document_parse(shown.text, &printed), ==, 0);
        g_assert_cmpint(document_parse(answer_denied, &answer), ==, 0);
        g_assert_true(json_object_equal(printed, answer));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/access/denied", test_denied);
        g_test_add_func("/access/forms", test_forms);
        g_test_add_func("/access/exit-status", test_exit_status);
        g_test_add_func("/access/json", test_json);

        return g_test_run();
}
