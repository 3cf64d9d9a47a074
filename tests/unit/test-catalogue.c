/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The integrity of the catalogue: of its tables, and of what its judges say of thousands of machines. */

#include <errno.h>
#include <string.h>

#include "machine.h"
#include "variants.h"

static bool is_kebab_case(const char *s) {
        return g_regex_match_simple("^[a-z0-9]+(-[a-z0-9]+)*$", s, 0, 0);
}

static void test_ids(void) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < catalogue_size(); i++) {
                const char *id = catalogue_get(i)->id;

                g_assert_true(g_regex_match_simple("^[a-z0-9_]+(\\.[a-z0-9_]+)+$", id, 0, 0));
                g_assert_true(g_hash_table_add(seen, (char *) id));
                g_assert_cmpint(catalogue_find(id), ==, i);
        }

        g_assert_cmpint(catalogue_find("kvm"), ==, -ENOENT);
        g_assert_cmpint(catalogue_find(""), ==, -ENOENT);
        g_assert_null(catalogue_get(catalogue_size()));
}

static void test_sizes(void) {
        g_assert_cmpuint(catalogue_size(), >, 0);
        g_assert_cmpuint(catalogue_size(), <=, CATALOGUE_MAX);
        g_assert_cmpuint(profiles_size(), <=, PROFILES_MAX);
        g_assert_null(profiles_get(profiles_size()));
        g_assert_cmpstr(profiles_get(PROFILE_DEFAULT)->id, ==, "qemu");
}

static void follow_causes(const Check *check, size_t depth);

static void follow_cause(const Check *check, const char *id, size_t depth) {
        ssize_t i = catalogue_find(id);

        g_test_message("%s can come from %s", check->id, id);
        g_assert_cmpint(i, >=, 0);
        follow_causes(catalogue_get((size_t) i), depth + 1);
}

/* No way along what can explain a check may come back; one longer than there are checks has. */
static void follow_causes(const Check *check, size_t depth) {
        g_assert_cmpuint(depth, <=, catalogue_size());

        for (const char *const *need = check->needs; *need; need++)
                follow_cause(check, *need, depth);
        for (const Reason *const *reason = check->reasons; *reason; reason++)
                if ((*reason)->cause)
                        follow_cause(check, (*reason)->cause, depth);
}

/* A reason that has one cause fails, and does not say that it has none. */
static void check_cause(const Check *check, const Reason *reason) {
        g_test_message("%s/%s", check->id, reason->id);
        if (reason->cause || reason->needs_met)
                g_assert_cmpint(reason->state, ==, CHECK_FAIL);
        g_assert_true(!reason->cause || !reason->needs_met);
}

static void test_needs(void) {
        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                follow_causes(check, 0);
                for (const Reason *const *reason = check->reasons; *reason; reason++)
                        check_cause(check, *reason);
        }
}

static void assert_ids_exist(const char *const *ids, GHashTable *seen) {
        for (; *ids; ids++) {
                g_assert_cmpint(catalogue_find(*ids), >=, 0);
                g_assert_true(g_hash_table_add(seen, (char *) *ids));
        }
}

static void test_profiles(void) {
        g_autoptr(GHashTable) profiles = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < profiles_size(); i++) {
                g_autoptr(GHashTable) checks = g_hash_table_new(g_str_hash, g_str_equal);
                const Profile *profile = profiles_get(i);

                g_assert_true(g_regex_match_simple("^[a-z0-9_]+$", profile->id, 0, 0));
                g_assert_true(g_hash_table_add(profiles, (char *) profile->id));
                g_assert_cmpstr(profile->title, !=, "");

                /* A check is required or recommended, not both, and something is required. */
                g_assert_nonnull(profile->required[0]);
                assert_ids_exist(profile->required, checks);
                assert_ids_exist(profile->recommended, checks);
        }

        for (ProfileState state = 0; state < _PROFILE_STATE_MAX; state++)
                g_assert_nonnull(profile_state_to_string(state));
        g_assert_null(profile_state_to_string(_PROFILE_STATE_MAX));
}

/* What a row of the report has beside title, id and area: blanks, and the mark. */
#define ROW_REST 8U
#define ROW_WIDTH 80U

/* All rows are as wide as the longest of each, and have to fit on a terminal. */
static void check_row_width(void) {
        const Check *area = catalogue_get(0), *title = area, *id = area;
        size_t width;

        for (size_t i = 1; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                if (strcspn(check->id, ".") > strcspn(area->id, "."))
                        area = check;
                if (strlen(check->title) > strlen(title->title))
                        title = check;
                if (strlen(check->id) > strlen(id->id))
                        id = check;
        }

        width = ROW_REST + strcspn(area->id, ".") + strlen(title->title) + strlen(id->id);
        if (width <= ROW_WIDTH)
                return;

        g_test_message(
                "Rows are %zu columns wide, and may be %u. The longest area is that of %s, the longest "
                "id %s, the longest title '%s' of %s.",
                width, ROW_WIDTH, area->id, id->id, title->title, title->id);
        g_test_fail();
}

