/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts on checks and reasons that only the documentation has: all are there, and as they should be. */

#include <glib.h>
#include <string.h>

#include "daemon/basic/macro.h"
#include "daemon/checks/catalogue.h"

/* One test names all that is missing. */
static void complain(const Check *check, const Reason *reason, const char *what) {
        g_test_message("%s%s%s: %s", check->id, reason ? "/" : "", reason ? reason->id : "", what);
        g_test_fail();
}

static void check_list(const Check *check, const char *const *list, const char *pattern, const char *name) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *empty = g_strconcat("no ", name, NULL),
                        *repeated = g_strconcat("the same twice in ", name, NULL),
                        *odd = g_strconcat("not what belongs in ", name, NULL);

        if (!list || !*list) {
                complain(check, NULL, empty);
                return;
        }

        for (; *list; list++) {
                if (!g_hash_table_add(seen, (char *) *list))
                        complain(check, NULL, repeated);
                if (!g_regex_match_simple(pattern, *list, 0, 0))
                        complain(check, NULL, odd);
        }
}

/* A reason that asks for something to be done says more than that it is so. */
#define EXPLANATION_OF_FAILURE_MIN 40U
#define EXPLANATION_MIN 10U

static void check_explanation(const Check *check, const Reason *reason) {
        size_t least = reason->state == CHECK_FAIL ? EXPLANATION_OF_FAILURE_MIN : EXPLANATION_MIN;
        const char *text = reason->explanation;

        if (!text) {
                complain(check, reason, "no explanation");
                return;
        }

        if (strlen(text) < least)
                complain(check, reason, "the explanation explains little");
        if (!g_str_has_suffix(text, ".") || g_str_has_suffix(text, ".."))
                complain(check, reason, "the explanation does not end with a full stop");
        if (strpbrk(text, "{}"))
                complain(check, reason, "the explanation names values");
        if (strpbrk(text, "\n\t") || strstr(text, "  "))
                complain(check, reason, "the explanation has odd blanks");
        if (streq(text, reason->detail))
                complain(check, reason, "the explanation is the detail again");
}

static void test_checks(void) {
        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                if (isempty(check->description))
                        complain(check, NULL, "no description");
                check_list(check, check->reads, "^[^ {}\n][^{}\n]+[^ .\n]$", "reads");
                check_list(check, check->references, "^https://[a-z0-9.-]+/[^\\s<>\"{}]+$", "references");
        }
}

static void test_reasons(void) {
        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);

                for (const Reason *const *reason = check->reasons; *reason; reason++)
                        check_explanation(check, *reason);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/check-texts/checks", test_checks);
        g_test_add_func("/check-texts/reasons", test_reasons);

        return g_test_run();
}
