/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges fixture machines and compares the verdict with what its file expects. */

#include "machine.h"

/* One statement about a verdict, as the files write it. */
typedef struct Statement {
        char *line;
        char *without_evidence; /* the same, less its last word; NULL where there is none to leave out */
        char *detail;           /* the sentence behind it, for the reader of a failure */
        bool notable;           /* must be expected: it is no pass, no ready profile */
        bool expected;
} Statement;

static void statement_clear(void *p) {
        Statement *statement = p;

        g_free(statement->line);
        g_free(statement->without_evidence);
        g_free(statement->detail);
}

static void state_check(GArray *statements, const CheckResult *result) {
        const Reason *reason = result->finding.reason;
        Statement statement = { .notable = result->state != CHECK_PASS };

        statement.without_evidence = g_strdup_printf("%s %s %s", result->check->id,
                                                     check_state_to_string(result->state), reason->id);
        statement.line = g_strdup_printf("%s %s", statement.without_evidence,
                                         evidence_to_string(result->finding.evidence));
        g_assert_cmpint(finding_expand(&result->finding, reason->detail, &statement.detail), ==, 0);
        g_array_append_val(statements, statement);
}

static void state_remedies(GArray *statements, const CheckResult *result) {
        const Remedy *remedies;
        size_t n;

        remedies = check_result_remedies(result, &n);
        FOREACH_ARRAY(remedy, remedies, n) {
                Statement statement = { .notable = true };
                _cleanup_free_ char *argument = NULL;

                g_assert_cmpint(finding_expand(&result->finding, remedy->argument, &argument), ==, 0);
                statement.line = g_strdup_printf("remedy %s %s %s", result->check->id,
                                                 remedy_kind_to_string(remedy->kind), argument);
                g_array_append_val(statements, statement);
        }
}

static void state_profile(GArray *statements, const ProfileResult *result) {
        Statement state = { .notable = result->state != PROFILE_READY };
        g_autoptr(GString) roots = NULL;

        state.line = g_strdup_printf("profile %s %s", result->profile->id,
                                     profile_state_to_string(result->state));
        g_array_append_val(statements, state);

        if (check_set_is_empty(&result->root_causes))
                return;

        roots = g_string_new(NULL);
        g_string_append_printf(roots, "root-causes %s", result->profile->id);
        FOREACH_CHECK(i, &result->root_causes)
                g_string_append_printf(roots, " %s", catalogue_get(i)->id);

        state = (Statement){ .line = g_strdup(roots->str), .notable = true };
        g_array_append_val(statements, state);
}

static GArray *state_verdict(const Verdict *verdict) {
        GArray *statements = g_array_new(/* zero_terminated= */ false, /* clear= */ true, sizeof(Statement));

        g_array_set_clear_func(statements, statement_clear);

        FOREACH_ARRAY(check, verdict->checks, verdict->n_checks) {
                state_check(statements, check);
                state_remedies(statements, check);
        }
        FOREACH_ARRAY(profile, verdict->profiles, verdict->n_profiles)
                state_profile(statements, profile);

        return statements;
}

/* What a statement is about: the check's id, or the first two words of the other kinds of line. */
static size_t subject_length(const char *line) {
        size_t length = strcspn(line, " ");

        if (!memchr(line, '.', length) && line[length] != '\0')
                length += 1 + strcspn(line + length + 1, " ");

        return length;
}

static bool same_subject(const char *a, const char *b) {
        size_t length = subject_length(a);

        return length == subject_length(b) && strncmp(a, b, length) == 0;
}

static bool mark_expected(GArray *statements, const char *expected) {
        for (unsigned i = 0; i < statements->len; i++) {
                Statement *statement = &g_array_index(statements, Statement, i);

                if (streq(statement->line, expected) ||
                    g_strcmp0(statement->without_evidence, expected) == 0)
                        return statement->expected = true;
        }

        return false;
}

static void complain_of_missing(const GArray *statements, const char *expected) {
        bool any = false;

        g_test_message("expected: %s", expected);
        for (unsigned i = 0; i < statements->len; i++) {
                const Statement *statement = &g_array_index(statements, Statement, i);

                if (!same_subject(statement->line, expected))
                        continue;
                g_test_message("   found: %s (%s)", statement->line,
                               statement->detail ? statement->detail : "");
                any = true;
        }

        if (!any)
                g_test_message("   found: nothing");
        g_test_fail();
}

static void complain_of_surplus(const Statement *statement) {
        g_test_message("   found: %s (%s)", statement->line, statement->detail ? statement->detail : "");
        g_test_message("expected: nothing of the kind");
        g_test_fail();
}

static void test_machine(const void *name) {
        _cleanup_(machine_freep) Machine *machine = machine_load(name);
        g_autoptr(GArray) statements = state_verdict(machine->verdict);

        for (char **line = machine->expected; *line; line++)
                if (!mark_expected(statements, *line))
                        complain_of_missing(statements, *line);

        for (unsigned i = 0; i < statements->len; i++) {
                const Statement *statement = &g_array_index(statements, Statement, i);

                if (statement->notable && !statement->expected)
                        complain_of_surplus(statement);
        }
}

int main(int argc, char *argv[]) {
        g_auto(GStrv) names = NULL;

        g_test_init(&argc, &argv, NULL);

        names = machine_names();
        for (char **name = names; *name; name++) {
                g_autofree char *path = g_strconcat("/machine/", *name, NULL);

                if (machine_expects_verdict(*name))
                        g_test_add_data_func(path, *name, test_machine);
        }

        return g_test_run();
}
