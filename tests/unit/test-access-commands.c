/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be typed so that somebody may open a node, and when there is nothing to type. */

#include <errno.h>
#include <glib.h>

#include "daemon/basic/macro.h"
#include "daemon/checks/access.h"
#include "daemon/checks/catalogue.h"

#define ALICE 1000U
#define KVM 104U

static DeviceFacts kvm_of(const char *group, bool group_in_etc) {
        return (DeviceFacts){
                .registered = TRISTATE_YES,
                .has_node = TRISTATE_YES,
                .mode = 0660,
                .gid = KVM,
                .group_read_write = true,
                .user = (char *) "root",
                .group = (char *) group,
                .group_in_etc = group_in_etc,
        };
}

/* What is to be typed, or "". */
static char *first_command(const CheckResult *result, RemedyKind kind) {
        const Remedy *remedies;
        char *command;
        size_t n;

        remedies = check_result_remedies(result, &n);
        g_assert_cmpuint(n, ==, 1);
        g_assert_cmpint(remedies->kind, ==, kind);
        g_assert_cmpint(
                finding_expand(&result->finding, finding_command(&result->finding, remedies), &command), ==,
                0);
        return command;
}

/* Names come from files that somebody else may have written, and commands go to root's shell. */
static void test_command_for_group(void) {
        static const struct {
                const char *user, *group;
                bool user_in_etc, group_in_etc, member;
                const char *command, *on_alpine;
        } lines[] = {
                { "alice", "kvm", true, true, false, "usermod --append --groups kvm alice",
                  "addgroup alice kvm" },
                { "a.l-i_ce", "kvm2", true, true, false, "usermod --append --groups kvm2 a.l-i_ce",
                  "addgroup a.l-i_ce kvm2" },
                { "alice", "kvm", true, true, true, "newgrp kvm", "" },
                { "alice", "kvm", true, false, true, "newgrp kvm", "" },
                /* What is not in the files that are changed cannot be changed there: a directory service may
                 * know the user, an image have brought the group along, and a number be no group at all. */
                { NULL, "kvm", false, true, false, "", "" },
                { "alice", "kvm", false, true, false, "", "" },
                { "alice", "kvm", true, false, false, "", "" },
                { "alice", "104", true, false, false, "", "" },
                { "alice", "104", true, false, true, "", "" },
                { "alice", "104", true, true, false, "", "" },
                { "$(reboot)", "kvm", true, true, false, "", "" },
                { "-R", "kvm", true, true, false, "", "" },
                { "alice", "k;m", true, true, false, "", "" },
                { "alice", "k m", true, true, true, "", "" },
        };

        FOREACH_ELEMENT(l, lines)
                for (unsigned alpine = 0; alpine < 2; alpine++) {
                        gid_t groups[] = { KVM };
                        Facts facts = { .distribution.id =
                                                alpine ? DISTRIBUTION_ALPINE : DISTRIBUTION_DEBIAN };
                        const Account account = { .name = (char *) l->user,
                                                  .in_etc = l->user_in_etc,
                                                  .groups = groups,
                                                  .n_groups = l->member ? 1 : 0 };
                        const AccessCaller caller = {
                                .has_uid = true, .has_groups = true, .uid = ALICE, .account = &account
                        };
                        _cleanup_free_ char *command = NULL;
                        CheckResult result;

                        facts.devices.devices[DEVICE_KVM] = kvm_of(l->group, l->group_in_etc);
                        g_assert_cmpint(access_judge(&facts, DEVICE_KVM, &caller, &result), ==, 0);
                        command = first_command(&result,
                                                l->member ? REMEDY_LOG_IN_AGAIN : REMEDY_ADD_TO_GROUP);
                        g_assert_cmpstr(command, ==, alpine ? l->on_alpine : l->command);
                        finding_done(&result.finding);
                }
}

/* Where the mask is in the way, an entry that gets round it would let others in as well. */
static void test_command_for_list(void) {
        static const struct {
                mode_t mode;
                const char *user, *command;
        } lines[] = {
                { 0660, "alice", "setfacl --no-mask --modify user:alice:rw /dev/kvm" },
                { 0666, "alice", "setfacl --no-mask --modify user:alice:rw /dev/kvm" },
                { 0670, "alice", "setfacl --no-mask --modify user:alice:rw /dev/kvm" },
                { 0640, "alice", "" },
                { 0620, "alice", "" },
                { 0610, "alice", "" },
                { 0660, "a;b", "" },
                { 0660, NULL, "" },
        };

        FOREACH_ELEMENT(l, lines) {
                Facts facts = { .devices.devices[DEVICE_KVM] = kvm_of("kvm", true) };
                const Account account = { .name = (char *) l->user };
                const AccessCaller caller = {
                        .has_uid = true, .has_groups = true, .uid = ALICE, .account = &account
                };
                _cleanup_free_ char *command = NULL;
                CheckResult result;

                facts.devices.devices[DEVICE_KVM].mode = l->mode;
                facts.devices.devices[DEVICE_KVM].n_acl = 1;
                facts.devices.devices[DEVICE_KVM].acl[0] = (DeviceAclEntry){ .id = ALICE };
                g_assert_cmpint(access_judge(&facts, DEVICE_KVM, &caller, &result), ==, 0);
                g_assert_cmpstr(result.finding.reason->id, ==, "acl-user-denied");
                command = first_command(&result, REMEDY_SET_PERMISSIONS);
                g_assert_cmpstr(command, ==, l->command);
                finding_done(&result.finding);
        }
}

/* The user whom the daemon runs as is refused. */
static void test_command_for_prober(void) {
        static const struct {
                Distribution distribution;
                const char *user, *group;
                bool user_in_etc, group_in_etc;
                const char *command;
        } lines[] = {
                { DISTRIBUTION_DEBIAN, "virtready", "kvm", true, true,
                  "usermod --append --groups kvm virtready" },
                { DISTRIBUTION_ALPINE, "virtready", "kvm", true, true, "addgroup virtready kvm" },
                { DISTRIBUTION_FEDORA, "virtready", "kvm", true, false, "" },
                { DISTRIBUTION_FEDORA, "virtready", "36", true, false, "" },
                { DISTRIBUTION_DEBIAN, "990", "kvm", false, true, "" },
                { DISTRIBUTION_DEBIAN, "virtready", "a b", true, true, "" },
        };
        const Check *check = catalogue_get((size_t) catalogue_find("kvm.access"));

        FOREACH_ELEMENT(l, lines) {
                const Facts facts = {
                        .live = true,
                        .distribution.id = l->distribution,
                        .devices.devices[DEVICE_KVM] = kvm_of(l->group, l->group_in_etc),
                        .kvm = { .stage = KVM_STAGE_OPEN,
                                 .error = -EACCES,
                                 .user = (char *) l->user,
                                 .user_in_etc = l->user_in_etc },
                };
                CheckResult result = { .check = check, .state = CHECK_FAIL };
                _cleanup_free_ char *command = NULL;

                result.finding.reason = check->judge(&facts, check, &result.finding);
                g_assert_cmpstr(result.finding.reason->id, ==, "permission-denied");
                command = first_command(&result, REMEDY_ADD_TO_GROUP);
                g_assert_cmpstr(command, ==, l->command);
                finding_done(&result.finding);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/access-commands/groups", test_command_for_group);
        g_test_add_func("/access-commands/list", test_command_for_list);
        g_test_add_func("/access-commands/prober", test_command_for_prober);

        return g_test_run();
}
