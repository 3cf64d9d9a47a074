/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows what holds for every verdict and every document, whatever the machine. */

#include <stdio.h>

#include "../../client/exit-status.h"
#include "../../client/show.h"
#include "../../daemon/checks/access.h"
#include "../../daemon/checks/assignable.h"
#include "../../daemon/describe.h"
#include "fuzz.h"
#include "judge.h"

/* Every value that a sentence asks for is there, but for those in brackets. */
static void assert_complete(const Finding *finding, const char *template) {
        for (const char *p = template ? strpbrk(template, "{[") : NULL; p; p = strpbrk(p + 1, "{[")) {
                size_t length = strcspn(p + 1, "}");
                bool found = false;

                if (*p == '[') {
                        p = strchr(p, ']');
                        fuzz_assert(p);
                        continue;
                }

                FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                        found |= strlen(argument->name) == length &&
                                 memcmp(argument->name, p + 1, length) == 0;
                fuzz_assert(found);
        }
}

static void assert_finding(const CheckResult *result) {
        const Finding *finding = &result->finding;
        const Remedy *remedies;
        size_t n;

        fuzz_assert(finding->reason && !finding->out_of_memory);
        fuzz_assert(finding->evidence == EVIDENCE_INFERRED);
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                fuzz_assert_printable(argument->value);

        assert_complete(finding, finding->reason->detail);
        remedies = check_result_remedies(result, &n);
        for (size_t i = 0; i < n; i++) {
                assert_complete(finding, remedies[i].argument);
                assert_complete(finding, finding_command(finding, &remedies[i]));
        }
}

static void assert_causes(const Verdict *verdict, const CheckSet *causes) {
        FOREACH_CHECK(i, causes)
                fuzz_assert(verdict->checks[i].state == CHECK_FAIL);
}

static void assert_check(const Verdict *verdict, const CheckResult *result) {
        bool is_reason = false;

        for (const Reason *const *reason = result->check->reasons; *reason; reason++)
                is_reason |= *reason == result->finding.reason;
        fuzz_assert(is_reason);

        fuzz_assert(check_state_to_string(result->state));
        fuzz_assert((result->state == CHECK_BLOCKED) == !check_set_is_empty(&result->blocked_by));
        assert_causes(verdict, &result->blocked_by);
        assert_finding(result);
}

static void assert_profile(const Verdict *verdict, const ProfileResult *result) {
        fuzz_assert(profile_state_to_string(result->state));
        assert_causes(verdict, &result->root_causes);
        fuzz_assert((result->state == PROFILE_NOT_READY || result->state == PROFILE_DEGRADED) ==
                    !check_set_is_empty(&result->root_causes));
        fuzz_assert(result->state != PROFILE_READY || check_set_is_empty(&result->failing));

        FOREACH_CHECK(i, &result->failing)
                fuzz_assert(verdict->checks[i].state == CHECK_FAIL ||
                            verdict->checks[i].state == CHECK_BLOCKED);
}

/* Nothing that a guest could be given is unknown, and what is named can be shown. */
static void assert_device(const Verdict *verdict, const DeviceResult *result) {
        const PciDevice *device = result->device;
        bool is_reason = false;

        for (const Reason *const *reason = assignable_reasons(); *reason; reason++)
                is_reason |= *reason == result->finding.reason;
        fuzz_assert(is_reason);

        fuzz_assert(verdict_find_device(verdict, device->address) == result);
        fuzz_assert_printable(device->address);
        fuzz_assert((device->has_driver == TRISTATE_YES) == (device->driver != NULL));
        if (device->driver)
                fuzz_assert_printable(device->driver);
        if (result->group)
                FOREACH_ARRAY(member, result->group->members, result->group->n_members)
                        fuzz_assert_printable(member->name);

        assert_complete(&result->finding, result->finding.reason->detail);
        assert_causes(verdict, &result->blocked_by);
        if (result->finding.reason->state == CHECK_PASS)
                fuzz_assert(device->modalias && result->group && result->group->is_real == TRISTATE_YES &&
                            result->group->complete && check_set_is_empty(&result->blocked_by));
}

static void assert_verdict(const Verdict *verdict) {
        fuzz_assert(verdict->n_checks == catalogue_size());
        FOREACH_ARRAY(check, verdict->checks, verdict->n_checks)
                assert_check(verdict, check);
        FOREACH_ARRAY(profile, verdict->profiles, verdict->n_profiles)
                assert_profile(verdict, profile);
        FOREACH_ARRAY(device, verdict->devices, verdict->n_devices)
                assert_device(verdict, device);
}

