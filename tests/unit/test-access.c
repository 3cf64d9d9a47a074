/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a node, by hand: the algorithm of acl(5), and what is said of it. */

#include <glib.h>

#include "daemon/basic/macro.h"
#include "daemon/checks/access.h"

#define ALICE 1000U
#define BOB 1001U

#define KVM 104U
#define USERS 100U
#define OTHER 105U

/* A node, and who asks. Groups end with 0, which nobody has here. */
typedef struct Case {
        const char *reason;
        DeviceFacts device;
        uid_t uid;
        gid_t groups[4];
        gid_t account_groups[4];
        bool groups_unknown;
        const char *admitting_group;
} Case;

#define NODE(mode_, uid_, gid_, group_read_write_, ...)                                               \
        {                                                                                             \
                .registered = TRISTATE_YES, .has_node = TRISTATE_YES, .mode = (mode_), .uid = (uid_), \
                .gid = (gid_), .group_read_write = (group_read_write_), .user = (char *) "owner",     \
                .group = (char *) "kvm", .group_in_etc = true,                                        \
                .n_acl = sizeof((const DeviceAclEntry[]){ __VA_ARGS__ }) / sizeof(DeviceAclEntry),    \
                .acl = { __VA_ARGS__ }                                                                \
        }

#define USER(id_, read_write_) \
        { .id = (id_), .read_write = (read_write_) }
#define GROUP(id_, read_write_, name)                                                                 \
        {                                                                                             \
                .is_group = true, .id = (id_), .read_write = (read_write_), .group = (char *) (name), \
                .group_in_etc = true                                                                  \
        }
#define NO_ENTRY

