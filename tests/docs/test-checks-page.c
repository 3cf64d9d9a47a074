/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages on the checks: each check and each reason has its entry, and every link leads somewhere. */

#include <glib.h>
#include <string.h>

#include "config.h"
#include "daemon/basic/macro.h"
#include "daemon/checks/catalogue.h"
#include "daemon/checks/documentation.h"
#include "daemon/checks/profile.h"

/* The page for browsers, parsed: it is XML. */
typedef struct Page {
        GHashTable *texts; /* anchor: the text from there to the next one */
        GHashTable *links;
        GString *text; /* of the anchor that came last, NULL before the first */
} Page;

static char *read_page(const char *variable) {
        g_autoptr(GError) error = NULL;
        char *text;

        g_file_get_contents(g_getenv(variable), &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static void free_string(void *string) {
        (void) g_string_free(string, /* free_segment= */ true);
}

/* Nothing is fetched from elsewhere, and an anchor is one of a kind. */
static void start_element(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, void *userdata, GError **error) {
        static const char *const elsewhere[] = { "script", "link", "img", "iframe", "object", NULL };
        Page *page = userdata;

        (void) context, (void) error;

        g_assert_false(g_strv_contains(elsewhere, element));
        for (; *names; names++, values++) {
                g_assert_cmpstr(*names, !=, "src");
                if (streq(*names, "href"))
                        (void) g_hash_table_add(page->links, g_strdup(*values));
                if (!streq(*names, "id"))
                        continue;

                g_test_message("%s", *values);
                page->text = g_string_new(NULL);
                g_assert_true(g_hash_table_insert(page->texts, g_strdup(*values), page->text));
        }
}

static void add_text(GMarkupParseContext *context, const char *text, gsize length, void *userdata,
                     GError **error) {
        Page *page = userdata;

        (void) context, (void) error;

        if (page->text)
                g_string_append_len(page->text, text, (gssize) length);
}

static Page *page_load(void) {
        static const GMarkupParser parser = { .start_element = start_element, .text = add_text };
        g_autoptr(GMarkupParseContext) context = NULL;
        g_autofree char *text = read_page("CHECKS_HTML");
        g_autoptr(GError) error = NULL;
        Page *page = g_new0(Page, 1);

        page->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_string);
        page->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        g_assert_true(g_str_has_prefix(text, "<!DOCTYPE html>\n"));
        context = g_markup_parse_context_new(&parser, 0, page, NULL);
        g_assert_true(g_markup_parse_context_parse(context, text, -1, &error));
        g_assert_no_error(error);
        g_assert_true(g_markup_parse_context_end_parse(context, &error));
        g_assert_no_error(error);
        return page;
}

static void page_free(Page *page) {
        g_hash_table_unref(page->texts);
        g_hash_table_unref(page->links);
        g_free(page);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Page, page_free)

static const char *page_text(const Page *page, const char *anchor) {
        const GString *text = g_hash_table_lookup(page->texts, anchor);

        if (!text)
                g_error("There is no anchor '%s'.", anchor);
        return text->str;
}

/* The text, in which placeholders show as their names; NULL is a part that a remedy need not have. */
static void assert_has(const char *text, const char *template) {
        g_autoptr(GString) plain = g_string_new(template);

        g_string_replace(plain, "{", "", 0);
        g_string_replace(plain, "}", "", 0);
        if (!strstr(text, plain->str))
                g_error("'%s' is not in:\n%s", plain->str, text);
}

static void assert_has_reason(const char *text, const Reason *reason) {
        assert_has(text, check_state_to_string(reason->state));
        assert_has(text, reason->detail);
        g_assert_nonnull(reason->explanation);
        assert_has(text, reason->explanation);
        FOREACH_REMEDY(remedy, reason) {
                assert_has(text, remedy_kind_to_string(remedy->kind));
                assert_has(text, remedy->action);
                assert_has(text, remedy->argument);
                assert_has(text, remedy->command);
                assert_has(text, remedy->service_command);
        }
}

static void test_html_checks(void) {
        g_autoptr(Page) page = page_load();

        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);
                const char *text = page_text(page, check->id);

                assert_has(text, check->title);
                assert_has(text, check->description);
                g_assert_true(check->reads && check->references);
                for (const char *const *need = check->needs; *need; need++)
                        assert_has(text, *need);
                for (const char *const *read = check->reads; *read; read++)
                        assert_has(text, *read);
                for (const char *const *uri = check->references; *uri; uri++)
                        g_assert_true(g_hash_table_contains(page->links, *uri));
        }
}

static void test_html_reasons(void) {
        g_autoptr(Page) page = page_load();

        for (size_t i = 0; i < catalogue_size(); i++)
                for (const Reason *const *r = catalogue_get(i)->reasons; *r; r++) {
                        g_autofree char *anchor = g_strconcat(catalogue_get(i)->id, "/", (*r)->id, NULL);

                        assert_has_reason(page_text(page, anchor), *r);
                }
}