static void test_texts(void) {
        check_row_width();

        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                g_test_message("%s", check->id);
                g_assert_false(isempty(check->title));
                g_assert_false(g_str_has_suffix(check->title, "."));
                g_assert_true(g_str_has_suffix(check->description, "."));
                g_assert_nonnull(check->judge);
                g_assert_nonnull(check->reasons);
        }
}

/* What only the documentation has is not linked into the daemon and the client: it would be in the memory of
 * every machine, and nobody would read it there (DOC(), daemon/checks/check.h). */
static void test_without_documentation(void) {
        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                g_test_message("%s", check->id);
                g_assert_null(check->reads);
                g_assert_null(check->references);
                for (const Reason *const *reason = check->reasons; *reason; reason++)
                        g_assert_null((*reason)->explanation);
        }
}

/* What nobody can do anything about, and what always comes from another check, which has the remedy. */
static bool may_lack_remedy(const Check *check, const Reason *reason) {
        static const char *const hardware[] = { "cpu-not-capable", "missing", "not-capable", "not-offered",
                                                "unsupported" };
        static const char *const consequences[] = { "base-off",     "no-device", "no-kvm",
                                                    "none-mounted", "off",       "permission-denied" };

        FOREACH_ELEMENT(id, hardware)
                if (streq(reason->id, *id))
                        return true;
        FOREACH_ELEMENT(id, consequences)
                if (streq(reason->id, *id))
                        return !reason->needs_met && (check->needs[0] || reason->cause);

        return false;
}

static void check_remedies(const Check *check, const Reason *reason) {
        if (reason->state == CHECK_FAIL && !may_lack_remedy(check, reason))
                g_assert_nonnull(reason->remedies);
        g_assert_true(!reason->remedies || reason->remedies->kind != REMEDY_NONE);

        FOREACH_REMEDY(remedy, reason) {
                g_assert_cmpint(reason->state, ==, CHECK_FAIL);
                g_assert_cmpint(remedy->kind, <, _REMEDY_KIND_MAX);
                g_assert_false(isempty(remedy->argument));
        }
}

/* Only a sentence has parts that may be left out, and each of them ends and names a value. */
static void check_brackets(const Reason *reason) {
        g_assert_true(g_regex_match_simple("^([^][]|\\[[^][]*{[a-z_]+}[^][]*\\])*$", reason->detail, 0, 0));
        FOREACH_REMEDY(remedy, reason) {
                g_assert_false(strpbrk(remedy->argument, "[]"));
                g_assert_true(!remedy->command || !strpbrk(remedy->command, "[]"));
        }
}

static void test_reasons(void) {
        for (size_t i = 0; i < catalogue_size(); i++) {
                g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
                const Check *check = catalogue_get(i);
                bool can_pass = false;

                for (const Reason *const *reason = check->reasons; *reason; reason++) {
                        g_test_message("%s: %s", check->id, (*reason)->id);
                        g_assert_true(is_kebab_case((*reason)->id));
                        g_assert_true(g_hash_table_add(seen, (char *) (*reason)->id));
                        g_assert_true(g_str_has_suffix((*reason)->detail, "."));
                        g_assert_cmpint((*reason)->state, !=, CHECK_BLOCKED);
                        check_remedies(check, *reason);
                        check_brackets(*reason);
                        can_pass |= (*reason)->state == CHECK_PASS;
                }

                g_assert_true(can_pass);
        }
}

static bool has_argument(const Finding *finding, const char *name) {
        FOREACH_ARRAY(argument, finding->arguments, finding->n_arguments)
                if (streq(argument->name, name))
                        return true;

        return false;
}

static void check_template(const CheckResult *result, const char *template) {
        for (const char *p = template; p && (p = strpbrk(p, "{[")); p++) {
                g_autofree char *name = g_strndup(p + 1, strcspn(p + 1, "}"));

                /* What is in brackets may be left out. */
                if (*p == '[') {
                        p = strchr(p, ']');
                        g_assert_nonnull(p);
                        continue;
                }

                if (!has_argument(&result->finding, name))
                        g_error("%s lacks the argument '%s' of its reason %s.", result->check->id, name,
                                result->finding.reason->id);
        }
}

/* Where the distribution or the kernel is not known, neither are the packages, and that remedy is left out;
 * there is another one then. */
