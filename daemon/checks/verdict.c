/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From facts to a verdict, without looking at anything else. */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "assignable.h"
#include "verdict.h"

void check_set_add(CheckSet *set, size_t index) {
        set->words[index / 64] |= UINT64_C(1) << (index % 64);
}

void check_set_add_all(CheckSet *set, const CheckSet *more) {
        for (size_t i = 0; i < ELEMENTSOF(set->words); i++)
                set->words[i] |= more->words[i];
}

bool check_set_has(const CheckSet *set, size_t index) {
        return set->words[index / 64] & (UINT64_C(1) << (index % 64));
}

bool check_set_is_empty(const CheckSet *set) {
        return check_set_equal(set, &(CheckSet){});
}

bool check_set_equal(const CheckSet *a, const CheckSet *b) {
        return memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

static int judge(const Facts *facts, const Check *check, CheckResult *result) {
        *result = (CheckResult){
                .check = check,
                .finding = finding_begin(facts),
        };

        result->finding.reason = check->judge(facts, check, &result->finding);
        result->state = result->finding.reason->state;
        return result->finding.out_of_memory ? -ENOMEM : 0;
}

/* The checks whose failure can explain this one's, NULL-terminated. */
static const char *const *possible_causes(const CheckResult *result, const char *ret_one[2]) {
        const Reason *reason = result->finding.reason;

        if (!reason->needs_met && !reason->cause)
                return result->check->needs;

        ret_one[0] = reason->cause;
        ret_one[1] = NULL;
        return ret_one;
}

/* Collects the checks that this one's failure comes from: itself, unless one that can explain it fails. What
 * can explain a check is never explained by it, so this ends. */
static void collect_roots(const Verdict *verdict, size_t index, CheckSet *roots) {
        const char *one[2];
        bool is_root = true;

        for (const char *const *id = possible_causes(&verdict->checks[index], one); *id; id++) {
                ssize_t cause = catalogue_find(*id);

                assert(cause >= 0);
                if (verdict->checks[cause].finding.reason->state == CHECK_FAIL) {
                        collect_roots(verdict, (size_t) cause, roots);
                        is_root = false;
                }
        }

        if (is_root)
                check_set_add(roots, index);
}

static void find_causes(Verdict *verdict) {
        for (size_t i = 0; i < verdict->n_checks; i++) {
                CheckSet roots = {};

                if (verdict->checks[i].finding.reason->state != CHECK_FAIL)
                        continue;

                collect_roots(verdict, i, &roots);
                if (check_set_has(&roots, i))
                        continue;

                verdict->checks[i].state = CHECK_BLOCKED;
                verdict->checks[i].blocked_by = roots;
        }
}

/* What a list of checks amounts to. */
typedef struct Tally {
        bool any_unknown;
        bool any_not_applicable;
        CheckSet failing;
        CheckSet roots;
} Tally;

static Tally tally(const Verdict *verdict, const char *const *ids) {
        Tally t = {};

        for (; *ids; ids++) {
                ssize_t i = catalogue_find(*ids);

                assert(i >= 0);
                switch (verdict->checks[i].state) {
                case CHECK_FAIL:
                        check_set_add(&t.failing, (size_t) i);
                        check_set_add(&t.roots, (size_t) i);
                        break;
                case CHECK_BLOCKED:
                        check_set_add(&t.failing, (size_t) i);
                        check_set_add_all(&t.roots, &verdict->checks[i].blocked_by);
                        break;
                case CHECK_UNKNOWN:
                        t.any_unknown = true;
                        break;
                case CHECK_NOT_APPLICABLE:
                        t.any_not_applicable = true;
                        break;
                default:
                        break;
                }
        }

        return t;
}

static ProfileResult settle(const Verdict *verdict, const Profile *profile) {
        Tally required = tally(verdict, profile->required),
              recommended = tally(verdict, profile->recommended);
        ProfileResult result = { .profile = profile, .failing = required.failing };

        check_set_add_all(&result.failing, &recommended.failing);

        if (required.any_not_applicable)
                result.state = PROFILE_NOT_APPLICABLE;
        else if (!check_set_is_empty(&required.failing)) {
                result.state = PROFILE_NOT_READY;
                result.root_causes = required.roots;
        } else if (required.any_unknown)
                result.state = PROFILE_UNKNOWN;
        else if (!check_set_is_empty(&recommended.failing)) {
                result.state = PROFILE_DEGRADED;
                result.root_causes = recommended.roots;
        } else
                result.state = PROFILE_READY;

        return result;
}

static bool says_the_same(const Finding *a, const Finding *b) {
        return a->reason == b->reason && finding_arguments_equal(a, b);
}

static void keep_check_times(CheckResult *result, const CheckResult *previous, uint64_t now_usec) {
        bool kept_state = previous && previous->state == result->state,
             kept_reason = previous && says_the_same(&previous->finding, &result->finding);

        result->since_usec = kept_state ? previous->since_usec : now_usec;
        result->reason_since_usec = kept_reason ? previous->reason_since_usec : now_usec;
}

static void keep_times(Verdict *verdict, const Verdict *previous, uint64_t now_usec) {
        for (size_t i = 0; i < verdict->n_checks; i++)
                keep_check_times(&verdict->checks[i], previous ? &previous->checks[i] : NULL, now_usec);

        for (size_t i = 0; i < verdict->n_profiles; i++) {
                bool kept = previous && previous->profiles[i].state == verdict->profiles[i].state;

                verdict->profiles[i].since_usec = kept ? previous->profiles[i].since_usec : now_usec;
        }
}

int verdict_new(const Facts *facts, const Verdict *previous, uint64_t now_usec, Verdict **ret) {
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        int r;

        assert(catalogue_size() <= CATALOGUE_MAX && profiles_size() <= PROFILES_MAX);

        verdict = calloc(1, sizeof(Verdict));
        if (!verdict)
                return -ENOMEM;

        for (; verdict->n_checks < catalogue_size(); verdict->n_checks++) {
                r = judge(facts, catalogue_get(verdict->n_checks), &verdict->checks[verdict->n_checks]);
                if (r < 0) {
                        verdict->n_checks++;
                        return r;
                }
        }

        find_causes(verdict);

        for (; verdict->n_profiles < profiles_size(); verdict->n_profiles++)
                verdict->profiles[verdict->n_profiles] = settle(verdict, profiles_get(verdict->n_profiles));

        keep_times(verdict, previous, now_usec);

        r = judge_devices(facts, verdict);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(verdict);
        return 0;
}

Verdict *verdict_free(Verdict *verdict) {
        if (!verdict)
                return NULL;

        for (size_t i = 0; i < verdict->n_checks; i++)
                finding_done(&verdict->checks[i].finding);
        device_results_done(verdict);
        free(verdict);
        return NULL;
}

bool check_result_equal(const CheckResult *a, const CheckResult *b) {
        return a->state == b->state && a->since_usec == b->since_usec &&
               a->reason_since_usec == b->reason_since_usec && finding_equal(&a->finding, &b->finding) &&
               check_set_equal(&a->blocked_by, &b->blocked_by);
}

bool profile_result_equal(const ProfileResult *a, const ProfileResult *b) {
        return a->state == b->state && a->since_usec == b->since_usec &&
               check_set_equal(&a->failing, &b->failing) &&
               check_set_equal(&a->root_causes, &b->root_causes);
}

bool verdict_equal(const Verdict *a, const Verdict *b) {
        if (!a || !b)
                return false;

        for (size_t i = 0; i < a->n_checks; i++)
                if (!check_result_equal(&a->checks[i], &b->checks[i]))
                        return false;

        for (size_t i = 0; i < a->n_profiles; i++)
                if (!profile_result_equal(&a->profiles[i], &b->profiles[i]))
                        return false;

        return device_results_equal(a, b);
}

const Remedy *check_result_remedies(const CheckResult *result, size_t *ret_n) {
        const Remedy *remedies = result->finding.reason->remedies;
        size_t n = 0;

        if (result->state == CHECK_FAIL && remedies) {
                while (remedies->kind != REMEDY_NONE && !finding_knows(&result->finding, remedies->argument))
                        remedies++;
                while (remedies[n].kind != REMEDY_NONE &&
                       finding_knows(&result->finding, remedies[n].argument))
                        n++;
        }

        *ret_n = n;
        return remedies;
}

const ProfileResult *verdict_default_profile(const Verdict *verdict) {
        return &verdict->profiles[PROFILE_DEFAULT];
}

const CheckResult *verdict_telling_check(const Verdict *verdict, const ProfileResult *result) {
        FOREACH_CHECK(i, &result->root_causes)
                return &verdict->checks[i];

        for (const char *const *id = result->profile->required; *id; id++) {
                const CheckResult *check = &verdict->checks[catalogue_find(*id)];

                if (result->state == PROFILE_READY ||
                    (result->state == PROFILE_UNKNOWN && check->state == CHECK_UNKNOWN) ||
                    (result->state == PROFILE_NOT_APPLICABLE && check->state == CHECK_NOT_APPLICABLE))
                        return check;
        }

        return &verdict->checks[catalogue_find(result->profile->required[0])];
}

int verdict_in_words(const Verdict *verdict, char **ret) {
        static const char *const words[_PROFILE_STATE_MAX] = {
                [PROFILE_UNKNOWN] = "Unknown",
                [PROFILE_READY] = "Ready",
                [PROFILE_DEGRADED] = "Degraded",
                [PROFILE_NOT_READY] = "Not ready",
                [PROFILE_NOT_APPLICABLE] = "Not applicable",
        };
        const ProfileResult *result = verdict_default_profile(verdict);
        const CheckResult *check = verdict_telling_check(verdict, result);
        _cleanup_free_ char *detail = NULL;
        int r;

        r = finding_expand(&check->finding, check->finding.reason->detail, &detail);
        if (r < 0)
                return r;

        return asprintf(ret, "%s: %s", words[result->state], detail) < 0 ? -ENOMEM : 0;
}
