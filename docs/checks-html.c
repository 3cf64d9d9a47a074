/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the page for a browser: HTML that is well-formed XML, too, in one file that needs no other. A
 * check's anchor is its id, a reason's the check's id, a slash and its own. */

#include <stdio.h>

#include "checks-page.h"
#include "config.h"

static const char style[] =
        ":root {\n"
        "    color-scheme: light dark;\n"
        "    --text: #1d2126; --dim: #5b636d; --ground: #fdfdfc; --raised: #f2f3f1; --line: #d6d9d5;\n"
        "    --link: #0b57a4; --good: #1b6e3c; --bad: #a8201a; --marked: #fff3c9;\n"
        "}\n"
        "@media (prefers-color-scheme: dark) {\n"
        "    :root {\n"
        "        --text: #e4e6e8; --dim: #a3abb3; --ground: #17191c; --raised: #212428; --line: #3a3f45;\n"
        "        --link: #8ab8f0; --good: #7ccb95; --bad: #f09089; --marked: #3d3517;\n"
        "    }\n"
        "}\n"
        "body {\n"
        "    margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 48rem;\n"
        "    font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground);\n"
        "}\n"
        "a { color: var(--link); text-decoration: none; overflow-wrap: anywhere; }\n"
        "a:hover, a:focus { text-decoration: underline; }\n"
        "code, pre, var, samp { font-family: ui-monospace, monospace; font-size: 0.9em; }\n"
        "pre { margin: 0.25rem 0; padding: 0.4rem 0.6rem; white-space: pre-wrap; background: var(--raised); "
        "}\n"
        "h2, h3, h4 { margin: 2.5rem 0 0.5rem; line-height: 1.25; }\n"
        "h2, h3 { padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }\n"
        "h4 { font-size: 1.1rem; }\n"
        ".title { display: block; font-weight: normal; color: var(--dim); }\n"
        "h5 { margin: 0.5rem 0; font-size: 1rem; }\n"
        "p { margin: 0.75rem 0; }\n"
        "dt { font-weight: 600; }\n"
        "dd { margin: 0 0 0.35rem 1.25rem; }\n"
        "ul { margin: 0; padding-left: 1.25rem; }\n"
        "nav dd { display: inline-block; }\n"
        ".reason { margin: 0.75rem 0; padding: 0.1rem 0.9rem; border-left: 3px solid var(--line); }\n"
        ".reason.pass { border-color: var(--good); }\n"
        ".reason.fail { border-color: var(--bad); }\n"
        ".state { font-weight: normal; color: var(--dim); }\n"
        ".pass > h5 > .state { color: var(--good); }\n"
        ".fail > h5 > .state { color: var(--bad); }\n"
        ".detail { font-style: italic; }\n"
        ":target { background: var(--marked); }\n"
        "footer { margin-top: 3rem; color: var(--dim); }\n";

static void print_text(const char *text) {
        for (const char *p = text; *p != '\0'; p++)
                switch (*p) {
                case '&':
                        fputs("&amp;", stdout);
                        break;
                case '<':
                        fputs("&lt;", stdout);
                        break;
                case '>':
                        fputs("&gt;", stdout);
                        break;
                case '"':
                        fputs("&quot;", stdout);
                        break;
                case '{':
                        fputs("<var>", stdout);
                        break;
                case '}':
                        fputs("</var>", stdout);
                        break;
                default:
                        putchar(*p);
                        break;
                }
}

static void print_element(const char *open, const char *text, const char *close) {
        fputs(open, stdout);
        print_text(text);
        puts(close);
}

static void print_internal_link(const char *prefix, const char *id) {
        printf("<a href=\"#%s%s\"><code>%s</code></a>", prefix, id, id);
}

static void print_internal_links(const char *label, const char *prefix, const char *const *ids) {
        printf("<dt>%s</dt><dd>", label);
        for (const char *const *id = ids; *id; id++) {
                if (id != ids)
                        fputs(", ", stdout);
                print_internal_link(prefix, *id);
        }
        puts("</dd>");
}

static void write_checks(const char *label, const char *const *ids) {
        print_internal_links(label, "", ids);
}

static void write_profiles(const char *label, const char *const *ids) {
        print_internal_links(label, "profile/", ids);
}

static void write_section(const char *title) {
        print_element("<h2>", title, "</h2>");
}

static void write_paragraph(const char *text) {
        print_element("<p>", text, "</p>");
}

static void begin_list(void) {
        puts("<dl>");
}

static void end_list(void) {
        puts("</dl>");
}

static void write_states(const StateMeaning *meanings, size_t n) {
        puts("<dl>");
        for (size_t i = 0; i < n; i++) {
                printf("<dt>%s</dt>", check_state_to_string(meanings[i].state));
                print_element("<dd>", meanings[i].text, "</dd>");
        }
        puts("</dl>");
}

