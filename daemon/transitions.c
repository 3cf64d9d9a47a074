/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One message per transition, with the fields of journal.h. */

#include <inttypes.h>
#include <stdio.h>

#include "basic/log.h"
#include "journal.h"
#include "transitions.h"

static void log_check(const CheckResult *old, const CheckResult *fresh, const char *generation) {
        const LogField fields[] = {
                { JOURNAL_FIELD_MESSAGE_ID, JOURNAL_ID_CHECK_CHANGED },
                { JOURNAL_FIELD_CHECK, fresh->check->id },
                { JOURNAL_FIELD_STATE, check_state_to_string(fresh->state) },
                { JOURNAL_FIELD_OLD_STATE, check_state_to_string(old->state) },
                { JOURNAL_FIELD_REASON, fresh->finding.reason->id },
                { JOURNAL_FIELD_GENERATION, generation },
        };
        _cleanup_free_ char *detail = NULL;

        if (finding_expand(&fresh->finding, fresh->finding.reason->detail, &detail) < 0)
                return;

        log_struct(LOG_INFO, fields, "%s: %s -> %s: %s", fresh->check->id, check_state_to_string(old->state),
                   check_state_to_string(fresh->state), detail);
}

static void log_profile(const ProfileResult *old, const ProfileResult *fresh, const char *generation) {
        const char *old_state = old ? profile_state_to_string(old->state) : "none";
        const LogField fields[] = {
                { JOURNAL_FIELD_MESSAGE_ID, JOURNAL_ID_PROFILE_CHANGED },
                { JOURNAL_FIELD_PROFILE, fresh->profile->id },
                { JOURNAL_FIELD_STATE, profile_state_to_string(fresh->state) },
                { JOURNAL_FIELD_OLD_STATE, old_state },
                { JOURNAL_FIELD_GENERATION, generation },
        };

        log_struct(LOG_NOTICE, fields, "Profile %s: %s -> %s", fresh->profile->id, old_state,
                   profile_state_to_string(fresh->state));
}

void transitions_log(const Verdict *old, const Verdict *fresh, uint64_t generation) {
        char number[sizeof("18446744073709551615")];

        snprintf(number, sizeof(number), "%" PRIu64, generation);

        for (size_t i = 0; old && i < fresh->n_checks; i++)
                if (old->checks[i].state != fresh->checks[i].state)
                        log_check(&old->checks[i], &fresh->checks[i], number);

        if (!old)
                log_profile(NULL, verdict_default_profile(fresh), number);

        for (size_t i = 0; old && i < fresh->n_profiles; i++)
                if (old->profiles[i].state != fresh->profiles[i].state)
                        log_profile(&old->profiles[i], &fresh->profiles[i], number);
}