static void check_remedy_templates(const CheckResult *result) {
        const Remedy *first = result->finding.reason->remedies;
        bool package_known = has_argument(&result->finding, "package");
        size_t n;

        FOREACH_REMEDY(remedy, result->finding.reason) {
                if (remedy->kind == REMEDY_INSTALL_PACKAGE && !package_known)
                        continue;
                /* It stands in for the package, when that is not known. */
                if (remedy->kind == REMEDY_INSTALL_PROGRAM && package_known)
                        continue;
                check_template(result, remedy->argument);
                check_template(result, finding_command(&result->finding, remedy));
        }

        if (result->state == CHECK_FAIL && first && first->kind == REMEDY_INSTALL_PACKAGE &&
            !package_known) {
                g_assert_true(check_result_remedies(result, &n) == first + 1);
                g_assert_cmpuint(n, >, 0);
        }
}

static void check_arguments(const Finding *finding) {
        FOREACH_ARRAY(a, finding->arguments, finding->n_arguments)
                for (const Argument *b = finding->arguments; b < a; b++)
                        g_assert_cmpstr(a->name, !=, b->name);
}

static void check_causes(const Verdict *verdict, const CheckResult *result) {
        g_assert_cmpint(result->state == CHECK_BLOCKED, ==, !check_set_is_empty(&result->blocked_by));

        FOREACH_CHECK(i, &result->blocked_by)
                g_assert_cmpint(verdict->checks[i].state, ==, CHECK_FAIL);
}

/* The reasons that were given, over all verdicts. */
static void check_result(const Verdict *verdict, const CheckResult *result, GHashTable *given) {
        const Reason *reason = result->finding.reason;
        bool listed = false;

        for (const Reason *const *r = result->check->reasons; *r; r++)
                listed |= *r == reason;
        if (!listed)
                g_error("%s gives the reason %s, which is none of its own.", result->check->id, reason->id);

        check_template(result, reason->detail);
        check_remedy_templates(result);
        check_arguments(&result->finding);
        check_causes(verdict, result);

        (void) g_hash_table_add(given, g_strdup_printf("%s %s", result->check->id, reason->id));
}

static void check_verdict(const Facts *facts, void *given) {
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_free_ char *words = NULL;

        g_assert_cmpint(verdict_new(facts, NULL, 0, &verdict), ==, 0);
        FOREACH_ARRAY(result, verdict->checks, verdict->n_checks)
                check_result(verdict, result, given);

        FOREACH_ARRAY(profile, verdict->profiles, verdict->n_profiles)
                FOREACH_CHECK(i, &profile->root_causes)
                        g_assert_cmpint(verdict->checks[i].state, ==, CHECK_FAIL);

        g_assert_cmpint(verdict_in_words(verdict, &words), ==, 0);
}

static unsigned count_ungiven(GHashTable *given) {
        unsigned n = 0;

        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                for (const Reason *const *reason = check->reasons; *reason; reason++) {
                        g_autofree char *key = g_strdup_printf("%s %s", check->id, (*reason)->id);

                        if (g_hash_table_contains(given, key))
                                continue;
                        g_test_message("%s is never given.", key);
                        n++;
                }
        }

        return n;
}

/* One machine for each architecture, live ones and snapshots, and one of which nothing is known. Between
 * them their variants come out in nearly all the ways in which those of all machines do. */
static const char *const varied[] = {
        "amd-ready",       "arm64-ready", "armv7",      "empty",       "iommu-mediated-only",
        "loongarch-ready", "ppc64-ready", "riscv-no-h", "s390x-guest",
};

/* Whatever a judge says of a machine is in the table, with its arguments, and each reason is said of one. */
static void test_judges(void) {
        g_autoptr(GHashTable) given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(GStrv) names = machine_names();

        for (char **name = names; *name; name++) {
                _cleanup_(machine_freep) Machine *machine = machine_load(*name);

                check_verdict(&machine->facts, given);
        }

        FOREACH_ELEMENT(name, varied) {
                _cleanup_(machine_freep) Machine *machine = machine_load(*name);

                variants_foreach(&machine->facts, check_verdict, given);
        }

        g_assert_cmpuint(count_ungiven(given), ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/catalogue/ids", test_ids);
        g_test_add_func("/catalogue/sizes", test_sizes);
        g_test_add_func("/catalogue/needs", test_needs);
        g_test_add_func("/catalogue/profiles", test_profiles);
        g_test_add_func("/catalogue/texts", test_texts);
        g_test_add_func("/catalogue/reasons", test_reasons);
        g_test_add_func("/catalogue/without-documentation", test_without_documentation);
        g_test_add_func("/catalogue/judges", test_judges);

        return g_test_run();
}