/* Snapshots of the fuzzer have no device nodes: nobody is let in, not even root. */
static void assert_access(const Root *root, const Facts *facts) {
        static const gid_t groups[] = { 0, 1000 };

        for (uid_t uid = 0; uid <= 1000; uid += 1000) {
                _cleanup_(account_done) Account account = {};
                const AccessCaller caller = {
                        .has_uid = true,
                        .has_groups = true,
                        .uid = uid,
                        .groups = groups,
                        .n_groups = ELEMENTSOF(groups),
                        .account = &account,
                };

                fuzz_assert(current_account_read(&account, root, uid) == 0);
                for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                        CheckResult result = {};

                        fuzz_assert(access_judge(facts, id, &caller, &result) == 0);
                        fuzz_assert(result.state != CHECK_PASS);
                        assert_finding(&result);
                        finding_done(&result.finding);
                }
        }
}

/* Nothing was changed by reading: whoever reads again sees the same. */
static void assert_second_pass_is_equal(const Root *root, Facts *facts, const Verdict *verdict) {
        _cleanup_(topology_facts_done) TopologyFacts topology = facts_take_topology(facts);
        _cleanup_(verdict_freep) Verdict *again = NULL;

        fuzz_assert(facts_read(facts, root, SOURCE_MASK_ALL) == 0);
        fuzz_assert(topology_facts_equal(&topology, &facts->topology));
        fuzz_assert(verdict_new(facts, verdict, 2, &again) == 0);
        fuzz_assert(verdict_equal(verdict, again));
        for (size_t i = 0; i < again->n_checks; i++) {
                fuzz_assert(again->checks[i].since_usec == verdict->checks[i].since_usec);
                fuzz_assert(again->checks[i].reason_since_usec == verdict->checks[i].reason_since_usec);
        }
}

static void assert_document(const char *text, const Verdict *verdict) {
        _cleanup_(json_object_putp) Json *document = NULL;

        fuzz_assert_printable(text);
        fuzz_assert(document_parse(text, &document) == 0);
        fuzz_assert(json_object_object_length(doc_get(document, "checks")) == (int) verdict->n_checks);
        fuzz_assert(json_object_object_length(doc_get(document, "profiles")) == (int) verdict->n_profiles);

        fuzz_assert(json_object_object_length(doc_get(document, "devices")) == (int) verdict->n_devices);

        FOREACH_ARRAY(result, verdict->checks, verdict->n_checks) {
                Json *check = doc_check(document, result->check->id);

                fuzz_assert(doc_check_state(check) == result->state);
                fuzz_assert(streq(doc_text(check, "reason"), result->finding.reason->id));
        }
        FOREACH_ARRAY(result, verdict->profiles, verdict->n_profiles)
                fuzz_assert(doc_profile_state(doc_profile(document, result->profile->id)) == result->state);
}

void judge(const Root *root, char **ret) {
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_(headroom_facts_done) HeadroomFacts headroom = {};
        _cleanup_(facts_done) Facts facts = {};
        _cleanup_free_ char *text = NULL;

        fuzz_assert(!root->live);
        fuzz_assert(facts_read(&facts, root, SOURCE_MASK_ALL) == 0);
        fuzz_assert(current_facts_read(&current, &facts, root) == 0);
        fuzz_assert(current_headroom_read(&headroom, &facts, root) == 0);
        fuzz_assert(verdict_new(&facts, NULL, 1, &verdict) == 0);
        assert_verdict(verdict);
        assert_access(root, &facts);

        fuzz_assert(describe(&facts, &current, verdict, NULL, &text) == 0);
        assert_document(text, verdict);
        assert_second_pass_is_equal(root, &facts, verdict);
        *ret = TAKE_PTR(text);
}

static bool is_json(const char *text) {
        _cleanup_(json_object_putp) Json *json = json_tokener_parse(text);

        return json != NULL;
}

static void show(Json *document, int (*function)(const Arguments *, const Output *, Json *), bool json,
                 bool colour) {
        _cleanup_free_ char *text = NULL;
        Arguments arguments = { .json = json };
        size_t size = 0;
        Output output = {
                .file = open_memstream(&text, &size),
                .colour = colour,
                .utf8 = true,
                .columns = 80,
        };
        int r;

        fuzz_assert(output.file);
        r = function(&arguments, &output, document);
        fuzz_assert(fclose(output.file) == 0);
        fuzz_assert(r >= 0);

        /* JSON is for programs, which get every character that JSON can have. */
        if (json)
                fuzz_assert(r == STATUS_USAGE || is_json(text));
        else if (!colour)
                fuzz_assert_utf8(text);
}

void show_document(const char *text) {
        _cleanup_(json_object_putp) Json *document = NULL;

        if (document_parse(text, &document) < 0)
                return;

        show(document, status_show, /* json= */ false, /* colour= */ false);
        show(document, why_show, /* json= */ false, /* colour= */ false);
        show(document, check_show, /* json= */ false, /* colour= */ false);
        show(document, device_show, /* json= */ false, /* colour= */ false);
        show(document, status_show, /* json= */ true, /* colour= */ false);
        show(document, why_show, /* json= */ true, /* colour= */ false);
        show(document, check_show, /* json= */ false, /* colour= */ true);
        show(document, device_show, /* json= */ true, /* colour= */ false);
}