static const Case cases[] = {
        /* the mode alone */
        { "root", NODE(0000, 0, 0, false), 0, { 0 } },
        { "root", NODE(0000, ALICE, KVM, false), 0, { 0 } },
        { "everybody", NODE(0666, 0, KVM, true), ALICE, { ALICE } },
        { "group", NODE(0660, 0, KVM, true), ALICE, { ALICE, KVM }, .admitting_group = "kvm" },
        { "group", NODE(0666, 0, KVM, true), ALICE, { KVM } },
        { "not-in-group", NODE(0660, 0, KVM, true), ALICE, { ALICE, USERS }, .admitting_group = "kvm" },
        { "not-in-group", NODE(0660, 0, KVM, true), BOB, { 0 }, .admitting_group = "kvm" },
        { "root-only", NODE(0600, 0, 0, false), ALICE, { ALICE } },
        { "root-only", NODE(0660, 0, 0, true), ALICE, { ALICE } },
        { "root-only", NODE(0640, 0, KVM, false), ALICE, { KVM } },
        { "root-only", NODE(0664, 0, KVM, false), ALICE, { ALICE } },
        { "owner", NODE(0600, ALICE, KVM, false), ALICE, { ALICE } },
        { "not-admitted", NODE(0600, BOB, KVM, false), ALICE, { ALICE } },
        { "not-in-group", NODE(0660, BOB, KVM, true), ALICE, { ALICE } },

        /* the owner's bits end the search, and so do those of a group */
        { "owner-denied", NODE(0066, ALICE, KVM, true), ALICE, { KVM } },
        { "owner-denied", NODE(0466, ALICE, KVM, true), ALICE, { KVM } },
        { "group-denied", NODE(0606, 0, KVM, false), ALICE, { ALICE, KVM } },
        { "everybody", NODE(0606, 0, KVM, false), ALICE, { ALICE } },

        /* in the group, but not in this session */
        { "group-not-in-session",
          NODE(0660, 0, KVM, true),
          ALICE,
          { ALICE },
          .account_groups = { ALICE, KVM },
          .admitting_group = "kvm" },
        { "not-in-group", NODE(0660, 0, KVM, true), ALICE, { ALICE }, .account_groups = { ALICE, USERS } },
        { "root-only", NODE(0600, 0, KVM, false), ALICE, { ALICE }, .account_groups = { KVM } },

        /* access control lists */
        { "acl-user", NODE(0660, 0, KVM, true, USER(ALICE, true)), ALICE, { ALICE } },
        { "acl-user-denied", NODE(0660, 0, KVM, true, USER(ALICE, false)), ALICE, { KVM } },
        { "acl-user-denied", NODE(0666, 0, KVM, true, USER(ALICE, false)), ALICE, { KVM } },
        { "acl-user", NODE(0660, 0, KVM, false, USER(BOB, false), USER(ALICE, true)), ALICE, { KVM } },
        { "owner-denied", NODE(0060, ALICE, KVM, true, USER(ALICE, true)), ALICE, { KVM } },
        { "acl-group",
          NODE(0660, 0, KVM, false, GROUP(USERS, true, "users")),
          ALICE,
          { KVM, USERS },
          .admitting_group = "users" },
        { "group", NODE(0660, 0, KVM, true, GROUP(USERS, false, "users")), ALICE, { KVM, USERS } },
        { "acl-group",
          NODE(0660, 0, KVM, false, GROUP(OTHER, false, "other"), GROUP(USERS, true, "users")),
          ALICE,
          { OTHER, USERS },
          .admitting_group = "users" },
        { "group-denied", NODE(0666, 0, KVM, false, GROUP(USERS, false, "users")), ALICE, { USERS } },
        { "not-in-group",
          NODE(0666, 0, KVM, true, GROUP(USERS, false, "users")),
          ALICE,
          { USERS },
          .admitting_group = "kvm" },
        { "group-not-in-session",
          NODE(0660, 0, KVM, true, GROUP(USERS, true, "users")),
          ALICE,
          { ALICE },
          .account_groups = { USERS },
          .admitting_group = "users" },
        { "not-admitted", NODE(0660, 0, 0, false, USER(BOB, true)), ALICE, { ALICE } },
        { "root-only", NODE(0660, 0, 0, false, USER(BOB, false), USER(0, true)), ALICE, { ALICE } },
        { "everybody", NODE(0666, 0, KVM, true, USER(BOB, false)), ALICE, { ALICE } },

        /* a mask of nothing takes the list away with it */
        { "everybody",
          NODE(0606, 0, KVM, false, USER(ALICE, false), GROUP(USERS, false, "users")),
          ALICE,
          { USERS } },
        { "group-denied", NODE(0606, 0, KVM, false, USER(ALICE, false)), ALICE, { KVM } },

        /* groups that nobody knows: what they cannot change is known all the same */
        { "unknown", NODE(0660, 0, KVM, true), ALICE, { 0 }, .groups_unknown = true },
        { "unknown", NODE(0606, 0, KVM, false), ALICE, { 0 }, .groups_unknown = true },
        { "root-only", NODE(0600, 0, KVM, false), ALICE, { 0 }, .groups_unknown = true },
        { "everybody", NODE(0666, 0, KVM, true), ALICE, { 0 }, .groups_unknown = true },
        { "unknown",
          NODE(0666, 0, KVM, true, GROUP(USERS, false, "users")),
          ALICE,
          { 0 },
          .groups_unknown = true },
        { "root", NODE(0600, 0, 0, false), 0, { 0 }, .groups_unknown = true },
        { "owner", NODE(0600, ALICE, 0, false), ALICE, { 0 }, .groups_unknown = true },
        { "acl-user", NODE(0660, 0, 0, false, USER(ALICE, true)), ALICE, { 0 }, .groups_unknown = true },
};

static size_t count_groups(const gid_t groups[4]) {
        size_t n = 0;

        while (n < 4 && groups[n] != 0)
                n++;

        return n;
}

static CheckResult judge(const DeviceFacts *device, const AccessCaller *caller) {
        Facts facts = { .devices.devices[DEVICE_KVM] = *device };
        CheckResult result = {};

        g_assert_cmpint(access_judge(&facts, DEVICE_KVM, caller, &result), ==, 0);
        g_assert_cmpint(result.state, ==, result.finding.reason->state);
        return result;
}

static const char *argument_of(const CheckResult *result, const char *name) {
        FOREACH_ARRAY(argument, result->finding.arguments, result->finding.n_arguments)
                if (streq(argument->name, name))
                        return argument->value;

        return NULL;
}