static void test_html_profiles(void) {
        g_autoptr(Page) page = page_load();

        for (size_t i = 0; i < profiles_size(); i++) {
                const Profile *profile = profiles_get(i);
                g_autofree char *anchor = g_strconcat("profile/", profile->id, NULL);
                const char *text = page_text(page, anchor);

                assert_has(text, profile->title);
                for (const char *const *id = profile->required; *id; id++)
                        assert_has(text, *id);
                for (const char *const *id = profile->recommended; *id; id++)
                        assert_has(text, *id);
        }
}

static void test_html_links(void) {
        g_autoptr(Page) page = page_load();
        GHashTableIter iter;
        void *link;

        g_assert_cmpuint(g_hash_table_size(page->links), >, catalogue_size());
        g_hash_table_iter_init(&iter, page->links);
        while (g_hash_table_iter_next(&iter, &link, NULL))
                if (*(const char *) link == '#')
                        (void) page_text(page, (const char *) link + 1);
                else
                        g_assert_true(g_str_has_prefix(link, "https://"));
}

/* What the daemon gives as the address of an entry is the page's file and an anchor in it. */
static void test_html_addresses(void) {
        g_autoptr(Page) page = page_load();

        for (size_t i = 0; i < catalogue_size(); i++) {
                _cleanup_free_ char *uri = NULL;
                g_autofree char *path = NULL;
                g_autoptr(GError) error = NULL;
                char *fragment;

                g_assert_cmpint(check_documentation_uri(catalogue_get(i), &uri), ==, 0);
                g_assert_true(g_uri_is_valid(uri, G_URI_FLAGS_NONE, &error));
                g_assert_no_error(error);

                fragment = strchr(uri, '#');
                g_assert_nonnull(fragment);
                *fragment++ = '\0';
                g_assert_cmpstr(fragment, ==, catalogue_get(i)->id);
                (void) page_text(page, fragment);

                path = g_filename_from_uri(uri, NULL, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(path, ==, DOCUMENTATION_PAGE);
        }
}

/* Takes the escapes of mdoc(7) away, as far as the page has them. */
static char *manual_load(void) {
        static const char *const escapes[][2] = { { "\\-", "-" },  { "\\&", "" },    { "\\(aq", "'" },
                                                  { "\\fI", "" },  { "\\fB", "" },   { "\\fP", "" },
                                                  { "\\e", "\\" }, { "\\(dq", "\"" } };
        g_autofree char *text = read_page("CHECKS_MANUAL");
        GString *manual = g_string_new(text);

        FOREACH_ELEMENT(escape, escapes)
                g_string_replace(manual, (*escape)[0], (*escape)[1], 0);

        return g_string_free(manual, /* free_segment= */ false);
}

/* The part from START to the next of ENDS. */
static char *cut_out(const char *text, const char *start, const char *const *ends) {
        const char *begin = strstr(text, start);
        size_t length;

        if (!begin)
                g_error("There is no '%s'.", start);

        length = strlen(begin);
        for (; *ends; ends++) {
                const char *end = strstr(begin + 1, *ends);

                if (end && (size_t) (end - begin) < length)
                        length = (size_t) (end - begin);
        }

        return g_strndup(begin, length);
}

static void test_manual(void) {
        static const char *const section_ends[] = { "\n.Ss ", "\n.Sh ", NULL };
        static const char *const item_ends[] = { "\n.It Sy ", "\n.El\n", NULL };
        g_autofree char *manual = manual_load();

        for (size_t i = 0; i < catalogue_size(); i++) {
                const Check *check = catalogue_get(i);
                g_autofree char *heading =
                        g_strdup_printf("\n.Ss \"%s \\(en %s\"\n", check->id, check->title);
                g_autofree char *section = cut_out(manual, heading, section_ends);
                g_autofree char *line = g_strdelimit(g_strdup(section), "\n", ' ');

                assert_has(line, check->description);
                g_assert_true(check->reads && check->references);
                for (const char *const *read = check->reads; *read; read++)
                        assert_has(line, *read);
                for (const char *const *uri = check->references; *uri; uri++)
                        assert_has(line, *uri);

                for (const Reason *const *r = check->reasons; *r; r++) {
                        g_autofree char *head = g_strdup_printf("\n.It Sy %s No (", (*r)->id);
                        g_autofree char *item = cut_out(section, head, item_ends);

                        assert_has_reason(g_strdelimit(item, "\n", ' '), *r);
                }
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/checks-page/html/checks", test_html_checks);
        g_test_add_func("/checks-page/html/reasons", test_html_reasons);
        g_test_add_func("/checks-page/html/profiles", test_html_profiles);
        g_test_add_func("/checks-page/html/links", test_html_links);
        g_test_add_func("/checks-page/html/addresses", test_html_addresses);
        g_test_add_func("/checks-page/manual", test_manual);

        return g_test_run();
}