static void write_area(const char *id, size_t length) {
        printf("<h3 id=\"area/%.*s\">%.*s</h3>\n", (int) length, id, (int) length, id);
}

static void begin_check(const Check *check) {
        printf("<section id=\"%s\">\n<h4>", check->id);
        print_internal_link("", check->id);
        print_element(" <span class=\"title\">", check->title, "</span></h4>");
}

static void write_items(const char *label, const char *const *items) {
        printf("<dt>%s</dt><dd><ul>\n", label);
        for (; *items; items++)
                print_element("<li>", *items, "</li>");
        puts("</ul></dd>");
}

static void write_links(const char *label, const char *const *uris) {
        printf("<dt>%s</dt><dd><ul>\n", label);
        for (; *uris; uris++) {
                fputs("<li><a href=\"", stdout);
                print_text(*uris);
                print_element("\">", *uris, "</a></li>");
        }
        puts("</ul></dd>");
}

static void begin_reason(const Check *check, const Reason *reason) {
        const char *state = check_state_to_string(reason->state);

        printf("<div class=\"reason %s\" id=\"%s/%s\">\n", state, check->id, reason->id);
        printf("<h5><a href=\"#%s/%s\"><code>%s</code></a> <span class=\"state\">%s</span></h5>\n",
               check->id, reason->id, reason->id, state);
}

static void write_detail(const char *text) {
        print_element("<p class=\"detail\">", text, "</p>");
}

static void write_remedy(const Remedy *remedy) {
        printf("<p>Remedy: <strong>%s%s%s</strong>", remedy_kind_to_string(remedy->kind),
               remedy->action ? ", " : "", remedy->action ? remedy->action : "");
        if (remedy->argument)
                print_element(": <samp>", remedy->argument, "</samp>");
        if (remedy->command)
                fputs(remedy->privileged ? " As root:" : " Type:", stdout);
        puts("</p>");

        if (remedy->command)
                print_element("<pre>", remedy->command, "</pre>");
        if (remedy->service_command) {
                puts("<p>On the running system:</p>");
                print_element("<pre>", remedy->service_command, "</pre>");
        }
}

static void end_reason(void) {
        puts("</div>");
}

static void write_nothing(void) {
}

static void end_section(void) {
        puts("</section>");
}

static void begin_profile(const Profile *profile) {
        printf("<section id=\"profile/%s\">\n<h3>", profile->id);
        print_internal_link("profile/", profile->id);
        print_element(" <span class=\"title\">", profile->title, "</span></h3>");
}

static void list_area(const char *id, size_t length) {
        printf("<dt><a href=\"#area/%.*s\">%.*s</a></dt>\n", (int) length, id, (int) length, id);
}

static void list_check(const PageWriter *writer, const Check *check) {
        (void) writer;

        printf("<dd><a href=\"#%s\" title=\"", check->id);
        print_text(check->title);
        printf("\"><code>%s</code></a></dd>\n", check->id);
}

static void write_contents(void) {
        puts("<nav>\n<dl>");
        page_walk_checks(list_area, list_check, NULL);
        puts("<dt>Profiles</dt>");
        for (size_t i = 0; i < profiles_size(); i++) {
                fputs("<dd>", stdout);
                print_internal_link("profile/", profiles_get(i)->id);
                puts("</dd>");
        }
        puts("</dl>\n</nav>");
}

static void begin_page(void) {
        puts("<!DOCTYPE html>\n"
             "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n"
             "<!-- Made by docs/checks-page.c from the catalogue of checks; change it there. -->\n"
             "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
             "<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<title>The checks of virtready</title>");
        printf("<style>\n%s</style>\n", style);
        puts("</head>\n"
             "<body>\n"
             "<h1>The checks of virtready</h1>");
        write_contents();
}

static void end_page(void) {
        puts("<footer>virtready " PROJECT_VERSION
             ". The same is in the manual page virtready-checks(7).</footer>\n"
             "</body>\n"
             "</html>");
}

const PageWriter html_writer = {
        .begin = begin_page,
        .section = write_section,
        .text = write_paragraph,
        .paragraph = write_paragraph,
        .states = write_states,
        .area = write_area,
        .begin_check = begin_check,
        .begin_facts = begin_list,
        .checks = write_checks,
        .profiles = write_profiles,
        .items = write_items,
        .links = write_links,
        .end_facts = end_list,
        .begin_reasons = write_nothing,
        .begin_reason = begin_reason,
        .detail = write_detail,
        .remedy = write_remedy,
        .end_reason = end_reason,
        .end_reasons = write_nothing,
        .end_check = end_section,
        .begin_profile = begin_profile,
        .end_profile = end_section,
        .end = end_page,
};