static CheckResult judge_case(const Case *c) {
        const Account account = {
                .name = (char *) "alice",
                .in_etc = true,
                .groups = (gid_t *) c->account_groups,
                .n_groups = count_groups(c->account_groups),
        };
        const AccessCaller caller = {
                .has_uid = true,
                .has_groups = !c->groups_unknown,
                .uid = c->uid,
                .groups = c->groups,
                .n_groups = count_groups(c->groups),
                .account = &account,
        };

        return judge(&c->device, &caller);
}

static void test_cases(void) {
        FOREACH_ELEMENT(c, cases) {
                CheckResult result = judge_case(c);

                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpstr(result.finding.reason->id, ==, c->reason);
                if (c->admitting_group)
                        g_assert_cmpstr(argument_of(&result, "admitting_group"), ==, c->admitting_group);
                finding_done(&result.finding);
        }
}

/* Every reason is the outcome of some case, but for those of the device itself. */
static void test_cases_are_complete(void) {
        for (const Reason *const *reason = access_reasons(); *reason; reason++) {
                bool found =
                        g_str_equal((*reason)->id, "no-node") || g_str_equal((*reason)->id, "no-driver");

                FOREACH_ELEMENT(c, cases)
                        found = found || g_str_equal((*reason)->id, c->reason);
                g_test_message("reason %s", (*reason)->id);
                g_assert_true(found);
        }
}

/* Whatever a reason names it has been told, and what it shows has no gap. */
static void test_sentences(void) {
        FOREACH_ELEMENT(c, cases) {
                CheckResult result = judge_case(c);
                _cleanup_free_ char *detail = NULL;
                const Remedy *remedies;
                size_t n;

                g_assert_true(finding_knows(&result.finding, result.finding.reason->detail));
                g_assert_cmpint(finding_expand(&result.finding, result.finding.reason->detail, &detail), ==,
                                0);
                g_assert_true(g_str_has_suffix(detail, "."));

                remedies = check_result_remedies(&result, &n);
                g_assert_true((result.state == CHECK_FAIL) == (n > 0));
                FOREACH_ARRAY(remedy, remedies, n) {
                        g_assert_true(finding_knows(&result.finding, remedy->argument));
                        g_assert_true(
                                finding_knows(&result.finding, finding_command(&result.finding, remedy)));
                }
                finding_done(&result.finding);
        }
}

static void test_list_unknown(void) {
        static const struct {
                mode_t mode;
                const char *reason;
        } modes[] = {
                { 0660, "unknown" },
                { 0664, "unknown" },
                { 0666, "unknown" },
                { 0646, "unknown" },
                /* Its mask lets nobody in, and the others are kept out as well. */
                { 0640, "root-only" },
                /* The kernel does not look at it. */
                { 0606, "everybody" },
                { 0600, "root-only" },
        };
        const Account account = {};
        const gid_t groups[] = { ALICE };

        FOREACH_ELEMENT(m, modes) {
                const DeviceFacts device = {
                        .registered = TRISTATE_YES,
                        .has_node = TRISTATE_YES,
                        .mode = m->mode,
                        .gid = KVM,
                        .group_read_write = (m->mode & 0060) == 0060,
                        .acl_unknown = true,
                };
                AccessCaller caller = { .has_uid = true,
                                        .has_groups = true,
                                        .uid = ALICE,
                                        .groups = groups,
                                        .n_groups = 1,
                                        .account = &account };
                CheckResult result = judge(&device, &caller), root, nobody;

                g_test_message("mode %04o", (unsigned) m->mode);
                g_assert_cmpstr(result.finding.reason->id, ==, m->reason);
                finding_done(&result.finding);

                caller.uid = 0;
                root = judge(&device, &caller);
                g_assert_cmpstr(root.finding.reason->id, ==, "root");
                finding_done(&root.finding);

                caller.has_uid = false;
                nobody = judge(&device, &caller);
                g_assert_cmpstr(nobody.finding.reason->id, ==, "unknown");
                g_assert_cmpint(nobody.state, ==, CHECK_UNKNOWN);
                finding_done(&nobody.finding);
        }
}

/* What there is no driver or no node for, nobody may use; what could not be seen is not known. */
static void test_presence(void) {
        static const struct {
                Tristate registered, has_node;
                ModulePresence presence;
                bool available;
                const char *kvm, *tun;
        } devices[] = {
                { TRISTATE_YES, TRISTATE_YES, MODULE_PRESENCE_LIVE, false, "everybody", "everybody" },
                { TRISTATE_YES, TRISTATE_NO, MODULE_PRESENCE_LIVE, false, "no-node", "no-node" },
                { TRISTATE_YES, TRISTATE_UNKNOWN, MODULE_PRESENCE_LIVE, false, "unknown", "unknown" },
                { TRISTATE_UNKNOWN, TRISTATE_YES, MODULE_PRESENCE_LIVE, false, "unknown", "unknown" },
                { TRISTATE_NO, TRISTATE_NO, MODULE_PRESENCE_NONE, true, "no-driver", "no-driver" },
                { TRISTATE_NO, TRISTATE_YES, MODULE_PRESENCE_NONE, false, "no-driver", "no-driver" },
                /* Nothing loads KVM when its node is opened, but for s390x and ppc64. */
                { TRISTATE_NO, TRISTATE_YES, MODULE_PRESENCE_NONE, true, "no-driver", "everybody" },
        };
        const Account account = { .name = (char *) "alice" };
        const AccessCaller caller = {
                .has_uid = true, .has_groups = true, .uid = ALICE, .account = &account
        };

        FOREACH_ELEMENT(d, devices)
                for (unsigned i = 0; i < 2; i++) {
                        DeviceId id = i == 0 ? DEVICE_KVM : DEVICE_TUN;
                        Facts facts = { .module_tree.has_index = true, .modules.supported = TRISTATE_YES };
                        CheckResult result = {};

                        facts.devices.devices[id] = (DeviceFacts){
                                .registered = d->registered,
                                .has_node = d->has_node,
                                .mode = 0666,
                                .group_read_write = true,
                        };
                        facts.modules.presence[device_module(id)] = d->presence;
                        facts.module_tree.available[device_module(id)] = d->available;

                        g_test_message("case %zu, %s", (size_t) (d - devices), device_path(id));
                        g_assert_cmpint(access_judge(&facts, id, &caller, &result), ==, 0);
                        g_assert_cmpstr(result.finding.reason->id, ==, i == 0 ? d->kvm : d->tun);
                        g_assert_cmpstr(argument_of(&result, "device"), ==, device_path(id));
                        g_assert_cmpstr(argument_of(&result, "caller"), ==, "alice");
                        finding_done(&result.finding);
                }
}

/* Each thing that an answer follows from is in it. */
static void test_stamp(void) {
        Facts facts = {};
        DeviceFacts *kvm = &facts.devices.devices[DEVICE_KVM];
        uint64_t stamps[9];
        size_t n = 0;

        stamps[n++] = access_stamp(&facts);
        g_assert_cmpuint(access_stamp(&facts), ==, stamps[0]);
        kvm->registered = TRISTATE_YES;
        kvm->has_node = TRISTATE_YES;
        stamps[n++] = access_stamp(&facts);
        kvm->mode = 0660;
        stamps[n++] = access_stamp(&facts);
        kvm->uid = 1;
        stamps[n++] = access_stamp(&facts);
        kvm->gid = 1;
        stamps[n++] = access_stamp(&facts);
        kvm->n_acl = 1;
        stamps[n++] = access_stamp(&facts);
        kvm->acl[0].id = 1000;
        stamps[n++] = access_stamp(&facts);
        kvm->acl[0].read_write = true;
        stamps[n++] = access_stamp(&facts);
        facts.devices.accounts_stamp = 1;
        stamps[n++] = access_stamp(&facts);

        g_assert_cmpuint(n, ==, G_N_ELEMENTS(stamps));
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++)
                        g_assert_cmpuint(stamps[i], !=, stamps[j]);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/access/cases", test_cases);
        g_test_add_func("/access/cases-are-complete", test_cases_are_complete);
        g_test_add_func("/access/sentences", test_sentences);
        g_test_add_func("/access/list-unknown", test_list_unknown);
        g_test_add_func("/access/presence", test_presence);

        g_test_add_func("/access/stamp", test_stamp);

        return g_test_run();
}
